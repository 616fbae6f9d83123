/*
 * Whether the engine lives: it has to take what the channel holds for it. Nothing is asked for its
 * own sake, so an engine without work is left alone; where a client knocks, or a service manager
 * wants a sign of life, a ping goes into the channel too.
 */
#ifndef MUSTER_GUARDIAN_PULSE_H
#define MUSTER_GUARDIAN_PULSE_H

#include <stdbool.h>
#include <stdint.h>

/* Where the engine has not said how long it may be silent; 0 there means for ever. */
#define PULSE_LIMIT_MSEC 30000u
/* What an engine may take beside that to begin: another's children on their way, a slow disk. */
#define PULSE_BEGIN_MSEC 15000u
/* Clients that knock are no more often a reason to ask than this. */
#define PULSE_KNOCK_MSEC 1000

struct pulse {
	uint64_t taken;     /* notices the engine has taken, as last seen */
	int64_t since_msec; /* since when it has taken none of those there are */
	int64_t knock_msec; /* from when on a knock is a reason to ask */
};

/* An engine has been started. */
void pulse_begin(struct pulse *pulse, int64_t now_msec);

/*
 * Looks at how far the engine has come: `taken` only grows while it takes notices, `waiting` tells
 * whether there are any. True where it has taken none for limit_msec although there were some.
 */
bool pulse_is_lost(struct pulse *pulse, uint64_t taken, bool waiting, uint32_t limit_msec,
                   int64_t now_msec);

/* When to look again; -1 for never. */
int64_t pulse_due_msec(const struct pulse *pulse, bool waiting, uint32_t limit_msec);

#endif
