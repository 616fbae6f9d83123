/*
 * The terminal of a process that wants one (pty(7)): the process has the slave, and what it writes
 * comes out at the master, from where it is moved into the pipe that leads to the log. By
 * splice(2), so that an engine that is killed on the way loses none of it.
 */
#ifndef MUSTER_PROCESS_TERMINAL_H
#define MUSTER_PROCESS_TERMINAL_H

#include <stdbool.h>
#include <sys/types.h>

struct loop;
struct terminal;

/* A pair, close-on-exec, the master non-blocking; the slave belongs to `uid` ((uid_t)-1: to us).
 * -errno. */
int terminal_open(uid_t uid, int *ret_master, int *ret_slave);

/* Begins to move; both are borrowed. NULL when out of memory. */
struct terminal *terminal_new(struct loop *loop, int master, int pipe);
void terminal_free(struct terminal *terminal);

/* Moves what is there, as far as the pipe has room. True where something was moved. */
bool terminal_flush(struct terminal *terminal);

#endif
