/* The SOCK_SEQPACKET pair between guardian and engine. */
#include "daemon/guardian/channel.h"

#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* How long an order may wait for room: the guardian never blocks, so it is soon or never. */
#define CHANNEL_ORDER_WAIT_MS 5000

int channel_open(int *ret_guardian_end, int *ret_engine_end)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
		return -errno;
	*ret_guardian_end = ends[0];
	*ret_engine_end = ends[1];
	return 0;
}

int channel_send_notice(int guardian_end, const struct channel_notice *notice)
{
	ssize_t n = send(guardian_end, notice, sizeof(*notice), MSG_NOSIGNAL | MSG_DONTWAIT);

	return n < 0 ? -errno : 0;
}

bool channel_is_waiting(int guardian_end)
{
	int unread = 0;

	/* What this end has sent and the other has not read (unix(7), SIOCOUTQ). */
	return ioctl(guardian_end, SIOCOUTQ, &unread) == 0 && unread > 0;
}

/* Keeps the descriptors of a message's control part; returns how many. */
static uint32_t channel_take_fds(struct msghdr *message, int *fds)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(message);
	size_t size;

	if (!control || control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS)
		return 0;
	size = control->cmsg_len - CMSG_LEN(0);
	memcpy(fds, CMSG_DATA(control), size);
	return (uint32_t)(size / sizeof(int));
}

int channel_receive_order(int guardian_end, struct channel_order *ret_order,
                          int ret_fds[CHANNEL_FDS_MAX], uint32_t *ret_fd_count)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int) * CHANNEL_FDS_MAX)];
	} control;
	struct channel_order order = {0};
	struct iovec part = {.iov_base = &order, .iov_len = sizeof(order)};
	struct msghdr message = {
	    .msg_iov = &part,
	    .msg_iovlen = 1,
	    .msg_control = control.space,
	    .msg_controllen = sizeof(control.space),
	};
	ssize_t n = recvmsg(guardian_end, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);

	if (n < 0)
		return -errno;
	*ret_fd_count = channel_take_fds(&message, ret_fds);
	if (n != (ssize_t)sizeof(order) || order.count > CHANNEL_FDS_MAX)
		order.count = 0;
	*ret_order = order;
	return 0;
}

int channel_peek_notice(int engine_end, struct channel_notice *ret_notice)
{
	struct channel_notice notice;
	ssize_t n = recv(engine_end, &notice, sizeof(notice), MSG_PEEK | MSG_DONTWAIT);

	if (n < 0)
		return -errno;
	if (n == 0)
		return -EPIPE; /* nobody sends an empty one */
	if (n != (ssize_t)sizeof(notice))
		return -EBADMSG;
	*ret_notice = notice;
	return 0;
}

void channel_consume_notice(int engine_end)
{
	struct channel_notice notice;

	while (recv(engine_end, &notice, sizeof(notice), MSG_DONTWAIT) < 0 && errno == EINTR)
		continue;
}

static int channel_send_order(int engine_end, struct msghdr *message)
{
	for (;;) {
		struct pollfd room = {.fd = engine_end, .events = POLLOUT};

		if (sendmsg(engine_end, message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
			return 0;
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return -errno;
		if (poll(&room, 1, CHANNEL_ORDER_WAIT_MS) == 0)
			return -ETIMEDOUT;
	}
}

int channel_send_keep(int engine_end, const uint32_t *slots, const int *fds, uint32_t count)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int) * CHANNEL_FDS_MAX)];
	} control;
	struct channel_order order = {.type = CHANNEL_KEEP, .count = count};
	struct iovec part = {.iov_base = &order, .iov_len = sizeof(order)};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.space};

	if (count > CHANNEL_FDS_MAX)
		return -EINVAL;
	memset(&control, 0, sizeof(control));
	memcpy(order.slot, slots, count * sizeof(slots[0]));
	message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
	control.align.cmsg_level = SOL_SOCKET;
	control.align.cmsg_type = SCM_RIGHTS;
	control.align.cmsg_len = CMSG_LEN(sizeof(int) * count);
	memcpy(CMSG_DATA(&control.align), fds, sizeof(int) * count);
	return channel_send_order(engine_end, &message);
}

int channel_send_drop(int engine_end, const uint32_t *slots, uint32_t count)
{
	struct channel_order order = {.type = CHANNEL_DROP, .count = count};
	struct iovec part = {.iov_base = &order, .iov_len = sizeof(order)};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	if (count > CHANNEL_FDS_MAX)
		return -EINVAL;
	memcpy(order.slot, slots, count * sizeof(slots[0]));
	return channel_send_order(engine_end, &message);
}
