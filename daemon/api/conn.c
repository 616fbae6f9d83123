/*
 * A connection's life is a series of turns: read what came, begin calls until one waits or the
 * share of this turn is used up, send what they answered. A turn runs when the socket says so, or
 * from the loop when a call that waited was answered or a share was used up. Nothing is freed
 * elsewhere than at the end of a turn, so replies may be given from anywhere.
 */
#include "daemon/api/conn.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/frame.h"
#include "common/log.h"
#include "common/proto.h"
#include "daemon/api/api.h"
#include "daemon/base/loop.h"
#include "daemon/process/ad-hoc.h"
#include "daemon/process/supervisor.h"

/* A read asks for little at first, and for more where a read has filled what it had. */
#define CONN_READ_FIRST (4u * 1024u)
#define CONN_READ_MAX (64u * 1024u)

struct conn {
	struct api *api;
	struct loop *loop;
	conn_closed_cb closed;
	void *closed_arg;
	struct conn_peer peer;
	int fd;
	short interest; /* what `event` waits for: EV_READ, EV_WRITE, or EV_CLOSED alone */
	struct event event;
	struct loop_work work; /* a turn that is due */
	struct frame in;
	struct frame out;
	size_t read_size;
	size_t message_max; /* the longest that is read */
	/* Of the bytes that wait in `in` behind a call: where the first message begins that was not
	 * looked at for Cancel, and how far no end of it was found. */
	size_t looked;
	size_t looked_end;
	struct api_call call;
	bool in_turn;
	bool has_input; /* there may be a whole message in `in` */
	bool eof;       /* the peer sends no more; it may still read */
	bool congested; /* a stream was told so, and waits for `drained` */
	bool owns;      /* something ends with it */
	bool dead;      /* to be freed at the end of this or the next turn */
};

static void conn_turn(struct conn *conn);

static void conn_work_cb(void *arg)
{
	conn_turn(arg);
}

static void conn_turn_later(struct conn *conn)
{
	if (!conn->in_turn)
		loop_defer(conn->loop, &conn->work);
}

const struct conn_peer *conn_peer(const struct conn *conn)
{
	return &conn->peer;
}

int conn_peer_groups(const struct conn *conn, gid_t **ret_groups, size_t *ret_count)
{
	socklen_t size = 0;
	gid_t *groups;

	/* The first call says how long the list is. */
	if (getsockopt(conn->fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &size) < 0 && errno != ERANGE)
		return -errno;
	groups = malloc(size + sizeof(*groups));
	if (!groups)
		return -ENOMEM;
	if (getsockopt(conn->fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0) {
		free(groups);
		return -errno;
	}
	*ret_groups = groups;
	*ret_count = size / sizeof(*groups);
	return 0;
}

void conn_own(struct conn *conn)
{
	conn->owns = true;
}

bool conn_is_congested(const struct conn *conn)
{
	return frame_length(&conn->out) > CONN_OUTPUT_HIGH;
}

void conn_fail(struct conn *conn, const char *why)
{
	if (conn->dead)
		return;
	if (api_may_complain(conn->api))
		log_warn("connection of pid %d, uid %u closed: %s", (int)conn->peer.pid,
		         conn->peer.uid, why);
	conn->dead = true;
	conn_turn_later(conn);
}

void conn_send(struct conn *conn, const char *message, size_t size)
{
	if (conn->dead)
		return;
	if (frame_length(&conn->out) > CONN_OUTPUT_MAX)
		conn_fail(conn, "it does not read what it asked for");
	else if (frame_append_message(&conn->out, message, size) < 0)
		conn_fail(conn, "out of memory for a reply");
	if (conn_is_congested(conn))
		conn->congested = true;
	conn_turn_later(conn);
}

void conn_call_ended(struct conn *conn)
{
	conn->has_input = true;
	conn_turn_later(conn);
}

/* Begins the calls that are there, as far as this turn's share goes. */
static void conn_run_calls(struct conn *conn)
{
	size_t bytes = 0;
	unsigned calls = 0;

	while (!conn->dead && !conn->call.open && conn->has_input && !conn_is_congested(conn) &&
	       calls < CONN_TURN_CALLS && bytes < CONN_TURN_BYTES) {
		const char *message;
		const char *why = "out of memory";
		size_t size;
		int ret = frame_next(&conn->in, conn->message_max, &message, &size);

		if (ret == 0) {
			conn->has_input = false;
		} else if (ret < 0) {
			conn_fail(conn, "a message is longer than it may be");
		} else {
			conn->looked -= conn->looked > size ? size + 1 : conn->looked;
			conn->looked_end -= conn->looked_end > size ? size + 1 : conn->looked_end;
			if (api_call_begin(&conn->call, message, size, &why) < 0)
				conn_fail(conn, why);
			bytes += size;
			calls++;
		}
	}
}

/* While a call waits, Cancel is the one message that is looked for in what waits behind it. */
static bool conn_find_cancel(struct conn *conn)
{
	size_t size;
	const char *data = frame_peek(&conn->in, &size);

	while (data && conn->looked_end < size) {
		const char *begin = data + conn->looked;
		const char *end = memchr(data + conn->looked_end, '\0', size - conn->looked_end);

		if (!end) {
			conn->looked_end = size;
			return false;
		}
		conn->looked = conn->looked_end = (size_t)(end - data) + 1;
		if (api_is_cancel(begin, (size_t)(end - begin)))
			return true;
	}
	return false;
}

static void conn_send_output(struct conn *conn)
{
	size_t sent = 0;

	while (frame_length(&conn->out) > 0 && sent < CONN_TURN_SEND) {
		size_t size;
		const char *data = frame_peek(&conn->out, &size);
		ssize_t count = send(conn->fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0) {
			/* ENOBUFS and ENOMEM: the machine is short of memory, as full as EAGAIN */
			if (errno != EAGAIN && errno != ENOBUFS && errno != ENOMEM)
				conn->dead = true;
			return;
		}
		frame_consume(&conn->out, (size_t)count);
		sent += (size_t)count;
		if ((size_t)count < size)
			return;
	}
}

static void conn_read_input(struct conn *conn)
{
	char *room;
	size_t size;
	ssize_t count;

	if (frame_reserve(&conn->in, conn->read_size, &room, &size) < 0) {
		conn_fail(conn, "out of memory for its calls");
		return;
	}
	if (size > CONN_READ_MAX)
		size = CONN_READ_MAX;
	count = recv(conn->fd, room, size, MSG_DONTWAIT);
	if (count > 0) {
		frame_filled(&conn->in, (size_t)count);
		conn->has_input = true;
		if ((size_t)count == size && conn->read_size < CONN_READ_MAX)
			conn->read_size *= 2;
		else if ((size_t)count < size / 4)
			conn->read_size = CONN_READ_FIRST;
	} else if (count == 0) {
		conn->eof = true;
	} else if (errno != EAGAIN && errno != EINTR) {
		conn->dead = true;
	}
}

/* True where nobody is at the other end any more, neither to send nor to read. */
static bool conn_is_hung_up(const struct conn *conn)
{
	struct pollfd poll_fd = {.fd = conn->fd};

	return poll(&poll_fd, 1, 0) > 0 && (poll_fd.revents & (POLLHUP | POLLERR));
}

static void conn_event_cb(evutil_socket_t fd, short what, void *arg)
{
	struct conn *conn = arg;

	(void)fd;
	/* What is there already comes first, so that a fast sender fills no buffer. */
	if ((what & EV_READ) && (conn->call.open || !conn->has_input))
		conn_read_input(conn);
	if ((what & EV_CLOSED) && conn->call.open && conn_is_hung_up(conn))
		conn->dead = true;
	conn_turn(conn);
}

/* Waits for what the connection is ready for; changes the poll set only where that changed. */
static void conn_watch(struct conn *conn)
{
	bool waiting = frame_length(&conn->out) > 0;
	short interest = waiting ? EV_WRITE : 0;

	if (!conn->eof && frame_length(&conn->in) <= conn->message_max &&
	    (conn->call.open || !conn_is_congested(conn)))
		interest |= EV_READ;
	/* Neither to read nor to write: still a peer that hangs up must end the call that waits.
	 * Edge-triggered, since a peer that only stopped sending would report that for ever. */
	interest |= interest ? EV_PERSIST : EV_CLOSED | EV_ET | EV_PERSIST;
	if (interest == conn->interest)
		return;
	if (conn->interest)
		event_del(&conn->event);
	conn->interest = interest;
	if (loop_watch(conn->loop, &conn->event, conn->fd, interest, conn_event_cb, conn) < 0) {
		conn->interest = 0;
		conn_fail(conn, "it cannot be waited for");
	}
}

/* The peer has gone, or is of no more use; an engine that ends leaves what clients own as it is. */
static void conn_close(struct conn *conn)
{
	conn_closed_cb closed = conn->closed;
	void *arg = conn->closed_arg;

	if (conn->owns)
		ad_hocs_owner_gone(supervisor_ad_hocs(api_supervisor(conn->api)), conn);

	if (closed)
		closed(arg, conn);
	conn_free(conn);
}

/* True where the connection has nothing more to do. */
static bool conn_is_finished(const struct conn *conn)
{
	if (conn->dead)
		return true;
	if (!conn->eof || (!conn->call.open && conn->has_input))
		return false;
	if (!conn->call.open && frame_length(&conn->out) == 0)
		return true;
	return conn_is_hung_up(conn);
}

static void conn_turn(struct conn *conn)
{
	conn->in_turn = true;
	loop_cancel(conn->loop, &conn->work);
	conn_run_calls(conn);
	if (conn->call.open && conn_find_cancel(conn))
		api_call_cancel(&conn->call);
	conn_send_output(conn);
	if (conn->congested && frame_length(&conn->out) <= CONN_OUTPUT_LOW) {
		conn->congested = false;
		api_call_drained(&conn->call);
	}
	if (!conn_is_finished(conn))
		conn_watch(conn);
	conn->in_turn = false;
	if (conn_is_finished(conn)) {
		conn_close(conn);
		return;
	}
	if (conn->has_input && !conn->call.open && !conn_is_congested(conn))
		conn_turn_later(conn);
}

int conn_new(struct api *api, int fd, conn_closed_cb closed, void *arg, struct conn **ret_conn)
{
	struct conn *conn = NULL;
	struct ucred credentials;
	socklen_t size = sizeof(credentials);
	int ret;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0) {
		ret = -errno;
		goto out;
	}
	ret = -ENOMEM;
	conn = calloc(1, sizeof(*conn));
	if (!conn)
		goto out;
	conn->api = api;
	conn->loop = api_loop(api);
	conn->closed = closed;
	conn->closed_arg = arg;
	conn->peer = (struct conn_peer){credentials.pid, credentials.uid, credentials.gid};
	conn->fd = fd;
	conn->work.run = conn_work_cb;
	conn->work.arg = conn;
	conn->read_size = CONN_READ_FIRST;
	conn->call.api = api;
	conn->call.conn = conn;
	conn->call.rights = api_rights_of(credentials.uid);
	conn->message_max = conn->call.rights ? PROTO_MESSAGE_MAX : CONN_GUEST_MESSAGE_MAX;
	frame_init(&conn->in);
	frame_init(&conn->out);
	conn_watch(conn);
	if (conn->dead) {
		conn_free(conn);
		return -ENOMEM;
	}
	*ret_conn = conn;
	return 0;
out:
	close(fd);
	return ret;
}

void conn_free(struct conn *conn)
{
	if (!conn)
		return;
	api_call_abandon(&conn->call);
	loop_cancel(conn->loop, &conn->work);
	if (conn->interest)
		event_del(&conn->event);
	close(conn->fd);
	frame_done(&conn->in);
	frame_done(&conn->out);
	free(conn);
}
