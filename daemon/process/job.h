/*
 * A verb carried out on many processes, and the wait for what becomes of each. It outlives nothing:
 * where the asker goes away the job is cancelled, and the processes go on to where they were sent.
 */
#ifndef MUSTER_PROCESS_JOB_H
#define MUSTER_PROCESS_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct process;
struct supervisor;

enum job_verb { JOB_START, JOB_TERMINATE, JOB_KILL, JOB_RESTART, JOB_VERB_COUNT };

enum outcome_status {
	OUTCOME_DONE,
	OUTCOME_ALREADY, /* started, or stopped, before it was asked */
	OUTCOME_NOT_RUNNING,
	OUTCOME_SPAWN_ERROR,          /* message: why */
	OUTCOME_ABNORMAL_TERMINATION, /* ended before it counted as started */
	OUTCOME_STATUS_COUNT
};

struct outcome {
	const char *name;
	enum outcome_status status;
	const char *message; /* NULL: nothing to add; valid during the callback */
};

/* One for each process, as it gets there; `last` with the last of them (a job of none has one call,
 * with outcome NULL). The job is gone when the call with `last` returns. */
typedef void (*job_cb)(void *arg, const struct outcome *outcome, bool last);

struct job;

/* "done", "already", or the name of an error of org.muster.Process. */
const char *outcome_status_name(enum outcome_status status);

/*
 * Begins `verb` for the processes, in the order given. With `wait`, each outcome comes when it has
 * reached its end (running or failed; ended), else when it has been told. Where it was asked for
 * before, and the answer was lost, asked_usec is the time of that (CLOCK_MONOTONIC; else 0): what
 * has been started since, or has ended, counts as that one's work, is not begun again and is told
 * as done. Callbacks come from the loop, never from within job_new(). NULL when out of memory.
 */
struct job *job_new(struct supervisor *supervisor, enum job_verb verb, struct process **processes,
                    size_t count, bool wait, uint64_t asked_usec, job_cb report, void *arg);
void job_cancel(struct job *job);

#endif
