/*
 * A daemon of canned answers, for tests of what speaks to one: serves the socket in its first
 * argument by the script in its second, one connection after the other, until it is killed. Each
 * call is written to standard output: method and parameters. The script is lines:
 *
 * - call METHOD [TEXT]: what follows answers this method, where TEXT stands in the parameters
 * - once METHOD [TEXT]: the same, the first time
 * - reply JSON: a last reply
 * - more JSON: a reply that another follows
 * - error NAME JSON: an error
 * - hang: nothing, until the caller hangs up
 * - close: ends the connection, also after a reply
 *
 * The first call that matches is taken; what no call matches gets MethodNotFound.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/frame.h"
#include "common/proto.h"

#define LINES_MAX 4096
#define READ_SIZE 4096

struct script {
	char *lines[LINES_MAX];
	size_t count;
};

static void fail(const char *what)
{
	fprintf(stderr, "fake-daemon: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void script_read(struct script *script, const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	ssize_t length;

	if (!file)
		fail(path);
	while ((length = getline(&line, &size, file)) > 0 && script->count < LINES_MAX) {
		if (line[length - 1] == '\n')
			line[length - 1] = '\0';
		if (line[0] == '\0' || line[0] == '#')
			continue;
		script->lines[script->count] = strdup(line);
		if (!script->lines[script->count++])
			fail("strdup");
	}
	free(line);
	fclose(file);
}

/* What follows `word` and a blank in the line; NULL where it begins otherwise. */
static const char *after(const char *line, const char *word)
{
	size_t length = strlen(word);

	if (strncmp(line, word, length) != 0)
		return NULL;
	if (line[length] == ' ')
		return line + length + 1;
	return line[length] == '\0' ? line + length : NULL;
}

/* The index of the first line of the answer; 0 where there is none. */
static size_t script_find(struct script *script, const char *method, const char *parameters)
{
	for (size_t i = 0; i < script->count; i++) {
		const char *once = after(script->lines[i], "once");
		const char *rule = once ? once : after(script->lines[i], "call");
		const char *text = rule ? after(rule, method) : NULL;

		if (!text || !strstr(parameters, text))
			continue;
		if (once)
			script->lines[i][0] = '-';
		return i + 1;
	}
	return 0;
}

static bool send_all(int fd, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return false;
		data += sent;
		size -= (size_t)sent;
	}
	return true;
}

static bool send_reply(int fd, const char *error, const char *text, bool continues)
{
	json_t *parameters = json_loads(text, 0, NULL);
	size_t size;
	char *message;
	bool sent;

	if (!parameters) {
		fprintf(stderr, "fake-daemon: no JSON: %s\n", text);
		exit(1);
	}
	message = proto_encode_reply(error, parameters, continues, &size);
	if (!message)
		fail("encode");
	sent = send_all(fd, message, size + 1); /* the NUL of the text ends the message */
	free(message);
	json_decref(parameters);
	return sent;
}

static bool send_error(int fd, const char *text)
{
	char name[128];
	size_t length = strcspn(text, " ");

	snprintf(name, sizeof(name), "%.*s", (int)length, text);
	return send_reply(fd, name, text[length] ? text + length : "{}", false);
}

/* Plays the lines from `at` on. False where the connection is to end. */
static bool answer(int fd, const struct script *script, size_t at)
{
	char byte;

	for (; at < script->count; at++) {
		const char *line = script->lines[at];
		const char *text;

		if ((text = after(line, "reply")))
			return send_reply(fd, NULL, text, false) &&
			       (at + 1 == script->count || !after(script->lines[at + 1], "close"));
		if ((text = after(line, "error")))
			return send_error(fd, text);
		if ((text = after(line, "more"))) {
			if (!send_reply(fd, NULL, text, true))
				return false;
		} else if (after(line, "hang")) {
			while (read(fd, &byte, 1) > 0)
				;
			return false;
		} else {
			return false;
		}
	}
	return false;
}

static bool serve_message(int fd, struct script *script, const char *text, size_t size)
{
	struct proto_call call;
	const char *why;
	char *parameters;
	size_t at;
	bool good;

	if (proto_decode_call(text, size, &call, &why) < 0)
		return false;
	parameters = json_dumps(call.parameters, JSON_COMPACT | JSON_SORT_KEYS);
	if (!parameters)
		fail("dump");
	printf("%s %s\n", call.method, parameters);
	fflush(stdout);
	at = script_find(script, call.method, parameters);
	good = at ? answer(fd, script, at)
	          : send_error(fd, PROTO_METHOD_NOT_FOUND " {\"method\": \"?\"}");
	free(parameters);
	proto_call_done(&call);
	return good;
}

static void serve(int fd, struct script *script)
{
	struct frame frame;
	bool good = true;

	frame_init(&frame);
	while (good) {
		const char *text;
		size_t size;
		char *room;
		ssize_t got;
		int found = frame_next(&frame, PROTO_MESSAGE_MAX, &text, &size);

		if (found < 0)
			break;
		if (found > 0) {
			good = serve_message(fd, script, text, size);
			continue;
		}
		if (frame_reserve(&frame, READ_SIZE, &room, &size) < 0)
			fail("reserve");
		got = read(fd, room, size);
		if (got <= 0)
			break;
		frame_filled(&frame, (size_t)got);
	}
	frame_done(&frame);
}

/* The socket has its name when it listens, not before: who sees it may connect. */
static int listen_at(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int length = snprintf(address.sun_path, sizeof(address.sun_path), "%s.new", path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || length < 0 || (size_t)length >= sizeof(address.sun_path) ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 16) < 0 ||
	    rename(address.sun_path, path) < 0)
		fail(path);
	return fd;
}

int main(int argc, char **argv)
{
	static struct script script;
	int listener;

	if (argc != 3) {
		fputs("usage: fake-daemon SOCKET SCRIPT\n", stderr);
		return 2;
	}
	script_read(&script, argv[2]);
	listener = listen_at(argv[1]);
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0 && errno != EINTR)
			fail("accept");
		if (fd < 0)
			continue;
		serve(fd, &script);
		close(fd);
	}
}
