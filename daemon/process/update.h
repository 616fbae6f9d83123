/*
 * Bringing the running groups in line with the configuration on disk: what is gone or changed is
 * stopped first; then the new configuration is put in force, and what is new is started.
 */
#ifndef MUSTER_PROCESS_UPDATE_H
#define MUSTER_PROCESS_UPDATE_H

#include "daemon/process/supervisor.h"

struct groups;
struct process_table;
struct update;

/* What an update works on, all borrowed; `finished` is called last, and the update is freed after.
 */
struct update_place {
	struct supervisor *supervisor;
	struct groups *groups;
	struct process_table *table;
	/* The new configuration is in force from here on: it is to be remembered. */
	void (*adopted)(struct supervisor *supervisor, struct source *source);
	void (*finished)(struct supervisor *supervisor);
};

/* Takes over config and source. NULL when out of memory. */
struct update *update_new(const struct update_place *place, struct config *config,
                          struct source *source, const char *const *chosen, update_cb report,
                          void *arg);
/* The asker went away. */
void update_forget(struct update *update, void *arg);
/* Ends it where it is: nothing is put in force, and the asker is told that no more will come. */
void update_abort(struct update *update);

#endif
