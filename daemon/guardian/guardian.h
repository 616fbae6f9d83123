/*
 * The guardian: the process that was started and that stays. It reaps every child and orphan, keeps
 * the ledger and the stored descriptors, starts the engine and starts it again, and hands it the
 * signals. It knows no configuration and no protocol, and allocates nothing once it runs.
 */
#ifndef MUSTER_GUARDIAN_GUARDIAN_H
#define MUSTER_GUARDIAN_GUARDIAN_H

#include <sys/resource.h>
#include <sys/types.h>

struct fdstore;
struct ledger;
struct store;

/* What the engine is born with; everything is owned by the guardian's frame and outlives the
 * engine. */
struct handoff {
	struct ledger *ledger;
	struct store *store;
	int channel; /* the engine's end */
	pid_t guardian_pid;
	int guardian_pidfd; /* readable when the guardian has died; -1 where there is none */
	/*
	 * The fence: children between clone and exec hold fence_write. When fence_before, the read
	 * end of the fence of the engine before, is at its end, none of that engine's children is
	 * still on its way into the ledger. -1 for the first engine.
	 */
	int fence_write;
	int fence_before;
	rlim_t files_before; /* the soft limit of open files the guardian was started with */
};

/* Runs in a process of its own; what it returns is that process's exit status. */
typedef int (*guardian_engine)(const struct handoff *handoff, void *arg);

struct guardian_options {
	guardian_engine engine;
	void *engine_arg;
	const char *ledger_file; /* where the ledger is to outlive the guardian; NULL: nowhere */
	struct fdstore *fdstore; /* what the service manager has kept; NULL: nothing */
	char *const *argv;       /* what an upgrade is started with, NULL-ended */
	int handover; /* from the guardian that became this one by execve(2); -1: a first start */
};

/*
 * Becomes the guardian. Returns the exit status for the whole daemon, once an engine has ended with
 * the ledger's phase at PHASE_ENDING; or 70 where it could not even begin (it has said why).
 */
int guardian_run(const struct guardian_options *options);

#endif
