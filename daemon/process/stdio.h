/*
 * The three standard descriptors of a process: its pipes and where they lead. They are made once,
 * at its first start, kept in the store, and shared by all its later runs: what a run leaves behind
 * (a grandchild that still writes) is not cut off by the next, and a new engine finds them. A
 * foreground program has no pipes but the daemon's own descriptors.
 */
#ifndef MUSTER_PROCESS_STDIO_H
#define MUSTER_PROCESS_STDIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/process/output.h"

struct context;
struct program;
struct stdio;

/*
 * Opens the logs of the process with that ledger record. On failure -errno, and what was being done
 * in `text`.
 */
int stdio_new(const struct context *context, const struct program *program, uint32_t record,
              char *text, size_t size, struct stdio **ret_stdio);

/* Takes its pipes from the store, or makes them; nothing where it has them. -errno; -EMFILE where
 * the descriptors left are for others. */
int stdio_open_pipes(struct stdio *stdio, const struct context *context,
                     const struct program *program, uint32_t record, output_cb stored, void *arg);

/*
 * For a process that runs and whose pipes are not in the store: opens them again by way of the
 * process itself, into the store. What is no pipe of ours any more is not touched; then new ones
 * are made for its next start.
 */
void stdio_find_pipes(struct stdio *stdio, const struct context *context,
                      const struct program *program, uint32_t record, pid_t pid);

/* Gives the pipes back, here and in the store: nobody is left who could write; the logs stay. */
void stdio_drop_pipes(struct stdio *stdio, const struct context *context, uint32_t record);

/* Lets go of it; the pipes stay in the store. */
void stdio_free(struct stdio *stdio);

/* Takes all that a record has out of the store: the process is no more. */
void stdio_forget(const struct context *context, uint32_t record);

/* True where the store has pipes of that record. */
bool stdio_is_stored(const struct context *context, uint32_t record);

/* The child's ends. */
void stdio_child_ends(const struct stdio *stdio, int ret_fds[3]);

/* After an exit: what was written goes to the logs, what was not read is thrown away. */
void stdio_settle(struct stdio *stdio);

/* What the process has written so far goes to the logs. */
void stdio_flush(struct stdio *stdio);

/* True where something waits in the pipes. */
bool stdio_has_output(const struct stdio *stdio);

/* All of data or nothing: 0, -EAGAIN where it does not fit in the pipe now, -EMSGSIZE never will.
 */
int stdio_send(struct stdio *stdio, const char *data, size_t size);

/* The file of a stream (1, 2), NULL where it has none. */
const char *stdio_logfile(const struct stdio *stdio, int stream);
/* -ENOENT where it has no file that could be emptied. */
int stdio_clear(struct stdio *stdio);

#endif
