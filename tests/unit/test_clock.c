/* The clocks are the system's, in microseconds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "daemon/base/clock.h"

static uint64_t system_usec(clockid_t id)
{
	struct timespec now;

	assert_int_equal(clock_gettime(id, &now), 0);
	return (uint64_t)now.tv_sec * USEC_PER_SEC + (uint64_t)now.tv_nsec / 1000u;
}

static void the_monotonic_clock_is_the_kernels(void **unused)
{
	uint64_t before = system_usec(CLOCK_MONOTONIC);
	uint64_t now = clock_monotonic_usec();

	(void)unused;
	assert_true(now > 0);
	assert_in_range(now, before, system_usec(CLOCK_MONOTONIC));
}

static void the_monotonic_clock_does_not_go_back(void **unused)
{
	uint64_t last = clock_monotonic_usec();

	(void)unused;
	for (int i = 0; i < 10000; i++) {
		uint64_t now = clock_monotonic_usec();
		assert_true(now >= last);
		last = now;
	}
}

/* Somebody may set this one at any time: it is only to be near. */
static void the_wall_clock_counts_from_1970(void **unused)
{
	uint64_t now = clock_wall_usec();
	uint64_t system = system_usec(CLOCK_REALTIME);

	(void)unused;
	assert_in_range(now, system - 60u * USEC_PER_SEC, system);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_monotonic_clock_is_the_kernels),
	    cmocka_unit_test(the_monotonic_clock_does_not_go_back),
	    cmocka_unit_test(the_wall_clock_counts_from_1970),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
