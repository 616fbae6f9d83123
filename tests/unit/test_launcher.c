/* The queue of starts: in order, some in each turn, and called off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "daemon/base/loop.h"
#include "daemon/process/launcher.h"

#define ENTRY_COUNT 100

/* Stands for a process: nobody looks into one here. */
struct fixture {
	struct loop *loop;
	struct launcher *launcher;
	struct item {
		struct fixture *fixture;
		struct launcher_entry entry;
		struct item *removes; /* when it is launched */
		int again;            /* is put in the queue again when it is launched */
		int number;
	} items[ENTRY_COUNT];
	int launched[2 * ENTRY_COUNT];
	int count;
	int prepared;
};

static void prepare(struct process *process)
{
	((struct item *)(void *)process)->fixture->prepared++;
}

static void launch(struct process *process)
{
	struct item *item = (struct item *)(void *)process;
	struct fixture *fixture = item->fixture;

	assert_true(fixture->count < 2 * ENTRY_COUNT);
	fixture->launched[fixture->count++] = item->number;
	assert_true(fixture->prepared >= fixture->count); /* each before it is launched */
	if (item->removes)
		launcher_remove(fixture->launcher, &item->removes->entry);
	if (item->again-- > 0)
		launcher_add(fixture->launcher, &item->entry);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (!fixture)
		return -1;
	fixture->loop = loop_new();
	fixture->launcher = launcher_new(fixture->loop, prepare, launch);
	for (int i = 0; i < ENTRY_COUNT; i++) {
		struct item *item = &fixture->items[i];
		item->fixture = fixture;
		item->number = i;
		item->entry.process = (struct process *)(void *)item;
	}
	*state = fixture;
	return fixture->launcher ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	launcher_free(fixture->launcher);
	loop_free(fixture->loop);
	free(fixture);
	return 0;
}

static void add(struct fixture *fixture, int number)
{
	launcher_add(fixture->launcher, &fixture->items[number].entry);
}

static void turn(struct fixture *fixture)
{
	event_base_loop(loop_base(fixture->loop), EVLOOP_NONBLOCK | EVLOOP_ONCE);
}

static void run_all(struct fixture *fixture)
{
	int before;

	do {
		before = fixture->count;
		turn(fixture);
	} while (fixture->count > before);
}

static void expect(const struct fixture *fixture, int count, const int *numbers)
{
	assert_int_equal(fixture->count, count);
	assert_memory_equal(fixture->launched, numbers, (size_t)count * sizeof(int));
}

static void starts_are_made_in_order_and_some_in_a_turn(void **state)
{
	struct fixture *fixture = *state;
	int numbers[ENTRY_COUNT];

	for (int i = 0; i < ENTRY_COUNT; i++) {
		numbers[i] = i;
		add(fixture, i);
	}
	assert_int_equal(fixture->count, 0); /* not from within */
	turn(fixture);
	assert_in_range(fixture->count, 1, ENTRY_COUNT / 2);
	assert_int_equal(fixture->prepared, fixture->count); /* all of this turn, and no others */
	run_all(fixture);
	expect(fixture, ENTRY_COUNT, numbers);
}

static void one_that_is_in_the_queue_stays_where_it_is(void **state)
{
	struct fixture *fixture = *state;

	add(fixture, 1);
	add(fixture, 2);
	add(fixture, 1);
	run_all(fixture);
	expect(fixture, 2, (const int[]){1, 2});
	add(fixture, 1);
	run_all(fixture);
	expect(fixture, 3, (const int[]){1, 2, 1});
}

static void a_start_is_called_off(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < 4; i++)
		add(fixture, i);
	launcher_remove(fixture->launcher, &fixture->items[0].entry);
	launcher_remove(fixture->launcher, &fixture->items[3].entry);
	launcher_remove(fixture->launcher, &fixture->items[3].entry);
	add(fixture, 4); /* behind the last that is left */
	run_all(fixture);
	expect(fixture, 3, (const int[]){1, 2, 4});
}

static void a_launch_may_change_the_queue(void **state)
{
	struct fixture *fixture = *state;

	fixture->items[0].removes = &fixture->items[1];
	fixture->items[2].again = 1;
	for (int i = 0; i < 4; i++)
		add(fixture, i);
	run_all(fixture);
	expect(fixture, 4, (const int[]){0, 2, 3, 2});
}

static void a_queue_may_go_with_starts_in_it(void **state)
{
	struct fixture *fixture = *state;

	add(fixture, 0);
	launcher_free(fixture->launcher);
	turn(fixture);
	assert_int_equal(fixture->count, 0);
	fixture->launcher = NULL;
}

#define LAUNCHER_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    LAUNCHER_TEST(starts_are_made_in_order_and_some_in_a_turn),
	    LAUNCHER_TEST(one_that_is_in_the_queue_stays_where_it_is),
	    LAUNCHER_TEST(a_start_is_called_off),
	    LAUNCHER_TEST(a_launch_may_change_the_queue),
	    LAUNCHER_TEST(a_queue_may_go_with_starts_in_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
