/*
 * libmuster's connection: calls out, replies in, in order. Sending and receiving go on together
 * whenever something is waited for, so that any number of pipelined calls cannot end in both sides
 * waiting for the other to read.
 */
#include "common/client.h"

#include "common/frame.h"
#include "common/json.h"
#include "common/path.h"
#include "common/proto.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define USEC_PER_MSEC 1000
#define USEC_PER_SEC 1000000
#define CLIENT_READ_SIZE (16 * 1024)
/* Pipelined calls are handed to the kernel in pieces of this size, and not hoarded past the other.
 */
#define CLIENT_SEND_SIZE (64 * 1024)
#define CLIENT_SEND_MAX (1024 * 1024)
/* A daemon that does not accept connections for so long is not coming back by itself. */
#define CLIENT_CONNECT_S 10
#define CLIENT_CANCEL "org.muster.Manager.Cancel"
#define NO_DEADLINE INT64_MAX

struct muster {
	int fd;
	int timeout_ms;
	int broken;   /* what ended the connection: every call gives it from then on */
	bool hung_up; /* the daemon reads no more; what it answered before may still be there */
	bool streaming;
	size_t open;  /* pipelined calls whose replies were not taken yet */
	size_t stale; /* calls that were given up: their late replies are dropped */
	struct frame in;
	struct frame out;
	char *error_name;
	json_t *error_parameters;
	char *error_words;
};

static int64_t now_usec(void)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * USEC_PER_SEC + now.tv_nsec / 1000;
}

static int64_t client_deadline(const struct muster *muster)
{
	if (muster->timeout_ms < 0)
		return NO_DEADLINE;
	return now_usec() + (int64_t)muster->timeout_ms * USEC_PER_MSEC;
}

/* For poll(2): rounded up, so that it does not end before the deadline. */
static int client_poll_ms(int64_t deadline_usec)
{
	int64_t left;

	if (deadline_usec == NO_DEADLINE)
		return -1;
	left = deadline_usec - now_usec();
	return left > 0 ? (int)((left + USEC_PER_MSEC - 1) / USEC_PER_MSEC) : 0;
}

static void client_forget_error(struct muster *muster)
{
	free(muster->error_name);
	json_decref(muster->error_parameters);
	free(muster->error_words);
	muster->error_name = NULL;
	muster->error_parameters = NULL;
	muster->error_words = NULL;
}

int client_refuse(struct muster *muster, const char *name, json_t *parameters, char *words)
{
	client_forget_error(muster);
	muster->error_name = strdup(name);
	muster->error_parameters = json_incref(parameters);
	muster->error_words = words ? words : client_error_words(name, parameters);
	return muster->error_name ? MUSTER_REFUSED : -ENOMEM;
}

/* Sends what the kernel takes at once. */
static int client_write(struct muster *muster)
{
	const char *data;
	size_t size;

	while ((data = frame_peek(&muster->out, &size)) != NULL) {
		ssize_t sent = send(muster->fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent >= 0) {
			frame_consume(&muster->out, (size_t)sent);
		} else if (errno == EAGAIN) {
			return 0;
		} else if (errno == EPIPE || errno == ECONNRESET) {
			muster->hung_up = true;
			frame_consume(&muster->out, size);
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}

/* One recv(2); nothing there, or a signal, is no error. */
static int client_read(struct muster *muster, int flags)
{
	char *room;
	size_t size;
	ssize_t got;
	int ret;

	ret = frame_reserve(&muster->in, CLIENT_READ_SIZE, &room, &size);
	if (ret < 0)
		return ret;
	got = recv(muster->fd, room, size, flags);
	if (got == 0)
		return -ECONNRESET;
	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	frame_filled(&muster->in, (size_t)got);
	return 0;
}

/* Waits until bytes can be moved, and moves them, either way. */
static int client_step(struct muster *muster, int64_t deadline_usec)
{
	bool sending = frame_length(&muster->out) > 0;
	struct pollfd poller = {.fd = muster->fd, .events = POLLIN};
	int ready, ret = 0;

	if (!sending && deadline_usec == NO_DEADLINE)
		return client_read(muster, 0);
	if (sending)
		poller.events |= POLLOUT;
	ready = poll(&poller, 1, client_poll_ms(deadline_usec));
	if (ready < 0)
		return errno == EINTR ? 0 : -errno;
	if (ready == 0)
		return -ETIMEDOUT;
	if (poller.revents & POLLOUT)
		ret = client_write(muster);
	if (ret == 0 && (poller.revents & ~POLLOUT))
		ret = client_read(muster, MSG_DONTWAIT);
	return ret;
}

/* Sends until no more than `left` bytes wait to be sent. */
static int client_flush(struct muster *muster, size_t left, int64_t deadline_usec)
{
	int ret = client_write(muster);

	while (ret == 0 && frame_length(&muster->out) > left) {
		if (frame_length(&muster->in) > PROTO_REPLY_MAX)
			return -ENOBUFS;
		ret = client_step(muster, deadline_usec);
	}
	return ret < 0 ? ret : muster->hung_up ? -ECONNRESET : 0;
}

/* The next reply that somebody waits for. */
static int client_receive(struct muster *muster, int64_t deadline_usec,
                          struct proto_reply *ret_reply)
{
	int ret = client_write(muster);

	while (ret == 0) {
		const char *message, *why;
		size_t size;

		ret = frame_next(&muster->in, PROTO_REPLY_MAX, &message, &size);
		if (ret < 0)
			return -EBADMSG;
		if (ret == 0) {
			ret = client_step(muster, deadline_usec);
			continue;
		}
		ret = proto_decode_reply(message, size, ret_reply, &why);
		if (ret < 0 || muster->stale == 0)
			return ret;
		if (!ret_reply->continues)
			muster->stale--;
		proto_reply_done(ret_reply);
		if (client_poll_ms(deadline_usec) == 0 && muster->timeout_ms > 0)
			return -ETIMEDOUT;
	}
	return ret;
}

/* A result on its way to the caller: trouble after which the order of replies is lost is kept. */
static int client_result(struct muster *muster, int ret)
{
	if (ret < 0 && ret != -ETIMEDOUT && ret != -ENOBUFS)
		muster->broken = -ret;
	return ret;
}

/* A reply to the caller's result; frees it. */
static int client_take(struct muster *muster, struct proto_reply *reply, json_t **ret_reply)
{
	int ret = 0;

	if (reply->error)
		ret = client_refuse(muster, reply->error, reply->parameters, NULL);
	else if (ret_reply)
		*ret_reply = json_incref(reply->parameters);
	proto_reply_done(reply);
	return ret;
}

/* Puts a call behind what is to be sent. */
static int client_queue(struct muster *muster, const char *method, json_t *parameters, bool more,
                        bool oneway)
{
	size_t size;
	char *text;
	int ret;

	if (!method || !json_text_is_utf8(method, strlen(method)) ||
	    (parameters && !json_is_object(parameters)))
		return -EINVAL;
	text = proto_encode_call(method, parameters, more, oneway, &size);
	if (!text)
		return -ENOMEM;
	ret = size > PROTO_MESSAGE_MAX ? -EMSGSIZE : frame_append_message(&muster->out, text, size);
	free(text);
	return ret;
}

/* What every call begins with. */
static int client_begin(struct muster *muster, bool busy)
{
	client_forget_error(muster);
	if (muster->broken)
		return -muster->broken;
	return busy ? -EBUSY : 0;
}

/* While so much waits to be taken, no call is sent. */
static int client_check_room(const struct muster *muster)
{
	return frame_length(&muster->in) > PROTO_REPLY_MAX ? -ENOBUFS : 0;
}

/* Nobody will take the reply to the call queued last: what it waits for must hold up no other. */
static void client_give_up(struct muster *muster)
{
	muster->stale++;
	if (client_queue(muster, CLIENT_CANCEL, NULL, false, true) == 0)
		(void)client_write(muster); /* else with what is sent next */
}

static int client_open_socket(const char *path, int *ret_fd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct timeval patience = {.tv_sec = CLIENT_CONNECT_S};
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
static int client_check_peer(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (geteuid() == 0)
		return 0;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return -errno;
	return peer.uid == 0 || peer.uid == geteuid() ? 0 : -EPERM;
}

char *muster_socket_path(const char *address)
{
	return path_client_socket(address);
}

int muster_connect(const char *address, struct muster **ret_muster)
{
	struct muster *muster = calloc(1, sizeof(*muster));
	char *path = muster_socket_path(address);
	int ret = -ENOMEM;

	if (!muster || !path)
		goto out;
	muster->timeout_ms = -1;
	frame_init(&muster->in);
	frame_init(&muster->out);
	ret = client_open_socket(path, &muster->fd);
	if (ret < 0)
		goto out;
	if (path_client_is_default(address))
		ret = client_check_peer(muster->fd);
	if (ret < 0) {
		close(muster->fd);
		goto out;
	}
	*ret_muster = muster;
	muster = NULL;
out:
	free(muster);
	free(path);
	return ret;
}

void muster_close(struct muster *muster)
{
	if (!muster)
		return;
	client_forget_error(muster);
	frame_done(&muster->in);
	frame_done(&muster->out);
	close(muster->fd);
	free(muster);
}

int muster_fd(const struct muster *muster)
{
	return muster->fd;
}

void muster_set_timeout(struct muster *muster, int timeout_ms)
{
	muster->timeout_ms = timeout_ms;
}

int muster_call(struct muster *muster, const char *method, json_t *parameters, json_t **ret_reply)
{
	int64_t deadline_usec = client_deadline(muster);
	struct proto_reply reply;
	int ret;

	ret = client_begin(muster, muster->streaming || muster->open > 0);
	if (ret == 0)
		ret = client_queue(muster, method, parameters, false, false);
	json_decref(parameters);
	if (ret < 0)
		return ret;
	ret = client_receive(muster, deadline_usec, &reply);
	if (ret == -ETIMEDOUT)
		client_give_up(muster);
	if (ret < 0)
		return client_result(muster, ret);
	if (reply.continues) {
		proto_reply_done(&reply);
		return client_result(muster, -EBADMSG);
	}
	return client_take(muster, &reply, ret_reply);
}

int muster_call_more(struct muster *muster, const char *method, json_t *parameters)
{
	int64_t deadline_usec = client_deadline(muster);
	int ret;

	ret = client_begin(muster, muster->streaming || muster->open > 0);
	if (ret == 0)
		ret = client_check_room(muster);
	if (ret == 0)
		ret = client_queue(muster, method, parameters, true, false);
	json_decref(parameters);
	if (ret < 0)
		return ret;
	ret = client_flush(muster, 0, deadline_usec);
	/* Where the daemon hung up, muster_next() says so, after what it answered before. */
	if (muster->hung_up)
		ret = 0;
	muster->streaming = ret == 0;
	if (ret == -ETIMEDOUT || ret == -ENOBUFS)
		client_give_up(muster);
	return client_result(muster, ret);
}

int muster_call_oneway(struct muster *muster, const char *method, json_t *parameters)
{
	int64_t deadline_usec = client_deadline(muster);
	int ret;

	ret = client_begin(muster, false);
	if (ret == 0)
		ret = client_check_room(muster);
	if (ret == 0)
		ret = client_queue(muster, method, parameters, false, true);
	json_decref(parameters);
	if (ret < 0)
		return ret;
	return client_result(muster, client_flush(muster, 0, deadline_usec));
}

int muster_send(struct muster *muster, const char *method, json_t *parameters)
{
	int64_t deadline_usec = client_deadline(muster);
	size_t before;
	int ret;

	ret = client_begin(muster, muster->streaming);
	if (ret == 0 && frame_length(&muster->out) > CLIENT_SEND_MAX)
		ret = client_result(muster, client_flush(muster, CLIENT_SEND_SIZE, deadline_usec));
	before = frame_length(&muster->out) / CLIENT_SEND_SIZE;
	if (ret == 0)
		ret = client_queue(muster, method, parameters, false, false);
	json_decref(parameters);
	if (ret < 0)
		return ret;
	muster->open++;
	if (frame_length(&muster->out) / CLIENT_SEND_SIZE != before)
		ret = client_result(muster, client_write(muster));
	return ret;
}

int muster_next(struct muster *muster, json_t **ret_reply, bool *ret_more)
{
	int64_t deadline_usec = client_deadline(muster);
	struct proto_reply reply;
	bool more;
	int ret;

	ret = client_begin(muster, false);
	if (ret == 0 && !muster->streaming && muster->open == 0)
		ret = -EINVAL;
	if (ret < 0)
		return ret;
	ret = client_receive(muster, deadline_usec, &reply);
	if (ret < 0)
		return client_result(muster, ret);
	if (muster->streaming) {
		more = reply.continues && !reply.error;
		muster->streaming = more;
	} else if (reply.continues) {
		proto_reply_done(&reply);
		return client_result(muster, -EBADMSG);
	} else {
		more = --muster->open > 0;
	}
	ret = client_take(muster, &reply, ret_reply);
	if (ret == 0 && ret_more)
		*ret_more = more;
	return ret;
}

const char *muster_error_name(const struct muster *muster)
{
	return muster->error_name;
}

json_t *muster_error_parameters(const struct muster *muster)
{
	return muster->error_parameters;
}

const char *muster_strerror(const struct muster *muster, int result)
{
	if (result != MUSTER_REFUSED)
		return client_errno_words(result < 0 ? -result : result);
	if (!muster || !muster->error_name)
		return "musterd refused the call";
	return muster->error_words ? muster->error_words : muster->error_name;
}
