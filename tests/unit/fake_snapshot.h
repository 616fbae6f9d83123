/* A snapshot of processes that a test makes up. */
#ifndef MUSTER_TESTS_FAKE_SNAPSHOT_H
#define MUSTER_TESTS_FAKE_SNAPSHOT_H

#include "cli/snapshot.h"

/* Borrows the processes, which are sorted by pid; snapshot_free() lets go of it. */
struct snapshot *fake_snapshot_new(const struct snapshot_proc *procs, size_t count);

#endif
