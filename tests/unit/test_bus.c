/* Notices: who gets which, while subscribers come, go and publish themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/bus.h"
#include "daemon/base/clock.h"

#define STATES (1u << NOTICE_PROCESS_STATE)
#define LOGS (1u << NOTICE_PROCESS_LOG)
#define LISTENER_COUNT 4

struct fixture;

/* Hears notices, and on the first of them may do something. */
struct listener {
	struct fixture *fixture;
	struct bus_subscription *subscription;
	int heard;
	uint64_t serials[8];
	struct listener *removes;
	struct listener *adds;
	int publishes; /* how many notices it answers with */
};

struct fixture {
	struct bus *bus;
	uint64_t serial;
	struct listener listeners[LISTENER_COUNT];
};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (!fixture)
		return -1;
	fixture->bus = bus_new(&fixture->serial);
	for (int i = 0; i < LISTENER_COUNT; i++)
		fixture->listeners[i].fixture = fixture;
	*state = fixture;
	return fixture->bus ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	bus_free(fixture->bus);
	free(fixture);
	return 0;
}

static void publish(struct fixture *fixture, enum notice_type type)
{
	struct notice notice = {.type = type, .subject = "web", .from = 1, .to = 2};

	bus_publish(fixture->bus, &notice);
}

static void listen(struct listener *listener, uint32_t types);

static void hear(void *arg, const struct notice *notice)
{
	struct listener *listener = arg;
	int publishes = listener->publishes;

	assert_true(listener->heard < 8);
	assert_string_equal(notice->subject, "web");
	assert_int_equal(notice->from, 1);
	assert_int_equal(notice->to, 2);
	listener->serials[listener->heard++] = notice->serial;
	if (listener->adds)
		listen(listener->adds, STATES);
	listener->adds = NULL;
	if (listener->removes) {
		bus_unsubscribe(listener->removes->subscription);
		listener->removes->subscription = NULL;
	}
	listener->removes = NULL;
	listener->publishes = 0;
	while (publishes-- > 0)
		publish(listener->fixture, NOTICE_PROCESS_STATE);
}

static void listen(struct listener *listener, uint32_t types)
{
	listener->subscription = bus_subscribe(listener->fixture->bus, types, hear, listener);
	assert_non_null(listener->subscription);
}

static void each_gets_the_types_it_asked_for(void **state)
{
	struct fixture *fixture = *state;
	struct listener *listeners = fixture->listeners;

	listen(&listeners[0], STATES);
	listen(&listeners[1], LOGS);
	listen(&listeners[2], STATES | LOGS);
	publish(fixture, NOTICE_PROCESS_STATE);
	publish(fixture, NOTICE_PROCESS_LOG);
	publish(fixture, NOTICE_PROCESS_LOG);
	publish(fixture, NOTICE_GROUP_ADDED);
	assert_int_equal(listeners[0].heard, 1);
	assert_int_equal(listeners[1].heard, 2);
	assert_int_equal(listeners[2].heard, 3);
	bus_unsubscribe(listeners[0].subscription);
	publish(fixture, NOTICE_PROCESS_STATE);
	assert_int_equal(listeners[0].heard, 1);
	assert_int_equal(listeners[2].heard, 4);
}

static void serials_rise_by_one_and_outlive_the_bus(void **state)
{
	struct fixture *fixture = *state;
	struct listener *listener = &fixture->listeners[0];
	struct notice notice = {.type = NOTICE_MANAGER_STATE};
	uint64_t before = clock_wall_usec();

	fixture->serial = 41;
	listen(listener, STATES);
	publish(fixture, NOTICE_PROCESS_STATE);
	publish(fixture, NOTICE_PROCESS_LOG); /* counts, though nobody listens */
	publish(fixture, NOTICE_PROCESS_STATE);
	assert_int_equal(listener->serials[0], 42);
	assert_int_equal(listener->serials[1], 44);
	bus_free(fixture->bus);
	fixture->bus = bus_new(&fixture->serial);
	assert_non_null(fixture->bus);
	bus_publish(fixture->bus, &notice);
	assert_int_equal(notice.serial, 45);
	assert_in_range(notice.time_usec, before, clock_wall_usec());
}

/* Whoever comes first, the one that leaves during a delivery hears no more of it. */
static void one_that_leaves_while_a_notice_is_delivered_hears_no_more(void **state)
{
	struct fixture *fixture = *state;
	struct listener *listeners = fixture->listeners;

	for (int i = 0; i < 3; i++)
		listen(&listeners[i], STATES);
	listeners[0].removes = &listeners[0];
	listeners[1].removes = &listeners[2];
	listeners[2].removes = &listeners[1];
	publish(fixture, NOTICE_PROCESS_STATE);
	/* Of those two the first to be told silenced the other. */
	assert_int_equal(listeners[1].heard + listeners[2].heard, 1);
	assert_int_equal(listeners[0].heard, 1);
	publish(fixture, NOTICE_PROCESS_STATE);
	assert_int_equal(listeners[1].heard + listeners[2].heard, 2);
	assert_int_equal(listeners[0].heard, 1);
}

static void one_that_joins_hears_from_the_next_on(void **state)
{
	struct fixture *fixture = *state;
	struct listener *listeners = fixture->listeners;

	listen(&listeners[0], STATES);
	listeners[0].adds = &listeners[1];
	publish(fixture, NOTICE_PROCESS_STATE);
	assert_int_equal(listeners[1].heard, 0);
	publish(fixture, NOTICE_PROCESS_STATE);
	assert_int_equal(listeners[1].heard, 1);
	assert_int_equal(listeners[1].serials[0], 2);
}

/* Joined during the first notice, and a second is published before the first is through. */
static void one_that_joins_hears_what_is_published_inside(void **state)
{
	struct fixture *fixture = *state;
	struct listener *listeners = fixture->listeners;

	listen(&listeners[0], STATES);
	listeners[0].adds = &listeners[1];
	listeners[0].publishes = 1;
	publish(fixture, NOTICE_PROCESS_STATE);
	assert_int_equal(listeners[0].heard, 2);
	assert_int_equal(listeners[1].heard, 1);
	assert_int_equal(listeners[1].serials[0], 2);
}

static void notices_are_published_while_one_is_delivered(void **state)
{
	struct fixture *fixture = *state;
	struct listener *listeners = fixture->listeners;
	uint64_t sum = 0;

	for (int i = 0; i < 3; i++)
		listen(&listeners[i], STATES);
	listeners[1].publishes = 2;
	/* The one that leaves inside is let go of when the outermost delivery is over. */
	listeners[2].removes = &listeners[0];
	publish(fixture, NOTICE_PROCESS_STATE);
	assert_int_equal(fixture->serial, 3);
	assert_int_equal(listeners[1].heard, 3);
	assert_int_equal(listeners[2].heard, 3);
	for (int i = 0; i < 3; i++)
		sum += listeners[2].serials[i];
	assert_int_equal(sum, 1 + 2 + 3); /* each of them once */
	publish(fixture, NOTICE_PROCESS_STATE);
	assert_int_equal(listeners[2].heard, 4);
	assert_in_range(listeners[0].heard, 0, 2);
}

static void nobody_has_to_unsubscribe_before_the_end(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < LISTENER_COUNT; i++)
		listen(&fixture->listeners[i], STATES);
	bus_unsubscribe(NULL);
	bus_free(NULL);
	/* What was not freed is found by the sanitizer after the teardown. */
}

static void every_type_has_a_name_of_its_own(void **unused)
{
	(void)unused;
	for (int type = 0; type < NOTICE_TYPE_COUNT; type++) {
		assert_non_null(bus_type_name(type));
		for (int other = 0; other < type; other++)
			assert_string_not_equal(bus_type_name(type), bus_type_name(other));
	}
	assert_string_equal(bus_type_name(NOTICE_PROCESS_STATE), "process_state");
}

#define BUS_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    BUS_TEST(each_gets_the_types_it_asked_for),
	    BUS_TEST(serials_rise_by_one_and_outlive_the_bus),
	    BUS_TEST(one_that_leaves_while_a_notice_is_delivered_hears_no_more),
	    BUS_TEST(one_that_joins_hears_from_the_next_on),
	    BUS_TEST(one_that_joins_hears_what_is_published_inside),
	    BUS_TEST(notices_are_published_while_one_is_delivered),
	    BUS_TEST(nobody_has_to_unsubscribe_before_the_end),
	    cmocka_unit_test(every_type_has_a_name_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
