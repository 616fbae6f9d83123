/* Stopping everything, one priority after another. */
#include "daemon/process/ranks.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "daemon/base/bus.h"
#include "daemon/base/loop.h"
#include "daemon/process/lifecycle.h"
#include "daemon/process/supervisor.h"

struct ranks {
	struct supervisor *supervisor;
	struct bus_subscription *subscription;
	struct loop_work work;
	bool told; /* the rank of that priority */
	int priority;
	void (*gone)(void *arg);
	void *arg;
};

/* The highest priority at which something has not ended; false where all has. */
static bool ranks_highest(const struct supervisor *supervisor, int *ret_priority)
{
	bool found = false;
	int highest = INT_MIN;
	struct process *process;

	for (size_t i = 0; (process = supervisor_at(supervisor, i)); i++) {
		if (process_is_done(process))
			continue;
		found = true;
		if (process_rank(process) > highest)
			highest = process_rank(process);
	}
	*ret_priority = highest;
	return found;
}

/* Tells the rank; what has been told before refuses it, which is as well. Within a group the last
 * to start is the first to stop. */
static void ranks_tell(const struct supervisor *supervisor, int priority)
{
	for (size_t i = supervisor_count(supervisor); i-- > 0;) {
		struct process *process = supervisor_at(supervisor, i);
		if (process_rank(process) == priority)
			(void)process_stop(process);
	}
}

static void ranks_work_run(void *arg)
{
	struct ranks *ranks = arg;
	int priority;

	while (ranks_highest(ranks->supervisor, &priority)) {
		if (ranks->told && priority == ranks->priority)
			return;
		ranks_tell(ranks->supervisor, priority);
		ranks->told = true;
		ranks->priority = priority;
	}
	bus_unsubscribe(ranks->subscription);
	ranks->gone(ranks->arg);
	free(ranks);
}

static void ranks_notice_cb(void *arg, const struct notice *notice)
{
	struct ranks *ranks = arg;

	if (state_is_ended((enum process_state)notice->to))
		loop_defer(supervisor_loop(ranks->supervisor), &ranks->work);
}

struct ranks *ranks_stop_all(struct supervisor *supervisor, void (*gone)(void *arg), void *arg)
{
	struct ranks *ranks = calloc(1, sizeof(*ranks));

	if (!ranks)
		return NULL;
	ranks->supervisor = supervisor;
	ranks->gone = gone;
	ranks->arg = arg;
	ranks->work.run = ranks_work_run;
	ranks->work.arg = ranks;
	ranks->subscription = bus_subscribe(supervisor_bus(supervisor), 1u << NOTICE_PROCESS_STATE,
	                                    ranks_notice_cb, ranks);
	if (!ranks->subscription) {
		free(ranks);
		return NULL;
	}
	loop_defer(supervisor_loop(supervisor), &ranks->work);
	return ranks;
}
