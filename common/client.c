/*
 * libmuster's calls: out, and replies in, in order. Sending and receiving go on together whenever
 * something is waited for, so that any number of pipelined calls cannot end in both sides waiting
 * for the other to read. A connection that is lost is made again where something is to be sent or
 * awaited, and what was under way is repeated there or, where it may not be, told.
 */
#include "common/client.h"

#include "common/client-link.h"
#include "common/client-repeat.h"
#include "common/json.h"
#include "common/path.h"
#include "common/proto.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USEC_PER_MSEC 1000
/* Pipelined calls are handed to the kernel in pieces of this size, and not hoarded past the other.
 */
#define CLIENT_SEND_SIZE (64 * 1024)
#define CLIENT_SEND_MAX (1024 * 1024)
/* So many connections are lost one after the other, without a reply between, before it is told: a
 * call may be what ends the daemon. Each time the pause before the next is a little longer. */
#define CLIENT_REPEAT_MAX 100
#define CLIENT_LOSSES_PER_MS 4
#define CLIENT_CANCEL "org.muster.Manager.Cancel"

struct muster {
	struct client_link link;
	int timeout_ms;
	int broken;  /* what ended the connection: every call gives it from then on */
	bool repeat; /* a lost connection is made again, and calls on it that may be repeated too */
	bool streaming;
	size_t open;     /* pipelined calls whose replies were not taken yet */
	size_t lost;     /* of these, the first ones, to which none will come: they give ... */
	int lost_result; /* ... this */
	size_t stale;    /* calls that were given up: their late replies are dropped */
	unsigned losses; /* connections lost since the last reply */
	struct client_calls calls; /* those that are waited for */
	char *error_name;
	json_t *error_parameters;
	char *error_words;
};

static int64_t client_deadline(const struct muster *muster)
{
	if (muster->timeout_ms < 0)
		return CLIENT_NO_DEADLINE;
	return client_now_usec() + (int64_t)muster->timeout_ms * USEC_PER_MSEC;
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

/* Sends until no more than `left` bytes wait to be sent. */
static int client_flush(struct muster *muster, size_t left, int64_t deadline_usec)
{
	struct client_link *link = &muster->link;
	int ret = client_link_write(link);

	while (ret == 0 && frame_length(&link->out) > left) {
		if (frame_length(&link->in) > PROTO_REPLY_MAX)
			return -ENOBUFS;
		ret = client_link_step(link, deadline_usec);
	}
	return ret < 0 ? ret : link->hung_up ? -ECONNRESET : 0;
}

/* The next reply that somebody waits for, on this connection. */
static int client_read_reply(struct muster *muster, int64_t deadline_usec,
                             struct proto_reply *ret_reply)
{
	int ret = client_link_write(&muster->link);

	while (ret == 0) {
		const char *message, *why;
		size_t size;

		ret = frame_next(&muster->link.in, PROTO_REPLY_MAX, &message, &size);
		if (ret < 0)
			return -EBADMSG;
		if (ret == 0) {
			ret = client_link_step(&muster->link, deadline_usec);
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

/* What muster_strerror() says of a call that may have been carried out. */
static void client_say_unsure(struct muster *muster, const char *method)
{
	client_forget_error(muster);
	if (method && asprintf(&muster->error_words,
	                       "the connection to musterd was lost: it is not known whether %s was "
	                       "carried out",
	                       method) < 0)
		muster->error_words = NULL;
}

/* The connection was lost. 0 where another is to be made, and what was under way repeated on it. */
static int client_lose(struct muster *muster)
{
	char *method;
	int verdict = client_calls_judge(&muster->calls, client_link_sent(&muster->link), &method);
	int ret = client_link_lose(&muster->link, muster->losses / CLIENT_LOSSES_PER_MS);

	muster->stale = 0;
	if (ret == 0 && verdict == MUSTER_UNSURE)
		client_say_unsure(muster, method);
	free(method);
	if (ret < 0 || verdict < 0)
		return ret < 0 ? ret : verdict;
	if (++muster->losses <= CLIENT_REPEAT_MAX)
		return 0;
	muster->losses = 0;
	return -ECONNRESET;
}

/* Makes a lost connection again. */
static int client_return(struct muster *muster, int64_t deadline_usec)
{
	int ret;

	if (!muster->link.away)
		return 0;
	ret = muster->repeat ? client_link_return(&muster->link, deadline_usec) : -ECONNRESET;
	return ret < 0 ? ret : client_calls_repeat(&muster->calls, &muster->link);
}

/* The next reply that somebody waits for, over as many connections as it takes. */
static int client_receive(struct muster *muster, int64_t deadline_usec,
                          struct proto_reply *ret_reply)
{
	int ret;

	do {
		ret = client_return(muster, deadline_usec);
		if (ret == 0)
			ret = client_read_reply(muster, deadline_usec, ret_reply);
		if (ret == 0)
			muster->losses = 0;
		if (ret != -ECONNRESET || !muster->repeat || muster->link.away)
			return ret;
		ret = client_lose(muster);
	} while (ret == 0);
	return ret;
}

/* No reply comes any more to what is under way: that is what each of these calls gives. */
static void client_abandon(struct muster *muster, int result)
{
	client_calls_clear(&muster->calls);
	muster->streaming = false;
	muster->lost = muster->open;
	muster->lost_result = result;
}

/* A result on its way to the caller: trouble after which the order of replies is lost is kept,
 * unless it ended with its connection. */
static int client_result(struct muster *muster, int ret)
{
	if (ret >= 0 || ret == -ETIMEDOUT || ret == -ENOBUFS)
		return ret;
	if (muster->link.away && muster->repeat)
		client_abandon(muster, ret);
	else
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
	ret = size > PROTO_MESSAGE_MAX ? -EMSGSIZE : client_link_queue(&muster->link, text, size);
	if (ret == 0 && !oneway)
		client_calls_keep(&muster->calls, &muster->link, text, size);
	else
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

/* What every call that sends something goes on with. While too much waits to be taken, it does not.
 */
static int client_make_ready(struct muster *muster, int64_t deadline_usec)
{
	if (frame_length(&muster->link.in) > PROTO_REPLY_MAX)
		return -ENOBUFS;
	return client_result(muster, client_return(muster, deadline_usec));
}

/* Nobody will take the reply to the call queued last: what it waits for must hold up no other. */
static void client_give_up(struct muster *muster)
{
	client_calls_drop_last(&muster->calls);
	if (muster->link.away)
		return; /* it has ended with its connection */
	muster->stale++;
	if (client_queue(muster, CLIENT_CANCEL, NULL, false, true) == 0)
		(void)client_link_write(&muster->link); /* else with what is sent next */
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
	muster->repeat = true;
	muster->link.path = path;
	muster->link.own_only = path_client_is_default(address);
	ret = client_link_open(&muster->link);
	if (ret < 0)
		goto out;
	*ret_muster = muster;
	return 0;
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
	client_calls_clear(&muster->calls);
	client_link_close(&muster->link);
	free(muster);
}

int muster_fd(const struct muster *muster)
{
	return muster->link.fd;
}

void muster_set_timeout(struct muster *muster, int timeout_ms)
{
	muster->timeout_ms = timeout_ms;
}

void muster_set_repeat(struct muster *muster, bool repeat)
{
	muster->repeat = repeat;
}

int muster_call(struct muster *muster, const char *method, json_t *parameters, json_t **ret_reply)
{
	int64_t deadline_usec = client_deadline(muster);
	struct proto_reply reply;
	int ret;

	ret = client_begin(muster, muster->streaming || muster->open > 0);
	if (ret == 0)
		ret = client_result(muster, client_return(muster, deadline_usec));
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
	client_calls_clear(&muster->calls);
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
		ret = client_make_ready(muster, deadline_usec);
	if (ret == 0)
		ret = client_queue(muster, method, parameters, true, false);
	json_decref(parameters);
	if (ret < 0)
		return ret;
	ret = client_flush(muster, 0, deadline_usec);
	/* Where the daemon hung up, muster_next() says so, after what it answered before. */
	if (ret == -ECONNRESET)
		ret = 0;
	muster->streaming = ret == 0;
	if (ret == -ETIMEDOUT || ret == -ENOBUFS)
		client_give_up(muster);
	return client_result(muster, ret);
}

int muster_call_oneway(struct muster *muster, const char *method, json_t *parameters)
{
	int64_t deadline_usec = client_deadline(muster);
	bool busy = muster->streaming || muster->open > 0;
	int ret;

	ret = client_begin(muster, false);
	do {
		if (ret == 0)
			ret = client_make_ready(muster, deadline_usec);
		if (ret == 0)
			ret = client_queue(muster, method, parameters, false, true);
		if (ret < 0)
			break;
		ret = client_flush(muster, 0, deadline_usec);
		if (ret != -ECONNRESET || !muster->repeat) {
			ret = client_result(muster, ret);
			break;
		}
		/* It was not sent whole. Others are waited for: muster_next() sees to the rest. */
		if (!busy)
			ret = client_result(muster, client_lose(muster));
	} while (!busy && ret == 0);
	json_decref(parameters);
	return ret;
}

int muster_send(struct muster *muster, const char *method, json_t *parameters)
{
	int64_t deadline_usec = client_deadline(muster);
	struct frame *out = &muster->link.out;
	size_t before;
	int ret;

	ret = client_begin(muster, muster->streaming);
	if (ret == 0)
		ret = client_result(muster, client_return(muster, deadline_usec));
	if (ret == 0 && frame_length(out) > CLIENT_SEND_MAX) {
		ret = client_flush(muster, CLIENT_SEND_SIZE, deadline_usec);
		if (ret == -ECONNRESET && muster->repeat)
			ret = 0; /* muster_next() sees to it */
		ret = client_result(muster, ret);
	}
	before = frame_length(out) / CLIENT_SEND_SIZE;
	if (ret == 0)
		ret = client_queue(muster, method, parameters, false, false);
	json_decref(parameters);
	if (ret < 0)
		return ret;
	muster->open++;
	if (frame_length(out) / CLIENT_SEND_SIZE != before)
		ret = client_result(muster, client_link_write(&muster->link));
	return ret;
}

/* The next reply of a stream, without what was given to the caller before it was repeated. */
static int client_next_of_stream(struct muster *muster, int64_t deadline_usec,
                                 struct proto_reply *ret_reply)
{
	int ret = client_receive(muster, deadline_usec, ret_reply);

	while (ret == 0 && client_calls_look(&muster->calls, ret_reply)) {
		proto_reply_done(ret_reply);
		ret = client_receive(muster, deadline_usec, ret_reply);
	}
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
	if (muster->streaming)
		ret = client_next_of_stream(muster, deadline_usec, &reply);
	else if (muster->lost == 0)
		ret = client_receive(muster, deadline_usec, &reply);
	ret = client_result(muster, ret);
	if (muster->lost > 0) {
		muster->lost--;
		muster->open--;
		return muster->lost_result;
	}
	if (ret < 0)
		return ret;
	if (muster->streaming) {
		more = reply.continues && !reply.error;
		muster->streaming = more;
	} else if (reply.continues) {
		proto_reply_done(&reply);
		return client_result(muster, -EBADMSG);
	} else {
		more = --muster->open > 0;
		client_calls_pop(&muster->calls);
	}
	if (!more)
		client_calls_clear(&muster->calls);
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
	if (result == MUSTER_UNSURE && muster && !muster->error_name && muster->error_words)
		return muster->error_words;
	if (result != MUSTER_REFUSED)
		return client_errno_words(result < 0 ? -result : result);
	if (!muster || !muster->error_name)
		return "musterd refused the call";
	return muster->error_words ? muster->error_words : muster->error_name;
}
