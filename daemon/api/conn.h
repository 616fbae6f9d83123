/*
 * One client: bytes in, calls carried out one after the other, replies out. It costs at most its
 * own connection: what is too long, no call, or not read in time closes it and nothing else.
 */
#ifndef MUSTER_API_CONN_H
#define MUSTER_API_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct api;
struct conn;

/* Above this no further call is begun until the reader has caught up; streams pause. */
#define CONN_OUTPUT_HIGH (256u * 1024u)
#define CONN_OUTPUT_LOW (64u * 1024u)
/* With more than this waiting, one more reply closes the connection. One reply may be longer. */
#define CONN_OUTPUT_MAX (8u * 1024u * 1024u)
/* What one connection may do before the others have their turn. */
#define CONN_TURN_CALLS 64u
#define CONN_TURN_BYTES (256u * 1024u)
#define CONN_TURN_SEND (1024u * 1024u)

/* The longest message of a caller without any right, who has little to say. */
#define CONN_GUEST_MESSAGE_MAX (64u * 1024u)

/* Who is at the other end, as the kernel says. */
struct conn_peer {
	pid_t pid;
	uid_t uid;
	gid_t gid;
};

/* The connection is closed and about to be freed: from the loop, once, unless conn_free() did it.
 */
typedef void (*conn_closed_cb)(void *arg, struct conn *conn);

/*
 * Takes over a connected, non-blocking socket, also where it fails. 0, -ENOMEM, or the error of
 * asking who the peer is.
 */
int conn_new(struct api *api, int fd, conn_closed_cb closed, void *arg, struct conn **ret_conn);
/* Closes at once; a call that waits is given up. closed() is not called. NULL is allowed. */
void conn_free(struct conn *conn);

const struct conn_peer *conn_peer(const struct conn *conn);
/* The peer's supplementary groups (unix(7), SO_PEERGROUPS), for the caller to free. -errno. */
int conn_peer_groups(const struct conn *conn, gid_t **ret_groups, size_t *ret_count);

/* It owns what ends with it: its end is told to ad_hocs_owner_gone(). */
void conn_own(struct conn *conn);

/* For replies: one message. */
void conn_send(struct conn *conn, const char *message, size_t size);
bool conn_is_congested(const struct conn *conn);
/* The call in progress has had its final reply: the next one may begin. */
void conn_call_ended(struct conn *conn);
/* Closes the connection from the loop, and says why in the log. */
void conn_fail(struct conn *conn, const char *why);

#endif
