/* fakes: fake_daemon fake_client fake_supervisor */
/* One connection: messages however they are cut, order, limits, waits, and the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "common/proto.h"
#include "daemon/api/api.h"
#include "daemon/api/conn.h"
#include "tests/unit/fake_daemon.h"

#define PID_CALL "{\"method\":\"org.muster.Process.Pid\",\"parameters\":{\"name\":\"web\"}}"
#define ALIVE_CALL "{\"method\":\"org.muster.Process.IsAlive\",\"parameters\":{\"name\":\"web\"}}"
#define CANCEL_CALL "{\"method\":\"org.muster.Manager.Cancel\"}"
#define CANCEL_ONEWAY "{\"method\":\"org.muster.Manager.Cancel\",\"oneway\":true}"
#define PID_REPLY "{'parameters':{'pid':1000}}"
#define ALIVE_REPLY "{'parameters':{'alive':true}}"
#define EMPTY_REPLY "{'parameters':{}}"
#define TIMED_OUT_REPLY "{'parameters':{'alive':true,'exitcode':null}}"

static struct fake_daemon *with_web(void **state)
{
	struct fake_daemon *daemon = *state;

	fake_process_add(daemon->supervisor, "web", STATE_RUNNING);
	return daemon;
}

static struct process *web_of(struct fake_daemon *daemon)
{
	return supervisor_find(daemon->supervisor, "web");
}

static void call_join(struct fake_daemon *daemon)
{
	client_call(&daemon->client, "org.muster.Process.Join", "{'name':'web'}", "");
}

static void a_message_may_come_byte_by_byte(void **state)
{
	struct fake_daemon *daemon = with_web(state);

	for (size_t i = 0; i < sizeof(PID_CALL); i++) {
		assert_true(client_is_silent(&daemon->client));
		client_send(&daemon->client, &PID_CALL[i], 1);
	}
	client_expect(&daemon->client, PID_REPLY);
}

static void replies_come_in_the_order_of_calls(void **state)
{
	static const char calls[] = PID_CALL "\0" ALIVE_CALL "\0" PID_CALL "\0" ALIVE_CALL;
	struct fake_daemon *daemon = with_web(state);

	client_send(&daemon->client, calls, sizeof(calls));
	client_expect(&daemon->client, PID_REPLY);
	client_expect(&daemon->client, ALIVE_REPLY);
	client_expect(&daemon->client, PID_REPLY);
	client_expect(&daemon->client, ALIVE_REPLY);
	assert_true(client_is_silent(&daemon->client));
}

static void many_calls_take_many_turns_and_lose_none(void **state)
{
	struct fake_daemon *daemon = with_web(state);
	const unsigned count = CONN_TURN_CALLS * 20;

	for (unsigned i = 0; i < count; i++)
		client_send(&daemon->client, i % 2 ? PID_CALL : CANCEL_CALL,
		            i % 2 ? sizeof(PID_CALL) : sizeof(CANCEL_CALL));
	for (unsigned i = 0; i < count; i++)
		client_expect(&daemon->client, i % 2 ? PID_REPLY : EMPTY_REPLY);
}

/* Of two who call at the same time, the one with little to ask waits for one share of the other. */
static void a_flood_of_calls_delays_nobody(void **state)
{
	struct fake_daemon *daemon = with_web(state);
	struct client other;
	struct conn *conn;
	char *calls = calloc(CONN_TURN_CALLS * 10, sizeof(PID_CALL));
	size_t size = 0;

	assert_non_null(calls);
	fake_daemon_connect(daemon, &conn, &other);
	for (unsigned i = 0; i < CONN_TURN_CALLS * 10; i++, size += sizeof(PID_CALL))
		memcpy(calls + size, PID_CALL, sizeof(PID_CALL));
	/* all of them have been read, and wait for one in front of them */
	call_join(daemon);
	client_send(&daemon->client, calls, size);
	assert_true(client_is_silent(&daemon->client));
	fake_process_set(web_of(daemon), STATE_EXITED, 0);
	client_send(&other, ALIVE_CALL, sizeof(ALIVE_CALL));
	client_expect(&other, "{'parameters':{'alive':false}}");
	/* the flood is not through by then: its last reply is not there yet */
	size = 0;
	for (ssize_t got = 1; got > 0;) {
		char buffer[65536];

		got = recv(daemon->client.fd, buffer, sizeof(buffer), MSG_DONTWAIT);
		for (ssize_t i = 0; i < got; i++)
			size += buffer[i] == '\0';
	}
	assert_true(size < CONN_TURN_CALLS * 10);
	free(calls);
	client_done(&other);
	conn_free(conn);
}

static void a_half_message_is_no_call(void **state)
{
	struct fake_daemon *daemon = with_web(state);

	client_send(&daemon->client, PID_CALL, sizeof(PID_CALL) - 1);
	assert_true(client_is_silent(&daemon->client));
	shutdown(daemon->client.fd, SHUT_WR);
	assert_true(client_sees_end(&daemon->client));
	assert_null(daemon->conn);
}

static void garbage_closes_but_answers_what_came_before(void **state)
{
	static const char bytes[] = PID_CALL "\0this is no JSON\0" PID_CALL;
	struct fake_daemon *daemon = with_web(state);

	client_send(&daemon->client, bytes, sizeof(bytes));
	client_expect(&daemon->client, PID_REPLY);
	assert_true(client_sees_end(&daemon->client));
	assert_null(daemon->conn);
}

static void every_kind_of_garbage_closes(void **state)
{
	static const char *const kinds[] = {
	    "",
	    "[]",
	    "42",
	    "{}",
	    "{\"method\":1}",
	    "{\"method\":\"a.b\",\"parameters\":[]}",
	    "{\"method\":\"a.b\"",
	    "\xff\xfe",
	    "{\"method\":\"a.b\",\"method\":\"a.c\"}",
	};
	struct fake_daemon *daemon = with_web(state);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct client client;
		struct conn *conn;

		fake_daemon_connect(daemon, &conn, &client);
		client_send(&client, kinds[i], strlen(kinds[i]) + 1);
		assert_true(client_sees_end(&client));
		assert_null(conn);
		client_done(&client);
	}
	/* and the neighbour is served as before */
	client_send(&daemon->client, PID_CALL, sizeof(PID_CALL));
	client_expect(&daemon->client, PID_REPLY);
}

static void a_message_of_ten_megabytes_closes(void **state)
{
	struct fake_daemon *daemon = with_web(state);
	char *bytes = malloc(10000000);

	assert_non_null(bytes);
	memset(bytes, 'a', 10000000);
	client_send(&daemon->client, bytes, 10000000);
	free(bytes);
	assert_true(client_sees_end(&daemon->client));
	assert_null(daemon->conn);
}

static void a_message_of_the_longest_size_is_read(void **state)
{
	struct fake_daemon *daemon = with_web(state);
	char *bytes = malloc(PROTO_MESSAGE_MAX + 1);

	assert_non_null(bytes);
	memset(bytes, ' ', PROTO_MESSAGE_MAX);
	memcpy(bytes, PID_CALL, sizeof(PID_CALL) - 1);
	bytes[PROTO_MESSAGE_MAX] = '\0';
	client_send(&daemon->client, bytes, PROTO_MESSAGE_MAX + 1);
	free(bytes);
	client_expect(&daemon->client, PID_REPLY);
}

static void calls_behind_a_wait_keep_their_place(void **state)
{
	struct fake_daemon *daemon = with_web(state);

	call_join(daemon);
	client_send(&daemon->client, ALIVE_CALL, sizeof(ALIVE_CALL));
	assert_true(client_is_silent(&daemon->client));
	fake_process_set(web_of(daemon), STATE_EXITED, 3);
	client_expect(&daemon->client, "{'parameters':{'alive':false,'exitcode':3}}");
	client_expect(&daemon->client, "{'parameters':{'alive':false}}");
}

static void cancel_ends_the_wait_in_front_of_it(void **state)
{
	static const char calls[] = ALIVE_CALL "\0" CANCEL_CALL;
	struct fake_daemon *daemon = with_web(state);

	call_join(daemon);
	assert_true(client_is_silent(&daemon->client));
	client_send(&daemon->client, calls, sizeof(calls));
	client_expect(&daemon->client, TIMED_OUT_REPLY);
	client_expect(&daemon->client, ALIVE_REPLY);
	client_expect(&daemon->client, EMPTY_REPLY);
	assert_true(client_is_silent(&daemon->client));
}

static void a_cancel_in_pieces_is_understood(void **state)
{
	struct fake_daemon *daemon = with_web(state);

	call_join(daemon);
	for (size_t i = 0; i < sizeof(CANCEL_CALL); i++) {
		assert_true(client_is_silent(&daemon->client));
		client_send(&daemon->client, &CANCEL_CALL[i], 1);
	}
	client_expect(&daemon->client, TIMED_OUT_REPLY);
	client_expect(&daemon->client, EMPTY_REPLY);
}

static void one_cancel_ends_one_wait(void **state)
{
	struct fake_daemon *daemon = with_web(state);

	call_join(daemon);
	call_join(daemon);
	client_send(&daemon->client, CANCEL_ONEWAY, sizeof(CANCEL_ONEWAY));
	client_expect(&daemon->client, TIMED_OUT_REPLY);
	assert_true(client_is_silent(&daemon->client));
	client_send(&daemon->client, CANCEL_ONEWAY, sizeof(CANCEL_ONEWAY));
	client_expect(&daemon->client, TIMED_OUT_REPLY);
	assert_true(client_is_silent(&daemon->client));
}

static void a_name_that_only_looks_like_cancel_ends_nothing(void **state)
{
	static const char call[] = "{\"method\":\"org.muster.Process.Pid\",\"parameters\":"
				   "{\"name\":\"org.muster.Manager.Cancel\"}}";
	struct fake_daemon *daemon = with_web(state);

	call_join(daemon);
	client_send(&daemon->client, call, sizeof(call));
	assert_true(client_is_silent(&daemon->client));
}

static void hanging_up_in_a_wait_gives_the_job_up(void **state)
{
	struct fake_daemon *daemon = with_web(state);

	client_call(&daemon->client, "org.muster.Process.Terminate", "{'selectors':['web']}", "");
	client_settle(daemon->loop);
	assert_int_equal(fake_job_count(daemon->supervisor), 1);
	client_done(&daemon->client);
	client_settle(daemon->loop);
	assert_int_equal(fake_job_count(daemon->supervisor), 0);
	assert_null(daemon->conn);
}

static void a_peer_that_only_stops_sending_gets_its_replies(void **state)
{
	struct fake_daemon *daemon = with_web(state);

	client_call(&daemon->client, "org.muster.Process.Terminate", "{'selectors':['web']}", "");
	client_send(&daemon->client, ALIVE_CALL, sizeof(ALIVE_CALL));
	shutdown(daemon->client.fd, SHUT_WR);
	assert_true(client_is_silent(&daemon->client));
	assert_int_equal(fake_job_count(daemon->supervisor), 1);
	fake_job_report(daemon->supervisor, OUTCOME_DONE, NULL);
	client_expect(&daemon->client,
	              "{'parameters':{'outcomes':[{'name':'web','status':'done'}]}}");
	client_expect(&daemon->client, ALIVE_REPLY);
	assert_true(client_sees_end(&daemon->client));
	assert_null(daemon->conn);
}

static void one_that_stopped_sending_and_hangs_up_is_noticed(void **state)
{
	struct fake_daemon *daemon = with_web(state);

	client_call(&daemon->client, "org.muster.Process.Terminate", "{'selectors':['web']}", "");
	shutdown(daemon->client.fd, SHUT_WR);
	client_settle(daemon->loop);
	assert_int_equal(fake_job_count(daemon->supervisor), 1);
	client_done(&daemon->client);
	client_settle(daemon->loop);
	assert_int_equal(fake_job_count(daemon->supervisor), 0);
	assert_null(daemon->conn);
}

static void what_was_sent_before_hanging_up_is_done(void **state)
{
	struct fake_daemon *daemon = with_web(state);

	client_call(&daemon->client, "org.muster.Process.Signal",
	            "{'selectors':['web'],'signal':'HUP'}", ",'oneway':true");
	client_done(&daemon->client);
	client_settle(daemon->loop);
	assert_int_equal(fake_process_last_signal(web_of(daemon)), 1);
	assert_null(daemon->conn);
}

/* Behind a waiting call only so much is read: the rest waits in the socket, and nothing is lost. */
static void input_behind_a_wait_is_bounded(void **state)
{
	struct fake_daemon *daemon = with_web(state);
	size_t sent = 0;

	call_join(daemon);
	for (int stuck = 0; stuck < 3;) {
		char bytes[65536];
		ssize_t count;

		memset(bytes, ' ', sizeof(bytes));
		count = send(daemon->client.fd, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_NOSIGNAL);
		sent += count > 0 ? (size_t)count : 0;
		stuck = count > 0 ? 0 : stuck + 1;
		client_settle(daemon->loop);
		assert_true(sent < 4u * PROTO_MESSAGE_MAX);
	}
	assert_non_null(daemon->conn);
	client_done(&daemon->client);
	client_settle(daemon->loop);
	assert_null(daemon->conn);
}

static void add_processes(struct fake_daemon *daemon, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		char name[32];

		snprintf(name, sizeof(name), "worker-%u", i);
		fake_process_add(daemon->supervisor, name, STATE_RUNNING);
	}
}

static void a_reply_may_be_large(void **state)
{
	struct fake_daemon *daemon = with_web(state);
	json_t *reply;

	add_processes(daemon, 4000);
	client_call(&daemon->client, "org.muster.Process.List", "{}", "");
	reply = client_receive(&daemon->client);
	assert_int_equal(
	    json_array_size(json_object_get(json_object_get(reply, "parameters"), "processes")),
	    4001);
	json_decref(reply);
}

/* A reader that sleeps over large replies: calls wait until it reads, and none is lost. */
static void calls_wait_for_a_slow_reader(void **state)
{
	struct fake_daemon *daemon = with_web(state);

	add_processes(daemon, 2000);
	for (int i = 0; i < 50; i++)
		client_call(&daemon->client, "org.muster.Process.List", "{}", "");
	client_settle(daemon->loop);
	assert_non_null(daemon->conn);
	for (int i = 0; i < 50; i++) {
		json_t *reply = client_receive(&daemon->client);

		assert_non_null(reply);
		json_decref(reply);
	}
}

/* Events for one who does not read are dropped, and the gap is seen. */
static void a_watcher_that_does_not_read_misses_events(void **state)
{
	struct fake_daemon *daemon = with_web(state);
	json_int_t last = 0;
	bool gap = false;

	client_call(&daemon->client, "org.muster.Manager.Watch", "{}", ",'more':true");
	client_settle(daemon->loop);
	for (int i = 0; i < 20000; i++)
		fake_process_set(web_of(daemon), i % 2 ? STATE_RUNNING : STATE_EXITED, 0);
	assert_non_null(daemon->conn);
	client_send(&daemon->client, CANCEL_ONEWAY, sizeof(CANCEL_ONEWAY));
	for (bool more = true; more;) {
		json_t *reply = client_receive(&daemon->client);
		json_t *event = json_object_get(json_object_get(reply, "parameters"), "event");
		json_int_t serial = json_integer_value(json_object_get(event, "serial"));

		assert_non_null(event);
		more = json_is_true(json_object_get(reply, "continues"));
		gap = gap || serial > last + 1;
		last = serial;
		json_decref(reply);
	}
	assert_true(gap);
	assert_int_equal(last, 20000);
}

#define CONN_TEST(name) \
	cmocka_unit_test_setup_teardown(name, fake_daemon_setup, fake_daemon_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CONN_TEST(a_message_may_come_byte_by_byte),
	    CONN_TEST(replies_come_in_the_order_of_calls),
	    CONN_TEST(many_calls_take_many_turns_and_lose_none),
	    CONN_TEST(a_flood_of_calls_delays_nobody),
	    CONN_TEST(a_half_message_is_no_call),
	    CONN_TEST(garbage_closes_but_answers_what_came_before),
	    CONN_TEST(every_kind_of_garbage_closes),
	    CONN_TEST(a_message_of_ten_megabytes_closes),
	    CONN_TEST(a_message_of_the_longest_size_is_read),
	    CONN_TEST(calls_behind_a_wait_keep_their_place),
	    CONN_TEST(cancel_ends_the_wait_in_front_of_it),
	    CONN_TEST(a_cancel_in_pieces_is_understood),
	    CONN_TEST(one_cancel_ends_one_wait),
	    CONN_TEST(a_name_that_only_looks_like_cancel_ends_nothing),
	    CONN_TEST(hanging_up_in_a_wait_gives_the_job_up),
	    CONN_TEST(a_peer_that_only_stops_sending_gets_its_replies),
	    CONN_TEST(one_that_stopped_sending_and_hangs_up_is_noticed),
	    CONN_TEST(what_was_sent_before_hanging_up_is_done),
	    CONN_TEST(input_behind_a_wait_is_bounded),
	    CONN_TEST(a_reply_may_be_large),
	    CONN_TEST(calls_wait_for_a_slow_reader),
	    CONN_TEST(a_watcher_that_does_not_read_misses_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
