/*
 * The file of the socket: made where nobody else serves it, with its owner and mode from the first
 * moment on, known again by device and inode, removed only while it is still the same.
 */
#ifndef MUSTER_API_SOCKET_FILE_H
#define MUSTER_API_SOCKET_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What can be wrong is told in words, with the path in them; room for them. */
#define SOCKET_FILE_WHY_MAX 512u

struct socket_file {
	const char *path; /* absolute; set by the caller, who keeps the text */
	mode_t mode;
	uid_t uid; /* (uid_t)-1, (gid_t)-1: as it comes */
	gid_t gid;
	int lock_fd; /* -1: not locked */
	bool exists; /* made or adopted, as far as we know */
	dev_t device;
	ino_t inode;
};

void socket_file_init(struct socket_file *file, const char *path, mode_t mode, uid_t uid,
                      gid_t gid);
/* Gives the lock back; the socket stays where it is. */
void socket_file_done(struct socket_file *file);

/*
 * Makes the run directory where it is missing, takes the lock SOCKET.lock, replaces a socket that
 * nobody serves, and listens. *ret_fd is non-blocking and close-on-exec, for the caller to close.
 * -EPERM where others could put theirs in its place, since the directory or the lock is not ours
 * alone; -EADDRINUSE where a living process serves it, -ENAMETOOLONG, -ENOTSOCK where something
 * else is in its place, else -errno; `why` (of SOCKET_FILE_WHY_MAX bytes) says what it is about.
 */
int socket_file_listen(struct socket_file *file, int *ret_fd, char *why);

/* Takes the lock for a socket that is there already, and remembers which file it is. As above, and
 * -ENOENT where the file is another than the one that was listened at. */
int socket_file_adopt(struct socket_file *file, char *why);

/* True where the path still leads to the socket that was made or adopted. */
bool socket_file_is_ours(const struct socket_file *file);

/* Removes it where it still is ours. */
void socket_file_remove(struct socket_file *file);

#endif
