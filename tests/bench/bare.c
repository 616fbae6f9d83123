/*
 * musterd without ledger and store, as far as they are work to be done for each start: what
 * musterd-bare is linked with beside musterd's own objects. The linker's --wrap (ld(1)) leads the
 * calls here, so that the product has nothing of it. An engine that dies leaves nothing behind.
 */
#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "daemon/guardian/channel.h"
#include "daemon/guardian/ledger.h"

int __real_ledger_create(struct ledger *ledger);
int __wrap_ledger_create(struct ledger *ledger);
void __wrap_ledger_commit(struct ledger *ledger, uint32_t index, const struct ledger_life *life);
int __wrap_channel_send_keep(int engine_end, const uint32_t *slots, const int *fds, uint32_t count);
int __wrap_channel_send_drop(int engine_end, const uint32_t *slots, uint32_t count);

/* The records are the engine's own memory. Small pages, as those of a ledger are. */
int __wrap_ledger_create(struct ledger *ledger)
{
	struct stat status;
	void *records;
	int r = __real_ledger_create(ledger);

	if (r < 0)
		return r;
	if (fstat(ledger->fd, &status) < 0)
		return -errno;
	records = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE,
	               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (records == MAP_FAILED)
		return -errno;
	(void)madvise(records, (size_t)status.st_size, MADV_NOHUGEPAGE);
	ledger->records = records;
	return 0;
}

/* There is one copy, and whoever looks while it is written sees half of it. */
void __wrap_ledger_commit(struct ledger *ledger, uint32_t index, const struct ledger_life *life)
{
	*(struct ledger_life *)ledger_life(ledger, index) = *life;
}

int __wrap_channel_send_keep(int engine_end, const uint32_t *slots, const int *fds, uint32_t count)
{
	(void)engine_end, (void)slots, (void)fds, (void)count;
	return 0;
}

int __wrap_channel_send_drop(int engine_end, const uint32_t *slots, uint32_t count)
{
	(void)engine_end, (void)slots, (void)count;
	return 0;
}
