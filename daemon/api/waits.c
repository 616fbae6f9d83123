/*
 * Waiters in lists by a hash of the process; one subscription to the bus serves all of them.
 *
 * A process that is started again at once passes through an end: the notice of the end comes first,
 * that of the start in the same call. So an end is only noted when it is told, and is believed
 * where it still holds once the callbacks of the turn are done.
 */
#include "daemon/api/waits.h"

#include <stdint.h>
#include <stdlib.h>

#include "daemon/base/bus.h"
#include "daemon/base/loop.h"
#include "daemon/process/process.h"
#include "daemon/process/supervisor.h"

#define WAITS_BUCKETS 256u

struct waits {
	struct supervisor *supervisor;
	struct loop *loop;
	struct bus_subscription *subscription;
	struct loop_work work;
	struct waiter *noted; /* those whose process was seen to end in this turn */
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

/* Moves those who wait for `process` to another list. */
static void waits_move(struct waiter **from, const struct process *process, struct waiter **to)
{
	struct waiter *next;

	for (struct waiter *at = *from; at; at = next) {
		next = at->next;
		if (at->process != process)
			continue;
		waits_remove(at);
		waits_link(to, at);
	}
}

/*
 * Tells those in a list who wait for `process`. A callback may take any waiter off any list, and so
 * what is to be told is moved to a list of its own first.
 */
static void waits_tell(struct waiter **list, struct process *process, struct process *told)
{
	struct waiter *ready = NULL;

	waits_move(list, process, &ready);
	while (ready) {
		struct waiter *waiter = ready;

		waits_remove(waiter);
		waiter->ended(waiter->arg, told);
	}
}

/* The turn is over: an end that is none any more is waited for on. */
static void waits_work(void *arg)
{
	struct waits *waits = arg;

	while (waits->noted) {
		struct process *process = waits->noted->process;

		if (process_is_done(process))
			waits_tell(&waits->noted, process, process);
		else
			waits_move(&waits->noted, process, waits_bucket(waits, process));
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

static void waits_sweep_list(const struct waits *waits, struct waiter **list)
{
	struct waiter *at = *list;

	while (at) {
		if (waits_process_exists(waits, at->process)) {
			at = at->next;
		} else {
			waits_tell(list, at->process, NULL);
			at = *list; /* it may look otherwise now */
		}
	}
}

/* A group was removed: nobody may wait for what is gone. Rare, so it may look at everything. */
static void waits_sweep(struct waits *waits)
{
	waits_sweep_list(waits, &waits->noted);
	for (size_t i = 0; i < WAITS_BUCKETS; i++)
		waits_sweep_list(waits, &waits->buckets[i]);
}

static void waits_deliver(void *arg, const struct notice *notice)
{
	struct waits *waits = arg;

	if (notice->type == NOTICE_GROUP_REMOVED) {
		waits_sweep(waits);
		return;
	}
	if (!process_is_done(notice->object))
		return;
	waits_move(waits_bucket(waits, notice->object), notice->object, &waits->noted);
	if (waits->noted)
		loop_defer(waits->loop, &waits->work);
}

struct waits *waits_new(struct loop *loop, struct supervisor *supervisor)
{
	struct waits *waits = calloc(1, sizeof(*waits));

	if (!waits)
		return NULL;
	waits->loop = loop;
	waits->supervisor = supervisor;
	waits->work.run = waits_work;
	waits->work.arg = waits;
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
	loop_cancel(waits->loop, &waits->work);
	free(waits);
}
