/*
 * Which process belongs to which worker, and what a worker's whole tree uses. A process belongs to
 * the nearest worker above it; one that lost its parents, to the worker whose session it is in,
 * since each worker leads its own.
 */
#ifndef MUSTER_CLI_TREE_H
#define MUSTER_CLI_TREE_H

#include <stddef.h>

struct snapshot;
struct snapshot_proc;
struct worker;

/* What holds a process, or a tree of them, back. */
enum bound {
	BOUND_NONE, /* nothing runs */
	BOUND_WAIT,
	BOUND_CPU,
	BOUND_ONE_CORE,
	BOUND_DISK,
	BOUND_COUNT
};

/* "1core" for BOUND_ONE_CORE, and so on; "-" for BOUND_NONE. */
const char *bound_name(enum bound bound);

struct usage {
	unsigned procs;
	unsigned threads;
	double cpu_share; /* cores */
	unsigned long long cpu_ticks;
	unsigned long rss_kib;
	unsigned long vsz_kib;
	enum bound bound;
};

/* What one process uses. */
void usage_of(const struct snapshot_proc *proc, struct usage *ret_usage);

/* Instead of a worker's index: musterd itself and what of it belongs to no worker; and the rest. */
#define TREE_DAEMON ((size_t)-2)
#define TREE_NOBODY ((size_t)-1)

struct tree;

/* Borrows both; guardian_pid may be 0. Never NULL. */
struct tree *tree_new(const struct snapshot *snapshot, const struct worker *workers, size_t count,
                      int guardian_pid);
void tree_free(struct tree *tree);

/* The worker that the process at this index of the snapshot belongs to; threads to their process's.
 */
size_t tree_owner(const struct tree *tree, size_t index);

/* What the worker and all its descendants use together. */
const struct usage *tree_usage(const struct tree *tree, size_t worker);

/* The index of the worker's own process in the snapshot; SNAPSHOT_NONE where it has none. */
size_t tree_leader(const struct tree *tree, size_t worker);

#endif
