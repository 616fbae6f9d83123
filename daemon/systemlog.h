/*
 * Lines to the system's log, as syslog(3) sends them, but never waiting for it: a log daemon that
 * is stuck must not stop ours.
 */
#ifndef MUSTER_DAEMON_SYSTEMLOG_H
#define MUSTER_DAEMON_SYSTEMLOG_H

#include <stddef.h>

/* A socket to send by; -errno where there is no system log. */
int systemlog_open(void);

/* Sends one line; a newline at its end is left out. 0 or -errno (-EAGAIN: the log takes none now).
 */
int systemlog_send(int fd, const char *line, size_t size);

#endif
