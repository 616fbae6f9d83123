/*
 * The socket under libmuster. The listening socket outlives an engine, in the guardian's store: so
 * a connection made while there is no engine is accepted by the next, and where nobody listens at
 * all the daemon itself has gone.
 */
#include "common/client-link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define USEC_PER_MSEC 1000
#define USEC_PER_SEC 1000000
#define CLIENT_READ_SIZE (16 * 1024)
/* A daemon that does not accept connections for so long is not coming back by itself. */
#define CLIENT_RETURN_MS 10000
/* One that nobody listens for has been ended; but its place may be made anew by another at once. */
#define CLIENT_GONE_MS 500
/* The pause between two tries doubles up to this. */
#define CLIENT_PAUSE_MS 100
/* How long a try to come back may wait in a full backlog, at a time. */
#define CLIENT_TRY_MS 1

int64_t client_now_usec(void)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * USEC_PER_SEC + now.tv_nsec / 1000;
}

int client_poll_ms(int64_t deadline_usec)
{
	int64_t left;

	if (deadline_usec == CLIENT_NO_DEADLINE)
		return -1;
	left = deadline_usec - client_now_usec();
	return left > 0 ? (int)((left + USEC_PER_MSEC - 1) / USEC_PER_MSEC) : 0;
}

/*
 * Nobody reads any more: what was to be sent is not. Linux gives ECONNRESET, once, where bytes were
 * left unread when the other end was closed (unix_release_sock() in net/unix/af_unix.c); where they
 * were all read it is EPIPE here, and an end of file for recv(2).
 */
static void link_hang_up(struct client_link *link, int error)
{
	link->reset = link->reset || error == ECONNRESET;
	link->sent = link->queued - frame_length(&link->out);
	link->hung_up = true;
	frame_consume(&link->out, frame_length(&link->out));
}

static int link_connect(const char *path, int patience_ms, int *ret_fd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct timeval patience = {
	    .tv_sec = patience_ms / 1000,
	    .tv_usec = patience_ms % 1000 * USEC_PER_MSEC,
	};
	size_t size = strlen(path);
	int fd, ret;

	if (size >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	if (size == 0)
		return -ENOENT; /* an empty name would be bound by the kernel, not connected */
	memcpy(address.sun_path, path, size);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* connect(2) waits in a full backlog, for as long as a send may. */
	ret = setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	while (ret == 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		if (errno != EINTR)
			ret = -1;
	}
	if (ret < 0) {
		ret = errno == EAGAIN ? -ETIMEDOUT : -errno;
		close(fd);
		return ret;
	}
	*ret_fd = fd;
	return 0;
}

/*
 * A user's default place may be below /tmp, where another could have been first. Root's is below
 * /run, where nobody else makes anything, and there a daemon may well run as another user.
 */
static int link_check_peer(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (geteuid() == 0)
		return 0;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return -errno;
	return peer.uid == 0 || peer.uid == geteuid() ? 0 : -EPERM;
}

/* A connection that may be used: the same way at first and when it has come back. */
static int link_connect_checked(const struct client_link *link, int patience_ms, int *ret_fd)
{
	int fd = -1, ret;

	ret = link_connect(link->path, patience_ms, &fd);
	if (ret < 0)
		return ret;
	if (link->own_only)
		ret = link_check_peer(fd);
	if (ret < 0)
		close(fd);
	else
		*ret_fd = fd;
	return ret;
}

int client_link_open(struct client_link *link)
{
	frame_init(&link->in);
	frame_init(&link->out);
	return link_connect_checked(link, CLIENT_RETURN_MS, &link->fd);
}

void client_link_close(struct client_link *link)
{
	frame_done(&link->in);
	frame_done(&link->out);
	close(link->fd);
	free(link->path);
}

uint64_t client_link_sent(const struct client_link *link)
{
	uint64_t sent = link->hung_up ? link->sent : link->queued - frame_length(&link->out);

	return link->reset && sent > 0 ? sent - 1 : sent;
}

int client_link_queue(struct client_link *link, const char *message, size_t size)
{
	int ret = link->hung_up ? 0 : frame_append_message(&link->out, message, size);

	if (ret == 0)
		link->queued += size + 1;
	return ret;
}

int client_link_write(struct client_link *link)
{
	const char *data;
	size_t size;

	while ((data = frame_peek(&link->out, &size)) != NULL) {
		ssize_t sent = send(link->fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent >= 0)
			frame_consume(&link->out, (size_t)sent);
		else if (errno == EAGAIN)
			return 0;
		else if (errno == EPIPE || errno == ECONNRESET)
			link_hang_up(link, errno);
		else if (errno != EINTR)
			return -errno;
	}
	return 0;
}

/* One recv(2); nothing there, or a signal, is no error. */
static int link_read(struct client_link *link, int flags)
{
	char *room;
	size_t size;
	ssize_t got;
	int ret;

	ret = frame_reserve(&link->in, CLIENT_READ_SIZE, &room, &size);
	if (ret < 0)
		return ret;
	got = recv(link->fd, room, size, flags);
	if (got < 0 && errno == ECONNRESET)
		link->reset = true;
	if (got == 0)
		return -ECONNRESET;
	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	frame_filled(&link->in, (size_t)got);
	return 0;
}

int client_link_step(struct client_link *link, int64_t deadline_usec)
{
	bool sending = frame_length(&link->out) > 0;
	struct pollfd poller = {.fd = link->fd, .events = POLLIN};
	int ready, ret = 0;

	if (!sending && deadline_usec == CLIENT_NO_DEADLINE)
		return link_read(link, 0);
	if (sending)
		poller.events |= POLLOUT;
	ready = poll(&poller, 1, client_poll_ms(deadline_usec));
	if (ready < 0)
		return errno == EINTR ? 0 : -errno;
	if (ready == 0)
		return -ETIMEDOUT;
	if (poller.revents & POLLOUT)
		ret = client_link_write(link);
	if (ret == 0 && (poller.revents & ~POLLOUT))
		ret = link_read(link, MSG_DONTWAIT);
	return ret;
}

/* What was there is closed, and `fd` has its number, which callers may know. */
static int link_replace(struct client_link *link, int fd)
{
	int ret = dup3(fd, link->fd, O_CLOEXEC) < 0 ? -errno : 0;

	close(fd);
	return ret;
}

/* The next try is in pause_ms. */
static void link_put_off(struct client_link *link, unsigned pause_ms)
{
	struct itimerspec when = {0};

	link->next_usec = client_now_usec() + (int64_t)pause_ms * USEC_PER_MSEC;
	when.it_value.tv_sec = link->next_usec / USEC_PER_SEC;
	when.it_value.tv_nsec = link->next_usec % USEC_PER_SEC * 1000;
	(void)timerfd_settime(link->fd, TFD_TIMER_ABSTIME, &when, NULL);
}

int client_link_lose(struct client_link *link, unsigned pause_ms)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	int ret = fd < 0 ? -errno : link_replace(link, fd);

	if (ret < 0)
		return ret;
	frame_done(&link->in);
	frame_done(&link->out);
	frame_init(&link->in);
	frame_init(&link->out);
	link->queued = 0;
	link->hung_up = false;
	link->reset = false;
	link->away = true;
	link->gone = false;
	link->pause_ms = 1;
	link->lost_usec = client_now_usec();
	link_put_off(link, pause_ms < CLIENT_PAUSE_MS ? pause_ms : CLIENT_PAUSE_MS);
	return 0;
}

/* Until it is time for the next try. */
static int link_wait_turn(const struct client_link *link, int64_t deadline_usec)
{
	struct pollfd poller = {.fd = link->fd, .events = POLLIN};

	while (client_now_usec() < link->next_usec) {
		int ready = poll(&poller, 1, client_poll_ms(deadline_usec));

		if (ready < 0 && errno != EINTR)
			return -errno;
		if (ready == 0)
			return -ETIMEDOUT;
	}
	return 0;
}

/* How long one goes on trying after this result. */
static int64_t link_patience_usec(int result)
{
	switch (-result) {
	case ENOENT:
	case ECONNREFUSED:
		return (int64_t)CLIENT_GONE_MS * USEC_PER_MSEC;
	case ETIMEDOUT:
		return (int64_t)CLIENT_RETURN_MS * USEC_PER_MSEC;
	default:
		return 0;
	}
}

int client_link_return(struct client_link *link, int64_t deadline_usec)
{
	for (;;) {
		int fd, ret = link_wait_turn(link, deadline_usec);

		if (ret < 0)
			return ret;
		ret = link_connect_checked(link, CLIENT_TRY_MS, &fd);
		if (ret == 0) {
			ret = link_replace(link, fd);
			link->away = ret < 0;
			return ret;
		}
		if (link->gone || client_now_usec() - link->lost_usec >= link_patience_usec(ret)) {
			link->gone = true;
			link_put_off(link, 0);
			return ret;
		}
		link_put_off(link, link->pause_ms);
		if (link->pause_ms < CLIENT_PAUSE_MS)
			link->pause_ms *= 2;
	}
}
