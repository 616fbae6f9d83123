/* fakes: fake_daemon fake_client fake_supervisor */
/*
 * Bytes of a client to a connection, in pieces whose sizes the first input bytes tell, while
 * processes change and jobs end. The connection may close; whatever it answers is Varlink, and the
 * connection beside it is served to the end.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/frame.h"
#include "common/proto.h"
#include "tests/unit/fake_daemon.h"

#define PIECE_SIZES 4
#define TURNS 6

/* What comes back must be replies. */
static void take_replies(int fd, struct frame *frame)
{
	struct proto_reply reply;
	const char *message;
	const char *why;
	size_t size;
	char *room;
	ssize_t count;

	while (frame_reserve(frame, 4096, &room, &size) == 0 &&
	       (count = recv(fd, room, size, MSG_DONTWAIT)) > 0)
		frame_filled(frame, (size_t)count);
	while (frame_next(frame, PROTO_REPLY_MAX, &message, &size) == 1) {
		FUZZ_REQUIRE(proto_decode_reply(message, size, &reply, &why) == 0);
		proto_reply_done(&reply);
	}
}

/* Something happens while calls wait. */
static void change_world(struct fake_daemon *daemon, uint8_t what)
{
	struct process *process = supervisor_at(daemon->supervisor, what % 3);

	fake_process_set(process, (enum process_state)(what % STATE_COUNT), what);
	fake_process_logged(process);
	if (fake_job_count(daemon->supervisor) > 0 && what % 2)
		fake_job_report(daemon->supervisor, OUTCOME_DONE, NULL);
	if (fake_update_is_asked(daemon->supervisor) && what % 5 == 0)
		fake_update_report(daemon->supervisor, what % 3 ? "g" : NULL, "changed");
}

static void feed(struct fake_daemon *daemon, int fd, const uint8_t *data, size_t size)
{
	const uint8_t *bytes = data + PIECE_SIZES;
	struct frame frame;
	size_t done = 0;

	frame_init(&frame);
	size -= PIECE_SIZES;
	for (unsigned i = 0; done < size; i++) {
		size_t piece = data[i % PIECE_SIZES] * 8u + 1u;
		ssize_t count;

		if (piece > size - done)
			piece = size - done;
		count = send(fd, bytes + done, piece, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (count <= 0)
			break;
		done += (size_t)count;
		client_turn(daemon->loop);
		change_world(daemon, bytes[done - 1]);
		take_replies(fd, &frame);
	}
	for (int i = 0; i < TURNS; i++) {
		client_turn(daemon->loop);
		take_replies(fd, &frame);
	}
	frame_done(&frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fake_daemon *daemon;
	struct client client;
	struct conn *conn;
	void *state;

	if (size < PIECE_SIZES)
		return 0;
	FUZZ_REQUIRE(fake_daemon_setup(&state) == 0);
	daemon = state;
	fake_process_add(daemon->supervisor, "web", STATE_RUNNING);
	fake_process_add(daemon->supervisor, "job:a", STATE_STOPPED);
	fake_process_set_logfile(fake_process_add(daemon->supervisor, "job:b", STATE_EXITED), 1,
	                         "/proc/self/status");
	fake_daemon_connect(daemon, &conn, &client);
	feed(daemon, client.fd, data, size);
	client_done(&client);
	for (int i = 0; i < TURNS * 4 && conn; i++)
		client_turn(daemon->loop);
	FUZZ_REQUIRE(!conn);
	FUZZ_REQUIRE(fake_job_count(daemon->supervisor) == 0);
	client_call(&daemon->client, "org.muster.Manager.Cancel", "{}", "");
	client_expect(&daemon->client, "{'parameters':{}}");
	FUZZ_REQUIRE(fake_daemon_teardown(&state) == 0);
	return 0;
}
