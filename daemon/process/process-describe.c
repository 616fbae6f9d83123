/* A process in supervisord's words. */
#include <stdio.h>
#include <time.h>

#include "daemon/base/clock.h"
#include "daemon/process/process-inside.h"

/* Python's str(timedelta): "0:00:05", "1 day, 2:03:04". */
static void process_describe_uptime(const struct process *process, char *text, size_t size)
{
	uint64_t now = clock_monotonic_usec();
	uint64_t started = process_life(process)->started_usec;
	unsigned long seconds = now > started ? (now - started) / USEC_PER_SEC : 0;
	unsigned long days = seconds / 86400;
	char prefix[32] = "";

	if (days)
		snprintf(prefix, sizeof(prefix), "%lu day%s, ", days, days == 1 ? "" : "s");
	snprintf(text, size, "pid %d, uptime %s%lu:%02lu:%02lu", (int)process_pid(process), prefix,
	         seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
}

static void process_describe_failure(const struct process *process, char *text, size_t size)
{
	const char *error = process_spawn_error(process);

	if (error)
		snprintf(text, size, "%s", error);
	else
		snprintf(text, size, "unknown error (try \"tail %s\")", process_name(process));
}

static void process_describe_end(const struct process *process, char *text, size_t size)
{
	const struct ledger_life *life = process_life(process);
	time_t ended = (time_t)(life->ended_wall_usec / USEC_PER_SEC);
	struct tm local;

	if (!life->was_started || !localtime_r(&ended, &local))
		snprintf(text, size, "Not started");
	else
		strftime(text, size, "%b %d %I:%M %p", &local);
}

static void (*const descriptions_by_state[STATE_COUNT])(const struct process *, char *, size_t) = {
    [STATE_STOPPED] = process_describe_end,     [STATE_RUNNING] = process_describe_uptime,
    [STATE_BACKOFF] = process_describe_failure, [STATE_EXITED] = process_describe_end,
    [STATE_FATAL] = process_describe_failure,
};

void process_describe(const struct process *process, char *text, size_t size)
{
	enum process_state state = process_state(process);

	text[0] = '\0';
	if (descriptions_by_state[state])
		descriptions_by_state[state](process, text, size);
}
