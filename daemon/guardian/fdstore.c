/* Descriptors from and to the service manager. */
#include "daemon/guardian/fdstore.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "daemon/guardian/notify.h"
#include "daemon/guardian/store.h"

#define FDSTORE_FIRST 3 /* SD_LISTEN_FDS_START of sd_listen_fds(3) */
#define FDSTORE_NAME "muster-"
/* Above what the program reserves for its own use in the beginning. */
#define FDSTORE_FLOOR 64

struct fdstore_entry {
	int fd;
	uint32_t slot; /* STORE_SIZE: none of ours */
};

static int fdstore_count(size_t *ret_count)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	long count;

	*ret_count = 0;
	if (!pid || !fds || strtol(pid, NULL, 10) != (long)getpid())
		return 0;
	count = strtol(fds, NULL, 10);
	if (count < 0 || count > (long)STORE_SIZE)
		return -ERANGE;
	*ret_count = (size_t)count;
	return 0;
}

static uint32_t fdstore_slot(const char *name, size_t length)
{
	static const char prefix[] = FDSTORE_NAME;
	char number[16];
	char *end;
	unsigned long slot;

	if (length <= sizeof(prefix) - 1 || length - sizeof(prefix) + 1 >= sizeof(number) ||
	    strncmp(name, prefix, sizeof(prefix) - 1) != 0)
		return STORE_SIZE;
	memcpy(number, name + sizeof(prefix) - 1, length - sizeof(prefix) + 1);
	number[length - sizeof(prefix) + 1] = '\0';
	slot = strtoul(number, &end, 10);
	return *end == '\0' && slot < STORE_SIZE ? (uint32_t)slot : STORE_SIZE;
}

int fdstore_take(struct fdstore *ret_fdstore)
{
	const char *names = getenv("LISTEN_FDNAMES");
	struct fdstore found = {0};
	size_t count;
	int r = fdstore_count(&count);

	if (r == 0 && count) {
		found.entries = calloc(count, sizeof(*found.entries));
		r = found.entries ? 0 : -ENOMEM;
	}
	for (; r == 0 && found.count < count; found.count++) {
		struct fdstore_entry *entry = &found.entries[found.count];
		size_t length = names ? strcspn(names, ":") : 0;
		int fd = FDSTORE_FIRST + (int)found.count;
		entry->slot = names ? fdstore_slot(names, length) : STORE_SIZE;
		entry->fd = fcntl(fd, F_DUPFD_CLOEXEC, FDSTORE_FLOOR);
		(void)close(fd);
		if (names)
			names += length + (names[length] == ':');
	}
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (r == 0)
		*ret_fdstore = found;
	return r;
}

void fdstore_put(struct fdstore *fdstore, struct store *store)
{
	for (size_t i = 0; i < fdstore->count; i++) {
		struct fdstore_entry *entry = &fdstore->entries[i];
		if (entry->slot == STORE_SIZE || entry->fd < 0 ||
		    store_put(store, entry->slot, entry->fd) < 0)
			continue;
		entry->fd = -1;
		(void)notify_send("FDSTOREREMOVE=1\nFDNAME=" FDSTORE_NAME "%u", entry->slot);
	}
	fdstore_done(fdstore);
}

void fdstore_done(struct fdstore *fdstore)
{
	for (size_t i = 0; i < fdstore->count; i++)
		if (fdstore->entries[i].fd >= 0)
			close(fdstore->entries[i].fd);
	free(fdstore->entries);
	*fdstore = (struct fdstore){0};
}

/* The manager closes its end of a pipe once it has read all that was sent before. */
static int fdstore_wait(void)
{
	struct pollfd end = {.events = 0};
	int ends[2];
	int r;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	r = notify_send_fd(ends[1], "BARRIER=1");
	close(ends[1]);
	end.fd = ends[0];
	if (r == 0 && poll(&end, 1, FDSTORE_WAIT_MSEC) == 0)
		r = -ETIMEDOUT;
	close(ends[0]);
	return r;
}

int fdstore_leave(const struct store *store)
{
	int count = 0, r = 0;

	if (!getenv("NOTIFY_SOCKET"))
		return 0;
	for (uint32_t slot = 0; slot < STORE_SIZE && r == 0; slot++) {
		int fd = store_get(store, slot);
		if (fd < 0)
			continue;
		r = notify_send_fd(fd, "FDSTORE=1\nFDNAME=" FDSTORE_NAME "%u\nFDPOLL=0", slot);
		count += r == 0;
	}
	if (r == 0 && count)
		r = fdstore_wait();
	return r < 0 ? r : count;
}
