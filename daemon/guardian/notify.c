/* One datagram to the service manager. */
#include "daemon/guardian/notify.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define NOTIFY_TEXT_MAX 512u
/* For a message that must not be lost, of which there may be thousands. */
#define NOTIFY_WAIT_SEC 5

/* A path, or a name in the abstract space written with an '@'. The address's size; 0: nobody
 * listens. */
static int notify_address(struct sockaddr_un *ret_address, socklen_t *ret_size)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t length = path ? strlen(path) : 0;

	*ret_size = 0;
	if (!length || (path[0] != '/' && path[0] != '@'))
		return 0;
	if (length >= sizeof(ret_address->sun_path))
		return -ENAMETOOLONG;
	*ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(ret_address->sun_path, path, length);
	if (path[0] == '@')
		ret_address->sun_path[0] = '\0';
	*ret_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	return 0;
}

/* fd: what goes with it, or -1; then it is waited for until the manager has room. */
static int notify_send_text(const char *text, size_t size, int fd)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct timeval patience = {.tv_sec = NOTIFY_WAIT_SEC};
	struct sockaddr_un address;
	struct iovec part = {.iov_base = (char *)(uintptr_t)text, .iov_len = size};
	struct msghdr message = {.msg_name = &address, .msg_iov = &part, .msg_iovlen = 1};
	int sender, r = notify_address(&address, &message.msg_namelen);

	if (r < 0 || !message.msg_namelen)
		return r;
	if (fd >= 0) {
		message.msg_control = control.space;
		message.msg_controllen = sizeof(control.space);
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.align), &fd, sizeof(fd));
	}
	sender = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sender < 0)
		return -errno;
	(void)setsockopt(sender, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (sendmsg(sender, &message, MSG_NOSIGNAL | (fd < 0 ? MSG_DONTWAIT : 0)) < 0)
		r = -errno;
	close(sender);
	return r;
}

static int notify_format(int fd, const char *format, va_list arguments)
{
	char text[NOTIFY_TEXT_MAX];
	int n = vsnprintf(text, sizeof(text), format, arguments);

	if (n < 0 || (size_t)n >= sizeof(text))
		return -EMSGSIZE;
	return notify_send_text(text, (size_t)n, fd);
}

int notify_send(const char *format, ...)
{
	va_list arguments;
	int r;

	va_start(arguments, format);
	r = notify_format(-1, format, arguments);
	va_end(arguments);
	return r;
}

int notify_send_fd(int fd, const char *format, ...)
{
	va_list arguments;
	int r;

	va_start(arguments, format);
	r = notify_format(fd, format, arguments);
	va_end(arguments);
	return r;
}

int64_t notify_watchdog_msec(void)
{
	const char *pid = getenv("WATCHDOG_PID");
	const char *usec = getenv("WATCHDOG_USEC");
	int64_t value;

	if (!usec || (pid && strtol(pid, NULL, 10) != (long)getpid()))
		return 0;
	value = strtoll(usec, NULL, 10) / 1000;
	return value > 0 ? value : 0;
}
