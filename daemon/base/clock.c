/* The two clocks of the system. */
#include "daemon/base/clock.h"

#include <time.h>

static uint64_t clock_read(clockid_t id)
{
	struct timespec now;

	/* Cannot fail for the clocks below (clock_gettime(2)). */
	(void)clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * USEC_PER_SEC + (uint64_t)now.tv_nsec / 1000u;
}

uint64_t clock_monotonic_usec(void)
{
	return clock_read(CLOCK_MONOTONIC);
}

uint64_t clock_wall_usec(void)
{
	return clock_read(CLOCK_REALTIME);
}

uint64_t clock_monotonic_of(uint64_t kernel_usec)
{
	return kernel_usec;
}
