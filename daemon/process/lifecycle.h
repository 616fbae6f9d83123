/* What only the process room does with a process: making, moving and ending it. */
#ifndef MUSTER_PROCESS_LIFECYCLE_H
#define MUSTER_PROCESS_LIFECYCLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/process/process.h"

struct channel_notice;
struct context;

/* A process for `program`, with a new record of the ledger. -errno. */
int process_new(const struct context *context, const struct program *program,
                struct process **ret_process);

/*
 * A process for a record that an engine before us left. process_recover() then takes up what that
 * engine was about to do; exits that wait in the channel are to be applied after it.
 */
int process_adopt(const struct context *context, const struct program *program, uint32_t record,
                  struct process **ret_process);
void process_recover(struct process *process);

/* True where `other` has come to its present end while the process was up: by the serials of exits,
 * and where there was none, by the clock. */
bool process_has_survived(const struct process *process, const struct process *other);

/* Its record in the ledger. */
uint32_t process_record(const struct process *process);

/* Frees it; with `forget` its record and its pipes go too, and it must not be alive. */
void process_free(struct process *process, bool forget);

/* The same program in a configuration that was read again. */
void process_set_program(struct process *process, const struct program *program);
uint64_t process_fingerprint(const struct process *process);

/* The priority of its group, by which everything is stopped. */
void process_set_rank(struct process *process, int rank);
int process_rank(const struct process *process);

/* Its leader has ended. */
void process_exited(struct process *process, const struct channel_notice *notice);
/* True where that exit was applied before (by an engine that then died). */
bool process_knows_exit(const struct process *process, uint64_t serial);

/* From the launcher: its turn comes soon: what can be done for several at once. */
void process_prepare(struct process *process);
/* From the launcher: its turn has come. */
void process_launch(struct process *process);

/* The run that is under way is to be stopped by another signal than its program's. */
void process_set_stop_signal(struct process *process, int signal);
/* Starts it without waiting for its turn: what became of it is known when this returns. As
 * process_start(). */
int process_start_now(struct process *process);

/* For the trees: its last leader, the signal for what is left of the tree, and that nothing is. */
pid_t process_tree(const struct process *process);
int process_tree_signal(const struct process *process);
void process_tree_killed(struct process *process, pid_t pid);
void process_tree_gone(struct process *process);

/* The daemon is orphaned: no exit will be reported. A descriptor to poll for its end; -1: none. */
int process_pidfd(const struct process *process);

#endif
