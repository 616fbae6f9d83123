/*
 * Bringing the running groups in line with the configuration on disk: what is gone or changed is
 * stopped first; then the new configuration is put in force, and what is new is started.
 */
#ifndef MUSTER_PROCESS_UPDATE_H
#define MUSTER_PROCESS_UPDATE_H

#include <stdbool.h>

#include "daemon/process/supervisor.h"

struct context;
struct groups;
struct process_table;
struct remembered;
struct update;

/* What an update works on, all borrowed; `finished` is called last, and the update is freed after.
 */
struct update_place {
	const struct context *context;
	struct supervisor *supervisor;
	struct groups *groups;
	struct process_table *table;
	void (*finished)(struct supervisor *supervisor);
};

/*
 * Takes over config and what it was read from. `known`: the guardian has it already, from an engine
 * that died in the middle of this update. NULL when out of memory.
 */
struct update *update_new(const struct update_place *place, struct config *config,
                          struct remembered *read, bool known, update_cb report, void *arg);
/* The asker went away. */
void update_forget(struct update *update, void *arg);
/* Ends it where it is: nothing is put in force, and the asker is told that no more will come. */
void update_abort(struct update *update);

#endif
