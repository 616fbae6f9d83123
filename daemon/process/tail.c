/*
 * The file is kept open, so that what a rotation moved away can be read to its end; then the file
 * that follows it is looked for: the next younger backup, or the one that has the name now.
 */
#include "daemon/process/tail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Backups (FILE.1, FILE.2 ...) that are looked at for the one that was open. */
#define TAIL_BACKUPS_MAX 32u
#define TAIL_BLOCK (16u * 1024u)

struct tail {
	char *path;
	int fd;
	off_t offset; /* of what is read next */
	char *buffer; /* of TAIL_LINE_MAX bytes, while it holds any */
	size_t begin;
	size_t end;
	bool line_ends; /* the file was left: what is held is all there will be of its last line */
};

struct tail *tail_new(const char *path)
{
	struct tail *tail = calloc(1, sizeof(*tail));

	if (!tail)
		return NULL;
	tail->fd = -1;
	tail->path = strdup(path);
	if (!tail->path) {
		free(tail);
		return NULL;
	}
	return tail;
}

void tail_free(struct tail *tail)
{
	if (!tail)
		return;
	if (tail->fd >= 0)
		close(tail->fd);
	free(tail->buffer);
	free(tail->path);
	free(tail);
}

const char *tail_path(const struct tail *tail)
{
	return tail->path;
}

int tail_check(const char *path)
{
	struct stat status;

	return stat(path, &status) < 0 || S_ISREG(status.st_mode) ? 0 : -ENOTSUP;
}

/* Opening what is no regular file may do something to it, and so it is looked at before. */
static int tail_open_file(const char *path, int *ret_fd)
{
	struct stat status;
	int fd;

	if (stat(path, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -ENOTSUP;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
		close(fd);
		return -ENOTSUP;
	}
	*ret_fd = fd;
	return 0;
}

/* 1 where the file is open, 0 where there is none yet. */
static int tail_open(struct tail *tail)
{
	int ret;

	if (tail->fd >= 0)
		return 1;
	ret = tail_open_file(tail->path, &tail->fd);
	return ret == -ENOENT ? 0 : ret < 0 ? ret : 1;
}

/* Where in `block` the line begins that is the (*lines)th from its end; -1: further up. */
static ssize_t find_line(const char *block, size_t size, unsigned *lines)
{
	while (size > 0) {
		const char *newline = memrchr(block, '\n', size);

		if (!newline)
			break;
		if (*lines == 0)
			return newline + 1 - block;
		(*lines)--;
		size = (size_t)(newline - block);
	}
	return -1;
}

int tail_seek(struct tail *tail, unsigned lines)
{
	char block[TAIL_BLOCK];
	struct stat status;
	off_t at, floor;
	int ret = tail_open(tail);

	if (ret <= 0)
		return ret;
	if (fstat(tail->fd, &status) < 0)
		return -errno;
	at = status.st_size;
	floor = at > (off_t)TAIL_BACK_MAX ? at - (off_t)TAIL_BACK_MAX : 0;
	tail->begin = tail->end = 0;
	tail->offset = at;
	if (at == 0 || lines == 0)
		return 0;
	/* A newline at the very end ends the last line; without one, that line counts too. */
	if (pread(tail->fd, block, 1, at - 1) != 1 || block[0] != '\n')
		lines--;
	while (at > floor) {
		size_t size =
		    (size_t)(at - floor) < sizeof(block) ? (size_t)(at - floor) : sizeof(block);
		ssize_t count = pread(tail->fd, block, size, at - (off_t)size);
		ssize_t found;

		if (count < 0)
			return -errno;
		if ((size_t)count < size)
			break; /* it shrank meanwhile: tail_next() will see it */
		at -= (off_t)size;
		found = find_line(block, size, &lines);
		tail->offset = found >= 0 ? at + found : at;
		if (found >= 0)
			break;
	}
	return 0;
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Opens what came after the file that was open. 0 where that still has the name, or nothing has. */
static int tail_open_successor(struct tail *tail, const struct stat *old)
{
	struct stat status;
	size_t size = strlen(tail->path) + 16;
	char *path;
	int fd = -1;
	int ret = -ENOENT;

	if (stat(tail->path, &status) < 0 || is_same_file(&status, old))
		return 0;
	path = malloc(size);
	if (!path)
		return -ENOMEM;
	for (unsigned i = 1; i <= TAIL_BACKUPS_MAX; i++) {
		snprintf(path, size, "%s.%u", tail->path, i);
		if (stat(path, &status) < 0 || !is_same_file(&status, old))
			continue;
		/* it became number i, so number i - 1 is the one that was begun after it */
		snprintf(path, size, "%s.%u", tail->path, i - 1);
		if (i > 1)
			ret = tail_open_file(path, &fd);
		break;
	}
	free(path);
	if (ret < 0)
		ret = tail_open_file(tail->path, &fd);
	if (ret < 0)
		return ret == -ENOENT ? 0 : ret;
	close(tail->fd);
	tail->fd = fd;
	tail->offset = 0;
	tail->line_ends = true;
	return 1;
}

/* At the end of the file: 1 where there is something else to read now. */
static int tail_turn(struct tail *tail)
{
	struct stat status;

	if (fstat(tail->fd, &status) < 0)
		return -errno;
	if (status.st_size > tail->offset)
		return 1;
	if (status.st_size < tail->offset) {
		tail->offset = 0;
		tail->line_ends = true;
		return 1;
	}
	return tail_open_successor(tail, &status);
}

/* Reads more behind what is held. 1 where something came or changed, 0 where not. */
static int tail_fill(struct tail *tail)
{
	ssize_t count;
	int ret = tail_open(tail);

	if (ret <= 0)
		return ret;
	if (!tail->buffer)
		tail->buffer = malloc(TAIL_LINE_MAX);
	if (!tail->buffer)
		return -ENOMEM;
	if (tail->begin > 0) {
		memmove(tail->buffer, tail->buffer + tail->begin, tail->end - tail->begin);
		tail->end -= tail->begin;
		tail->begin = 0;
	}
	count = pread(tail->fd, tail->buffer + tail->end, TAIL_LINE_MAX - tail->end, tail->offset);
	if (count < 0)
		return -errno;
	tail->offset += count;
	tail->end += (size_t)count;
	return count > 0 ? 1 : tail_turn(tail);
}

/* How much of a line that is too long to hand out, not to cut a character of UTF-8 in two. */
static size_t piece_size(const char *text, size_t size)
{
	for (size_t back = 1; back <= 3 && back < size; back++) {
		unsigned char byte = (unsigned char)text[size - back];

		if ((byte & 0xc0) == 0x80)
			continue;
		if (byte >= 0xc0 && back < (byte >= 0xf0 ? 4u : byte >= 0xe0 ? 3u : 2u))
			return size - back;
		break;
	}
	return size;
}

static int tail_give(struct tail *tail, size_t size, const char **ret_line, size_t *ret_size)
{
	*ret_line = tail->buffer + tail->begin;
	*ret_size = size;
	tail->begin += size;
	return 1;
}

int tail_next(struct tail *tail, bool unfinished, const char **ret_line, size_t *ret_size)
{
	for (;;) {
		size_t held = tail->end - tail->begin;
		const char *begin = tail->buffer ? tail->buffer + tail->begin : NULL;
		const char *newline = held ? memchr(begin, '\n', held) : NULL;
		int ret;

		if (newline)
			return tail_give(tail, (size_t)(newline + 1 - begin), ret_line, ret_size);
		if (held == TAIL_LINE_MAX)
			return tail_give(tail, piece_size(begin, held), ret_line, ret_size);
		if (tail->line_ends) {
			tail->line_ends = false;
			if (held)
				return tail_give(tail, held, ret_line, ret_size);
		}
		ret = tail_fill(tail);
		if (ret > 0)
			continue;
		if (ret == 0 && unfinished && held)
			return tail_give(tail, tail->end - tail->begin, ret_line, ret_size);
		if (tail->end == tail->begin) {
			free(tail->buffer);
			tail->buffer = NULL;
			tail->begin = tail->end = 0;
		}
		return ret;
	}
}
