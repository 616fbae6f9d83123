/* All connections: how many there may be, in all and of one user, and their end with the daemon. */
#ifndef MUSTER_API_CONNS_H
#define MUSTER_API_CONNS_H

#include <stddef.h>

struct api;
struct conns;

/* In all; of which some are kept for root and the daemon's own user; of one user who is not root;
 * and of one who has no right at all. */
#define CONNS_MAX 8192u
#define CONNS_KEPT 64u
#define CONNS_PER_UID_MAX 1024u
#define CONNS_PER_GUEST_MAX 64u

/* A connection has gone, and with it a descriptor. */
typedef void (*conns_freed_cb)(void *arg);

/* NULL when out of memory. `freed` may be NULL. */
struct conns *conns_new(struct api *api, conns_freed_cb freed, void *arg);
/* Closes all of them. */
void conns_free(struct conns *conns);

/*
 * Takes over a connected, non-blocking socket, also where it fails: -EUSERS where there are too
 * many already, -ENOMEM.
 */
int conns_add(struct conns *conns, int fd);
size_t conns_count(const struct conns *conns);

#endif
