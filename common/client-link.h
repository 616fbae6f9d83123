/*
 * libmuster's socket and the bytes on it: what waits to be sent, what was read; its loss, and its
 * return when the next engine answers. No messages and no calls here.
 */
#ifndef MUSTER_COMMON_CLIENT_LINK_H
#define MUSTER_COMMON_CLIENT_LINK_H

#include "common/frame.h"

#include <stdbool.h>
#include <stdint.h>

#define CLIENT_NO_DEADLINE INT64_MAX

struct client_link {
	/* The socket; while away, a timer under the same number, readable when it is time to try
	 * again: so whoever polls it is woken in either case. */
	int fd;
	bool away;
	bool hung_up; /* the daemon reads no more; what it answered before may still be there */
	bool reset;   /* it did not read all that it was sent */
	struct frame in;
	struct frame out;
	uint64_t queued; /* bytes that were to be sent on this connection, */
	uint64_t sent;   /* and how many were, where the daemon hung up */
	char *path;
	bool own_only; /* it has to be served by root or this user */
	/* While away: since when, when to try next and how long to wait then. */
	int64_t lost_usec;
	int64_t next_usec;
	unsigned pause_ms;
	bool gone; /* the wait was in vain: from now on one try, and no wait */
};

/* Microseconds of CLOCK_MONOTONIC; and what is left for poll(2), rounded up. */
int64_t client_now_usec(void);
int client_poll_ms(int64_t deadline_usec);

/*
 * Connects to link->path, which is set before and belongs to the link: as muster_connect(). The
 * rest of the link is zero.
 */
int client_link_open(struct client_link *link);
void client_link_close(struct client_link *link);

/* How many of the bytes for this connection the daemon may have read. */
uint64_t client_link_sent(const struct client_link *link);

/* Puts a message behind what is to be sent. -ENOMEM. */
int client_link_queue(struct client_link *link, const char *message, size_t size);

/* Sends what the kernel takes at once. */
int client_link_write(struct client_link *link);

/* Waits until bytes can be moved, and moves them, either way. -ECONNRESET: the connection ended. */
int client_link_step(struct client_link *link, int64_t deadline_usec);

/* The connection is no more, and neither is what was to be sent or half read on it. The first try
 * to get another is in pause_ms. */
int client_link_lose(struct client_link *link, unsigned pause_ms);

/*
 * Connects again, as soon as somebody listens. -ENOENT and -ECONNREFUSED where nobody does for
 * CLIENT_GONE_MS, -ETIMEDOUT where nobody accepts for CLIENT_RETURN_MS or until the deadline; all
 * else at once.
 */
int client_link_return(struct client_link *link, int64_t deadline_usec);

#endif
