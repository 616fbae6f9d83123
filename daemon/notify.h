/*
 * Telling a service manager how we are: one datagram to $NOTIFY_SOCKET, as sd_notify(3) describes
 * it. Without that variable nothing happens.
 */
#ifndef MUSTER_DAEMON_NOTIFY_H
#define MUSTER_DAEMON_NOTIFY_H

/* Lines of VARIABLE=value, without a newline at the end. 0, or -errno (said by nobody but the
 * caller); a manager that does not listen costs nothing. */
int notify_send(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
