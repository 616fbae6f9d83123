/*
 * The processes of the machine at one moment, read with libproc2: the one place that knows it. Only
 * what is asked for is read; without wishes that is one file of /proc for each process.
 */
#ifndef MUSTER_CLI_SNAPSHOT_H
#define MUSTER_CLI_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>

/* Wishes that cost more than /proc/PID/stat; a set of bits. */
enum snapshot_wish {
	SNAPSHOT_CMDLINE = 1 << 0,
	SNAPSHOT_USER = 1 << 1,
	SNAPSHOT_TTY = 1 << 2,
	SNAPSHOT_THREADS = 1 << 3 /* one entry for each thread, the first with tid == pid */
};

/* One process, or thread. Texts live as long as the snapshot; NULL where not wished for. */
struct snapshot_proc {
	int pid;
	int tid;
	int ppid;
	int session;
	int pgrp;
	int tpgid;
	int nice;
	int threads;
	char state;        /* as ps: R S D Z T ... */
	double cpu_share;  /* cores used: since it began, or during the sample */
	double disk_share; /* of the same time, waiting for a block device */
	unsigned long long cpu_ticks;
	unsigned long long disk_ticks;
	unsigned long long began_ticks; /* after boot */
	unsigned long rss_kib;
	unsigned long vsz_kib;
	const char *name;
	const char *cmdline;
	const char *user;
	const char *tty;
};

struct snapshot;

/*
 * Reads all processes but our own. sample_s > 0: reads them twice, so many seconds apart, and the
 * shares are of that time. -errno where /proc cannot be read.
 */
int snapshot_new(unsigned wishes, double sample_s, struct snapshot **ret_snapshot);
void snapshot_free(struct snapshot *snapshot);

/* Sorted by pid, then tid. */
size_t snapshot_count(const struct snapshot *snapshot);
const struct snapshot_proc *snapshot_at(const struct snapshot *snapshot, size_t index);

#define SNAPSHOT_NONE ((size_t)-1)

/* The index of the process with this pid; SNAPSHOT_NONE where there is none. */
size_t snapshot_find(const struct snapshot *snapshot, int pid);

/* Clock ticks a second, and the seconds since boot when the snapshot was taken. */
double snapshot_hertz(const struct snapshot *snapshot);
double snapshot_uptime_s(const struct snapshot *snapshot);

#endif
