/* The descriptor store: a flat table by number. */
#include "daemon/guardian/store.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

struct store {
	/* Descriptor + 1, so that untouched pages of zeros say "none". */
	int fds[STORE_SIZE];
};

const struct store_ends store_ends[LEDGER_PIPES] = {
    {STORE_STDIN_WRITE, STORE_STDIN_READ, O_WRONLY | O_NONBLOCK},
    {STORE_STDOUT_READ, STORE_STDOUT_WRITE, O_RDONLY | O_NONBLOCK},
    {STORE_STDERR_READ, STORE_STDERR_WRITE, O_RDONLY | O_NONBLOCK},
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
