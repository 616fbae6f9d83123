/* /proc by libproc2, copied into an array of our own that is sorted by pid. */
#include "cli/snapshot.h"

#include <errno.h>
#include <libproc2/pids.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cli/alloc.h"

#define KIB 1024

struct snapshot {
	struct pids_info *info; /* holds the texts */
	struct snapshot_proc *procs;
	size_t count;
	double hertz;
	double uptime_s;
};

/* The order of the items in a stack of libproc2. */
enum item {
	ITEM_TID,
	ITEM_TGID,
	ITEM_PPID,
	ITEM_SESSION,
	ITEM_PGRP,
	ITEM_TPGID,
	ITEM_NICE,
	ITEM_THREADS,
	ITEM_STATE,
	ITEM_CPU,
	ITEM_DISK,
	ITEM_BEGAN,
	ITEM_RSS,
	ITEM_VSZ,
	ITEM_NAME,
	ITEM_CMDLINE,
	ITEM_USER,
	ITEM_TTY,
	ITEM_COUNT
};

/* What to ask for; a wish of 0 is always granted, and all of those come from the file stat. */
static const struct {
	enum pids_item item;
	unsigned wish;
} items[] = {
    [ITEM_TID] = {PIDS_ID_TID, 0},
    [ITEM_TGID] = {PIDS_ID_TGID, SNAPSHOT_THREADS},
    [ITEM_PPID] = {PIDS_ID_PPID, 0},
    [ITEM_SESSION] = {PIDS_ID_SESSION, 0},
    [ITEM_PGRP] = {PIDS_ID_PGRP, 0},
    [ITEM_TPGID] = {PIDS_ID_TPGID, 0},
    [ITEM_NICE] = {PIDS_NICE, 0},
    [ITEM_THREADS] = {PIDS_NLWP, 0},
    [ITEM_STATE] = {PIDS_STATE, 0},
    [ITEM_CPU] = {PIDS_TICS_ALL, 0},
    [ITEM_DISK] = {PIDS_TICS_BLKIO, 0},
    [ITEM_BEGAN] = {PIDS_TICS_BEGAN, 0},
    [ITEM_RSS] = {PIDS_RSS, 0},
    [ITEM_VSZ] = {PIDS_VSIZE_BYTES, 0},
    [ITEM_NAME] = {PIDS_CMD, 0},
    [ITEM_CMDLINE] = {PIDS_CMDLINE, SNAPSHOT_CMDLINE},
    [ITEM_USER] = {PIDS_ID_EUSER, SNAPSHOT_USER},
    [ITEM_TTY] = {PIDS_TTY_NAME, SNAPSHOT_TTY},
};
_Static_assert(sizeof(items) / sizeof(items[0]) == ITEM_COUNT, "every item is asked for");

static int proc_compare(const void *a, const void *b)
{
	const struct snapshot_proc *left = a;
	const struct snapshot_proc *right = b;

	if (left->pid != right->pid)
		return left->pid < right->pid ? -1 : 1;
	if (left->tid != right->tid)
		return left->tid < right->tid ? -1 : 1;
	return 0;
}

static void copy_proc(const struct snapshot *snapshot, const struct pids_stack *stack,
                      unsigned wishes, struct snapshot_proc *proc)
{
	const struct pids_result *head = stack->head;
	double elapsed_ticks;

	proc->tid = head[ITEM_TID].result.s_int;
	proc->pid = wishes & SNAPSHOT_THREADS ? head[ITEM_TGID].result.s_int : proc->tid;
	proc->ppid = head[ITEM_PPID].result.s_int;
	proc->session = head[ITEM_SESSION].result.s_int;
	proc->pgrp = head[ITEM_PGRP].result.s_int;
	proc->tpgid = head[ITEM_TPGID].result.s_int;
	proc->nice = head[ITEM_NICE].result.s_int;
	proc->threads = head[ITEM_THREADS].result.s_int;
	proc->state = (char)head[ITEM_STATE].result.s_ch;
	proc->cpu_ticks = head[ITEM_CPU].result.ull_int;
	proc->disk_ticks = head[ITEM_DISK].result.ull_int;
	proc->began_ticks = head[ITEM_BEGAN].result.ull_int;
	proc->rss_kib = head[ITEM_RSS].result.ul_int * (unsigned long)sysconf(_SC_PAGESIZE) / KIB;
	proc->vsz_kib = head[ITEM_VSZ].result.ul_int / KIB;
	proc->name = head[ITEM_NAME].result.str;
	proc->cmdline = wishes & SNAPSHOT_CMDLINE ? head[ITEM_CMDLINE].result.str : NULL;
	proc->user = wishes & SNAPSHOT_USER ? head[ITEM_USER].result.str : NULL;
	proc->tty = wishes & SNAPSHOT_TTY ? head[ITEM_TTY].result.str : NULL;
	elapsed_ticks = snapshot->uptime_s * snapshot->hertz - (double)proc->began_ticks;
	if (elapsed_ticks < 1)
		elapsed_ticks = 1;
	proc->cpu_share = (double)proc->cpu_ticks / elapsed_ticks;
	proc->disk_share = (double)proc->disk_ticks / elapsed_ticks;
}

static double clock_s(clockid_t clock)
{
	struct timespec now = {0};

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* One pass over /proc into a fresh array. */
static int snapshot_read(struct snapshot *snapshot, unsigned wishes)
{
	struct pids_fetch *fetch;
	pid_t self = getpid();
	size_t total;

	snapshot->uptime_s = clock_s(CLOCK_BOOTTIME);
	fetch = procps_pids_reap(snapshot->info, wishes & SNAPSHOT_THREADS ? PIDS_FETCH_THREADS_TOO
	                                                                   : PIDS_FETCH_TASKS_ONLY);
	if (!fetch)
		return errno ? -errno : -EIO;
	total = (size_t)fetch->counts->total;
	snapshot->procs = alloc_resize(snapshot->procs, total, sizeof(*snapshot->procs));
	snapshot->count = 0;
	for (size_t i = 0; i < total; i++) {
		struct snapshot_proc *proc = &snapshot->procs[snapshot->count];

		copy_proc(snapshot, fetch->stacks[i], wishes, proc);
		if (proc->pid != self)
			snapshot->count++;
	}
	qsort(snapshot->procs, snapshot->count, sizeof(*snapshot->procs), proc_compare);
	return 0;
}

/* Shares of the time since `before`, for those that were there then. */
static void take_difference(struct snapshot *snapshot, const struct snapshot_proc *before,
                            size_t before_count, double elapsed_s)
{
	double elapsed_ticks = elapsed_s * snapshot->hertz;

	for (size_t i = 0; i < snapshot->count; i++) {
		struct snapshot_proc *proc = &snapshot->procs[i];
		const struct snapshot_proc *old =
		    bsearch(proc, before, before_count, sizeof(*before), proc_compare);

		if (!old || old->began_ticks != proc->began_ticks)
			continue;
		proc->cpu_share = (double)(proc->cpu_ticks - old->cpu_ticks) / elapsed_ticks;
		proc->disk_share = (double)(proc->disk_ticks - old->disk_ticks) / elapsed_ticks;
	}
}

static int snapshot_sample(struct snapshot *snapshot, unsigned wishes, double sample_s)
{
	struct timespec pause = {.tv_sec = (time_t)sample_s};
	struct snapshot_proc *before = snapshot->procs;
	size_t before_count = snapshot->count;
	double began_s = snapshot->uptime_s;
	int result;

	pause.tv_nsec = (long)((sample_s - (double)pause.tv_sec) * 1e9);
	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, &pause) == EINTR)
		;
	snapshot->procs = NULL;
	snapshot->count = 0;
	result = snapshot_read(snapshot, wishes);
	if (result == 0)
		take_difference(snapshot, before, before_count, snapshot->uptime_s - began_s);
	free(before);
	return result;
}

int snapshot_new(unsigned wishes, double sample_s, struct snapshot **ret_snapshot)
{
	struct snapshot *snapshot = alloc_zero(1, sizeof(*snapshot));
	enum pids_item wanted[ITEM_COUNT];
	int result;

	for (size_t i = 0; i < ITEM_COUNT; i++)
		wanted[i] = (items[i].wish & wishes) == items[i].wish ? items[i].item : PIDS_noop;
	snapshot->hertz = (double)sysconf(_SC_CLK_TCK);
	result = procps_pids_new(&snapshot->info, wanted, ITEM_COUNT);
	if (result == 0)
		result = snapshot_read(snapshot, wishes);
	if (result == 0 && sample_s > 0)
		result = snapshot_sample(snapshot, wishes, sample_s);
	if (result < 0) {
		snapshot_free(snapshot);
		return result;
	}
	*ret_snapshot = snapshot;
	return 0;
}

void snapshot_free(struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	if (snapshot->info)
		procps_pids_unref(&snapshot->info);
	free(snapshot->procs);
	free(snapshot);
}

size_t snapshot_count(const struct snapshot *snapshot)
{
	return snapshot->count;
}

const struct snapshot_proc *snapshot_at(const struct snapshot *snapshot, size_t index)
{
	return &snapshot->procs[index];
}

size_t snapshot_find(const struct snapshot *snapshot, int pid)
{
	struct snapshot_proc key = {.pid = pid, .tid = pid};
	const struct snapshot_proc *found =
	    bsearch(&key, snapshot->procs, snapshot->count, sizeof(*snapshot->procs), proc_compare);

	return found ? (size_t)(found - snapshot->procs) : SNAPSHOT_NONE;
}

double snapshot_hertz(const struct snapshot *snapshot)
{
	return snapshot->hertz;
}

double snapshot_uptime_s(const struct snapshot *snapshot)
{
	return snapshot->uptime_s;
}
