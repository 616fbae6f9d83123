/* Stands in for cli/snapshot.c. */
#include "tests/unit/fake_snapshot.h"

#include <stdlib.h>

struct snapshot {
	const struct snapshot_proc *procs;
	size_t count;
};

struct snapshot *fake_snapshot_new(const struct snapshot_proc *procs, size_t count)
{
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));

	if (snapshot)
		*snapshot = (struct snapshot){procs, count};
	return snapshot;
}

void snapshot_free(struct snapshot *snapshot)
{
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
	for (size_t i = 0; i < snapshot->count; i++) {
		if (snapshot->procs[i].pid == pid && snapshot->procs[i].tid == pid)
			return i;
	}
	return SNAPSHOT_NONE;
}
