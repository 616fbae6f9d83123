/* Log files: opening, sharing, splicing, rotation. */
#include "daemon/process/logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "daemon/base/clock.h"
#include "daemon/base/crashpoint.h"
#include "daemon/process/logopen.h"

#define LOGFILE_MODE 0644
#define LOGFILE_BUCKETS 256u
/* How often at most a file is looked for under its name. */
#define LOGFILE_LOOK_USEC (100 * USEC_PER_MSEC)
/* What is moved at a time to what may block: a socket that says it is writable takes this much. */
#define LOGFILE_COPY_SIZE 4096u

struct logfile {
	struct logfiles *files;
	struct logfile *next; /* in its bucket */
	unsigned refs;
	char *path;
	int fd;
	dev_t device;
	ino_t inode;
	mode_t mode; /* of the file, and of the one that follows it */
	bool is_regular;
	bool may_block;   /* a socket or device: it is asked first, and gets little at a time */
	bool is_copied;   /* splice(2) does not go */
	bool is_readable; /* opened for reading too, so that its last byte can be seen */
	uint64_t size;
	uint64_t looked_usec; /* when the file was last looked for under its name */
	uint64_t rotate_at;   /* a rotation has failed: not again before this size; 0: it has not */
	uint64_t maxbytes;
	unsigned backups;
};

struct logfiles {
	struct logfile *buckets[LOGFILE_BUCKETS];
	int peek[2]; /* scratch pipe to look at what a pipe holds; -1 until needed */
};

struct logfiles *logfiles_new(void)
{
	struct logfiles *files = calloc(1, sizeof(*files));

	if (files)
		files->peek[0] = files->peek[1] = -1;
	return files;
}

static struct logfile **logfile_bucket(struct logfiles *files, dev_t device, ino_t inode)
{
	return &files->buckets[(device * 31u + inode) % LOGFILE_BUCKETS];
}

static void logfile_link(struct logfile *file)
{
	struct logfile **bucket = logfile_bucket(file->files, file->device, file->inode);

	file->next = *bucket;
	*bucket = file;
}

static void logfile_unlink(struct logfile *file)
{
	struct logfile **at = logfile_bucket(file->files, file->device, file->inode);

	while (*at != file)
		at = &(*at)->next;
	*at = file->next;
}

void logfiles_free(struct logfiles *files)
{
	if (!files)
		return;
	if (files->peek[0] >= 0) {
		close(files->peek[0]);
		close(files->peek[1]);
	}
	free(files);
}

/* Takes a freshly opened descriptor as the file's; the old one is closed. */
static int logfile_attach(struct logfile *file, int fd, bool readable)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return -errno;
	if (S_ISDIR(status.st_mode))
		return -EISDIR;
	if (file->fd >= 0) {
		logfile_unlink(file);
		close(file->fd);
	}
	file->fd = fd;
	file->device = status.st_dev;
	file->inode = status.st_ino;
	file->mode = status.st_mode & 0777;
	file->is_regular = S_ISREG(status.st_mode) && !logopen_is_own(file->path);
	file->is_readable = readable;
	file->may_block = S_ISSOCK(status.st_mode) || S_ISCHR(status.st_mode);
	file->is_copied = false;
	file->size = 0;
	if (file->is_regular) {
		/* Says to other daemons that it is in use; where it cannot be had nothing is lost.
		 */
		(void)flock(fd, LOCK_SH | LOCK_NB);
		off_t end = lseek(fd, 0, SEEK_END);
		file->size = end > 0 ? (uint64_t)end : 0;
	}
	logfile_link(file);
	return 0;
}

static struct logfile *logfile_find(struct logfiles *files, int fd)
{
	struct stat status;
	struct logfile *file;

	if (fstat(fd, &status) < 0)
		return NULL;
	file = *logfile_bucket(files, status.st_dev, status.st_ino);
	while (file && (file->device != status.st_dev || file->inode != status.st_ino))
		file = file->next;
	return file;
}

int logfile_open(struct logfiles *files, const char *path, uint64_t maxbytes, unsigned backups,
                 struct logfile **ret_file)
{
	struct logfile *file;
	bool readable;
	int fd = logopen(path, LOGFILE_MODE, &readable);
	int r = -ENOMEM;

	if (fd < 0)
		return fd;
	file = logfile_find(files, fd);
	if (file) {
		close(fd);
		file->refs++;
		*ret_file = file;
		return 0;
	}
	file = calloc(1, sizeof(*file));
	if (!file)
		goto out;
	file->files = files;
	file->refs = 1;
	file->fd = -1;
	file->maxbytes = maxbytes;
	file->backups = backups;
	file->path = strdup(path);
	if (!file->path)
		goto out;
	r = logfile_attach(file, fd, readable);
out:
	if (r < 0) {
		close(fd);
		if (file)
			free(file->path);
		free(file);
		return r;
	}
	*ret_file = file;
	return 0;
}

void logfile_unref(struct logfile *file)
{
	if (!file || --file->refs)
		return;
	logfile_unlink(file);
	close(file->fd);
	free(file->path);
	free(file);
}

const char *logfile_path(const struct logfile *file)
{
	return file->path;
}

bool logfile_is_regular(const struct logfile *file)
{
	return file->is_regular;
}

static int logfile_reopen(struct logfile *file)
{
	bool readable;
	int fd = logopen(file->path, file->mode, &readable);
	int r;

	if (fd < 0)
		return fd;
	r = logfile_attach(file, fd, readable);
	if (r < 0)
		close(fd);
	return r;
}

void logfiles_reopen(struct logfiles *files)
{
	/* Reopening moves a file to another bucket, perhaps one still ahead: opening it a second
	 * time does no harm. */
	for (size_t i = 0; i < LOGFILE_BUCKETS; i++) {
		struct logfile *next;
		for (struct logfile *file = files->buckets[i]; file; file = next) {
			int r;
			next = file->next;
			r = file->is_regular ? logfile_reopen(file) : 0;
			if (r < 0)
				log_error("cannot open log %s again: %s", file->path, strerror(-r));
		}
	}
}

/*
 * Notices that the file was taken away or cut short by others: at once where it was removed, since
 * what is written to it then is lost; some times a second where it was renamed.
 */
static void logfile_check(struct logfile *file)
{
	uint64_t now_usec = clock_monotonic_usec();
	struct stat status;

	if (!file->is_regular || fstat(file->fd, &status) < 0)
		return;
	if ((uint64_t)status.st_size < file->size) {
		off_t end = lseek(file->fd, 0, SEEK_END);
		file->size = end > 0 ? (uint64_t)end : 0;
	}
	if (status.st_nlink && now_usec - file->looked_usec < LOGFILE_LOOK_USEC)
		return;
	file->looked_usec = now_usec;
	if (stat(file->path, &status) == 0 && status.st_dev == file->device &&
	    status.st_ino == file->inode)
		return;
	/* Where it cannot be opened, what is written goes to the old file. */
	if (logfile_reopen(file) == 0)
		log_info("log %s was gone and has been opened again", file->path);
}

/* The name of a backup; that of the file itself for number 0. */
static void logfile_backup_name(const struct logfile *file, unsigned number, char *name,
                                size_t size)
{
	if (number)
		snprintf(name, size, "%s.%u", file->path, number);
	else
		snprintf(name, size, "%s", file->path);
}

/* The first number that is free, or the last: a gap, as a rotation that was cut off leaves it, is
 * filled, and what stands above it stays. */
static unsigned logfile_highest_to_shift(const struct logfile *file, char *name, size_t size)
{
	unsigned number = 1;

	for (; number < file->backups; number++) {
		logfile_backup_name(file, number, name, size);
		if (access(name, F_OK) < 0 && errno == ENOENT)
			break;
	}
	return number;
}

static int logfile_shift_backups(struct logfile *file)
{
	size_t size = strlen(file->path) + 16;
	char *from = malloc(size);
	char *to = malloc(size);
	int r = 0;

	if (!from || !to) {
		r = -ENOMEM;
		goto out;
	}
	for (unsigned i = logfile_highest_to_shift(file, to, size); i > 0; i--) {
		logfile_backup_name(file, i - 1, from, size);
		logfile_backup_name(file, i, to, size);
		/* Nothing smaller has moved yet: the file simply goes on. */
		if (rename(from, to) < 0 && errno != ENOENT) {
			r = -errno;
			goto out;
		}
		crash_point(CRASH_LOG_SHIFTED);
	}
out:
	free(from);
	free(to);
	return r;
}

static int logfile_truncate(struct logfile *file)
{
	if (ftruncate(file->fd, 0) < 0)
		return -errno;
	crash_point(CRASH_LOG_EMPTIED);
	(void)lseek(file->fd, 0, SEEK_SET);
	file->size = 0;
	return 0;
}

/* Where the directory does not let us, the file grows on for another maxbytes; said once. */
static void logfile_rotate(struct logfile *file)
{
	int r = file->backups ? logfile_shift_backups(file) : logfile_truncate(file);
	bool said = file->rotate_at > 0;

	if (r == 0 && file->backups)
		r = logfile_reopen(file);
	crash_point(CRASH_LOG_ROTATED);
	/* First: the line below may be on its way into this very file. */
	file->rotate_at = r < 0 ? file->size + file->maxbytes : 0;
	if (r < 0 && !said)
		log_error("cannot rotate log %s: %s; it grows past its limit", file->path,
		          strerror(-r));
}

static bool logfile_ends_a_line(const struct logfile *file)
{
	char last = '\n';

	if (file->is_readable && file->size)
		(void)!pread(file->fd, &last, 1, (off_t)file->size - 1);
	return last == '\n';
}

/* Duplicates what the pipe holds, which leaves it there, into the scratch pipe; how much. */
static ssize_t logfile_peek(struct logfiles *files, int pipe, size_t max)
{
	ssize_t n;

	if (files->peek[0] < 0 && pipe2(files->peek, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	n = tee(pipe, files->peek[1], max, SPLICE_F_NONBLOCK);
	return n < 0 ? -errno : n;
}

/* How many bytes of the pipe belong to the line that the file ends in, its newline included. 0
 * where no end of line is in sight. */
static size_t logfile_rest_of_line(struct logfile *file, int pipe)
{
	struct logfiles *files = file->files;
	char buffer[LOGFILE_COPY_SIZE];
	size_t offset = 0, found = 0;
	ssize_t n;

	if (logfile_peek(files, pipe, LOGFILE_LINE_MAX) <= 0)
		return 0;
	while ((n = read(files->peek[0], buffer, sizeof(buffer))) > 0) {
		char *newline = found ? NULL : memchr(buffer, '\n', (size_t)n);
		if (newline)
			found = offset + (size_t)(newline - buffer) + 1;
		offset += (size_t)n;
	}
	return found;
}

static bool logfile_pipe_has_data(int pipe)
{
	int size = 0;

	return ioctl(pipe, FIONREAD, &size) == 0 && size > 0;
}

/* Rotates where it is due; gives how many bytes may follow before it has to be looked at again. */
static size_t logfile_make_room(struct logfile *file, int pipe, size_t max)
{
	size_t rest;

	if (!file->is_regular || !file->maxbytes || file->size < file->rotate_at)
		return max;
	if (file->size < file->maxbytes) {
		uint64_t left = file->maxbytes - file->size;
		return left < max ? (size_t)left : max;
	}
	/* Without backups it would be empty: what is there stays until there is something new. */
	if (!file->backups && pipe >= 0 && !logfile_pipe_has_data(pipe))
		return max;
	if (logfile_ends_a_line(file) || file->size >= file->maxbytes + LOGFILE_LINE_MAX) {
		logfile_rotate(file);
		return file->maxbytes < max ? (size_t)file->maxbytes : max;
	}
	rest = pipe >= 0 ? logfile_rest_of_line(file, pipe) : 0;
	return rest ? rest : (LOGFILE_LINE_MAX < max ? LOGFILE_LINE_MAX : max);
}

/* What is no regular file takes this much at once when it says that it is writable (pipe(7)). */
static bool logfile_takes_bytes(const struct logfile *file)
{
	struct pollfd room = {.fd = file->fd, .events = POLLOUT};

	return file->is_regular || (poll(&room, 1, 0) == 1 && (room.revents & POLLOUT));
}

/*
 * Files opened for appending, as a shell's >> is, and some devices refuse splice(2). What is
 * written is looked at first, and taken from the pipe afterwards: an engine that is killed right
 * between the two has the next write that piece once more. It cannot be had exactly once, since
 * writing and taking are two calls; of the two ways to be wrong this one loses nothing.
 */
static ssize_t logfile_copy(struct logfile *file, int pipe, size_t max)
{
	char buffer[LOGFILE_COPY_SIZE];
	ssize_t n = logfile_peek(file->files, pipe, max < sizeof(buffer) ? max : sizeof(buffer));

	if (n <= 0)
		return n;
	n = read(file->files->peek[0], buffer, sizeof(buffer));
	if (n <= 0)
		return n < 0 ? -errno : 0;
	n = write(file->fd, buffer, (size_t)n);
	if (n < 0)
		return -errno;
	crash_point(CRASH_LOG_COPIED);
	return read(pipe, buffer, (size_t)n);
}

static ssize_t logfile_move(struct logfile *file, int pipe, size_t max)
{
	ssize_t n = -EINVAL;

	if (!file->is_copied) {
		n = splice(pipe, NULL, file->fd, NULL, max, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
		n = n < 0 ? -errno : n;
		file->is_copied = n == -EINVAL;
	}
	return file->is_copied ? logfile_copy(file, pipe, max) : n;
}

ssize_t logfile_splice(struct logfile *file, int pipe, size_t max)
{
	ssize_t n = -EAGAIN;

	logfile_check(file);
	max = logfile_make_room(file, pipe, max);
	if (file->may_block && max > LOGFILE_COPY_SIZE)
		max = LOGFILE_COPY_SIZE;
	if (!file->may_block || logfile_takes_bytes(file))
		n = logfile_move(file, pipe, max);
	/* Of the two ends either may have been meant. */
	if (n == -EAGAIN && (file->is_regular || !logfile_pipe_has_data(pipe)))
		n = 0;
	if (n > 0)
		crash_point(CRASH_LOG_SPLICED);
	if (n > 0)
		file->size += (uint64_t)n;
	return n;
}

int logfile_write(struct logfile *file, const char *data, size_t size)
{
	logfile_check(file);
	(void)logfile_make_room(file, -1, size);
	while (size) {
		size_t piece = size < LOGFILE_COPY_SIZE ? size : LOGFILE_COPY_SIZE;
		ssize_t n;
		if (!logfile_takes_bytes(file))
			return -EAGAIN;
		n = write(file->fd, data, file->is_regular ? size : piece);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		file->size += (uint64_t)n;
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

int logfile_clear(struct logfile *file)
{
	if (!file->is_regular)
		return -ENOTSUP;
	return logfile_truncate(file);
}
