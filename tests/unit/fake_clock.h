/* The clocks, as far ahead of the real ones as a test has moved them; in place of clock.c. */
#ifndef MUSTER_UNIT_FAKE_CLOCK_H
#define MUSTER_UNIT_FAKE_CLOCK_H

#include <stdint.h>

/* From now on every clock shows this much more. libevent has a clock of its own: timers that are
 * set already do not come sooner. */
void fake_clock_advance(uint64_t usec);

/* Moves the wall clock alone, also back. */
void fake_clock_step_wall(int64_t usec);

#endif
