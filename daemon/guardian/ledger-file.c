/* The ledger as a file. */
#include "daemon/guardian/ledger-file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"

#define LEDGER_FILE_PAUSE_MSEC 20
#define LEDGER_FILE_TRIES 10
#define BOOT_ID_FILE "/proc/sys/kernel/random/boot_id"

/* Nobody else may have a say in which processes are ours. */
static int ledger_file_check(int fd)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode) || status.st_uid != geteuid() || (status.st_mode & 077) ||
	    status.st_nlink > 1)
		return -EPERM;
	return 0;
}

/* Not for good: the holder may be a daemon that has no thought of ending. */
static int ledger_file_lock(int fd)
{
	for (int waited = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; waited += LEDGER_FILE_PAUSE_MSEC) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		if (waited >= LEDGER_FILE_WAIT_MSEC)
			return -EBUSY;
		(void)poll(NULL, 0, LEDGER_FILE_PAUSE_MSEC);
	}
	return 0;
}

/* Pids and pipes mean nothing after a reboot. */
static void ledger_file_boot_id(char id[LEDGER_BOOT_ID_SIZE])
{
	int fd = open(BOOT_ID_FILE, O_RDONLY | O_CLOEXEC);

	memset(id, 0, LEDGER_BOOT_ID_SIZE);
	if (fd < 0)
		return;
	(void)!read(fd, id, LEDGER_BOOT_ID_SIZE - 1);
	close(fd);
}

static bool ledger_file_is_of_now(const struct ledger *ledger)
{
	char id[LEDGER_BOOT_ID_SIZE];

	ledger_file_boot_id(id);
	return id[0] && memcmp(id, ledger->header->boot_id, sizeof(id)) == 0;
}

static int ledger_file_begin(struct ledger *ledger, int fd)
{
	int r;

	/* All zeros, whatever was there. */
	if (ftruncate(fd, 0) < 0)
		return -errno;
	r = ledger_make(ledger, fd);
	if (r == 0)
		ledger_file_boot_id(ledger->header->boot_id);
	return r;
}

static int ledger_file_use(struct ledger *ledger, int fd, bool *ret_found)
{
	struct stat status;
	int r = fstat(fd, &status) < 0 ? -errno : 0;

	if (r == 0 && status.st_size > 0) {
		r = ledger_open(ledger, fd);
		if (r == 0 && ledger_file_is_of_now(ledger)) {
			ledger_inherit(ledger);
			*ret_found = true;
			return 0;
		}
		if (r == -EPROTO)
			log_warn("guardian: another version has left its records: what it ran, if "
			         "anything, is not taken over");
		if (r == 0)
			ledger_unmap(ledger);
	}
	*ret_found = false;
	return ledger_file_begin(ledger, fd);
}

/* The holder may have removed it while we waited: then what we have locked is nobody's. */
static bool ledger_file_is_there(int fd, const char *path)
{
	struct stat ours, there;

	return fstat(fd, &ours) == 0 && lstat(path, &there) == 0 && ours.st_dev == there.st_dev &&
	       ours.st_ino == there.st_ino;
}

static int ledger_file_get(const char *path, int *ret_fd)
{
	for (int tries = 0; tries < LEDGER_FILE_TRIES; tries++) {
		int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
		int r;
		if (fd < 0)
			return -errno;
		r = ledger_file_check(fd);
		if (r == 0)
			r = ledger_file_lock(fd);
		if (r == 0 && ledger_file_is_there(fd, path)) {
			*ret_fd = fd;
			return 0;
		}
		close(fd);
		if (r < 0)
			return r;
	}
	return -EBUSY;
}

int ledger_file_open(struct ledger *ledger, const char *path, bool *ret_found)
{
	int fd = -1;
	int r = ledger_file_get(path, &fd);

	if (r < 0)
		return r;
	r = ledger_file_use(ledger, fd, ret_found);
	if (r < 0)
		close(fd);
	return r;
}
