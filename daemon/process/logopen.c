/* Opening logs. */
#include "daemon/process/logopen.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOGOPEN_LINKS_MAX 8

/* Paths that mean a descriptor of the daemon: opening them anew would start at the file's
 * beginning, and fails for a socket. */
static const struct {
	const char *path;
	int fd;
} own_descriptors[] = {
    {"/dev/stdout", STDOUT_FILENO},     {"/dev/stderr", STDERR_FILENO},
    {"/dev/fd/1", STDOUT_FILENO},       {"/dev/fd/2", STDERR_FILENO},
    {"/proc/self/fd/1", STDOUT_FILENO}, {"/proc/self/fd/2", STDERR_FILENO},
};

/* The daemon's own descriptor that a path means, or -1. */
static int logopen_own(const char *path)
{
	for (size_t i = 0; i < sizeof(own_descriptors) / sizeof(own_descriptors[0]); i++)
		if (strcmp(path, own_descriptors[i].path) == 0)
			return own_descriptors[i].fd;
	return -1;
}

/* A terminal is opened anew, so that a stopped one (^S) does not stop the daemon; what else it may
 * be is shared with whoever started us, and so are its flags. */
static int logopen_descriptor(int own)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", own);
	if (isatty(own))
		fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	else
		fd = fcntl(own, F_DUPFD_CLOEXEC, 3);
	return fd < 0 ? -errno : fd;
}

bool logopen_is_own(const char *path)
{
	return logopen_own(path) >= 0;
}

/* Where a link leads that root or we have made; the link is held while it is looked at. */
static int logopen_read_link(const char *path, char target[PATH_MAX])
{
	int link = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	const char *slash = strrchr(path, '/');
	size_t directory = slash ? (size_t)(slash - path) + 1 : 0;
	char text[PATH_MAX];
	struct stat status;
	ssize_t length = -1;
	int n;

	if (link < 0)
		return -errno;
	if (fstat(link, &status) == 0 && (status.st_uid == 0 || status.st_uid == geteuid()))
		length = readlinkat(link, "", text, sizeof(text) - 1);
	close(link);
	if (length <= 0)
		return -ELOOP;
	text[length] = '\0';
	if (text[0] == '/')
		directory = 0;
	n = snprintf(target, PATH_MAX, "%.*s%s", (int)directory, path, text);
	return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

static int logopen_path(const char *path, int flags, mode_t mode)
{
	char at[PATH_MAX], target[PATH_MAX];

	if (strlen(path) >= sizeof(at))
		return -ENAMETOOLONG;
	memcpy(at, path, strlen(path) + 1);
	for (int links = 0; links <= LOGOPEN_LINKS_MAX; links++) {
		int fd = open(at, flags | O_NOFOLLOW, mode);
		int r;
		if (fd >= 0 || errno != ELOOP)
			return fd < 0 ? -errno : fd;
		r = logopen_read_link(at, target);
		if (r < 0)
			return r;
		memcpy(at, target, sizeof(at));
	}
	return -ELOOP;
}

int logopen(const char *path, mode_t mode, bool *ret_readable)
{
	const int flags = O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	int own = logopen_own(path);
	struct stat status;
	int fd;

	*ret_readable = false;
	if (own >= 0)
		return logopen_descriptor(own);
	/* A FIFO opened for both would be its own reader. */
	if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
		return logopen_path(path, O_WRONLY | flags, mode);
	fd = logopen_path(path, O_RDWR | flags, mode);
	*ret_readable = fd >= 0;
	return fd == -EACCES ? logopen_path(path, O_WRONLY | flags, mode) : fd;
}
