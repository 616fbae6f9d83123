/*
 * The service manager's descriptor store (sd_notify(3), FDSTORE=1): the pipes of processes, which
 * an engine leaves there when its guardian has died or when it goes and its processes stay, and
 * which the next guardian is started with. What a process wrote before it ended meanwhile is in
 * them.
 *
 * Every process of the unit may put something there (NotifyAccess=all), whoever's it is: nothing is
 * taken but pipes that the ledger knows by their inodes, and of these not the descriptor that came,
 * of which others may have a share, but one that is opened anew.
 */
#ifndef MUSTER_GUARDIAN_FDSTORE_H
#define MUSTER_GUARDIAN_FDSTORE_H

#include <stddef.h>

struct ledger;
struct store;

/* How long the service manager may take to take all of it. */
#define FDSTORE_WAIT_MSEC 5000

/* What came by LISTEN_FDS; owned by whoever has it. */
struct fdstore {
	int *fds;
	size_t count;
};

/*
 * Takes what this process was started with, out of the environment too; called before descriptors
 * from 3 on are anybody's. -errno, then there is nothing.
 */
int fdstore_take(struct fdstore *ret_fdstore);

/* Puts the pipes that the ledger knows into the store; closes everything that came, and tells the
 * manager to keep it no longer. ledger NULL: nothing is known. */
void fdstore_put(struct fdstore *fdstore, const struct ledger *ledger, struct store *store);

/* Leaves the pipes with the manager, and waits until it has them. How many; -errno. */
int fdstore_leave(const struct ledger *ledger, const struct store *store);

#endif
