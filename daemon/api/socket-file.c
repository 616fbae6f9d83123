/*
 * Two daemons may be started at the same moment on the same path, so looking whether a socket is
 * stale and replacing it is done under a lock file. The lock file stays: removing it would be a
 * race of its own.
 */
#include "daemon/api/socket-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/path.h"
#include "daemon/process/proc.h"

#define LOCK_SUFFIX ".lock"
/* Room for what the lock holds: the device and inode of the socket's file. */
#define SOCKET_FILE_RECORD_MAX 64u

void socket_file_init(struct socket_file *file, const char *path, mode_t mode, uid_t uid, gid_t gid)
{
	*file =
	    (struct socket_file){.path = path, .mode = mode, .uid = uid, .gid = gid, .lock_fd = -1};
}

void socket_file_done(struct socket_file *file)
{
	if (file->lock_fd >= 0)
		close(file->lock_fd);
	file->lock_fd = -1;
}

/* Says what failed on what, and returns the error. */
static int socket_file_fail(int error, char *why, const char *what, const char *path)
{
	snprintf(why, SOCKET_FILE_WHY_MAX, "%s %s: %s", what, path, strerror(error));
	return -error;
}

static int socket_file_address(const struct socket_file *file, struct sockaddr_un *ret_address,
                               char *why)
{
	size_t size = strlen(file->path);

	if (size >= sizeof(ret_address->sun_path)) {
		snprintf(why, SOCKET_FILE_WHY_MAX,
		         "the path of the socket has %zu bytes and may have %zu; choose a shorter "
		         "one: %s",
		         size, sizeof(ret_address->sun_path) - 1, file->path);
		return -ENAMETOOLONG;
	}
	*ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(ret_address->sun_path, file->path, size);
	return 0;
}

/* Words for a place that somebody else could change under us. */
static int socket_file_distrust(char *why, const char *path, const char *what)
{
	snprintf(why, SOCKET_FILE_WHY_MAX,
	         "%s %s, so another user could put a socket in the place of ours; mend that, or "
	         "choose another socket",
	         path, what);
	return -EPERM;
}

static bool is_trusted(uid_t uid)
{
	return uid == 0 || uid == geteuid();
}

/* Who owns the directory, or may write to it, can replace what is in it; in a sticky one only what
 * is theirs. A link is as good as what it leads to where nobody else can turn it elsewhere. */
static int socket_file_check_directory(const char *directory, char *why)
{
	bool last_resort = path_is_last_resort(directory);
	struct stat link;
	struct stat status;

	if (lstat(directory, &link) < 0 || stat(directory, &status) < 0)
		return socket_file_fail(errno, why, "looking at the directory", directory);
	if (!S_ISDIR(status.st_mode))
		return socket_file_fail(ENOTDIR, why, "the socket's place", directory);
	if (!is_trusted(status.st_uid) || !is_trusted(link.st_uid))
		return socket_file_distrust(why, directory, "belongs to another user");
	if (last_resort && !S_ISDIR(link.st_mode))
		return socket_file_distrust(why, directory, "is a symbolic link");
	if (last_resort && (status.st_mode & 077))
		return socket_file_distrust(why, directory, "is open to others (mode not 0700)");
	if ((status.st_mode & S_ISVTX) == 0 &&
	    ((status.st_mode & S_IWOTH) ||
	     ((status.st_mode & S_IWGRP) && status.st_gid != getegid())))
		return socket_file_distrust(why, directory, "may be written to by others");
	return 0;
}

/* The directory must be there, and nobody else's. */
static int socket_file_make_directory(const struct socket_file *file, char *why)
{
	const char *slash = strrchr(file->path, '/');
	char *directory;
	int ret;

	directory = !slash                ? strdup(".")
	            : slash == file->path ? strdup("/")
	                                  : strndup(file->path, (size_t)(slash - file->path));
	if (!directory)
		return socket_file_fail(ENOMEM, why, "making the directory of", file->path);
	if (mkdir(directory, geteuid() == 0 ? 0755 : 0700) < 0 && errno != EEXIST)
		ret = socket_file_fail(errno, why, "making the directory", directory);
	else
		ret = socket_file_check_directory(directory, why);
	free(directory);
	return ret;
}

/* The pid of who listens at the address: 0 where nobody does, else -errno. */
static int socket_file_ask(const struct sockaddr_un *address, pid_t *ret_pid)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct ucred peer = {0};
	struct proc_stat status;
	socklen_t size = sizeof(peer);
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
		ret = -errno;
	else if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		peer.pid = 0;
	close(fd);
	/* The peer is the engine; to be stopped is the guardian, its parent. */
	if (ret == 0)
		*ret_pid = peer.pid > 0 && proc_read_stat(peer.pid, &status) == 0 ? status.parent
		                                                                  : peer.pid;
	return ret;
}

static int socket_file_in_use(const struct socket_file *file, pid_t pid, char *why)
{
	if (pid > 0)
		snprintf(why, SOCKET_FILE_WHY_MAX,
		         "%s: pid %d serves this socket already; stop it or choose another socket",
		         file->path, (int)pid);
	else
		snprintf(why, SOCKET_FILE_WHY_MAX,
		         "%s: another process holds its lock; stop it or choose another socket",
		         file->path);
	return -EADDRINUSE;
}

static bool is_same_file(int fd, const char *path)
{
	struct stat a;
	struct stat b;

	return fstat(fd, &a) == 0 && lstat(path, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

/* In a directory like /tmp others may have made the file first, and could lock us out. */
static int socket_file_open_lock(const char *path, int *ret_fd, char *why)
{
	struct stat status;
	int fd;

	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0600);
	if (fd < 0)
		return socket_file_fail(errno, why, "opening", path);
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || status.st_uid != geteuid()) {
		snprintf(why, SOCKET_FILE_WHY_MAX,
		         "%s is no file of this user's; remove it, or choose another socket", path);
		close(fd);
		return -EPERM;
	}
	*ret_fd = fd;
	return 0;
}

static int socket_file_lock(struct socket_file *file, const struct sockaddr_un *address, char *why)
{
	char path[sizeof(address->sun_path) + sizeof(LOCK_SUFFIX)];
	pid_t pid = 0;
	int fd = -1;
	int ret;

	snprintf(path, sizeof(path), "%s%s", file->path, LOCK_SUFFIX);
	if (file->lock_fd >= 0) {
		if (is_same_file(file->lock_fd, path))
			return 0;
		socket_file_done(file); /* the lock file was removed: ours keeps nobody out */
	}
	ret = socket_file_open_lock(path, &fd, why);
	if (ret < 0)
		return ret;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
		file->lock_fd = fd;
		return 0;
	}
	ret = errno == EWOULDBLOCK ? -EADDRINUSE : socket_file_fail(errno, why, "locking", path);
	if (ret == -EADDRINUSE) {
		(void)socket_file_ask(address, &pid);
		ret = socket_file_in_use(file, pid, why);
	}
	close(fd);
	return ret;
}

/* Removes a socket that nobody serves any more. */
static int socket_file_clear(const struct socket_file *file, const struct sockaddr_un *address,
                             char *why)
{
	struct stat status;
	pid_t pid = 0;
	int ret;

	if (lstat(file->path, &status) < 0)
		return errno == ENOENT ? 0 : socket_file_fail(errno, why, "looking at", file->path);
	if (!S_ISSOCK(status.st_mode)) {
		snprintf(why, SOCKET_FILE_WHY_MAX,
		         "%s is in the socket's place and is no socket; remove it", file->path);
		return -ENOTSOCK;
	}
	ret = socket_file_ask(address, &pid);
	if (ret == 0 || ret == -EAGAIN)
		return socket_file_in_use(file, pid, why);
	if (ret != -ECONNREFUSED && ret != -ENOENT)
		return socket_file_fail(-ret, why, "asking who serves", file->path);
	if (unlink(file->path) < 0 && errno != ENOENT)
		return socket_file_fail(errno, why, "removing the stale socket", file->path);
	return 0;
}

/* The file at the path, as that which is ours. */
static int socket_file_remember(struct socket_file *file)
{
	struct stat status;

	if (lstat(file->path, &status) < 0)
		return -errno;
	if (!S_ISSOCK(status.st_mode))
		return -ENOTSOCK;
	file->device = status.st_dev;
	file->inode = status.st_ino;
	file->exists = true;
	return 0;
}

static size_t socket_file_format(const struct socket_file *file, char *text)
{
	return (size_t)snprintf(text, SOCKET_FILE_RECORD_MAX, "%ju %ju\n", (uintmax_t)file->device,
	                        (uintmax_t)file->inode);
}

/* Writes into the lock which file is ours, for a next engine; where that fails, it takes what it
 * finds. */
static void socket_file_record(const struct socket_file *file)
{
	char text[SOCKET_FILE_RECORD_MAX];
	size_t size = socket_file_format(file, text);
	bool empty = ftruncate(file->lock_fd, 0) == 0;

	if (empty && pwrite(file->lock_fd, text, size, 0) != (ssize_t)size)
		(void)!ftruncate(file->lock_fd, 0);
}

/* False where the lock says that another file was ours than the one that is remembered. */
static bool socket_file_is_recorded(const struct socket_file *file)
{
	char wanted[SOCKET_FILE_RECORD_MAX];
	char text[SOCKET_FILE_RECORD_MAX];
	ssize_t size = pread(file->lock_fd, text, sizeof(text), 0);

	return size <= 0 || ((size_t)size == socket_file_format(file, wanted) &&
	                     memcmp(text, wanted, (size_t)size) == 0);
}

/* Nobody can connect before listen(), and by then mode and owner are right. */
static int socket_file_bind(struct socket_file *file, int fd, const struct sockaddr_un *address,
                            char *why)
{
	mode_t before = umask(0777 & ~file->mode);
	int ret;

	file->exists = false; /* whatever was ours before, what is there now is not */
	ret = bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? errno : 0;

	umask(before);
	if (ret != 0)
		return socket_file_fail(ret, why, "binding", file->path);
	ret = socket_file_remember(file);
	if (ret < 0)
		return socket_file_fail(-ret, why, "looking at", file->path);
	socket_file_record(file);
	if ((file->uid != (uid_t)-1 || file->gid != (gid_t)-1) &&
	    lchown(file->path, file->uid, file->gid) < 0)
		return socket_file_fail(errno, why, "giving its owner to", file->path);
	if (listen(fd, SOMAXCONN) < 0)
		return socket_file_fail(errno, why, "listening on", file->path);
	return 0;
}

int socket_file_listen(struct socket_file *file, int *ret_fd, char *why)
{
	struct sockaddr_un address;
	int ret;
	int fd;

	ret = socket_file_address(file, &address, why);
	if (ret == 0)
		ret = socket_file_make_directory(file, why);
	if (ret == 0)
		ret = socket_file_lock(file, &address, why);
	if (ret == 0)
		ret = socket_file_clear(file, &address, why);
	if (ret < 0)
		return ret;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return socket_file_fail(errno, why, "making", file->path);
	ret = socket_file_bind(file, fd, &address, why);
	if (ret < 0) {
		socket_file_remove(file);
		close(fd);
		return ret;
	}
	*ret_fd = fd;
	return 0;
}

int socket_file_adopt(struct socket_file *file, char *why)
{
	struct sockaddr_un address;
	int ret = socket_file_address(file, &address, why);

	if (ret == 0)
		ret = socket_file_lock(file, &address, why);
	if (ret < 0)
		return ret;
	ret = socket_file_remember(file);
	if (ret < 0)
		return socket_file_fail(-ret, why, "looking at", file->path);
	if (!socket_file_is_recorded(file)) {
		file->exists = false;
		return socket_file_fail(ENOENT, why, "looking for our socket at", file->path);
	}
	return 0;
}

bool socket_file_is_ours(const struct socket_file *file)
{
	struct stat status;

	return file->exists && lstat(file->path, &status) == 0 && S_ISSOCK(status.st_mode) &&
	       status.st_dev == file->device && status.st_ino == file->inode;
}

void socket_file_remove(struct socket_file *file)
{
	if (socket_file_is_ours(file))
		unlink(file->path);
	file->exists = false;
}
