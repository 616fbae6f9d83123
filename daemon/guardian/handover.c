/* From one guardian to the next in the same process. */
#include "daemon/guardian/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/guardian/ledger.h"
#include "daemon/guardian/store.h"

#define HANDOVER_MAGIC 0x7264686du /* "mhdr" */
#define HANDOVER_FDS 4

struct handover_head {
	uint32_t magic;
	uint32_t version; /* of the ledger; it stands for all that two binaries have to agree on */
	int32_t pid;
	uint32_t entries; /* of the store, which follow */
	struct handover handover;
};

struct handover_entry {
	uint32_t slot;
	int32_t fd;
};

static void handover_list(const struct handover *handover, int32_t fds[HANDOVER_FDS])
{
	fds[0] = handover->ledger;
	fds[1] = handover->channel;
	fds[2] = handover->channel_peer;
	fds[3] = handover->fence_before;
}

/* Close-on-exec, or not, for all that is handed over. -errno of the first that could not be set. */
static int handover_mark(const struct handover *handover, const struct store *store, int flag)
{
	int32_t fds[HANDOVER_FDS];
	int r = 0;

	handover_list(handover, fds);
	for (int i = 0; i < HANDOVER_FDS; i++)
		if (fds[i] >= 0 && fcntl(fds[i], F_SETFD, flag) < 0)
			r = -errno;
	for (uint32_t slot = 0; slot < STORE_SIZE; slot++)
		if (store_get(store, slot) >= 0 && fcntl(store_get(store, slot), F_SETFD, flag) < 0)
			r = -errno;
	return r;
}

static int handover_write(int fd, const void *data, size_t size)
{
	ssize_t n = write(fd, data, size);

	return n == (ssize_t)size ? 0 : n < 0 ? -errno : -EIO;
}

int handover_save(const struct handover *handover, const struct store *store, int *ret_fd)
{
	struct handover_head head = {
	    .magic = HANDOVER_MAGIC,
	    .version = LEDGER_VERSION,
	    .pid = getpid(),
	    .handover = *handover,
	};
	int fd = memfd_create("muster-handover", 0);
	int r;

	if (fd < 0)
		return -errno;
	for (uint32_t slot = 0; slot < STORE_SIZE; slot++)
		head.entries += store_get(store, slot) >= 0;
	r = handover_write(fd, &head, sizeof(head));
	for (uint32_t slot = 0; slot < STORE_SIZE && r == 0; slot++) {
		struct handover_entry entry = {slot, store_get(store, slot)};
		if (entry.fd >= 0)
			r = handover_write(fd, &entry, sizeof(entry));
	}
	if (r == 0)
		r = handover_mark(handover, store, 0);
	if (r < 0) {
		handover_undo(handover, store, fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

void handover_undo(const struct handover *handover, const struct store *store, int fd)
{
	(void)handover_mark(handover, store, FD_CLOEXEC);
	close(fd);
}

static int handover_read(int fd, void *data, size_t size, off_t at)
{
	return pread(fd, data, size, at) == (ssize_t)size ? 0 : -EPROTO;
}

int handover_load(int fd, struct handover *ret_handover, struct store *store)
{
	struct handover_head head;
	off_t at = sizeof(head);
	int r = handover_read(fd, &head, sizeof(head), 0);

	if (r < 0)
		return r;
	if (head.magic != HANDOVER_MAGIC || head.version != LEDGER_VERSION ||
	    head.pid != getpid() || head.entries > STORE_SIZE)
		return -EPROTO;
	for (uint32_t i = 0; i < head.entries && r == 0; i++, at += sizeof(struct handover_entry)) {
		struct handover_entry entry;
		r = handover_read(fd, &entry, sizeof(entry), at);
		if (r == 0)
			r = store_put(store, entry.slot, entry.fd);
	}
	if (r == 0)
		r = handover_mark(&head.handover, store, FD_CLOEXEC);
	if (r < 0)
		return r;
	close(fd);
	*ret_handover = head.handover;
	return 0;
}

int handover_find(void)
{
	static const char variable[] = HANDOVER_VARIABLE;
	char name[sizeof(variable)];
	const char *value;
	char *end;
	long fd;

	memcpy(name, variable, sizeof(variable));
	name[sizeof(variable) - 2] = '\0'; /* without the '=' */
	value = getenv(name);
	if (!value)
		return -1;
	errno = 0;
	fd = strtol(value, &end, 10);
	if (errno || end == value || *end || fd < 0 || fd > INT32_MAX)
		fd = -1;
	unsetenv(name);
	return (int)fd;
}
