/*
 * Essential programs: when one of them has ended for good everything is ended, with its exit code
 * as that of the daemon.
 */
#ifndef MUSTER_PROCESS_ESSENTIAL_H
#define MUSTER_PROCESS_ESSENTIAL_H

#include <stdbool.h>

struct essential;
struct ledger_life;
struct program;
struct supervisor;

/*
 * True where the record is that of an essential program which is over: it ended by itself or was
 * given up, and no restart is ahead. What somebody has stopped is not, nor what its section never
 * let run.
 */
bool essential_is_over(const struct program *program, const struct ledger_life *life);

/*
 * How a process ended, as a shell has it in $? (sh(1), POSIX 2.8.2): its exit status, 128 + n for
 * signal n, 127 and 126 for a command that was not found or not executable; 1 where another step of
 * its start failed; 0 where it has not ended.
 */
int essential_exit_code(const struct ledger_life *life);

/* Calls `over` from the loop each time a program may have ended everything; it looks with
 * essential_find(). NULL when out of memory. */
struct essential *essential_watch(struct supervisor *supervisor, void (*over)(void *arg),
                                  void *arg);
void essential_free(struct essential *essential);

/* The first program that ends everything: says so in the log, and gives the exit code. False where
 * there is none. */
bool essential_find(const struct supervisor *supervisor, int *ret_exit_code);

#endif
