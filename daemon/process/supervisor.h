/*
 * All processes together: the groups, the order in which they start and stop, exits coming in,
 * a new configuration, the end.
 */
#ifndef MUSTER_PROCESS_SUPERVISOR_H
#define MUSTER_PROCESS_SUPERVISOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ad_hocs;
struct bus;
struct config;
struct config_notes;
struct context;
struct diff_entry;
struct process;
struct source;
struct supervisor;

enum supervisor_state {
	SUPERVISOR_STARTING,
	SUPERVISOR_RUNNING,
	SUPERVISOR_RESTARTING,
	SUPERVISOR_STOPPING,
	SUPERVISOR_STATE_COUNT
};

const char *supervisor_state_name(enum supervisor_state state);
enum supervisor_state supervisor_state(const struct supervisor *supervisor);
const struct config *supervisor_config(const struct supervisor *supervisor);

/* Every process, by group and then by priority: walks with an index from 0; NULL at the end. */
struct process *supervisor_at(const struct supervisor *supervisor, size_t index);
size_t supervisor_count(const struct supervisor *supervisor);
size_t supervisor_count_in(const struct supervisor *supervisor, int state);

/* By full name ("web", "group:web"); a process of another group with that bare name is not meant.
 */
struct process *supervisor_find(const struct supervisor *supervisor, const char *name);

/* The program of the command line, which stands for the daemon outside; NULL where there is none.
 */
struct process *supervisor_foreground(const struct supervisor *supervisor);

/*
 * The processes that a selector names: "web" (a process, or a group of one), "group:name",
 * "group:*", "group:", "all", or a glob against the full name. *ret_processes is for the caller to
 * free. -ENOENT where it names none, -ENOMEM.
 */
int supervisor_select(const struct supervisor *supervisor, const char *selector,
                      struct process ***ret_processes, size_t *ret_count);

/* Reads the configuration again without applying it. As config_load(). The diff is against what is
 * in force; *ret_config must be freed by the caller, after the entries. */
int supervisor_reread(struct supervisor *supervisor, struct config_notes *notes,
                      struct config **ret_config, struct diff_entry **ret_entries,
                      size_t *ret_count);

/* One for each group as its change has been carried out; last as for jobs: one call with change
 * NULL after all of them. */
typedef void (*update_cb)(void *arg, const char *group, const char *change);

/*
 * Brings the running groups in line with the configuration on disk; groups (NULL for all) narrows
 * it. -EBUSY while another update or a shutdown is under way; else as config_load().
 */
int supervisor_update(struct supervisor *supervisor, const char *const *groups,
                      struct config_notes *notes, update_cb report, void *arg);
/* The asker went away; the update goes on. */
void supervisor_update_forget(struct supervisor *supervisor, void *arg);

bool supervisor_is_updating(const struct supervisor *supervisor);

/*
 * Ends, and leaves everything running for the next daemon. -ENOTSUP where the ledger does not
 * outlive the guardian; -EALREADY during a shutdown.
 */
int supervisor_leave(struct supervisor *supervisor);

/* Stops everything in order, then ends (shutdown) or starts afresh (reload). -EALREADY. */
int supervisor_shutdown(struct supervisor *supervisor);
int supervisor_reload(struct supervisor *supervisor);

/* A new binary has been looked at: NULL and its version, or why it is refused. Called once. */
typedef void (*upgrade_cb)(void *arg, const char *refusal, const char *version);
/*
 * Looks whether the binary that is now where ours was could take over, and tells. -EBUSY while an
 * update, another upgrade or a shutdown is under way; -errno where it cannot even be looked at.
 */
int supervisor_look_at_upgrade(struct supervisor *supervisor, upgrade_cb report, void *arg);
/* The asker goes away, or has been told and goes no further. */
void supervisor_forget_upgrade(struct supervisor *supervisor, void *arg);
/* The binary that was looked at takes over: the engine ends, and everything runs on. -ENOENT where
 * none was found good; -errno. */
int supervisor_upgrade(struct supervisor *supervisor);

/* How the engine came to be: for Manager.Status. */
struct supervisor_origin {
	int guardian_pid;
	int engine_pid;
	unsigned engine_starts;
	const char *engine_reason; /* start, crash, hang, upgrade */
	uint64_t since_usec;       /* wall clock, of the guardian's start */
};
void supervisor_origin(const struct supervisor *supervisor, struct supervisor_origin *ret_origin);

/* Those that no configuration names. */
struct ad_hocs *supervisor_ad_hocs(const struct supervisor *supervisor);

struct bus *supervisor_bus(const struct supervisor *supervisor);
struct loop *supervisor_loop(const struct supervisor *supervisor);

/* ---- For main ---- */

/* Why the engine ends. */
enum supervisor_end {
	END_OF_ALL,      /* everything has stopped */
	END_AGAIN,       /* everything has stopped, to be started afresh */
	END_FOR_UPGRADE, /* everything runs on; the binary in the store comes next */
	END_LEAVING      /* everything runs on, for the next daemon to take over */
};

struct supervisor_hooks {
	/* The engine may end. */
	void (*ended)(void *arg, enum supervisor_end end);
	/* Something of the whole has changed that a service manager may want to know. */
	void (*changed)(void *arg);
	void *arg;
};

/*
 * Takes over config and source, and the processes that the ledger knows; context->config then
 * points to what is in force. NULL when out of memory.
 */
struct supervisor *supervisor_new(struct context *context, struct config *config,
                                  struct source *source, const struct supervisor_hooks *hooks);

/* Goes on where an engine before stopped, starts what is to be started, and listens to the
 * guardian. */
int supervisor_begin(struct supervisor *supervisor);

/* The guardian has died: stops every process in order and without its help; blocks until done. */
void supervisor_orphaned(struct supervisor *supervisor);

void supervisor_free(struct supervisor *supervisor);

#endif
