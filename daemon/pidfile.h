/* The file that tells others our pid; it proves nothing, and nothing of ours reads it to signal. */
#ifndef MUSTER_DAEMON_PIDFILE_H
#define MUSTER_DAEMON_PIDFILE_H

#include <sys/types.h>

/* Writes it; what goes wrong is logged. A symbolic link is not followed. NULL: none is wanted. */
void pidfile_write(const char *path, pid_t pid);

/* Removes it, where it still holds that pid. */
void pidfile_remove(const char *path, pid_t pid);

#endif
