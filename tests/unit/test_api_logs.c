/* fakes: fake_daemon fake_client fake_supervisor */
/* Process.Logs: last lines, bytes that are no text, following, and a reader that is slow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/fake_daemon.h"

#define MORE ",'more':true"
#define LINE(name, stream, data) "{'name':'" name "','stream':'" stream "','data':'" data "'}"
#define LINES(list) "{'parameters':{'lines':[" list "]}}"
#define LINES_MORE(list) "{'parameters':{'lines':[" list "]},'continues':true}"

struct fixture {
	void *daemon_state;
	struct fake_daemon *daemon;
	struct process *web;
	struct process *db;
	char directory[64];
	char out[96];
	char err[96];
	char db_out[96];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f || fake_daemon_setup(&f->daemon_state) < 0)
		return -1;
	f->daemon = f->daemon_state;
	snprintf(f->directory, sizeof(f->directory), "/tmp/test_api_logs.XXXXXX");
	if (!mkdtemp(f->directory))
		return -1;
	snprintf(f->out, sizeof(f->out), "%s/out", f->directory);
	snprintf(f->err, sizeof(f->err), "%s/err", f->directory);
	snprintf(f->db_out, sizeof(f->db_out), "%s/db", f->directory);
	f->web = fake_process_add(f->daemon->supervisor, "web", STATE_RUNNING);
	f->db = fake_process_add(f->daemon->supervisor, "db", STATE_RUNNING);
	fake_process_add(f->daemon->supervisor, "mute", STATE_RUNNING);
	fake_process_set_logfile(f->web, 1, f->out);
	fake_process_set_logfile(f->web, 2, f->err);
	fake_process_set_logfile(f->db, 1, f->db_out);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	fake_daemon_teardown(&f->daemon_state);
	unlink(f->out);
	unlink(f->err);
	unlink(f->db_out);
	rmdir(f->directory);
	free(f);
	return 0;
}

static void append(const char *path, const char *data, size_t size)
{
	FILE *file = fopen(path, "ae");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static void append_text(const char *path, const char *text)
{
	append(path, text, strlen(text));
}

static void call_logs(struct fixture *f, const char *parameters, const char *extra)
{
	client_call(&f->daemon->client, "org.muster.Process.Logs", parameters, extra);
}

static void the_last_lines_come_in_one_reply(void **state)
{
	struct fixture *f = *state;

	append_text(f->out, "1\n2\n3\nunfinished");
	append_text(f->err, "e1\ne2\n");
	append_text(f->db_out, "d\n");
	call_logs(f, "{'selectors':['web','db'],'lines':2}", "");
	client_expect(
	    &f->daemon->client,
	    LINES(LINE("web", "stdout", "3\\n") "," LINE("web", "stdout", "unfinished") "," LINE(
		"web", "stderr", "e1\\n") "," LINE("web", "stderr",
	                                           "e2\\n") "," LINE("db", "stdout", "d\\n")));
	call_logs(f, "{'selectors':['web'],'lines':1,'stream':'stderr'}", "");
	client_expect(&f->daemon->client, LINES(LINE("web", "stderr", "e2\\n")));
	call_logs(f, "{'selectors':['web'],'lines':0}", "");
	client_expect(&f->daemon->client, LINES(""));
	call_logs(f, "{'selectors':[]}", "");
	client_expect(&f->daemon->client, LINES(""));
}

static void ten_lines_are_given_where_none_are_asked_for(void **state)
{
	struct fixture *f = *state;
	json_t *reply;

	for (int i = 0; i < 30; i++)
		append_text(f->out, "line\n");
	call_logs(f, "{'selectors':['web']}", "");
	reply = client_receive(&f->daemon->client);
	assert_int_equal(
	    json_array_size(json_object_get(json_object_get(reply, "parameters"), "lines")), 10);
	json_decref(reply);
}

static void bytes_that_are_no_text_are_base64(void **state)
{
	struct fixture *f = *state;

	append(f->out, "\xff\n", 2);
	append(f->out, "\0z\n", 3);
	append(f->out, "\xc3\xa4\n", 3);
	call_logs(f, "{'selectors':['web']}", "");
	client_expect(&f->daemon->client,
	              LINES("{'name':'web','stream':'stdout','data':'/wo=','base64':true},"
	                    "{'name':'web','stream':'stdout','data':'AHoK','base64':true}," LINE(
				"web", "stdout", "\xc3\xa4\\n")));
}

static void a_process_without_such_a_log_is_told(void **state)
{
	struct fixture *f = *state;

	call_logs(f, "{'selectors':['mute']}", "");
	client_expect(&f->daemon->client, "{'error':'org.muster.Process.NoLog',"
	                                  "'parameters':{'name':'mute','stream':'stdout'}}");
	call_logs(f, "{'selectors':['db'],'stream':'stderr'}", "");
	client_expect(&f->daemon->client, "{'error':'org.muster.Process.NoLog',"
	                                  "'parameters':{'name':'db','stream':'stderr'}}");
	/* among others it has simply nothing to say; and what is no file is no log */
	append_text(f->db_out, "d\n");
	call_logs(f, "{'selectors':['mute','db']}", "");
	client_expect(&f->daemon->client, LINES(LINE("db", "stdout", "d\\n")));
	fake_process_set_logfile(f->db, 1, "/dev/null");
	call_logs(f, "{'selectors':['db']}", "");
	client_expect(&f->daemon->client, "{'error':'org.muster.Process.NoLog',"
	                                  "'parameters':{'name':'db','stream':'stdout'}}");
}

static void following_goes_on_with_what_is_stored(void **state)
{
	struct fixture *f = *state;

	append_text(f->out, "old\n");
	call_logs(f, "{'selectors':['web','db'],'stream':'stdout','follow':true}", MORE);
	client_expect(&f->daemon->client, LINES_MORE(LINE("web", "stdout", "old\\n")));
	assert_true(client_is_silent(&f->daemon->client));

	append_text(f->out, "new\nhal");
	fake_process_logged(f->web);
	client_expect(&f->daemon->client, LINES_MORE(LINE("web", "stdout", "new\\n")));
	append_text(f->out, "f\n");
	fake_process_logged(f->web);
	client_expect(&f->daemon->client, LINES_MORE(LINE("web", "stdout", "half\\n")));

	/* a log that did not exist yet */
	append_text(f->db_out, "first\n");
	fake_process_logged(f->db);
	client_expect(&f->daemon->client, LINES_MORE(LINE("db", "stdout", "first\\n")));

	client_call(&f->daemon->client, "org.muster.Manager.Cancel", "{}", "");
	client_expect(&f->daemon->client, LINES(""));
	client_expect(&f->daemon->client, "{'parameters':{}}");
}

static void two_streams_in_one_log_come_once(void **state)
{
	struct fixture *f = *state;

	fake_process_set_logfile(f->web, 2, f->out);
	append_text(f->out, "one\n");
	call_logs(f, "{'selectors':['web']}", "");
	client_expect(&f->daemon->client, LINES(LINE("web", "stdout", "one\\n")));
}

static void parts_of_lines_come_where_they_are_asked_for(void **state)
{
	struct fixture *f = *state;

	append_text(f->out, "one\ntw");
	call_logs(f, "{'selectors':['web'],'stream':'stdout','follow':true,'partial':true}", MORE);
	client_expect(&f->daemon->client,
	              LINES_MORE(LINE("web", "stdout", "one\\n") "," LINE("web", "stdout", "tw")));
	append_text(f->out, "o> ");
	fake_process_logged(f->web);
	client_expect(&f->daemon->client, LINES_MORE(LINE("web", "stdout", "o> ")));
	assert_true(client_is_silent(&f->daemon->client));
}

static void the_end_of_a_process_may_end_the_following(void **state)
{
	struct fixture *f = *state;

	append_text(f->out, "one\n");
	call_logs(f,
	          "{'selectors':['web'],'stream':'stdout','follow':true,'until_end':true,"
	          "'partial':true}",
	          MORE);
	client_expect(&f->daemon->client, LINES_MORE(LINE("web", "stdout", "one\\n")));
	fake_process_set(f->db, STATE_EXITED, 0);
	assert_true(client_is_silent(&f->daemon->client));
	/* The end is told before the last bytes are: they come all the same. */
	append_text(f->out, "last");
	fake_process_logged(f->web);
	fake_process_set(f->web, STATE_EXITED, 0);
	client_expect(&f->daemon->client, LINES(LINE("web", "stdout", "last")));
	/* What has ended before is shown, and that is all. */
	call_logs(f, "{'selectors':['web'],'stream':'stdout','follow':true,'until_end':true}",
	          MORE);
	client_expect(&f->daemon->client,
	              LINES(LINE("web", "stdout", "one\\n") "," LINE("web", "stdout", "last")));
}

static void following_changes_to_another_path_with_the_process(void **state)
{
	struct fixture *f = *state;

	append_text(f->out, "old\n");
	call_logs(f, "{'selectors':['web'],'stream':'stdout','follow':true}", MORE);
	client_expect(&f->daemon->client, LINES_MORE(LINE("web", "stdout", "old\\n")));
	fake_process_set_logfile(f->web, 1, f->db_out);
	append_text(f->db_out, "elsewhere\n");
	fake_process_logged(f->web);
	client_expect(&f->daemon->client, LINES_MORE(LINE("web", "stdout", "elsewhere\\n")));
}

/* Hundreds of kilobytes more than the buffers hold: what is not read stays on the disk. */
static void a_slow_reader_loses_no_line(void **state)
{
	enum { COUNT = 100000 };
	struct fixture *f = *state;
	json_int_t next = 0;
	FILE *file;

	append_text(f->out, "");
	call_logs(f, "{'selectors':['web'],'lines':0,'follow':true}", MORE);
	client_settle(f->daemon->loop);
	file = fopen(f->out, "ae");
	assert_non_null(file);
	for (int i = 0; i < COUNT; i++)
		fprintf(file, "%d and some more text to fill the line\n", i);
	fclose(file);
	fake_process_logged(f->web);
	client_settle(f->daemon->loop);
	assert_non_null(f->daemon->conn);
	while (next < COUNT) {
		json_t *reply = client_receive(&f->daemon->client);
		json_t *lines = json_object_get(json_object_get(reply, "parameters"), "lines");
		json_t *line;
		size_t i;

		assert_true(json_array_size(lines) > 0);
		json_array_foreach(lines, i, line)
		{
			const char *data = json_string_value(json_object_get(line, "data"));

			assert_int_equal(strtol(data, NULL, 10), next++);
		}
		json_decref(reply);
	}
	assert_true(client_is_silent(&f->daemon->client));
}

static void a_flooding_log_does_not_silence_another(void **state)
{
	struct fixture *f = *state;
	bool heard = false;
	FILE *file;

	call_logs(f, "{'selectors':['web','db'],'stream':'stdout','lines':0,'follow':true}", MORE);
	client_settle(f->daemon->loop);
	file = fopen(f->out, "ae");
	assert_non_null(file);
	for (int i = 0; i < 100000; i++)
		fprintf(file, "a flood of lines\n");
	fclose(file);
	append_text(f->db_out, "here I am\n");
	fake_process_logged(f->web);
	fake_process_logged(f->db);
	/* the flood alone would be a dozen replies */
	for (int i = 0; i < 4 && !heard; i++) {
		json_t *reply = client_receive(&f->daemon->client);
		json_t *lines = json_object_get(json_object_get(reply, "parameters"), "lines");
		json_t *line;
		size_t at;

		json_array_foreach(lines, at, line) heard |=
		    strcmp(json_string_value(json_object_get(line, "name")), "db") == 0;
		json_decref(reply);
	}
	assert_true(heard);
}

static void hanging_up_ends_the_following(void **state)
{
	struct fixture *f = *state;

	call_logs(f, "{'selectors':['web'],'follow':true}", MORE);
	client_settle(f->daemon->loop);
	client_done(&f->daemon->client);
	append_text(f->out, "x\n");
	fake_process_logged(f->web);
	client_settle(f->daemon->loop);
	assert_null(f->daemon->conn);
	fake_process_logged(f->web);
}

/* As JSON, without white space. */
static size_t size_of(json_t *reply)
{
	return json_dumpb(reply, NULL, 0, JSON_COMPACT);
}

/* An empty line is one byte of log and fifty of a reply. */
static void replies_are_bounded_by_what_they_hold(void **state)
{
	enum { LINES = 400000, ASKED = 20000, TURN_MAX = 512 * 1024, REPLY_MAX = 17 * 1024 * 1024 };
	struct fixture *f = *state;
	char *empty = malloc(LINES);
	size_t lines = 0;
	bool more = true;
	json_t *reply;

	assert_non_null(empty);
	memset(empty, '\n', LINES);
	append(f->out, empty, LINES);
	free(empty);
	call_logs(f, "{'selectors':['web'],'stream':'stdout','lines':20000}", MORE);
	while (more) {
		reply = client_receive(&f->daemon->client);
		assert_non_null(reply);
		assert_true(size_of(reply) < TURN_MAX);
		lines +=
		    json_array_size(json_object_get(json_object_get(reply, "parameters"), "lines"));
		more = json_is_true(json_object_get(reply, "continues"));
		json_decref(reply);
	}
	assert_int_equal(lines, ASKED);
	call_logs(f, "{'selectors':['web'],'stream':'stdout','lines':1000000}", "");
	reply = client_receive(&f->daemon->client);
	assert_non_null(reply);
	assert_true(size_of(reply) < REPLY_MAX);
	json_decref(reply);
}

#define INVALID(name) \
	"{'error':'org.varlink.service.InvalidParameter','parameters':{'parameter':'" name "'}}"

/* What is followed keeps a file open: all clients together may have a part of the descriptors. */
static void what_all_follow_is_limited(void **state)
{
	enum { FILES = 400, FOLLOWED = 60 };
	struct fixture *f = *state;
	char name[16];
	struct rlimit limit, low;
	struct client other;
	struct conn *conn;

	for (int i = 0; i < FOLLOWED; i++) {
		snprintf(name, sizeof(name), "many:%d", i);
		fake_process_set_logfile(
		    fake_process_add(f->daemon->supervisor, name, STATE_RUNNING), 1, f->out);
	}
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	low = (struct rlimit){.rlim_cur = FILES, .rlim_max = limit.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	fake_daemon_connect(f->daemon, &conn, &other);
	client_call(&other, "org.muster.Process.Logs", "{'selectors':['many:*'],'follow':true}",
	            MORE);
	client_settle(f->daemon->loop);
	call_logs(f, "{'selectors':['many:*'],'follow':true}", MORE);
	client_expect(&f->daemon->client, INVALID("follow"));
	call_logs(f, "{'selectors':['many:*']}", "");
	client_expect(&f->daemon->client, LINES(""));
	client_done(&other);
	client_settle(f->daemon->loop);
	assert_null(conn);
	call_logs(f, "{'selectors':['many:*'],'follow':true}", MORE);
	assert_true(client_is_silent(&f->daemon->client));
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

#define LOGS_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    LOGS_TEST(the_last_lines_come_in_one_reply),
	    LOGS_TEST(ten_lines_are_given_where_none_are_asked_for),
	    LOGS_TEST(bytes_that_are_no_text_are_base64),
	    LOGS_TEST(a_process_without_such_a_log_is_told),
	    LOGS_TEST(following_goes_on_with_what_is_stored),
	    LOGS_TEST(two_streams_in_one_log_come_once),
	    LOGS_TEST(parts_of_lines_come_where_they_are_asked_for),
	    LOGS_TEST(the_end_of_a_process_may_end_the_following),
	    LOGS_TEST(following_changes_to_another_path_with_the_process),
	    LOGS_TEST(a_slow_reader_loses_no_line),
	    LOGS_TEST(a_flooding_log_does_not_silence_another),
	    LOGS_TEST(hanging_up_ends_the_following),
	    LOGS_TEST(replies_are_bounded_by_what_they_hold),
	    LOGS_TEST(what_all_follow_is_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
