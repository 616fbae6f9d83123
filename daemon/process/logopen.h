/*
 * Opening the path that a log goes to, as root in directories that may be the worker's: a symbolic
 * link is followed only where root or we ourselves have made it.
 */
#ifndef MUSTER_PROCESS_LOGOPEN_H
#define MUSTER_PROCESS_LOGOPEN_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * A descriptor, positioned anywhere; a new file gets `mode`, less the umask. *ret_readable: it may
 * be read too. /dev/stdout, /dev/stderr and /dev/fd/1, 2 are the daemon's own. -errno; -ELOOP for a
 * link that somebody else has made.
 */
int logopen(const char *path, mode_t mode, bool *ret_readable);

/* True where the path means one of the daemon's own descriptors. */
bool logopen_is_own(const char *path);

#endif
