/*
 * One supervised process: what is wanted of it, what it is, and the one function that changes its
 * state. The ledger record is the truth; this struct is the engine's cache of it with the handles
 * that only live in memory (pidfd, timers, logs).
 */
#ifndef MUSTER_PROCESS_PROCESS_H
#define MUSTER_PROCESS_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/state.h"
struct program;
struct process;

/* What others read of it. */
const struct program *process_program(const struct process *process);
const char *process_name(const struct process *process); /* the full name */
const char *process_group(const struct process *process);
enum process_state process_state(const struct process *process);
pid_t process_pid(const struct process *process); /* 0: none */
/* multiprocessing's exit code: status, or -signal. False while alive or never started. */
bool process_exitcode(const struct process *process, int *ret_exitcode);
uint64_t process_state_since_usec(const struct process *process); /* wall clock */
uint64_t process_started_usec(const struct process *process);     /* wall clock; 0: never */
/* True where its last start was at or after this time of the monotonic clock. */
bool process_was_started_since(const struct process *process, uint64_t monotonic_usec);
unsigned process_restarts(const struct process *process);
/* True where it has ended for good: stopped, exited or fatal, and no restart ahead. */
bool process_is_done(const struct process *process);
/* What is wanted of it: to be up. */
bool process_is_wanted(const struct process *process);
/* Why its last start failed or its end was not expected; NULL for nothing to say. */
const char *process_spawn_error(const struct process *process);
/* True where its last start brought no process at all. */
bool process_spawn_failed(const struct process *process);
/* True where its end is the end of everything: essential.h. */
bool process_ends_all(const struct process *process);
/* How it ended, as a shell has it: essential_exit_code(). */
int process_shell_code(const struct process *process);
/* "exit status 3", "terminated by SIGKILL", "can't find command 'x'", of its last end. */
void process_describe_last_end(const struct process *process, char *text, size_t size);
/* supervisord's words: "pid 123, uptime 0:00:05", "Not started", ... into `text`. */
void process_describe(const struct process *process, char *text, size_t size);
/* The file its output goes to, NULL where there is none (stream: 1 stdout, 2 stderr). */
const char *process_logfile(const struct process *process, int stream);

/* What its last stop needed beyond the stop signal ("needed SIGKILL: 123, 124"); NULL: nothing. */
const char *process_stop_note(const struct process *process);

/* What it has written so far is put into its logs. */
void process_flush_logs(struct process *process);

/*
 * What is asked of it. 0 done or under way; -EALREADY where it is so already; -ESRCH where it does
 * not run; -ECANCELED where it cannot be run (configuration); else -errno.
 */
int process_start(struct process *process);
int process_stop(struct process *process); /* its stop signal, SIGKILL after stopwaitsecs */
int process_kill(struct process *process); /* SIGKILL at once; not restarted */
int process_restart(struct process *process);
int process_signal(struct process *process, int signal);

/*
 * Writes to its standard input. -ESRCH where it does not run; -EAGAIN where the pipe is full, and
 * then nothing of it was written.
 */
int process_send(struct process *process, const char *data, size_t size);

/* Empties its logs. -ENOENT where it has none. */
int process_clear_logs(struct process *process);

#endif
