/* How long an engine may be silent, by times that the test makes up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/guardian/pulse.h"

#define LIMIT 1000u
#define BEGIN (int64_t)100

static void an_engine_without_work_is_never_lost(void **state)
{
	struct pulse pulse = {0};

	(void)state;
	pulse_begin(&pulse, 0);
	assert_false(pulse_is_lost(&pulse, 0, false, LIMIT, BEGIN + 10 * LIMIT));
	assert_int_equal(pulse_due_msec(&pulse, false, LIMIT), -1);
	/* The silence begins with the work, not before. */
	assert_false(pulse_is_lost(&pulse, 0, true, LIMIT, BEGIN + 11 * LIMIT - 1));
	assert_int_equal(pulse_due_msec(&pulse, true, LIMIT), BEGIN + 11 * LIMIT);
	assert_true(pulse_is_lost(&pulse, 0, true, LIMIT, BEGIN + 11 * LIMIT));
}

static void an_engine_that_takes_something_lives(void **state)
{
	struct pulse pulse = {0};
	int64_t now = BEGIN + 1;

	(void)state;
	pulse_begin(&pulse, 0);
	for (uint64_t taken = 1; taken < 10; taken++, now += LIMIT - 1)
		assert_false(pulse_is_lost(&pulse, taken, true, LIMIT, now));
	assert_true(pulse_is_lost(&pulse, 9, true, LIMIT, now + 1));
}

static void without_a_limit_it_may_be_silent_for_ever(void **state)
{
	struct pulse pulse = {0};

	(void)state;
	pulse_begin(&pulse, 0);
	assert_false(pulse_is_lost(&pulse, 0, true, 0, INT64_MAX / 2));
	assert_int_equal(pulse_due_msec(&pulse, true, 0), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_engine_without_work_is_never_lost),
	    cmocka_unit_test(an_engine_that_takes_something_lives),
	    cmocka_unit_test(without_a_limit_it_may_be_silent_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
