/*
 * What the bench's programs tell the harness: records of 16 bytes, appended to one file on tmpfs.
 * A file and not a pipe, so that telling wakes nobody while something is being measured.
 */
#ifndef MUSTER_TESTS_BENCH_STAMP_H
#define MUSTER_TESTS_BENCH_STAMP_H

#include <stdint.h>

/* Environment: the path of the file. */
#define STAMP_PATH_ENV "BENCH_STAMPS"

struct stamp {
	uint64_t ns;    /* CLOCK_MONOTONIC */
	uint32_t pid;   /* who writes */
	uint32_t lines; /* 0: main() was reached; else so many lines were written */
};

#endif
