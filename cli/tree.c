/* Owners by one walk up the parents of each process, each step remembered; see tree.h. */
#include "cli/tree.h"

#include <stdbool.h>
#include <stdlib.h>

#include "cli/alloc.h"
#include "cli/snapshot.h"
#include "cli/worker.h"

/* A share of a core from which on a process is bound by it, and of time waiting for a disk. */
#define BOUND_CPU_SHARE 0.50
#define BOUND_DISK_SHARE 0.20
/* Several threads that are bound by the processor and use no more than one core, measured roughly:
 * they take turns, as under one lock. */
#define BOUND_ONE_CORE_SHARE 1.10

/* Not looked at yet; on the path that is being walked. */
#define OWNER_UNKNOWN ((size_t)-3)
#define OWNER_WALKING ((size_t)-4)

struct pid_worker {
	int pid;
	size_t worker;
};

/* What is summed up for one worker. */
struct sum {
	struct usage usage;
	size_t leader;  /* its own process */
	double busiest; /* the share of the process that uses most */
	bool one_core;  /* that process has threads that share a core */
	bool disk;      /* one of its processes waits for a disk */
};

struct tree {
	const struct snapshot *snapshot;
	struct pid_worker *pids; /* of the workers that have one, sorted */
	size_t pid_count;
	int guardian_pid;
	size_t *owners;   /* by index of the snapshot */
	struct sum *sums; /* by worker */
	size_t worker_count;
};

static const char *const bound_names[] = {
    [BOUND_NONE] = "-",         [BOUND_WAIT] = "wait", [BOUND_CPU] = "cpu",
    [BOUND_ONE_CORE] = "1core", [BOUND_DISK] = "disk",
};
_Static_assert(sizeof(bound_names) / sizeof(bound_names[0]) == BOUND_COUNT, "every bound a name");

const char *bound_name(enum bound bound)
{
	return bound_names[bound];
}

static bool shares_one_core(const struct snapshot_proc *proc)
{
	return proc->threads > 1 && proc->cpu_share >= BOUND_CPU_SHARE &&
	       proc->cpu_share <= BOUND_ONE_CORE_SHARE;
}

static bool waits_for_disk(const struct snapshot_proc *proc)
{
	return proc->disk_share >= BOUND_DISK_SHARE || proc->state == 'D';
}

static enum bound judge(double cpu_share, bool one_core, bool disk)
{
	if (one_core)
		return BOUND_ONE_CORE;
	if (cpu_share >= BOUND_CPU_SHARE)
		return BOUND_CPU;
	return disk ? BOUND_DISK : BOUND_WAIT;
}

void usage_of(const struct snapshot_proc *proc, struct usage *ret_usage)
{
	*ret_usage = (struct usage){
	    .procs = 1,
	    .threads = (unsigned)proc->threads,
	    .cpu_share = proc->cpu_share,
	    .cpu_ticks = proc->cpu_ticks,
	    .rss_kib = proc->rss_kib,
	    .vsz_kib = proc->vsz_kib,
	    .bound = judge(proc->cpu_share, shares_one_core(proc), waits_for_disk(proc)),
	};
}

static int pid_compare(const void *a, const void *b)
{
	const struct pid_worker *left = a;
	const struct pid_worker *right = b;

	return left->pid < right->pid ? -1 : left->pid > right->pid;
}

static size_t find_worker(const struct tree *tree, int pid)
{
	struct pid_worker key = {.pid = pid};
	const struct pid_worker *found =
	    bsearch(&key, tree->pids, tree->pid_count, sizeof(*tree->pids), pid_compare);

	return found ? found->worker : TREE_NOBODY;
}

/* What the process says of its owner itself, without its parents. */
static size_t owner_by_itself(const struct tree *tree, const struct snapshot_proc *proc)
{
	if (proc->pid == tree->guardian_pid)
		return TREE_DAEMON;
	return find_worker(tree, proc->pid);
}

/*
 * The owner of one process. Walks up until somebody's owner is known, then gives it to all on the
 * way: those that found only the daemon, or nobody, may still be in a worker's process group.
 * Parents of a changing system may form a circle; it ends at the process that is on the path
 * already.
 */
static size_t resolve(struct tree *tree, size_t index, size_t *path)
{
	size_t owner = TREE_NOBODY;
	size_t length = 0;

	while (index != SNAPSHOT_NONE) {
		const struct snapshot_proc *proc = snapshot_at(tree->snapshot, index);

		owner = tree->owners[index];
		if (owner == OWNER_WALKING)
			owner = TREE_NOBODY;
		if (tree->owners[index] != OWNER_UNKNOWN)
			break;
		path[length++] = index;
		tree->owners[index] = OWNER_WALKING;
		owner = owner_by_itself(tree, proc);
		if (owner != TREE_NOBODY)
			break;
		index = proc->ppid > 0 ? snapshot_find(tree->snapshot, proc->ppid) : SNAPSHOT_NONE;
	}
	while (length > 0) {
		const struct snapshot_proc *proc = snapshot_at(tree->snapshot, path[--length]);

		if (owner == TREE_NOBODY ||
		    (owner == TREE_DAEMON && proc->pid != tree->guardian_pid)) {
			size_t by_group = find_worker(tree, proc->pgrp);

			if (by_group != TREE_NOBODY)
				owner = by_group;
		}
		tree->owners[path[length]] = owner;
	}
	return owner;
}

static void add_usage(struct tree *tree, size_t worker, const struct snapshot_proc *proc)
{
	struct sum *sum = &tree->sums[worker];
	struct usage *usage = &sum->usage;

	usage->procs++;
	usage->threads += (unsigned)proc->threads;
	usage->cpu_share += proc->cpu_share;
	usage->cpu_ticks += proc->cpu_ticks;
	usage->rss_kib += proc->rss_kib;
	usage->vsz_kib += proc->vsz_kib;
	if (proc->cpu_share >= sum->busiest) {
		sum->busiest = proc->cpu_share;
		sum->one_core = shares_one_core(proc);
	}
	sum->disk |= waits_for_disk(proc);
}

static void resolve_all(struct tree *tree)
{
	size_t count = snapshot_count(tree->snapshot);
	size_t *path = alloc_zero(count, sizeof(*path));

	for (size_t i = 0; i < count; i++)
		tree->owners[i] = OWNER_UNKNOWN;
	for (size_t i = 0; i < count; i++) {
		const struct snapshot_proc *proc = snapshot_at(tree->snapshot, i);
		size_t leader = i;

		if (proc->tid != proc->pid)
			leader = snapshot_find(tree->snapshot, proc->pid);
		if (leader == SNAPSHOT_NONE)
			tree->owners[i] = TREE_NOBODY;
		else if (leader != i)
			tree->owners[i] = tree->owners[leader];
		else if (tree->owners[i] == OWNER_UNKNOWN)
			resolve(tree, i, path);
		if (leader == i && tree->owners[i] < tree->worker_count)
			add_usage(tree, tree->owners[i], proc);
	}
	free(path);
}

struct tree *tree_new(const struct snapshot *snapshot, const struct worker *workers, size_t count,
                      int guardian_pid)
{
	struct tree *tree = alloc_zero(1, sizeof(*tree));

	tree->snapshot = snapshot;
	tree->guardian_pid = guardian_pid;
	tree->worker_count = count;
	tree->pids = alloc_zero(count, sizeof(*tree->pids));
	tree->owners = alloc_zero(snapshot_count(snapshot), sizeof(*tree->owners));
	tree->sums = alloc_zero(count, sizeof(*tree->sums));
	for (size_t i = 0; i < count; i++) {
		tree->sums[i].leader = SNAPSHOT_NONE;
		if (workers[i].pid <= 0)
			continue;
		tree->sums[i].leader = snapshot_find(snapshot, workers[i].pid);
		tree->pids[tree->pid_count++] = (struct pid_worker){workers[i].pid, i};
	}
	qsort(tree->pids, tree->pid_count, sizeof(*tree->pids), pid_compare);
	resolve_all(tree);
	for (size_t i = 0; i < count; i++) {
		struct sum *sum = &tree->sums[i];

		if (sum->usage.procs)
			sum->usage.bound = judge(sum->usage.cpu_share, sum->one_core, sum->disk);
	}
	return tree;
}

void tree_free(struct tree *tree)
{
	if (!tree)
		return;
	free(tree->pids);
	free(tree->owners);
	free(tree->sums);
	free(tree);
}

size_t tree_owner(const struct tree *tree, size_t index)
{
	return tree->owners[index];
}

const struct usage *tree_usage(const struct tree *tree, size_t worker)
{
	return &tree->sums[worker].usage;
}

size_t tree_leader(const struct tree *tree, size_t worker)
{
	return tree->sums[worker].leader;
}
