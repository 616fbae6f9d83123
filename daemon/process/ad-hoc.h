/*
 * Ad-hoc processes: those that Run made and no configuration names. Each is a group of its own,
 * with a configuration of its own, and is kept when it has ended, for whoever asks how, until
 * Remove or until too many have ended since. They are no part of the configuration in force: an
 * update leaves them alone.
 */
#ifndef MUSTER_PROCESS_AD_HOC_H
#define MUSTER_PROCESS_AD_HOC_H

#include <stdbool.h>

#include "daemon/config/ad-hoc.h"

struct ad_hocs;
struct context;
struct process;
struct process_table;

/* All of them, and those that have ended: the oldest is forgotten for one more. */
#define AD_HOCS_MAX 1024u
#define AD_HOCS_ENDED_MAX 256u

enum run_end {
	RUN_DONE,
	RUN_BAD_OPTION,  /* option, message */
	RUN_NAME_IN_USE, /* name */
	RUN_SPAWN_ERROR, /* name, message */
	RUN_END_COUNT
};

struct run_result {
	enum run_end end;
	struct process *process; /* RUN_DONE: it has a pid, or has had one */
	char name[PROGRAM_NAME_MAX + 1];
	char option[64];
	char message[1024];
};

/* NULL when out of memory. Context and table must outlive it; ad_hocs_free() comes after the
 * processes have been freed. */
struct ad_hocs *ad_hocs_new(struct context *context, struct process_table *table);
void ad_hocs_free(struct ad_hocs *all);

/* Takes up those that an engine before us had. What cannot be is logged. */
void ad_hocs_recover(struct ad_hocs *all);

/*
 * Makes a process and starts it at once. A name of NULL is chosen. `owner`: whose end ends it where
 * it is a daemon, see ad_hocs_owner_gone(). 0 with *ret_result filled, or -ENOMEM.
 */
int ad_hocs_run(struct ad_hocs *all, const struct ad_hoc *wanted, const void *owner,
                struct run_result *ret_result);

/* Ends the daemons of an owner, who is not looked at. */
void ad_hocs_owner_gone(struct ad_hocs *all, const void *owner);

/* Forgets it, with its AUTO logs. -EBUSY where it has not ended for good; -EINVAL where a
 * configuration names it; -ENOMEM. */
int ad_hocs_remove(struct ad_hocs *all, struct process *process);

#endif
