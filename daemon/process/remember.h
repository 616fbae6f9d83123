/*
 * The configuration in force, kept by the guardian: an engine that starts again takes it from there
 * and not from a disk on which somebody may be editing. An update of some groups only is a layer
 * over what was read before; one that is under way is kept too, and goes on in the next engine.
 */
#ifndef MUSTER_PROCESS_REMEMBER_H
#define MUSTER_PROCESS_REMEMBER_H

#include <stdbool.h>
#include <stddef.h>

struct context;
struct source;

/* One configuration that was read, and the groups that were taken from it. */
struct remembered {
	struct source *source;
	char **chosen; /* NULL-ended; NULL: all */
};

/* Frees what it holds. */
void remembered_done(struct remembered *remembered);

/* A copy of a NULL-ended array of names. NULL when out of memory. */
char **remember_copy_names(const char *const *names);

/* What was read is in force as a whole; layers and update are forgotten. -errno. */
int remember_whole(const struct context *context, const struct source *source);
/* ... for some groups. -ENOSPC where there are STORE_LAYERS_MAX layers already. */
int remember_layer(const struct context *context, const struct source *source,
                   const char *const *chosen);
/* ... by an update that begins now. */
int remember_update(const struct context *context, const struct source *source,
                    const char *const *chosen);
/* The update has ended, one way or the other. */
void forget_update(const struct context *context);
/* Nothing of it is in force any more: the next engine reads the disk. */
void forget_everything(const struct context *context);

/* True where one more layer may be remembered. */
bool remember_has_room(const struct context *context);

/* The layer with that number, from 0; the update under way. -ENOENT where there is none, -errno. */
int recall_layer(const struct context *context, size_t index, struct remembered *ret_remembered);
int recall_update(const struct context *context, struct remembered *ret_remembered);

#endif
