/* States: every name, both spellings, supervisord's numbers, and numbers that are no state. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/state.h"

#include <errno.h>

static const struct {
	enum process_state state;
	const char *name;
	const char *title;
	int code;
	bool alive;
	bool ended;
} expected[] = {
    {STATE_STOPPED, "stopped", "STOPPED", 0, false, true},
    {STATE_WAITING, "waiting", "WAITING", 10, false, false},
    {STATE_STARTING, "starting", "STARTING", 10, true, false},
    {STATE_RUNNING, "running", "RUNNING", 20, true, false},
    {STATE_BACKOFF, "backoff", "BACKOFF", 30, false, false},
    {STATE_STOPPING, "stopping", "STOPPING", 40, true, false},
    {STATE_EXITED, "exited", "EXITED", 100, false, true},
    {STATE_FATAL, "fatal", "FATAL", 200, false, true},
};
_Static_assert(sizeof(expected) / sizeof(expected[0]) == STATE_COUNT, "all states are tested");

static void test_every_state(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < STATE_COUNT; i++) {
		enum process_state state = expected[i].state;

		assert_string_equal(state_name(state), expected[i].name);
		assert_string_equal(state_title(state), expected[i].title);
		assert_int_equal(state_supervisord_code(state), expected[i].code);
		assert_int_equal(state_is_alive(state), expected[i].alive);
		assert_int_equal(state_is_ended(state), expected[i].ended);
	}
}

static void test_parse_gives_the_state_back(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < STATE_COUNT; i++) {
		enum process_state state = STATE_COUNT;

		assert_int_equal(state_parse(expected[i].name, &state), 0);
		assert_int_equal(state, expected[i].state);
		state = STATE_COUNT;
		assert_int_equal(state_parse(expected[i].title, &state), 0);
		assert_int_equal(state, expected[i].state);
	}
}

static void test_parse_takes_any_case_and_no_other_name(void **unused)
{
	static const char *const wrong[] = {"", "run", "runningg", " running", "UNKNOWN", "20"};
	enum process_state state = STATE_FATAL;

	(void)unused;
	assert_int_equal(state_parse("BackOff", &state), 0);
	assert_int_equal(state, STATE_BACKOFF);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(state_parse(wrong[i], &state), -EINVAL);
	assert_int_equal(state, STATE_BACKOFF);
}

static void test_a_number_that_is_no_state(void **unused)
{
	(void)unused;
	assert_string_equal(state_name(STATE_COUNT), "unknown");
	assert_string_equal(state_title((enum process_state) - 1), "UNKNOWN");
	assert_int_equal(state_supervisord_code((enum process_state)1234), 1000);
	assert_false(state_is_alive(STATE_COUNT));
	assert_false(state_is_ended(STATE_COUNT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_state),
	    cmocka_unit_test(test_parse_gives_the_state_back),
	    cmocka_unit_test(test_parse_takes_any_case_and_no_other_name),
	    cmocka_unit_test(test_a_number_that_is_no_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
