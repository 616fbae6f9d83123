/* From pid to process: a table of chains. */
#include "daemon/process/pids.h"

#include <stddef.h>
#include <stdlib.h>

#define PIDS_BUCKETS 1024u

struct pids {
	struct pids_entry *buckets[PIDS_BUCKETS];
};

struct pids *pids_new(void)
{
	return calloc(1, sizeof(struct pids));
}

void pids_free(struct pids *pids)
{
	free(pids);
}

void pids_add(struct pids *pids, struct pids_entry *entry, pid_t pid, uint64_t exits_before)
{
	struct pids_entry **bucket = &pids->buckets[(unsigned)pid % PIDS_BUCKETS];

	entry->pid = pid;
	entry->exits_before = exits_before;
	entry->next = *bucket;
	*bucket = entry;
}

void pids_remove(struct pids *pids, struct pids_entry *entry)
{
	struct pids_entry **at = &pids->buckets[(unsigned)entry->pid % PIDS_BUCKETS];

	if (!entry->pid)
		return;
	while (*at && *at != entry)
		at = &(*at)->next;
	if (*at)
		*at = entry->next;
	entry->pid = 0;
}

struct process *pids_of_exit(const struct pids *pids, pid_t pid, uint64_t serial)
{
	const struct pids_entry *found = NULL;

	/* Of several with that pid it is the youngest that was there before the exit. */
	for (struct pids_entry *at = pids->buckets[(unsigned)pid % PIDS_BUCKETS]; at; at = at->next)
		if (at->pid == pid && serial > at->exits_before &&
		    (!found || at->exits_before > found->exits_before))
			found = at;
	return found ? found->process : NULL;
}

bool pids_has(const struct pids *pids, pid_t pid)
{
	for (struct pids_entry *at = pids->buckets[(unsigned)pid % PIDS_BUCKETS]; at; at = at->next)
		if (at->pid == pid)
			return true;
	return false;
}
