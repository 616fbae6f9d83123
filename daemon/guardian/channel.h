/*
 * What guardian and engine say to each other, over one SOCK_SEQPACKET pair of which the guardian
 * holds both ends: what is on its way when the engine dies is there for the next one.
 */
#ifndef MUSTER_GUARDIAN_CHANNEL_H
#define MUSTER_GUARDIAN_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The pipes of some processes in one order; the kernel takes 253 (unix(7)). */
#define CHANNEL_FDS_MAX 64u

enum channel_notice_type {
	CHANNEL_EXIT,   /* a child of the guardian has ended */
	CHANNEL_SIGNAL, /* the guardian got a signal that is the engine's to act on */
	CHANNEL_PING,   /* to be taken, as a sign of life */
};

/* Guardian to engine. */
struct channel_notice {
	uint32_t type;
	int32_t pid;    /* of the child */
	int32_t status; /* of the child, as wait(2) has it; or the signal's number */
	int32_t max_rss_kb;
	uint64_t serial;     /* of the exit */
	uint64_t ended_usec; /* monotonic: when it was seen; the engine may hear of it much later */
	uint64_t user_usec;
	uint64_t system_usec;
};

enum channel_order_type {
	CHANNEL_KEEP, /* keep the descriptors that come with it under slot[0..count) */
	CHANNEL_DROP, /* close those under slot[0..count) */
};

/* Engine to guardian. */
struct channel_order {
	uint32_t type;
	uint32_t count;
	uint32_t slot[CHANNEL_FDS_MAX];
};

/* Both ends, non-blocking and close-on-exec. -errno. */
int channel_open(int *ret_guardian_end, int *ret_engine_end);

/* Guardian's side. -EAGAIN where the queue is full (keep it and try when it is writable). */
int channel_send_notice(int guardian_end, const struct channel_notice *notice);
/* True where the engine has not taken all that was sent. */
bool channel_is_waiting(int guardian_end);
/* One order; the descriptors that came with it are the caller's. -EAGAIN where there is none. */
int channel_receive_order(int guardian_end, struct channel_order *ret_order,
                          int ret_fds[CHANNEL_FDS_MAX], uint32_t *ret_fd_count);

/* Engine's side: looks at the next notice and leaves it there; then takes it away. -EAGAIN; -EPIPE
 * where the guardian has died. */
int channel_peek_notice(int engine_end, struct channel_notice *ret_notice);
void channel_consume_notice(int engine_end);

/*
 * Asks the guardian to keep duplicates of descriptors, or to drop them. The order is in the
 * guardian's queue when this returns, and is obeyed also where the engine dies right after.
 */
int channel_send_keep(int engine_end, const uint32_t *slots, const int *fds, uint32_t count);
int channel_send_drop(int engine_end, const uint32_t *slots, uint32_t count);

#endif
