/* Notices inside the daemon; safe while it is being delivered. */
#include "daemon/base/bus.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "daemon/base/clock.h"

struct bus_subscription {
	struct bus *bus;
	struct bus_subscription *next;
	uint32_t types;
	bus_cb deliver;
	void *arg;
	uint64_t since; /* notices with a lower serial were published before it subscribed */
	bool dead;
};

struct bus {
	struct bus_subscription *first;
	uint64_t *serial;
	unsigned depth; /* deliveries under way, one inside the other */
	bool has_dead;
};

static const char *const type_names[] = {
    [NOTICE_PROCESS_STATE] = "process_state", [NOTICE_PROCESS_LOG] = "process_log",
    [NOTICE_GROUP_ADDED] = "group_added",     [NOTICE_GROUP_REMOVED] = "group_removed",
    [NOTICE_MANAGER_STATE] = "manager_state",
};
_Static_assert(sizeof(type_names) / sizeof(type_names[0]) == NOTICE_TYPE_COUNT,
               "every type of notice has a name");

const char *bus_type_name(enum notice_type type)
{
	return type_names[type];
}

struct bus *bus_new(uint64_t *serial)
{
	struct bus *bus = calloc(1, sizeof(*bus));

	if (bus)
		bus->serial = serial;
	return bus;
}

static void bus_sweep(struct bus *bus)
{
	struct bus_subscription **at = &bus->first;

	while (*at) {
		struct bus_subscription *subscription = *at;
		if (subscription->dead) {
			*at = subscription->next;
			free(subscription);
		} else {
			at = &subscription->next;
		}
	}
	bus->has_dead = false;
}

void bus_free(struct bus *bus)
{
	if (!bus)
		return;
	assert(bus->depth == 0);
	for (struct bus_subscription *at = bus->first; at; at = at->next)
		at->dead = true;
	bus_sweep(bus);
	free(bus);
}

struct bus_subscription *bus_subscribe(struct bus *bus, uint32_t types, bus_cb deliver, void *arg)
{
	struct bus_subscription *subscription = calloc(1, sizeof(*subscription));

	if (!subscription)
		return NULL;
	subscription->bus = bus;
	subscription->types = types;
	subscription->deliver = deliver;
	subscription->arg = arg;
	subscription->since = *bus->serial;
	subscription->next = bus->first;
	bus->first = subscription;
	return subscription;
}

void bus_unsubscribe(struct bus_subscription *subscription)
{
	if (!subscription || subscription->dead)
		return;
	subscription->dead = true;
	if (subscription->bus->depth == 0)
		bus_sweep(subscription->bus);
	else
		subscription->bus->has_dead = true;
}

void bus_publish(struct bus *bus, struct notice *notice)
{
	notice->serial = ++*bus->serial;
	notice->time_usec = clock_wall_usec();
	bus->depth++;
	for (struct bus_subscription *at = bus->first; at; at = at->next) {
		bool wanted = at->types & (1u << notice->type);

		if (wanted && !at->dead && at->since < notice->serial)
			at->deliver(at->arg, notice);
	}
	bus->depth--;
	if (bus->depth == 0 && bus->has_dead)
		bus_sweep(bus);
}
