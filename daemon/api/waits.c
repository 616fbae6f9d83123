/* Waiters in lists by a hash of the process; one subscription to the bus serves all of them. */
#include "daemon/api/waits.h"

#include <stdint.h>
#include <stdlib.h>

#include "daemon/base/bus.h"
#include "daemon/process/process.h"
#include "daemon/process/supervisor.h"

#define WAITS_BUCKETS 256u

struct waits {
	struct supervisor *supervisor;
	struct bus_subscription *subscription;
	struct waiter *buckets[WAITS_BUCKETS];
};

static struct waiter **waits_bucket(struct waits *waits, const struct process *process)
{
	uintptr_t address = (uintptr_t)process;

	return &waits->buckets[(address >> 4 ^ address >> 12) % WAITS_BUCKETS];
}

static void waits_link(struct waiter **bucket, struct waiter *waiter)
{
	waiter->next = *bucket;
	waiter->place = bucket;
	if (waiter->next)
		waiter->next->place = &waiter->next;
	*bucket = waiter;
}

void waits_add(struct waits *waits, struct waiter *waiter, struct process *process)
{
	waiter->process = process;
	waits_link(waits_bucket(waits, process), waiter);
}

void waits_remove(struct waiter *waiter)
{
	if (!waiter->place)
		return;
	*waiter->place = waiter->next;
	if (waiter->next)
		waiter->next->place = waiter->place;
	waiter->place = NULL;
	waiter->next = NULL;
}

/*
 * Tells those in a bucket who wait for `process`. A callback may take any waiter off any list, and
 * so what is to be told is moved to a list of its own first.
 */
static void waits_tell(struct waiter **bucket, struct process *process, struct process *told)
{
	struct waiter *ready = NULL;
	struct waiter *next;

	for (struct waiter *at = *bucket; at; at = next) {
		next = at->next;
		if (at->process != process)
			continue;
		waits_remove(at);
		waits_link(&ready, at);
	}
	while (ready) {
		struct waiter *waiter = ready;

		waits_remove(waiter);
		waiter->ended(waiter->arg, told);
	}
}

static bool waits_process_exists(const struct waits *waits, const struct process *process)
{
	struct process *at;

	for (size_t i = 0; (at = supervisor_at(waits->supervisor, i)) != NULL; i++)
		if (at == process)
			return true;
	return false;
}

/* A group was removed: nobody may wait for what is gone. Rare, so it may look at everything. */
static void waits_sweep(struct waits *waits)
{
	for (size_t i = 0; i < WAITS_BUCKETS; i++) {
		struct waiter *at = waits->buckets[i];

		while (at && waits_process_exists(waits, at->process))
			at = at->next;
		if (at) {
			waits_tell(&waits->buckets[i], at->process, NULL);
			i--; /* there may be more of them */
		}
	}
}

static void waits_deliver(void *arg, const struct notice *notice)
{
	struct waits *waits = arg;

	if (notice->type == NOTICE_GROUP_REMOVED) {
		waits_sweep(waits);
		return;
	}
	if (process_is_done(notice->object))
		waits_tell(waits_bucket(waits, notice->object), notice->object, notice->object);
}

struct waits *waits_new(struct supervisor *supervisor)
{
	struct waits *waits = calloc(1, sizeof(*waits));

	if (!waits)
		return NULL;
	waits->supervisor = supervisor;
	waits->subscription = bus_subscribe(supervisor_bus(supervisor),
	                                    1u << NOTICE_PROCESS_STATE | 1u << NOTICE_GROUP_REMOVED,
	                                    waits_deliver, waits);
	if (!waits->subscription) {
		free(waits);
		return NULL;
	}
	return waits;
}

void waits_free(struct waits *waits)
{
	if (!waits)
		return;
	bus_unsubscribe(waits->subscription);
	free(waits);
}
