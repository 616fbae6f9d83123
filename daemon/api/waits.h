/*
 * Those who wait for a process to end for good, found by the process: a thousand waiting callers
 * cost nothing when another process changes its state.
 */
#ifndef MUSTER_API_WAITS_H
#define MUSTER_API_WAITS_H

#include <stdbool.h>

struct loop;
struct process;
struct supervisor;
struct waits;

/* Embedded by who waits; only `ended` and `arg` are the waiter's to set. */
struct waiter {
	/* Called once; the waiter is off the list by then. process is NULL where it
	 * was removed. */
	void (*ended)(void *arg, struct process *process);
	void *arg;
	struct process *process;
	struct waiter *next;
	struct waiter **place; /* what points at it; NULL while it waits for nothing */
};

/* NULL when out of memory. Both must outlive it. */
struct waits *waits_new(struct loop *loop, struct supervisor *supervisor);
void waits_free(struct waits *waits);

void waits_add(struct waits *waits, struct waiter *waiter, struct process *process);
/* Does nothing for a waiter that waits no more. */
void waits_remove(struct waiter *waiter);

#endif
