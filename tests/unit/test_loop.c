/* Timers, descriptors, and work put off: in which order, in whose turn, and called off. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/base/clock.h"
#include "daemon/base/loop.h"
#include "tests/unit/wait.h"

/* libevent's clock is some milliseconds coarse. */
#define EARLY_USEC (20 * USEC_PER_MSEC)

#define ITEM_COUNT 4

struct fixture;

struct item {
	struct fixture *fixture;
	struct loop_work work;
	char letter;
	struct item *defers;  /* when it is run */
	struct item *cancels; /* when it is run */
	int again;            /* how often it asks for another turn */
};

struct fixture {
	struct loop *loop;
	struct item items[ITEM_COUNT]; /* a, b, c, d */
	char seen[64];                 /* letters of what was run */
	struct event guard;            /* ends a loop that would not end */
	int ends[2];
	struct event readable;
	struct event timer;
	uint64_t fired_usec;
	int stop_after; /* letters; 0: whenever nothing is queued */
};

static void note(struct fixture *fixture, char letter)
{
	size_t length = strlen(fixture->seen);

	assert_true(length + 1 < sizeof(fixture->seen));
	fixture->seen[length] = letter;
	if ((int)length + 1 == fixture->stop_after)
		loop_stop(fixture->loop);
}

static void item_run(void *arg)
{
	struct item *item = arg;

	note(item->fixture, item->letter);
	if (item->defers)
		loop_defer(item->fixture->loop, &item->defers->work);
	if (item->cancels)
		loop_cancel(item->fixture->loop, &item->cancels->work);
	if (item->again-- > 0)
		loop_defer(item->fixture->loop, &item->work);
}

static void guard_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	loop_stop(arg);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (!fixture || pipe2(fixture->ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	fixture->loop = loop_new();
	if (!fixture->loop)
		return -1;
	for (int i = 0; i < ITEM_COUNT; i++) {
		struct item *item = &fixture->items[i];
		item->fixture = fixture;
		item->letter = (char)('a' + i);
		item->work.run = item_run;
		item->work.arg = item;
	}
	loop_timer_init(fixture->loop, &fixture->guard, guard_cb, fixture->loop);
	loop_timer_set(&fixture->guard, clock_monotonic_usec() + WAIT_SECONDS * USEC_PER_SEC);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	if (event_initialized(&fixture->readable))
		event_del(&fixture->readable);
	if (event_initialized(&fixture->timer))
		loop_timer_unset(&fixture->timer);
	loop_timer_unset(&fixture->guard);
	loop_free(fixture->loop);
	close(fixture->ends[0]);
	close(fixture->ends[1]);
	free(fixture);
	return 0;
}

static struct loop_work *work_of(struct fixture *fixture, char letter)
{
	return &fixture->items[letter - 'a'].work;
}

/* Runs until `count` letters were seen, and asserts which. */
static void expect_run(struct fixture *fixture, const char *letters)
{
	fixture->stop_after = (int)strlen(letters);
	loop_run(fixture->loop);
	assert_string_equal(fixture->seen, letters);
}

/* One turn in which nothing is waited for. */
static void turn(struct fixture *fixture)
{
	event_base_loop(loop_base(fixture->loop), EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

static void work_is_done_in_the_order_it_was_put_off(void **state)
{
	struct fixture *fixture = *state;

	loop_defer(fixture->loop, work_of(fixture, 'c'));
	loop_defer(fixture->loop, work_of(fixture, 'a'));
	loop_defer(fixture->loop, work_of(fixture, 'b'));
	assert_string_equal(fixture->seen, ""); /* not from within */
	expect_run(fixture, "cab");
}

static void work_put_off_twice_is_done_once(void **state)
{
	struct fixture *fixture = *state;

	loop_defer(fixture->loop, work_of(fixture, 'a'));
	loop_defer(fixture->loop, work_of(fixture, 'b'));
	loop_defer(fixture->loop, work_of(fixture, 'a'));
	expect_run(fixture, "ab");
	turn(fixture);
	assert_string_equal(fixture->seen, "ab");
}

static void work_that_work_asks_for_waits_a_turn(void **state)
{
	struct fixture *fixture = *state;

	fixture->items[0].defers = &fixture->items[2];
	loop_defer(fixture->loop, work_of(fixture, 'a'));
	loop_defer(fixture->loop, work_of(fixture, 'b'));
	turn(fixture);
	assert_string_equal(fixture->seen, "ab");
	expect_run(fixture, "abc");
}

static void readable_cb(evutil_socket_t fd, short what, void *arg)
{
	struct fixture *fixture = arg;
	char byte;

	assert_int_equal(what, EV_READ);
	assert_int_equal(read(fd, &byte, 1), 1);
	note(fixture, byte);
}

/* Work that asks for ever more turns does not keep a descriptor from having its own. */
static void endless_work_lets_descriptors_have_their_turn(void **state)
{
	struct fixture *fixture = *state;

	fixture->items[0].again = 40;
	assert_int_equal(loop_watch(fixture->loop, &fixture->readable, fixture->ends[0],
	                            EV_READ | EV_PERSIST, readable_cb, fixture),
	                 0);
	loop_defer(fixture->loop, work_of(fixture, 'a'));
	assert_int_equal(write(fixture->ends[1], "R", 1), 1);
	fixture->stop_after = 30;
	loop_run(fixture->loop);
	assert_non_null(strchr(fixture->seen, 'R'));
	assert_in_range(strchr(fixture->seen, 'R') - fixture->seen, 0, 3);
	assert_in_range(strlen(fixture->seen), 30, 30);
}

static void cancelled_work_is_not_done(void **state)
{
	struct fixture *fixture = *state;

	loop_defer(fixture->loop, work_of(fixture, 'a'));
	loop_defer(fixture->loop, work_of(fixture, 'b'));
	loop_defer(fixture->loop, work_of(fixture, 'c'));
	loop_cancel(fixture->loop, work_of(fixture, 'b'));
	loop_cancel(fixture->loop, work_of(fixture, 'b'));
	loop_cancel(fixture->loop, work_of(fixture, 'd')); /* was never put off */
	expect_run(fixture, "ac");
	/* The last one called off: what is put off next is not lost. */
	loop_defer(fixture->loop, work_of(fixture, 'a'));
	loop_defer(fixture->loop, work_of(fixture, 'b'));
	loop_cancel(fixture->loop, work_of(fixture, 'b'));
	loop_defer(fixture->loop, work_of(fixture, 'd'));
	expect_run(fixture, "acad");
}

static void work_is_cancelled_from_within_the_same_turn(void **state)
{
	struct fixture *fixture = *state;

	fixture->items[0].cancels = &fixture->items[2];
	loop_defer(fixture->loop, work_of(fixture, 'a'));
	loop_defer(fixture->loop, work_of(fixture, 'b'));
	loop_defer(fixture->loop, work_of(fixture, 'c'));
	expect_run(fixture, "ab");
	turn(fixture);
	assert_string_equal(fixture->seen, "ab");
}

/* Put off for the next turn and called off in this one: first and last of what waits behind. */
static void work_is_cancelled_that_waits_for_the_next_turn(void **state)
{
	struct fixture *fixture = *state;

	fixture->items[0].defers = &fixture->items[3];
	fixture->items[1].cancels = &fixture->items[3];
	fixture->items[2].defers = &fixture->items[0];
	loop_defer(fixture->loop, work_of(fixture, 'a'));
	loop_defer(fixture->loop, work_of(fixture, 'b'));
	loop_defer(fixture->loop, work_of(fixture, 'c'));
	expect_run(fixture, "abcad");
}

static void work_may_cancel_itself(void **state)
{
	struct fixture *fixture = *state;

	fixture->items[0].cancels = &fixture->items[0];
	loop_defer(fixture->loop, work_of(fixture, 'a'));
	loop_defer(fixture->loop, work_of(fixture, 'b'));
	expect_run(fixture, "ab");
}

static void free_run(void *arg)
{
	struct item *item = arg;

	note(item->fixture, item->letter);
	free(item);
}

/* What work is for: it frees what it is embedded in. */
static void work_may_free_itself(void **state)
{
	struct fixture *fixture = *state;

	for (char letter = 'x'; letter <= 'z'; letter++) {
		struct item *item = calloc(1, sizeof(*item));
		assert_non_null(item);
		*item = (struct item){.fixture = fixture, .letter = letter};
		item->work.run = free_run;
		item->work.arg = item;
		loop_defer(fixture->loop, &item->work);
	}
	expect_run(fixture, "xyz");
}

static void timer_cb(evutil_socket_t fd, short what, void *arg)
{
	struct fixture *fixture = arg;

	assert_int_equal(fd, -1);
	assert_int_equal(what, EV_TIMEOUT);
	fixture->fired_usec = clock_monotonic_usec();
	note(fixture, 'T');
}

static void a_timer_comes_at_its_deadline(void **state)
{
	struct fixture *fixture = *state;
	uint64_t deadline = clock_monotonic_usec() + 60 * USEC_PER_MSEC;

	loop_timer_init(fixture->loop, &fixture->timer, timer_cb, fixture);
	loop_timer_set(&fixture->timer, deadline);
	expect_run(fixture, "T");
	assert_true(fixture->fired_usec + EARLY_USEC >= deadline);
}

/* Also one that lies before the machine was started. */
static void a_deadline_that_has_passed_comes_at_once(void **state)
{
	struct fixture *fixture = *state;

	loop_timer_init(fixture->loop, &fixture->timer, timer_cb, fixture);
	loop_timer_set(&fixture->timer, 0);
	expect_run(fixture, "T");
	loop_timer_set(&fixture->timer, clock_monotonic_usec());
	expect_run(fixture, "TT");
}

static void a_timer_is_set_again_and_unset(void **state)
{
	struct fixture *fixture = *state;
	uint64_t deadline = clock_monotonic_usec() + 60 * USEC_PER_MSEC;

	loop_timer_init(fixture->loop, &fixture->timer, timer_cb, fixture);
	/* The later word counts. */
	loop_timer_set(&fixture->timer, 0);
	loop_timer_set(&fixture->timer, deadline);
	expect_run(fixture, "T");
	assert_true(fixture->fired_usec + EARLY_USEC >= deadline);
	loop_timer_set(&fixture->timer, 0);
	loop_timer_unset(&fixture->timer);
	loop_timer_unset(&fixture->timer);
	turn(fixture);
	assert_string_equal(fixture->seen, "T");
}

static void alarm_run(void *arg)
{
	struct fixture *fixture = arg;

	fixture->fired_usec = clock_monotonic_usec();
	note(fixture, 'A');
}

/* Never before: it goes by no coarse clock. */
static void an_alarm_comes_after_its_time(void **state)
{
	static const uint64_t waits_usec[] = {0, 1, 300, 2500, 7900};
	struct fixture *fixture = *state;
	struct loop_alarm alarm;

	assert_int_equal(loop_alarm_init(fixture->loop, &alarm, alarm_run, fixture), 0);
	for (size_t i = 0; i < sizeof(waits_usec) / sizeof(waits_usec[0]); i++) {
		uint64_t deadline = clock_monotonic_usec() + waits_usec[i];
		fixture->seen[0] = '\0';
		loop_alarm_set(&alarm, waits_usec[i]);
		expect_run(fixture, "A");
		assert_true(fixture->fired_usec >= deadline);
	}
	loop_alarm_done(&alarm);
	loop_alarm_done(&alarm);
}

static void an_alarm_is_set_again(void **state)
{
	struct fixture *fixture = *state;
	uint64_t deadline = clock_monotonic_usec() + 60 * USEC_PER_MSEC;
	struct loop_alarm alarm;

	assert_int_equal(loop_alarm_init(fixture->loop, &alarm, alarm_run, fixture), 0);
	loop_alarm_set(&alarm, 1);
	loop_alarm_set(&alarm, 60 * USEC_PER_MSEC);
	expect_run(fixture, "A");
	assert_true(fixture->fired_usec >= deadline);
	loop_alarm_done(&alarm);
}

static void what_cannot_be_watched_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct event event;
	int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	assert_true(file >= 0);
	assert_int_equal(loop_watch(fixture->loop, &event, file, EV_READ, readable_cb, fixture),
	                 -EPERM);
	close(file);
}

#define LOOP_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    LOOP_TEST(work_is_done_in_the_order_it_was_put_off),
	    LOOP_TEST(work_put_off_twice_is_done_once),
	    LOOP_TEST(work_that_work_asks_for_waits_a_turn),
	    LOOP_TEST(endless_work_lets_descriptors_have_their_turn),
	    LOOP_TEST(cancelled_work_is_not_done),
	    LOOP_TEST(work_is_cancelled_from_within_the_same_turn),
	    LOOP_TEST(work_is_cancelled_that_waits_for_the_next_turn),
	    LOOP_TEST(work_may_cancel_itself),
	    LOOP_TEST(work_may_free_itself),
	    LOOP_TEST(a_timer_comes_at_its_deadline),
	    LOOP_TEST(a_deadline_that_has_passed_comes_at_once),
	    LOOP_TEST(a_timer_is_set_again_and_unset),
	    LOOP_TEST(an_alarm_comes_after_its_time),
	    LOOP_TEST(an_alarm_is_set_again),
	    LOOP_TEST(what_cannot_be_watched_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
