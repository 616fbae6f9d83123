/* The descriptor store: a flat table by number. */
#include "daemon/guardian/store.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

struct store {
	/* Descriptor + 1, so that untouched pages of zeros say "none". */
	int fds[STORE_SIZE];
};

struct store *store_new(void)
{
	struct store *store = mmap(NULL, sizeof(*store), PROT_READ | PROT_WRITE,
	                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return store == MAP_FAILED ? NULL : store;
}

int store_get(const struct store *store, uint32_t slot)
{
	return slot < STORE_SIZE ? store->fds[slot] - 1 : -1;
}

int store_put(struct store *store, uint32_t slot, int fd)
{
	if (slot >= STORE_SIZE)
		return -ERANGE;
	if (store->fds[slot] && store->fds[slot] != fd + 1)
		close(store->fds[slot] - 1);
	store->fds[slot] = fd + 1;
	return 0;
}

void store_drop(struct store *store, uint32_t slot)
{
	if (slot >= STORE_SIZE || !store->fds[slot])
		return;
	close(store->fds[slot] - 1);
	store->fds[slot] = 0;
}
