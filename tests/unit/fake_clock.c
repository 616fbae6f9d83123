/* The real clocks and an offset; see the header. */
#include "tests/unit/fake_clock.h"

#include <time.h>

#include "daemon/base/clock.h"

static uint64_t ahead_usec;
static int64_t wall_step_usec;

static uint64_t real_usec(clockid_t id)
{
	struct timespec now;

	(void)clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * USEC_PER_SEC + (uint64_t)now.tv_nsec / 1000u;
}

void fake_clock_advance(uint64_t usec)
{
	ahead_usec += usec;
}

void fake_clock_step_wall(int64_t usec)
{
	wall_step_usec += usec;
}

uint64_t clock_monotonic_usec(void)
{
	return real_usec(CLOCK_MONOTONIC) + ahead_usec;
}

uint64_t clock_wall_usec(void)
{
	return (uint64_t)((int64_t)(real_usec(CLOCK_REALTIME) + ahead_usec) + wall_step_usec);
}

uint64_t clock_monotonic_of(uint64_t kernel_usec)
{
	return kernel_usec + ahead_usec;
}
