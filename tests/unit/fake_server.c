/*
 * A server in a child process for the tests of libmuster: it answers by a table of methods, the bad
 * ones on purpose, one call after the other, and writes without looking whether it is read.
 */
#include "tests/unit/fake_server.h"

#include "common/frame.h"
#include "common/muster.h"
#include "common/proto.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* The one connection that is served, and the parameters of a reply that waits for the next call. */
struct served {
	int fd;
	json_t *held;
	bool waiting; /* a call waits, and is ended by Cancel alone: no other has its turn before */
};

static void server_write(int fd, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);

		if (sent < 0)
			_exit(0); /* the client has gone, as some tests want it */
		data += sent;
		size -= (size_t)sent;
	}
}

static void server_reply(int fd, const char *error, json_t *parameters, bool continues)
{
	size_t size;
	char *text = proto_encode_reply(error, parameters, continues, &size);

	if (!text)
		_exit(1);
	server_write(fd, text, size + 1);
	free(text);
}

static void reply_echo(struct served *served, const struct proto_call *call)
{
	server_reply(served->fd, NULL, call->parameters, false);
}

static void reply_error(struct served *served, const struct proto_call *call)
{
	server_reply(served->fd, "org.muster.Process.NoSuchProcess", call->parameters, false);
}

/* n replies, then, where "error" is given, an error in the last one's place. */
static void reply_count(struct served *served, const struct proto_call *call)
{
	json_int_t n = json_integer_value(json_object_get(call->parameters, "n"));
	bool fails = json_object_get(call->parameters, "error") != NULL;

	for (json_int_t i = 1; i <= n; i++) {
		json_t *parameters = json_pack("{s:I}", "i", i);

		server_reply(served->fd, fails && i == n ? "test.Stopped" : NULL, parameters,
		             i < n);
		json_decref(parameters);
	}
}

static void reply_continues(struct served *served, const struct proto_call *call)
{
	server_reply(served->fd, NULL, call->parameters, true);
}

static void reply_half_and_hang_up(struct served *served, const struct proto_call *call)
{
	(void)call;
	server_write(served->fd, "{\"parameters\":{", 15);
	_exit(0);
}

static void reply_garbage(struct served *served, const struct proto_call *call)
{
	(void)call;
	server_write(served->fd, "this is not JSON", sizeof("this is not JSON"));
}

/* The reply is held back until another call comes. */
static void reply_late(struct served *served, const struct proto_call *call)
{
	served->held = json_incref(call->parameters);
}

static void reply_byte_by_byte(struct served *served, const struct proto_call *call)
{
	size_t size;
	char *text = proto_encode_reply(NULL, call->parameters, false, &size);

	for (size_t i = 0; text && i <= size; i++)
		server_write(served->fd, text + i, 1);
	free(text);
}

/* One reply, and the next one when Cancel comes. */
static void reply_until_cancelled(struct served *served, const struct proto_call *call)
{
	if (call->more)
		server_reply(served->fd, NULL, call->parameters, true);
	served->waiting = true;
}

static void reply_nothing(struct served *served, const struct proto_call *call)
{
	(void)served;
	(void)call;
}

/* What a daemon says of the process named; the name chooses the reply. */
static const struct {
	const char *method;
	const char *name;
	const char *reply;
} canned[] = {
    {"IsAlive", "web", "{\"alive\":true,\"future\":1}"},
    {"IsAlive", "ended", "{\"alive\":false}"},
    {"IsAlive", "odd", "{\"alive\":3}"},
    {"IsAlive", "lacking", "{}"},
    {"Pid", "web", "{\"pid\":4711}"},
    {"Pid", "ended", "{\"pid\":null}"},
    {"Pid", "odd", "{\"pid\":99999999999}"},
    {"Pid", "lacking", "{}"},
    {"ExitCode", "web", "{\"exitcode\":null}"},
    {"ExitCode", "ended", "{\"exitcode\":-9}"},
    {"ExitCode", "odd", "{\"exitcode\":-99999999999}"},
    {"Join", "ended", "{\"alive\":false,\"exitcode\":3}"},
    {"Join", "web", "{\"alive\":true,\"exitcode\":null}"},
    {"Join", "odd", "{\"alive\":false,\"exitcode\":99999999999}"},
    {"Start", "web", "{\"outcomes\":[{\"name\":\"web\",\"status\":\"done\"}]}"},
    {"Start", "none", "{\"outcomes\":[]}"},
    {"Start", "all",
     "{\"outcomes\":[{\"name\":\"a\",\"status\":\"already\"},"
     "{\"name\":\"b\",\"status\":\"SpawnError\",\"message\":\"no such file: /x\"},"
     "{\"name\":\"c\",\"status\":\"AbnormalTermination\"}]}"},
    {"Start", "full",
     "{\"outcomes\":[{\"name\":\"b\",\"status\":\"org.muster.Process.NotRunning\"}]}"},
    {"Start", "odd", "{\"outcomes\":[{\"name\":\"b\"}]}"},
    {"Start", "odder", "{\"outcomes\":[3]}"},
    {"Start", "oddest", "{\"outcomes\":{}}"},
    {"Terminate", "web", "{\"outcomes\":[{\"name\":\"web\",\"status\":\"already\"}]}"},
    {"Kill", "web",
     "{\"outcomes\":[{\"name\":\"web\",\"status\":\"NotRunning\",\"message\":null}]}"},
};

static void reply_canned(struct served *served, const struct proto_call *call)
{
	const char *method = strrchr(call->method, '.') + 1;
	const char *name = json_string_value(json_object_get(call->parameters, "name"));
	json_t *selectors = json_object_get(call->parameters, "selectors");

	if (!name)
		name = json_string_value(json_array_get(selectors, 0));
	for (size_t i = 0; name && i < sizeof(canned) / sizeof(canned[0]); i++) {
		if (strcmp(canned[i].method, method) == 0 && strcmp(canned[i].name, name) == 0) {
			json_t *reply = json_loads(canned[i].reply, 0, NULL);

			server_reply(served->fd, NULL, reply, false);
			json_decref(reply);
			return;
		}
	}
	reply_error(served, call);
}

static const struct {
	const char *method;
	void (*reply)(struct served *served, const struct proto_call *call);
} methods[] = {
    {"test.Echo", reply_echo},
    {"test.Error", reply_error},
    {"test.Count", reply_count},
    {"test.Continues", reply_continues},
    {"test.HalfAndHangUp", reply_half_and_hang_up},
    {"test.Garbage", reply_garbage},
    {"test.Late", reply_late},
    {"test.ByteByByte", reply_byte_by_byte},
    {"test.Nothing", reply_nothing},
    {"test.UntilCancelled", reply_until_cancelled},
    {"org.muster.Process.", reply_canned},
};

static void server_answer(struct served *served, const char *text, size_t size)
{
	struct proto_call call;
	const char *why;

	if (proto_decode_call(text, size, &call, &why) < 0)
		_exit(1);
	if (served->waiting) {
		if (strcmp(call.method, "org.muster.Manager.Cancel") == 0) {
			served->waiting = false;
			server_reply(served->fd, NULL, NULL, false);
		}
		proto_call_done(&call);
		return;
	}
	if (served->held) {
		server_reply(served->fd, NULL, served->held, false);
		json_decref(served->held);
		served->held = NULL;
	}
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (strncmp(methods[i].method, call.method, strlen(methods[i].method)) == 0) {
			if (!call.oneway)
				methods[i].reply(served, &call);
			break;
		}
	}
	proto_call_done(&call);
}

static void server_run(int listener)
{
	struct frame frame;
	struct served served = {.fd = accept(listener, NULL, NULL)};

	alarm(SERVER_HANG_S);
	frame_init(&frame);
	for (;;) {
		const char *message;
		size_t size;
		ssize_t got;
		char *room;

		while (frame_next(&frame, PROTO_MESSAGE_MAX, &message, &size) == 1)
			server_answer(&served, message, size);
		if (frame_reserve(&frame, 4096, &room, &size) < 0 ||
		    (got = recv(served.fd, room, size, 0)) <= 0)
			_exit(0);
		frame_filled(&frame, (size_t)got);
	}
}

int server_setup_path(void **state)
{
	struct server *server = calloc(1, sizeof(*server));

	if (!server)
		return -1;
	(void)snprintf(server->directory, sizeof(server->directory), "/tmp/muster-test-XXXXXX");
	if (!mkdtemp(server->directory))
		return -1;
	(void)snprintf(server->path, sizeof(server->path), "%s/s", server->directory);
	*state = server;
	return 0;
}

int server_listen(const struct server *server)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path, server->path, strlen(server->path));
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, 8) < 0)
		return -1;
	return fd;
}

int server_setup(void **state)
{
	struct server *server;
	int listener;

	if (server_setup_path(state) < 0)
		return -1;
	server = *state;
	listener = server_listen(server);
	server->pid = listener < 0 ? -1 : fork();
	if (server->pid < 0)
		return -1;
	if (server->pid == 0)
		server_run(listener);
	close(listener);
	return muster_connect(server->path, &server->muster);
}

int server_teardown(void **state)
{
	struct server *server = *state;
	int status = 0;

	muster_close(server->muster);
	if (server->pid > 0) {
		(void)kill(server->pid, SIGKILL);
		(void)waitpid(server->pid, &status, 0);
	}
	unlink(server->path);
	rmdir(server->directory);
	free(server);
	return 0;
}
