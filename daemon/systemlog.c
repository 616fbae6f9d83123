/* One datagram a line to /dev/log (RFC 3164, as syslog(3) writes it). */
#include "daemon/systemlog.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

/* Facility daemon (3), severity notice (5). */
#define SYSTEMLOG_PRIORITY (3 * 8 + 5)

int systemlog_open(void)
{
	static const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		int r = -errno;
		close(fd);
		return r;
	}
	return fd;
}

int systemlog_send(int fd, const char *line, size_t size)
{
	char head[64];
	struct iovec parts[] = {
	    {.iov_base = head},
	    {.iov_base = (char *)line, .iov_len = size && line[size - 1] == '\n' ? size - 1 : size},
	};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
	int n =
	    snprintf(head, sizeof(head), "<%d>musterd[%d]: ", SYSTEMLOG_PRIORITY, (int)getpid());

	parts[0].iov_len = (size_t)n;
	return sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}
