/* What /proc tells of processes (proc(5)); reads only, bounded, and allocates little. */
#ifndef MUSTER_PROCESS_PROC_H
#define MUSTER_PROCESS_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct proc_stat {
	char state; /* 'R', 'S', 'D', 'Z' ... */
	pid_t parent;
	pid_t group;          /* process group */
	uint64_t start_ticks; /* since boot */
};

/* -errno; -ESRCH where there is no such process. */
int proc_read_stat(pid_t pid, struct proc_stat *ret_stat);

/*
 * How a process ended that its parent has not reaped, as wait(2) has it. -EAGAIN while it runs;
 * -ESRCH where there is none; -EPERM.
 */
int proc_read_exit(pid_t pid, int *ret_status);

/* Calls `each` for every child of a process, of all its threads. -errno. */
int proc_each_child(pid_t pid, void (*each)(void *arg, pid_t child), void *arg);

/*
 * The value of each of `names` ("KEY=", NULL-ended) in the environment the process was started
 * with, or NULL, into `values`. They point into the text that is returned, for the caller to free;
 * NULL where it cannot be read.
 */
char *proc_read_environment(pid_t pid, const char *const *names, const char **values);

#endif
