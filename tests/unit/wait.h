/*
 * Waiting in tests: what is to come is looked for again and again, until a deadline that only a
 * hang reaches.
 */
#ifndef MUSTER_UNIT_WAIT_H
#define MUSTER_UNIT_WAIT_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define WAIT_SECONDS 30
#define WAIT_PAUSE_MSEC 2

static inline uint64_t wait_now_msec(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

/* True once `is_so` is; false where it is not after WAIT_SECONDS. */
static inline bool wait_until(bool (*is_so)(void *arg), void *arg)
{
	uint64_t deadline = wait_now_msec() + WAIT_SECONDS * 1000u;

	while (!is_so(arg)) {
		if (wait_now_msec() > deadline)
			return false;
		(void)poll(NULL, 0, WAIT_PAUSE_MSEC);
	}
	return true;
}

#endif
