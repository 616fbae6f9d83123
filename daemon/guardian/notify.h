/*
 * Telling a service manager how we are: one datagram to $NOTIFY_SOCKET, as sd_notify(3) describes
 * it. Without that variable nothing happens.
 */
#ifndef MUSTER_GUARDIAN_NOTIFY_H
#define MUSTER_GUARDIAN_NOTIFY_H

#include <stdint.h>

/* Lines of VARIABLE=value, without a newline at the end. 0, or -errno (said by nobody but the
 * caller); a manager that does not listen costs nothing. */
int notify_send(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same with a descriptor, waiting some seconds until there is room for it. */
int notify_send_fd(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* How often the service manager wants a sign of life, in ms (sd_watchdog_enabled(3)); 0: it does
 * not.
 */
int64_t notify_watchdog_msec(void);

#endif
