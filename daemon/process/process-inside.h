/*
 * The inside of a process, for the process-*.c files of this room alone: they are one module, cut
 * by what happens to a process (life, start, exit, recovery).
 */
#ifndef MUSTER_PROCESS_PROCESS_INSIDE_H
#define MUSTER_PROCESS_PROCESS_INSIDE_H

#include "daemon/base/loop.h"
#include "daemon/guardian/ledger.h"
#include "daemon/process/context.h"
#include "daemon/process/fsm.h"
#include "daemon/process/launcher.h"
#include "daemon/process/lifecycle.h"
#include "daemon/process/pids.h"
#include "daemon/process/trees.h"

struct stdio;

struct process {
	const struct context *context;
	const struct program *program;
	uint32_t record;
	int rank;
	int pidfd;
	struct stdio *stdio; /* NULL until its first start */
	char *note;          /* of its last stop */
	struct event timer;
	struct pids_entry pid_entry;
	struct launcher_entry launch_entry;
	struct trees_entry trees_entry;
	struct event foreign_event; /* of one that is not our guardian's child */
	unsigned foreign_tries;
};

/* The record in force, and putting another in force. */
const struct ledger_life *process_life(const struct process *process);
void process_commit(struct process *process, const struct ledger_life *next);

/* The record as it is before a first start. */
void process_begin_record(struct process *process);

/* A process for a record; the caller enters it where it belongs. NULL when out of memory. */
struct process *process_alloc(const struct context *context, const struct program *program,
                              uint32_t record);

/*
 * Takes an event through the table. `prepared` is the record with what else the event changes, or
 * NULL. False where the event means nothing in the present state; then nothing is changed.
 */
bool process_feed(struct process *process, enum fsm_event event,
                  const struct ledger_life *prepared);

/* What an action does once its state is in force; done again where an engine may have died before.
 */
void process_act(struct process *process, enum fsm_action action);

/* The deadline has come; arg is the process. */
void process_timer_cb(evutil_socket_t fd, short what, void *arg);

/* Sets the timer to the deadline in the record. */
void process_set_timer(struct process *process);

/* Its logs and pipes; -errno, and what was being done in `text`. */
int process_open_stdio(struct process *process, char *text, size_t size);

/* Its pid into the table of those whose exits are awaited. */
void process_enter_pid(struct process *process);

/* A child is there: into the record with it. */
void process_take_child(struct process *process, pid_t pid, int pidfd);

/*
 * One that another guardian has started (process-foreign.c): its handle where it is proved to be
 * the same, else -1; its end is watched for, and no longer; what has ended meanwhile; whether a pid
 * was started as this process.
 */
int process_find_foreign(const struct process *process);
void process_watch_foreign(struct process *process);
void process_unwatch_foreign(struct process *process);
void process_recover_foreign(struct process *process);
bool process_is_told_as(const struct process *process, pid_t pid);

/* The pid is no longer this process's. */
void process_let_go(struct process *process);

/* What asks the present run to stop. */
int process_stop_signal(const struct process *process);
/* Nobody is left who could write. */
void process_release_pipes(struct process *process);

/* Remembers that SIGKILL was needed. */
void process_note_killed(struct process *process, pid_t pid);

#endif
