/* Descriptors from and to the service manager. */
#include "daemon/guardian/fdstore.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/guardian/ledger.h"
#include "daemon/guardian/notify.h"
#include "daemon/guardian/store.h"

#define FDSTORE_FIRST 3 /* SD_LISTEN_FDS_START of sd_listen_fds(3) */
#define FDSTORE_NAME "muster-pipe"
/* Above what the program reserves for its own use in the beginning. */
#define FDSTORE_FLOOR 64

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

int fdstore_take(struct fdstore *ret_fdstore)
{
	struct fdstore found = {0};
	size_t count;
	int r = fdstore_count(&count);

	if (r == 0 && count) {
		found.fds = calloc(count, sizeof(*found.fds));
		r = found.fds ? 0 : -ENOMEM;
	}
	for (; r == 0 && found.count < count; found.count++) {
		int fd = FDSTORE_FIRST + (int)found.count;
		found.fds[found.count] = fcntl(fd, F_DUPFD_CLOEXEC, FDSTORE_FLOOR);
		(void)close(fd);
	}
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (r == 0)
		*ret_fdstore = found;
	return r;
}

static uint64_t fdstore_pipe_inode(int fd)
{
	struct stat status;

	return fd >= 0 && fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode) ? status.st_ino : 0;
}

static int fdstore_open_again(int fd, int flags)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, flags | O_CLOEXEC);
}

/* Both ends of a pipe, or none. */
static void fdstore_put_pipe(struct store *store, uint32_t record, unsigned pipe, int fd)
{
	const struct store_ends *ends = &store_ends[pipe];
	int ours = fdstore_open_again(fd, ends->flags);
	int childs = ours < 0 ? -1 : fdstore_open_again(fd, O_RDWR);

	if (childs < 0) {
		if (ours >= 0)
			close(ours);
		return;
	}
	(void)store_put(store, store_process_slot(record, ends->ours), ours);
	(void)store_put(store, store_process_slot(record, ends->childs), childs);
}

/* The record and the pipe with that inode; pages that were never used say 0. */
static bool fdstore_find(const struct ledger *ledger, uint64_t inode, uint32_t *ret_record,
                         unsigned *ret_pipe)
{
	for (uint32_t record = 0; inode && record < ledger_high(ledger); record++) {
		const uint64_t *inodes = ledger_pipes(ledger, record);
		for (unsigned pipe = 0; pipe < LEDGER_PIPES; pipe++) {
			if (!ledger_is_used(ledger, record) || inodes[pipe] != inode)
				continue;
			*ret_record = record;
			*ret_pipe = pipe;
			return true;
		}
	}
	return false;
}

/* A record of which one is missing has none: it is looked for by way of the process itself. */
static void fdstore_drop_parts(const struct ledger *ledger, struct store *store)
{
	for (uint32_t record = 0; record < ledger_high(ledger); record++) {
		bool whole = true;
		for (unsigned pipe = 0; pipe < LEDGER_PIPES; pipe++)
			whole &= !ledger_pipes(ledger, record)[pipe] ||
			         store_get(store,
			                   store_process_slot(record, store_ends[pipe].ours)) >= 0;
		for (unsigned pipe = 0; pipe < LEDGER_PIPES && !whole; pipe++) {
			store_drop(store, store_process_slot(record, store_ends[pipe].ours));
			store_drop(store, store_process_slot(record, store_ends[pipe].childs));
		}
	}
}

void fdstore_put(struct fdstore *fdstore, const struct ledger *ledger, struct store *store)
{
	uint32_t record;
	unsigned pipe;

	for (size_t i = 0; i < fdstore->count; i++) {
		int fd = fdstore->fds[i];
		if (ledger && fdstore_find(ledger, fdstore_pipe_inode(fd), &record, &pipe))
			fdstore_put_pipe(store, record, pipe, fd);
		if (fd >= 0)
			close(fd);
	}
	if (ledger && fdstore->count)
		fdstore_drop_parts(ledger, store);
	if (fdstore->count)
		(void)notify_send("FDSTOREREMOVE=1\nFDNAME=" FDSTORE_NAME);
	free(fdstore->fds);
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

int fdstore_leave(const struct ledger *ledger, const struct store *store)
{
	int count = 0, r = 0;

	if (!getenv("NOTIFY_SOCKET"))
		return 0;
	for (uint32_t record = 0; record < ledger_high(ledger) && r == 0; record++) {
		for (unsigned pipe = 0; pipe < LEDGER_PIPES && r == 0; pipe++) {
			int fd =
			    store_get(store, store_process_slot(record, store_ends[pipe].ours));
			if (fd < 0)
				continue;
			r = notify_send_fd(fd, "FDSTORE=1\nFDNAME=" FDSTORE_NAME "\nFDPOLL=0");
			count += r == 0;
		}
	}
	if (r == 0 && count)
		r = fdstore_wait();
	return r < 0 ? r : count;
}
