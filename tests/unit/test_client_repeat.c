/* fakes: fake_plan */
/* libmuster through the death of an engine: what is repeated, what is not, and what is said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/client-repeat.h"
#include "common/description.h"
#include "common/muster.h"
#include "tests/unit/fake_plan.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Longer than a connection's buffers. */
#define LONG_CALL (900 * 1000)
/* One more than libmuster loses in a row. */
#define TRIES 101

#define START "org.muster.Process.Start"
#define RESTART "org.muster.Process.Restart"
#define IS_ALIVE "org.muster.Process.IsAlive"
#define JOIN "org.muster.Process.Join"
#define LOGS "org.muster.Process.Logs"
#define ALIVE "{\"parameters\":{\"alive\":true}}"
#define EMPTY "{\"parameters\":{}}"

#define SELF 654321u
#define STRANGER 654322u

/* Who the client is, and who serves, where a test has set them; else as the kernel says. */
static uid_t self;
static uid_t peer;

uid_t geteuid(void)
{
	return self ? self : (uid_t)syscall(SYS_geteuid);
}

int getsockopt(int fd, int level, int name, void *value, socklen_t *size)
{
	int ret = (int)syscall(SYS_getsockopt, fd, level, name, value, size);

	if (ret == 0 && self && level == SOL_SOCKET && name == SO_PEERCRED)
		((struct ucred *)value)->uid = peer;
	return ret;
}

static int64_t now_ms(void)
{
	struct timespec now;

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static json_t *selectors(void)
{
	return json_pack("{s:[s]}", "selectors", "all");
}

/* A parameter of the n-th call that an engine read. */
static json_t *parameter(const struct fake_plan *fake, unsigned n, const char *method,
                         const char *name, json_t **ret_call)
{
	*ret_call = plan_call(fake, n);
	assert_string_equal(json_string_value(json_object_get(*ret_call, "method")), method);
	return json_object_get(json_object_get(*ret_call, "parameters"), name);
}

static void assert_number(const struct fake_plan *fake, unsigned n, const char *method,
                          const char *name, double low, double high)
{
	json_t *call;
	double value = json_number_value(parameter(fake, n, method, name, &call));

	assert_true(value >= low && value <= high);
	json_decref(call);
}

/* --- the table --- */

static const struct repeat_row *find(const char *method)
{
	for (const struct repeat_row *row = repeat_rows; row->method; row++) {
		if (strcmp(row->method, method) == 0)
			return row;
	}
	return NULL;
}

/* Those that are built, and do a second thing the second time. */
static const char *const never[] = {
    "org.muster.Process.Restart",   "org.muster.Process.Signal",   "org.muster.Process.Send",
    "org.muster.Process.ClearLogs", "org.muster.Process.Run",      "org.muster.Process.Remove",
    "org.muster.Manager.Update",    "org.muster.Manager.Shutdown", "org.muster.Manager.Reload",
    "org.muster.Manager.Upgrade",
};

/* Calls `check` with each method's full name and what its declaration says. */
static unsigned each_declared(void (*check)(const char *method, const char *declared))
{
	unsigned count = 0;

	for (const struct description *d = descriptions; d->interface; d++) {
		const char *line = d->text;

		while ((line = strstr(line, "\nmethod ")) != NULL) {
			char name[64], parameters[256], method[128];

			line++;
			assert_int_equal(
			    sscanf(line, "method %63[A-Za-z](%255[^)\n]", name, parameters) > 0, 1);
			if (!strchr(line, '(') || line[7 + strlen(name) + 1] == ')')
				parameters[0] = '\0';
			(void)snprintf(method, sizeof(method), "%s.%s", d->interface, name);
			check(method, parameters);
			count++;
		}
	}
	return count;
}

static unsigned rows_seen;

static void check_row(const char *method, const char *parameters)
{
	const struct repeat_row *row = find(method);
	bool is_never = false;

	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		is_never = is_never || strcmp(never[i], method) == 0;
	if (row && is_never)
		fail_msg("%s may be repeated", method);
	if (!row && !is_never &&
	    (strncmp(method, "org.muster.Process.", 19) == 0 ||
	     strncmp(method, "org.muster.Manager.", 19) == 0))
		fail_msg("%s: may it be repeated?", method);
	if (!row)
		return;
	rows_seen++;
	if (row->timeout)
		assert_non_null(strstr(parameters, row->timeout));
	if (row->follow)
		assert_non_null(strstr(parameters, row->follow));
	assert_int_equal(strstr(parameters, "asked_usec") != NULL, row->kind == REPEAT_WISH);
}

static void test_every_method_was_thought_of(void **state)
{
	unsigned rows = 0;

	(void)state;
	rows_seen = 0;
	assert_true(each_declared(check_row) > 30);
	while (repeat_rows[rows].method)
		rows++;
	assert_int_equal(rows_seen, rows);
}

/* A connection of its own to the first of new engines. */
static void reconnect(struct fake_plan *fake)
{
	muster_close(fake->muster);
	fake->muster = NULL;
}

/* Each row: the engine reads the call whole, and dies. */
static void test_every_row_as_it_says(void **state)
{
	struct fake_plan *fake = *state;

	for (const struct repeat_row *row = repeat_rows; row->method; row++) {
		bool repeated = row->kind != REPEAT_GAP;

		reconnect(fake);
		BEGIN(fake, {.calls = 1}, {.calls = 1, .replies = {EMPTY}});
		assert_int_equal(muster_call(fake->muster, row->method, selectors(), NULL),
		                 repeated ? 0 : -ECONNRESET);
		assert_int_equal(plan_calls(fake), repeated ? 2 : 1);
		if (!repeated)
			continue;
		assert_number(fake, 0, row->method, "asked_usec", 0, 0);
		if (row->kind == REPEAT_WISH)
			assert_number(fake, 1, row->method, "asked_usec",
			              (double)(now_ms() - PLAN_HANG_S * 1000) * 1e3,
			              (double)(now_ms() + 1) * 1e3);
	}
}

static void test_what_may_not_be_repeated_is_told(void **state)
{
	struct fake_plan *fake = *state;

	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		const char *words;
		int ret;

		reconnect(fake);
		BEGIN(fake, {.calls = 1}, {.calls = 1, .replies = {EMPTY}});
		ret = muster_call(fake->muster, never[i], NULL, NULL);
		assert_int_equal(ret, MUSTER_UNSURE);
		words = muster_strerror(fake->muster, ret);
		assert_non_null(strstr(words, "it is not known whether"));
		assert_non_null(strstr(words, never[i]));
		assert_null(muster_error_name(fake->muster));
		assert_int_equal(plan_calls(fake), 1);
		/* The next call has a connection again. */
		assert_int_equal(muster_call(fake->muster, never[i], NULL, NULL), 0);
	}
	assert_non_null(strstr(muster_strerror(NULL, MUSTER_UNSURE), "not known whether"));
}

/* --- one call --- */

/* Nothing of it was sent: whatever it is, it is sent to the next. */
static void test_a_connection_lost_before_a_call(void **state)
{
	struct fake_plan *fake = *state;

	BEGIN(fake, {.calls = 0}, {.calls = 1, .replies = {EMPTY}});
	plan_wait_hang_up(fake);
	assert_int_equal(muster_call(fake->muster, RESTART, selectors(), NULL), 0);
	assert_int_equal(plan_calls(fake), 1);
}

/* It was sent, but not read to its end: the kernel tells. */
static void test_a_call_that_was_not_read(void **state)
{
	struct fake_plan *fake = *state;

	BEGIN(fake, {.bytes = 10}, {.calls = 1, .replies = {EMPTY}}, {.bytes = 10},
	      {.calls = 1, .replies = {EMPTY}});
	assert_int_equal(muster_call(fake->muster, RESTART, selectors(), NULL), 0);
	assert_int_equal(plan_calls(fake), 1);
	assert_int_equal(muster_call_more(fake->muster, RESTART, selectors()), 0);
	assert_int_equal(muster_next(fake->muster, NULL, NULL), 0);
	assert_int_equal(plan_calls(fake), 2);
}

static void test_a_connection_lost_before_a_call_without_a_reply(void **state)
{
	struct fake_plan *fake = *state;

	BEGIN(fake, {.calls = 0}, {.calls = 2, .replies = {ALIVE}});
	plan_wait_hang_up(fake);
	assert_int_equal(muster_call_oneway(fake->muster, RESTART, selectors()), 0);
	assert_int_equal(muster_call(fake->muster, IS_ALIVE, NULL, NULL), 0);
	json_decref(plan_call(fake, 1));
	assert_int_equal(plan_connections(fake), 2);
}

/* What came without its end was not carried out. */
static void test_a_connection_lost_while_sending(void **state)
{
	struct fake_plan *fake = *state;
	char *text = malloc(LONG_CALL);

	assert_non_null(text);
	memset(text, 'x', LONG_CALL - 1);
	text[LONG_CALL - 1] = '\0';
	BEGIN(fake, {.bytes = 1000}, {.calls = 1, .replies = {EMPTY}});
	assert_int_equal(muster_call(fake->muster, RESTART, json_pack("{s:s}", "x", text), NULL),
	                 0);
	assert_int_equal(plan_calls(fake), 1);
	free(text);
}

static void test_half_a_reply(void **state)
{
	struct fake_plan *fake = *state;
	json_t *reply = NULL;

	BEGIN(fake, {.calls = 1, .part = "{\"parameters\":{\"alive\":fal"},
	      {.calls = 1, .replies = {ALIVE}});
	assert_int_equal(muster_call(fake->muster, IS_ALIVE, NULL, &reply), 0);
	assert_true(json_is_true(json_object_get(reply, "alive")));
	json_decref(reply);
}

/* The reply has come whole: the loss is the next call's matter. */
static void test_a_connection_lost_after_a_reply(void **state)
{
	struct fake_plan *fake = *state;

	BEGIN(fake, {.calls = 1, .replies = {EMPTY}}, {.calls = 1, .replies = {ALIVE}});
	assert_int_equal(muster_call(fake->muster, RESTART, NULL, NULL), 0);
	assert_int_equal(muster_call(fake->muster, IS_ALIVE, NULL, NULL), 0);
	assert_int_equal(plan_calls(fake), 2);
}

static void test_an_error_is_an_answer(void **state)
{
	struct fake_plan *fake = *state;

	BEGIN(fake, {.calls = 1},
	      {.calls = 1,
	       .replies = {"{\"error\":\"org.muster.Process.NoSuchProcess\","
	                   "\"parameters\":{\"name\":\"x\"}}"}});
	assert_int_equal(muster_call(fake->muster, IS_ALIVE, NULL, NULL), MUSTER_REFUSED);
	assert_string_equal(muster_strerror(fake->muster, MUSTER_REFUSED), "no such process: x");
}

static void test_join_goes_on_for_what_is_left(void **state)
{
	struct fake_plan *fake = *state;
	bool alive, has;
	int code;

	BEGIN(fake, {.calls = 1}, {.calls = 1},
	      {.calls = 1, .replies = {"{\"parameters\":{\"alive\":false,\"exitcode\":3}}"}});
	assert_int_equal(muster_process_join(fake->muster, "web", 1000, &alive, &has, &code), 0);
	assert_int_equal(code, 3);
	assert_number(fake, 0, JOIN, "timeout", 1000, 1000);
	assert_number(fake, 1, JOIN, "timeout", 1000 - PLAN_HANG_S, 999.99999);
	assert_number(fake, 2, JOIN, "timeout", 1000 - PLAN_HANG_S, 999.99999);
}

/* No time left, and no time at all. */
static void test_join_without_time(void **state)
{
	struct fake_plan *fake = *state;
	json_t *call, *timeout;
	bool alive, has;
	int code;

	BEGIN(fake, {.calls = 1},
	      {.calls = 1, .replies = {"{\"parameters\":{\"alive\":true,\"exitcode\":null}}"}});
	assert_int_equal(muster_process_join(fake->muster, "web", 0.000001, &alive, &has, &code),
	                 0);
	assert_number(fake, 1, JOIN, "timeout", 0, 0);
	reconnect(fake);
	BEGIN(fake, {.calls = 1},
	      {.calls = 1, .replies = {"{\"parameters\":{\"alive\":false,\"exitcode\":null}}"}});
	assert_int_equal(muster_process_join(fake->muster, "web", -1, &alive, &has, &code), 0);
	timeout = parameter(fake, 1, JOIN, "timeout", &call);
	assert_true(json_is_null(timeout));
	json_decref(call);
}

/* --- no engine comes --- */

static void test_a_daemon_that_has_ended(void **state)
{
	struct fake_plan *fake = *state;

	BEGIN(fake, {.calls = 0});
	plan_end(fake);
	assert_int_equal(muster_call(fake->muster, RESTART, NULL, NULL), -ECONNREFUSED);
	unlink(fake->path);
	assert_int_equal(muster_call(fake->muster, IS_ALIVE, NULL, NULL), -ENOENT);
	assert_int_equal(muster_call_more(fake->muster, LOGS, NULL), -ENOENT);
	assert_int_equal(muster_call_oneway(fake->muster, IS_ALIVE, NULL), -ENOENT);
	assert_int_equal(muster_send(fake->muster, IS_ALIVE, NULL), -ENOENT);
	assert_int_equal(muster_next(fake->muster, NULL, NULL), -EINVAL);
	/* Another is started in its place. */
	BEGIN(fake, {.calls = 1, .replies = {ALIVE}});
	assert_int_equal(muster_call(fake->muster, IS_ALIVE, NULL, NULL), 0);
}

/* Somebody listens, and nobody accepts: the caller's time is the limit of the whole. */
static void test_the_callers_time_is_the_limit(void **state)
{
	struct fake_plan *fake = *state;
	int64_t begin;

	BEGIN(fake, {.calls = 1, .part = "{"}, {.calls = 1, .replies = {ALIVE}});
	assert_int_equal(muster_call(fake->muster, IS_ALIVE, NULL, NULL), 0);
	plan_end(fake);
	plan_listen(fake);
	begin = now_ms();
	muster_set_timeout(fake->muster, 100);
	assert_int_equal(muster_call(fake->muster, IS_ALIVE, NULL, NULL), -ETIMEDOUT);
	assert_true(now_ms() - begin >= 100);
	plan_end(fake);
	muster_set_timeout(fake->muster, 1);
	assert_int_equal(muster_call(fake->muster, IS_ALIVE, NULL, NULL), -ETIMEDOUT);
	muster_set_timeout(fake->muster, -1);
	assert_int_equal(muster_call(fake->muster, IS_ALIVE, NULL, NULL), -ECONNREFUSED);
}

/* While it waits for a daemon to come back, the descriptor says when to look again. */
static void test_the_descriptor_while_the_daemon_is_away(void **state)
{
	struct fake_plan *fake = *state;
	int fd, ret, looks = 0;

	BEGIN(fake, {.calls = 1}, {.calls = 1});
	fd = muster_fd(fake->muster);
	assert_int_equal(muster_call_more(fake->muster, START, selectors()), 0);
	plan_wait_hang_up(fake);
	plan_end(fake);
	muster_set_timeout(fake->muster, 0);
	while ((ret = muster_next(fake->muster, NULL, NULL)) == -ETIMEDOUT) {
		struct pollfd poller = {.fd = muster_fd(fake->muster), .events = POLLIN};

		assert_int_equal(poller.fd, fd);
		assert_int_equal(poll(&poller, 1, PLAN_HANG_S * 1000), 1);
		looks++;
	}
	assert_int_equal(ret, -ECONNREFUSED);
	assert_in_range(looks, 2, 100); /* it does not spin */
	assert_int_equal(muster_fd(fake->muster), fd);
}

/* A call that ends each engine that reads it. */
static void test_a_call_is_repeated_so_often_and_no_more(void **state)
{
	struct fake_plan *fake = *state;

	BEGIN(fake, {.calls = 1, .repeated = true});
	assert_int_equal(muster_call(fake->muster, IS_ALIVE, NULL, NULL), -ECONNRESET);
	assert_int_equal(plan_calls(fake), TRIES);
}

static void test_who_serves_when_it_comes_back(void **state)
{
	struct fake_plan *fake = *state;
	char directory[80], path[100];

	(void)snprintf(directory, sizeof(directory), "%s/muster", fake->directory);
	assert_int_equal(mkdir(directory, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/musterd.sock", directory);
	assert_int_equal(symlink(fake->path, path), 0);
	assert_int_equal(setenv("XDG_RUNTIME_DIR", fake->directory, 1), 0);
	assert_int_equal(unsetenv("MUSTER_SOCKET"), 0);
	BEGIN(fake, {.calls = 0}, {.calls = 1}, {.calls = 1, .replies = {ALIVE}, .repeated = true});
	muster_close(fake->muster);
	self = SELF;
	peer = SELF;
	assert_int_equal(muster_connect(NULL, &fake->muster), 0);
	peer = STRANGER;
	assert_int_equal(muster_call(fake->muster, IS_ALIVE, NULL, NULL), -EPERM);
	assert_int_equal(muster_call(fake->muster, IS_ALIVE, NULL, NULL), -EPERM);
	peer = 0;
	assert_int_equal(muster_call(fake->muster, IS_ALIVE, NULL, NULL), 0);
	self = 0;
	assert_int_equal(unsetenv("XDG_RUNTIME_DIR"), 0);
	unlink(path);
	rmdir(directory);
}

/* --- switched off --- */

static void test_without_repeats(void **state)
{
	struct fake_plan *fake = *state;

	BEGIN(fake, {.calls = 1}, {.calls = 1, .replies = {ALIVE}});
	muster_set_repeat(fake->muster, false);
	assert_int_equal(muster_call(fake->muster, IS_ALIVE, NULL, NULL), -ECONNRESET);
	assert_int_equal(muster_call(fake->muster, IS_ALIVE, NULL, NULL), -ECONNRESET);
	assert_int_equal(plan_calls(fake), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, plan_setup, plan_teardown)
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_method_was_thought_of),
	    TEST(test_every_row_as_it_says),
	    TEST(test_what_may_not_be_repeated_is_told),
	    TEST(test_a_connection_lost_before_a_call),
	    TEST(test_a_call_that_was_not_read),
	    TEST(test_a_connection_lost_before_a_call_without_a_reply),
	    TEST(test_a_connection_lost_while_sending),
	    TEST(test_half_a_reply),
	    TEST(test_a_connection_lost_after_a_reply),
	    TEST(test_an_error_is_an_answer),
	    TEST(test_join_goes_on_for_what_is_left),
	    TEST(test_join_without_time),
	    TEST(test_a_daemon_that_has_ended),
	    TEST(test_the_callers_time_is_the_limit),
	    TEST(test_the_descriptor_while_the_daemon_is_away),
	    TEST(test_a_call_is_repeated_so_often_and_no_more),
	    TEST(test_who_serves_when_it_comes_back),
	    TEST(test_without_repeats),
	};

	alarm(PLAN_HANG_S);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
