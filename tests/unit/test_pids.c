/* From pid to process, where a number comes back before its last owner's exit has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "daemon/process/pids.h"

#define OWNER_COUNT 3

struct fixture {
	struct pids *pids;
	struct pids_entry entries[OWNER_COUNT];
};

/* Nobody looks into a process here: three addresses will do. */
static struct process *owner(struct fixture *fixture, int number)
{
	return (struct process *)(void *)&fixture->entries[number];
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (!fixture)
		return -1;
	fixture->pids = pids_new();
	for (int i = 0; i < OWNER_COUNT; i++)
		fixture->entries[i].process = owner(fixture, i);
	*state = fixture;
	return fixture->pids ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	pids_free(fixture->pids);
	free(fixture);
	return 0;
}

static void a_pid_is_its_owners_until_it_is_removed(void **state)
{
	struct fixture *fixture = *state;

	assert_false(pids_has(fixture->pids, 100));
	pids_add(fixture->pids, &fixture->entries[0], 100, 0);
	assert_true(pids_has(fixture->pids, 100));
	assert_ptr_equal(pids_of_exit(fixture->pids, 100, 1), owner(fixture, 0));
	assert_null(pids_of_exit(fixture->pids, 101, 1));
	pids_remove(fixture->pids, &fixture->entries[0]);
	assert_false(pids_has(fixture->pids, 100));
	assert_null(pids_of_exit(fixture->pids, 100, 1));
	pids_remove(fixture->pids, &fixture->entries[0]);
}

/* Numbers far apart that fall into one place of the table. */
static void pids_do_not_get_in_each_others_way(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < OWNER_COUNT; i++)
		pids_add(fixture->pids, &fixture->entries[i], 7 + i * 1024, 0);
	for (int i = 0; i < OWNER_COUNT; i++)
		assert_ptr_equal(pids_of_exit(fixture->pids, 7 + i * 1024, 1), owner(fixture, i));
	pids_remove(fixture->pids, &fixture->entries[1]);
	assert_ptr_equal(pids_of_exit(fixture->pids, 7, 1), owner(fixture, 0));
	assert_null(pids_of_exit(fixture->pids, 7 + 1024, 1));
	assert_ptr_equal(pids_of_exit(fixture->pids, 7 + 2048, 1), owner(fixture, 2));
}

/* The first was there before exit 5, and ends as exit 5; the second got its number after that. */
static void an_exit_is_of_who_was_there_before_it(void **state)
{
	struct fixture *fixture = *state;

	for (int order = 0; order < 2; order++) {
		int first = order, second = 1 - order;
		pids_add(fixture->pids, &fixture->entries[0], 100, first ? 5 : 2);
		pids_add(fixture->pids, &fixture->entries[1], 100, second ? 5 : 2);
		assert_null(pids_of_exit(fixture->pids, 100, 2));
		assert_ptr_equal(pids_of_exit(fixture->pids, 100, 5), owner(fixture, first));
		assert_ptr_equal(pids_of_exit(fixture->pids, 100, 6), owner(fixture, second));
		pids_remove(fixture->pids, &fixture->entries[0]);
		pids_remove(fixture->pids, &fixture->entries[1]);
	}
}

#define PIDS_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    PIDS_TEST(a_pid_is_its_owners_until_it_is_removed),
	    PIDS_TEST(pids_do_not_get_in_each_others_way),
	    PIDS_TEST(an_exit_is_of_who_was_there_before_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
