/*
 * Stopping in order: the groups of the highest priority first, each rank gone before the next is
 * told. (supervisord tells group after group also where priorities are equal, which promises
 * nothing and takes a thousand groups one by one.)
 */
#ifndef MUSTER_PROCESS_RANKS_H
#define MUSTER_PROCESS_RANKS_H

struct ranks;
struct supervisor;

/*
 * Begins to stop every process; `gone` is called from the loop when none is left, and the ranks are
 * freed after it. NULL when out of memory.
 */
struct ranks *ranks_stop_all(struct supervisor *supervisor, void (*gone)(void *arg), void *arg);

#endif
