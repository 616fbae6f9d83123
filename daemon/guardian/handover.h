/*
 * What a guardian leaves to the one that it becomes by execve(2): a memfd that says which of the
 * descriptors that stay open is what. Pid and children stay, as do signals that wait.
 */
#ifndef MUSTER_GUARDIAN_HANDOVER_H
#define MUSTER_GUARDIAN_HANDOVER_H

#include <stdint.h>
#include <sys/resource.h>

struct store;

/* Names the memfd's descriptor to the program that is executed. */
#define HANDOVER_VARIABLE "MUSTER_HANDOVER="

/* Everything but the store; -1 for what there is not. */
struct handover {
	int32_t ledger;
	int32_t channel;
	int32_t channel_peer;
	int32_t fence_before;
	uint64_t files_before; /* rlim_t */
	uint64_t signals;      /* that wait for an engine: bit n - 1 for signal n */
};

/*
 * Writes it down and makes all of the descriptors outlive an exec. *ret_fd is the memfd. -errno,
 * and nothing is changed.
 */
int handover_save(const struct handover *handover, const struct store *store, int *ret_fd);
/* The exec has failed: the descriptors are as they were, and the memfd is closed. */
void handover_undo(const struct handover *handover, const struct store *store, int fd);

/*
 * Takes over what a guardian of this pid has left: descriptors are close-on-exec again, the store
 * is filled, the memfd closed. -EPROTO where it is none of ours, or of another version.
 */
int handover_load(int fd, struct handover *ret_handover, struct store *store);

/* The descriptor that the environment names, which is taken out of it; -1 where it names none. */
int handover_find(void);

#endif
