/* How long the engine has been silent. */
#include "daemon/guardian/pulse.h"

void pulse_begin(struct pulse *pulse, int64_t now_msec)
{
	pulse->since_msec = now_msec;
	pulse->knock_msec = now_msec + PULSE_KNOCK_MSEC;
}

bool pulse_is_lost(struct pulse *pulse, uint64_t taken, bool waiting, uint32_t limit_msec,
                   int64_t now_msec)
{
	/* `taken` may lack some that an engine took right before it died, but it never stands still
	 * while an engine works. */
	if (!waiting || taken != pulse->taken)
		pulse->since_msec = now_msec;
	pulse->taken = taken;
	return waiting && limit_msec && now_msec - pulse->since_msec >= (int64_t)limit_msec;
}

int64_t pulse_due_msec(const struct pulse *pulse, bool waiting, uint32_t limit_msec)
{
	return waiting && limit_msec ? pulse->since_msec + (int64_t)limit_msec : -1;
}
