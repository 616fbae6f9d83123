/*
 * Notices inside the daemon: what happened travels from the room where it happened to those that
 * want to know (waits, watchers, the log), never by a call to the right. A subscriber may leave, or
 * another join, while a notice is being delivered.
 */
#ifndef MUSTER_BASE_BUS_H
#define MUSTER_BASE_BUS_H

#include <stdint.h>

enum notice_type {
	NOTICE_PROCESS_STATE, /* object: struct process; from, to: enum process_state */
	NOTICE_PROCESS_LOG,   /* object: struct process; stream; bytes were stored */
	NOTICE_GROUP_ADDED,   /* name */
	NOTICE_GROUP_REMOVED, /* name */
	NOTICE_MANAGER_STATE, /* to: enum supervisor_state */
	NOTICE_TYPE_COUNT
};

struct notice {
	enum notice_type type;
	uint64_t
	    serial; /* filled by bus_publish(): rises by one, over restarts of the engine too */
	uint64_t time_usec;  /* wall clock, filled by bus_publish() */
	const char *subject; /* full name of what it speaks of */
	void *object;        /* by type; valid during the delivery only */
	int from;
	int to;
};

typedef void (*bus_cb)(void *arg, const struct notice *notice);

struct bus;
struct bus_subscription;

/* `serial` is where the count of notices is kept (in the ledger); it outlives the bus. */
struct bus *bus_new(uint64_t *serial);
void bus_free(struct bus *bus);

/* "process_state": as org.muster.Manager.Event spells it. */
const char *bus_type_name(enum notice_type type);

/* types: a bit (1u << type) for each wanted. NULL when out of memory. */
struct bus_subscription *bus_subscribe(struct bus *bus, uint32_t types, bus_cb deliver, void *arg);
void bus_unsubscribe(struct bus_subscription *subscription);

void bus_publish(struct bus *bus, struct notice *notice);

#endif
