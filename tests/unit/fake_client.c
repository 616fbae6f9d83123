/* A client in the thread of the loop it talks to; see the header. */
#include "tests/unit/fake_client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/loop.h"

#define REPLY_MAX (256u * 1024u * 1024u)
#define SETTLE_TURNS 20

static void fail(const char *why, const char *detail)
{
	fprintf(stderr, "fake client: %s %s\n", why, detail);
	abort();
}

void client_init(struct client *client, struct loop *loop, int fd)
{
	*client = (struct client){.loop = loop, .fd = fd};
	frame_init(&client->in);
}

void client_done(struct client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	client->fd = -1;
	frame_done(&client->in);
}

void client_turn(struct loop *loop)
{
	event_base_loop(loop_base(loop), EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

void client_settle(struct loop *loop)
{
	for (int i = 0; i < SETTLE_TURNS; i++)
		client_turn(loop);
}

/* Takes what has arrived. False where nothing had. */
static bool client_take(struct client *client)
{
	char *room;
	size_t size;
	ssize_t count;

	if (client->ended || frame_reserve(&client->in, 65536, &room, &size) < 0)
		return false;
	count = recv(client->fd, room, size, MSG_DONTWAIT);
	if (count > 0)
		frame_filled(&client->in, (size_t)count);
	else if (count == 0 || (errno != EAGAIN && errno != EINTR))
		client->ended = true;
	return count > 0;
}

void client_send(struct client *client, const char *bytes, size_t size)
{
	uint64_t deadline = clock_monotonic_usec() + CLIENT_DEADLINE_USEC;

	while (size > 0) {
		ssize_t count = send(client->fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (count > 0) {
			bytes += count;
			size -= (size_t)count;
			continue;
		}
		if (errno != EAGAIN)
			return; /* closed: what follows will show it */
		if (clock_monotonic_usec() > deadline)
			fail("cannot send", "in time");
		client_turn(client->loop);
	}
}

static void quote(char *text)
{
	for (; *text; text++)
		if (*text == '\'')
			*text = '"';
}

void client_call(struct client *client, const char *method, const char *parameters,
                 const char *extra)
{
	char *text;
	int size = asprintf(&text, "{'method':'%s','parameters':%s%s}", method, parameters, extra);

	if (size < 0)
		fail("out of memory", "");
	quote(text);
	client_send(client, text, (size_t)size + 1);
	free(text);
}

static json_t *client_parse(struct client *client)
{
	const char *message;
	size_t size;
	json_error_t error;
	json_t *value;

	if (frame_next(&client->in, REPLY_MAX, &message, &size) != 1)
		return NULL;
	value = json_loadb(message, size, 0, &error);
	if (!value)
		fail("a reply is no JSON:", message);
	return value;
}

json_t *client_receive(struct client *client)
{
	uint64_t deadline = clock_monotonic_usec() + CLIENT_DEADLINE_USEC;

	while (clock_monotonic_usec() < deadline) {
		json_t *value = client_parse(client);
		struct pollfd poll_fd = {.fd = client->fd, .events = POLLIN};

		if (value)
			return value;
		if (client->ended)
			return NULL;
		client_turn(client->loop);
		if (!client_take(client))
			poll(&poll_fd, 1, 1);
	}
	return NULL;
}

bool client_is_silent(struct client *client)
{
	client_settle(client->loop);
	return !client_take(client) && !client->ended && frame_length(&client->in) == 0;
}

void client_expect(struct client *client, const char *reply)
{
	json_t *value = client_receive(client);
	char *text = strdup(reply);
	json_t *wanted;

	if (!text)
		fail("out of memory", "");
	quote(text);
	wanted = json_loads(text, 0, NULL);
	if (!wanted)
		fail("no JSON in the test:", text);
	if (!value)
		fail("no reply where there should be", text);
	if (!json_equal(value, wanted)) {
		fprintf(stderr, "expected %s\n", text);
		fail("received", json_dumps(value, JSON_COMPACT));
	}
	json_decref(value);
	json_decref(wanted);
	free(text);
}

bool client_sees_end(struct client *client)
{
	uint64_t deadline = clock_monotonic_usec() + CLIENT_DEADLINE_USEC;

	while (!client->ended && clock_monotonic_usec() < deadline) {
		struct pollfd poll_fd = {.fd = client->fd, .events = POLLIN};

		client_turn(client->loop);
		if (!client_take(client))
			poll(&poll_fd, 1, 1);
	}
	return client->ended;
}
