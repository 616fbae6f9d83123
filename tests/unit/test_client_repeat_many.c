/* fakes: fake_plan */
/* libmuster through the death of an engine: streams and pipelined calls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/muster.h"
#include "tests/unit/fake_plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LONG_CALL (900 * 1000)

#define START "org.muster.Process.Start"
#define RESTART "org.muster.Process.Restart"
#define TERMINATE "org.muster.Process.Terminate"
#define IS_ALIVE "org.muster.Process.IsAlive"
#define LOGS "org.muster.Process.Logs"
#define WATCH "org.muster.Manager.Watch"
#define ALIVE "{\"parameters\":{\"alive\":true}}"
#define EMPTY "{\"parameters\":{}}"

static json_t *selectors(void)
{
	return json_pack("{s:[s]}", "selectors", "all");
}

/* --- streams --- */

#define OUTCOME(name) "{\"name\":\"" name "\",\"status\":\"done\"}"
#define OUTCOMES(list) "{\"parameters\":{\"outcomes\":[" list "]}"

static void assert_outcome(struct muster *muster, const char *name, bool more)
{
	json_t *reply = NULL;
	json_t *outcomes;
	bool is_more;

	assert_int_equal(muster_next(muster, &reply, &is_more), 0);
	assert_int_equal(is_more, more);
	outcomes = json_object_get(reply, "outcomes");
	assert_int_equal(json_array_size(outcomes), name != NULL);
	if (name)
		assert_string_equal(
		    json_string_value(json_object_get(json_array_get(outcomes, 0), "name")), name);
	json_decref(reply);
}

/* Nobody is told an outcome twice. */
static void test_a_stream_of_outcomes_goes_on(void **state)
{
	struct fake_plan *fake = *state;
	json_t *call;

	BEGIN(fake, {.calls = 1, .replies = {OUTCOMES(OUTCOME("a")) ",\"continues\":true}"}},
	      {.calls = 1,
	       .replies = {OUTCOMES(OUTCOME("a")) ",\"continues\":true}",
	                   OUTCOMES(OUTCOME("b")) ",\"continues\":true}"}},
	      {.calls = 1,
	       .replies = {OUTCOMES(OUTCOME("b")) ",\"continues\":true}",
	                   OUTCOMES(OUTCOME("a") "," OUTCOME("c")) ",\"continues\":true}",
	                   OUTCOMES(OUTCOME("a")) "}"}});
	assert_int_equal(muster_call_more(fake->muster, START, selectors()), 0);
	assert_outcome(fake->muster, "a", true);
	assert_outcome(fake->muster, "b", true);
	assert_outcome(fake->muster, "c", true);
	assert_outcome(fake->muster, NULL, false);
	assert_int_equal(muster_next(fake->muster, NULL, NULL), -EINVAL);
	call = plan_call(fake, 2);
	assert_true(json_is_true(json_object_get(call, "more")));
	json_decref(call);
}

#define LINES "{\"parameters\":{\"lines\":[]},\"continues\":true}"

/* What part was given of cannot be asked for again unnoticed; the stream ends, and nothing else. */
static void test_a_half_answered_stream(void **state)
{
	struct fake_plan *fake = *state;
	bool more;

	BEGIN(fake, {.calls = 1}, {.calls = 1, .replies = {LINES}},
	      {.calls = 1, .replies = {LINES, EMPTY}});
	assert_int_equal(muster_call_more(fake->muster, LOGS, selectors()), 0);
	assert_int_equal(muster_next(fake->muster, NULL, &more), 0);
	assert_int_equal(plan_connections(fake), 2);
	assert_int_equal(muster_next(fake->muster, NULL, &more), -ECONNRESET);
	assert_int_equal(muster_next(fake->muster, NULL, &more), -EINVAL);
	assert_int_equal(muster_call_more(fake->muster, LOGS, selectors()), 0);
	assert_int_equal(muster_next(fake->muster, NULL, &more), 0);
	assert_int_equal(muster_next(fake->muster, NULL, &more), 0);
	assert_false(more);
}

/* What is followed, or watched: something may have happened in between. */
static void test_a_stream_with_a_gap(void **state)
{
	struct fake_plan *fake = *state;

	BEGIN(fake, {.calls = 1}, {.calls = 1}, {.calls = 1, .replies = {EMPTY}});
	assert_int_equal(muster_call_more(fake->muster, LOGS, json_pack("{s:b}", "follow", 1)), 0);
	assert_int_equal(muster_next(fake->muster, NULL, NULL), -ECONNRESET);
	assert_int_equal(muster_call_more(fake->muster, WATCH, NULL), 0);
	assert_int_equal(muster_next(fake->muster, NULL, NULL), -ECONNRESET);
	assert_int_equal(muster_call_more(fake->muster, WATCH, NULL), 0);
	assert_int_equal(muster_next(fake->muster, NULL, NULL), 0);
}

static void test_a_stream_of_what_may_not_be_repeated(void **state)
{
	struct fake_plan *fake = *state;

	BEGIN(fake, {.calls = 1, .replies = {OUTCOMES(OUTCOME("a")) ",\"continues\":true}"}},
	      {.calls = 1, .replies = {ALIVE}});
	assert_int_equal(muster_call_more(fake->muster, RESTART, selectors()), 0);
	assert_outcome(fake->muster, "a", true);
	assert_int_equal(muster_next(fake->muster, NULL, NULL), MUSTER_UNSURE);
	assert_int_equal(muster_call(fake->muster, IS_ALIVE, NULL, NULL), 0);
}

/* --- pipelined calls --- */

static void send_echo(struct muster *muster, const char *method, int n)
{
	assert_int_equal(muster_send(muster, method, json_pack("{s:i}", "n", n)), 0);
}

static void assert_echo(struct muster *muster, int n)
{
	json_t *reply = NULL;

	assert_int_equal(muster_next(muster, &reply, NULL), 0);
	assert_int_equal(json_integer_value(json_object_get(reply, "n")), n);
	json_decref(reply);
}

static void test_pipelined_calls_go_on(void **state)
{
	struct fake_plan *fake = *state;

	BEGIN(fake, {.calls = 3, .echo = true}, {.calls = 1}, {.calls = 7, .echo = true});
	for (int i = 0; i < 10; i++)
		send_echo(fake->muster, IS_ALIVE, i);
	for (int i = 0; i < 10; i++)
		assert_echo(fake->muster, i);
	assert_int_equal(muster_next(fake->muster, NULL, NULL), -EINVAL);
}

/* One of them may have been carried out, and others after it: none has a result of its own. */
static void test_pipelined_calls_of_which_one_may_not_be_repeated(void **state)
{
	struct fake_plan *fake = *state;

	BEGIN(fake, {.calls = 1, .echo = true}, {.calls = 1, .replies = {ALIVE}});
	for (int i = 0; i < 3; i++)
		send_echo(fake->muster, i == 1 ? RESTART : IS_ALIVE, i);
	assert_echo(fake->muster, 0);
	assert_int_equal(muster_next(fake->muster, NULL, NULL), MUSTER_UNSURE);
	assert_int_equal(muster_next(fake->muster, NULL, NULL), MUSTER_UNSURE);
	assert_int_equal(muster_next(fake->muster, NULL, NULL), -EINVAL);
	assert_int_equal(muster_call(fake->muster, IS_ALIVE, NULL, NULL), 0);
}

/* Start a, stop a: a repeat of both could turn round what the first ones did. */
static void test_pipelined_wishes(void **state)
{
	struct fake_plan *fake = *state;

	BEGIN(fake, {.calls = 2}, {.calls = 3, .echo = true}, {.calls = 2}, {.calls = 1});
	send_echo(fake->muster, START, 0);
	send_echo(fake->muster, START, 1);
	send_echo(fake->muster, IS_ALIVE, 2);
	for (int i = 0; i < 3; i++)
		assert_echo(fake->muster, i);
	send_echo(fake->muster, START, 3);
	send_echo(fake->muster, TERMINATE, 4);
	assert_int_equal(muster_next(fake->muster, NULL, NULL), MUSTER_UNSURE);
	assert_int_equal(muster_next(fake->muster, NULL, NULL), MUSTER_UNSURE);
}

/* What is kept for a repeat has a limit; past it, it is told. */
static void test_more_pipelined_calls_than_are_kept(void **state)
{
	struct fake_plan *fake = *state;
	char *text = malloc(LONG_CALL);
	int sent = 0;

	assert_non_null(text);
	memset(text, 'x', LONG_CALL - 1);
	text[LONG_CALL - 1] = '\0';
	BEGIN(fake, {.calls = 1}, {.calls = 1, .replies = {ALIVE}});
	muster_set_timeout(fake->muster, PLAN_HANG_S * 1000);
	for (; sent < 30; sent++)
		assert_int_equal(muster_send(fake->muster, IS_ALIVE, json_pack("{s:s}", "x", text)),
		                 0);
	for (; sent > 0; sent--)
		assert_int_equal(muster_next(fake->muster, NULL, NULL), MUSTER_UNSURE);
	assert_int_equal(muster_next(fake->muster, NULL, NULL), -EINVAL);
	assert_int_equal(muster_call(fake->muster, IS_ALIVE, NULL, NULL), 0);
	free(text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, plan_setup, plan_teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_a_stream_of_outcomes_goes_on),
	    TEST(test_a_half_answered_stream),
	    TEST(test_a_stream_with_a_gap),
	    TEST(test_a_stream_of_what_may_not_be_repeated),
	    TEST(test_pipelined_calls_go_on),
	    TEST(test_pipelined_calls_of_which_one_may_not_be_repeated),
	    TEST(test_pipelined_wishes),
	    TEST(test_more_pipelined_calls_than_are_kept),
	};

	alarm(PLAN_HANG_S);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
