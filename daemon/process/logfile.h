/*
 * A file that logs go to: moved there with splice(2), rotated by size at the end of a line, opened
 * again where somebody took it away. Whoever opens the same file shares it: two programs that log
 * to one path do not write over each other.
 *
 * What is no regular file (a terminal, a pipe, a socket, /dev/stdout that is one of these) is never
 * sought nor rotated, and never blocks the daemon.
 */
#ifndef MUSTER_PROCESS_LOGFILE_H
#define MUSTER_PROCESS_LOGFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A line longer than this may be cut by a rotation. */
#define LOGFILE_LINE_MAX (64u * 1024u)

struct logfiles;
struct logfile;

/* All that are open; NULL when out of memory. */
struct logfiles *logfiles_new(void);
void logfiles_free(struct logfiles *files);
/* Opens every file again, as after an outside rotation (SIGUSR2). */
void logfiles_reopen(struct logfiles *files);

/*
 * Opens (or shares) a file for appending. /dev/stdout, /dev/stderr and /dev/fd/1, 2 are the
 * daemon's own descriptors. maxbytes 0: no rotation; backups 0: begun anew when full. -errno.
 */
int logfile_open(struct logfiles *files, const char *path, uint64_t maxbytes, unsigned backups,
                 struct logfile **ret_file);
void logfile_unref(struct logfile *file);

const char *logfile_path(const struct logfile *file);
bool logfile_is_regular(const struct logfile *file);

/*
 * Moves up to `max` bytes from a pipe. The bytes moved, which may be fewer though more are there;
 * 0 where the pipe is empty or at its end; -errno, with everything not moved still in the pipe
 * (-EAGAIN: the file takes nothing now). Rotates where it is due.
 */
ssize_t logfile_splice(struct logfile *file, int pipe, size_t max);

/* Writes whole lines. 0 or -errno; rotates where it is due. */
int logfile_write(struct logfile *file, const char *data, size_t size);

/* Empties the file and forgets its backups' growth. -errno; -ENOTSUP where it is no regular file.
 */
int logfile_clear(struct logfile *file);

#endif
