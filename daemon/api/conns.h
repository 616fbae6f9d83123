/* All connections: how many there may be, in all and of one user, and their end with the daemon. */
#ifndef MUSTER_API_CONNS_H
#define MUSTER_API_CONNS_H

#include <stddef.h>

struct api;
struct conns;

/* In all; and of one user who is not root. */
#define CONNS_MAX 8192u
#define CONNS_PER_UID_MAX 1024u

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
