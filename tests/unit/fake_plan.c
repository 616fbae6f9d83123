/* Engines by a plan: one child process that accepts one connection after the other. */
#include "tests/unit/fake_plan.h"

#include "common/frame.h"
#include "common/muster.h"
#include "common/proto.h"

#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define SEEN_MAX 256
#define SEEN_SIZE 512

struct plan_record {
	atomic_uint connections;
	atomic_uint calls;
	char texts[SEEN_MAX][SEEN_SIZE]; /* cut where too long */
};

static void engine_write(int fd, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);

		if (sent < 0)
			return; /* the client has gone, as some tests want it */
		data += sent;
		size -= (size_t)sent;
	}
}

static void engine_note(struct plan_record *seen, const char *text, size_t size)
{
	unsigned n = atomic_load(&seen->calls);

	if (n < SEEN_MAX)
		memcpy(seen->texts[n], text, size < SEEN_SIZE - 1 ? size : SEEN_SIZE - 1);
	atomic_store(&seen->calls, n + 1);
}

static void engine_echo(int fd, const char *text, size_t size)
{
	struct proto_call call;
	const char *why;
	char *reply;

	if (proto_decode_call(text, size, &call, &why) < 0)
		_exit(1);
	reply = proto_encode_reply(NULL, call.parameters, false, &size);
	if (!reply)
		_exit(1);
	engine_write(fd, reply, size + 1);
	free(reply);
	proto_call_done(&call);
}

/* Reads what the step is to read. Byte by byte, so that nothing more is read of a connection. */
static void engine_read(int fd, const struct plan *step, struct plan_record *seen)
{
	struct frame frame;
	const char *message;
	size_t size, bytes = 0;
	unsigned calls = 0;

	frame_init(&frame);
	while (calls < step->calls || bytes < step->bytes) {
		char byte;

		if (recv(fd, &byte, 1, 0) <= 0 || frame_append(&frame, &byte, 1) < 0)
			break;
		bytes++;
		if (byte != '\0' || frame_next(&frame, PROTO_MESSAGE_MAX, &message, &size) != 1)
			continue;
		calls++;
		engine_note(seen, message, size);
		if (step->echo)
			engine_echo(fd, message, size);
	}
	frame_done(&frame);
}

static void engine_serve(int fd, const struct plan *step, struct plan_record *seen)
{
	engine_read(fd, step, seen);
	for (size_t i = 0; i < PLAN_REPLIES_MAX && step->replies[i]; i++)
		engine_write(fd, step->replies[i], strlen(step->replies[i]) + 1);
	if (step->part)
		engine_write(fd, step->part, strlen(step->part));
}

static void engines_run(const struct fake_plan *fake, const struct plan *steps, size_t count)
{
	alarm(PLAN_HANG_S);
	for (size_t i = 0; i < count; i += !steps[i].repeated) {
		int fd = accept(fake->listener, NULL, NULL);
		char byte;

		atomic_fetch_add(&fake->seen->connections, 1);
		engine_serve(fd, &steps[i], fake->seen);
		while (i + 1 == count && !steps[i].repeated && recv(fd, &byte, 1, 0) > 0)
			;
		close(fd);
	}
	_exit(0);
}

int plan_setup(void **state)
{
	struct fake_plan *fake = calloc(1, sizeof(*fake));

	if (!fake)
		return -1;
	fake->listener = -1;
	fake->seen = mmap(NULL, sizeof(*fake->seen), PROT_READ | PROT_WRITE,
	                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	(void)snprintf(fake->directory, sizeof(fake->directory), "/tmp/muster-test-XXXXXX");
	if (fake->seen == MAP_FAILED || !mkdtemp(fake->directory))
		return -1;
	(void)snprintf(fake->path, sizeof(fake->path), "%s/s", fake->directory);
	*state = fake;
	return 0;
}

void plan_listen(struct fake_plan *fake)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	memcpy(address.sun_path, fake->path, strlen(fake->path));
	unlink(fake->path);
	fake->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fake->listener < 0 ||
	    bind(fake->listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fake->listener, 8) < 0)
		abort();
}

void plan_begin(struct fake_plan *fake, const struct plan *steps, size_t count)
{
	plan_end(fake);
	memset(fake->seen, 0, sizeof(*fake->seen));
	plan_listen(fake);
	fake->pid = fork();
	if (fake->pid < 0)
		abort();
	if (fake->pid == 0)
		engines_run(fake, steps, count);
	if (fake->muster)
		return; /* it connects by itself */
	if (muster_connect(fake->path, &fake->muster) < 0)
		abort();
}

void plan_end(struct fake_plan *fake)
{
	int status;

	if (fake->pid > 0) {
		(void)kill(fake->pid, SIGKILL);
		(void)waitpid(fake->pid, &status, 0);
	}
	fake->pid = 0;
	if (fake->listener >= 0)
		close(fake->listener);
	fake->listener = -1;
}

int plan_teardown(void **state)
{
	struct fake_plan *fake = *state;

	muster_close(fake->muster);
	plan_end(fake);
	unlink(fake->path);
	rmdir(fake->directory);
	munmap(fake->seen, sizeof(*fake->seen));
	free(fake);
	return 0;
}

unsigned plan_connections(const struct fake_plan *fake)
{
	return atomic_load(&fake->seen->connections);
}

unsigned plan_calls(const struct fake_plan *fake)
{
	return atomic_load(&fake->seen->calls);
}

json_t *plan_call(const struct fake_plan *fake, unsigned n)
{
	json_t *call = n < plan_calls(fake) ? json_loads(fake->seen->texts[n], 0, NULL) : NULL;

	if (!call)
		abort();
	return call;
}

void plan_wait_hang_up(const struct fake_plan *fake)
{
	struct pollfd poller = {.fd = muster_fd(fake->muster), .events = 0};

	while (poll(&poller, 1, PLAN_HANG_S * 1000) < 1)
		;
}
