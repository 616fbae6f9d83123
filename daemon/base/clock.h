/*
 * The two clocks. Every duration and deadline runs on the monotonic one; the wall clock is for
 * display only. Unit tests link a clock of their own in place of clock.c.
 */
#ifndef MUSTER_BASE_CLOCK_H
#define MUSTER_BASE_CLOCK_H

#include <stdint.h>

#define USEC_PER_SEC 1000000u
#define USEC_PER_MSEC 1000u

/* CLOCK_MONOTONIC in microseconds; never 0. */
uint64_t clock_monotonic_usec(void);

/* CLOCK_REALTIME in microseconds since 1970. */
uint64_t clock_wall_usec(void);

/* A time that another process has read from CLOCK_MONOTONIC, on the clock above. */
uint64_t clock_monotonic_of(uint64_t kernel_usec);

#endif
