/*
 * The service manager's descriptor store (sd_notify(3), FDSTORE=1): what an engine leaves there
 * when its guardian has died, or when it goes and its processes stay, the next guardian is started
 * with.
 */
#ifndef MUSTER_GUARDIAN_FDSTORE_H
#define MUSTER_GUARDIAN_FDSTORE_H

#include <stddef.h>

struct store;

/* How long the service manager may take to take all of it. */
#define FDSTORE_WAIT_MSEC 5000

/* What came by LISTEN_FDS; owned by whoever has it. */
struct fdstore {
	struct fdstore_entry *entries;
	size_t count;
};

/*
 * Takes what this process was started with, out of the environment too; called before descriptors
 * from 3 on are anybody's. -errno, then there is nothing.
 */
int fdstore_take(struct fdstore *ret_fdstore);

/* Puts into the store what has our names, and tells the manager to keep it no longer; closes the
 * rest.
 */
void fdstore_put(struct fdstore *fdstore, struct store *store);
/* Closes everything. */
void fdstore_done(struct fdstore *fdstore);

/* Leaves all of the store with the manager, and waits until it has it. How many; -errno. */
int fdstore_leave(const struct store *store);

#endif
