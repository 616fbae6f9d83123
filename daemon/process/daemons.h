/*
 * daemon_of=: a process ends when the one that it names, or all of the group that it names, has
 * ended for good. Nothing is started by it, and what is started while its master is down stays up.
 */
#ifndef MUSTER_PROCESS_DAEMONS_H
#define MUSTER_PROCESS_DAEMONS_H

#include <stdbool.h>

struct context;
struct daemons;
struct process_table;

/* NULL when out of memory. Both must outlive it. */
struct daemons *daemons_new(const struct context *context, const struct process_table *table);
void daemons_free(struct daemons *daemons);

/* After an engine that may have died between a master's end and what follows. */
void daemons_recover(const struct daemons *daemons);

/* True where there is a process or a group of that name. */
bool daemons_has_master(const struct process_table *table, const char *name);

#endif
