/* The table of processes: what a selector names, and that a name comes before a pattern. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/config/program.h"
#include "daemon/process/lifecycle.h"
#include "daemon/process/process.h"
#include "daemon/process/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What table.c sees of a process. */
struct process {
	struct program program;
	char *name;
	char *group;
};

const struct program *process_program(const struct process *process)
{
	return &process->program;
}

const char *process_name(const struct process *process)
{
	return process->name;
}

const char *process_group(const struct process *process)
{
	return process->group;
}

int process_rank(const struct process *process)
{
	(void)process;
	return 0;
}

/* Of the table's order. */
static const char *const names[] = {
    "web", "job:a", "job:b", "*", "a[b]", "ab", "all", "one:x", "g:*", "g:c",
};

static int setup(void **state)
{
	struct process_table *table = process_table_new();

	for (size_t i = 0; table && i < sizeof(names) / sizeof(names[0]); i++) {
		struct process *process = calloc(1, sizeof(*process));

		if (!process)
			return -1;
		process->name = strdup(names[i]);
		process->group = strndup(names[i], strcspn(names[i], ":"));
		if (!process->name || !process->group || process_table_add(table, process) < 0)
			return -1;
	}
	*state = table;
	return table ? 0 : -1;
}

static int teardown(void **state)
{
	struct process_table *table = *state;
	struct process *process;

	for (size_t i = 0; (process = process_table_at(table, i)) != NULL; i++) {
		free(process->name);
		free(process->group);
		free(process);
	}
	process_table_free(table);
	return 0;
}

/* wanted: the names that `selector` is to name, each with a blank behind it. */
static void assert_selects(const struct process_table *table, const char *selector,
                           const char *wanted)
{
	struct process **processes;
	char found[256] = "";
	size_t count, used = 0;

	assert_int_equal(process_table_select(table, selector, &processes, &count), 0);
	for (size_t i = 0; i < count; i++)
		used += (size_t)snprintf(found + used, sizeof(found) - used, "%s ",
		                         process_name(processes[i]));
	free(processes);
	assert_string_equal(found, wanted);
}

static void assert_selects_none(const struct process_table *table, const char *selector)
{
	struct process **processes;
	size_t count;

	assert_int_equal(process_table_select(table, selector, &processes, &count), -ENOENT);
}

static void a_name_a_group_and_a_pattern(void **state)
{
	assert_selects(*state, "web", "web ");
	assert_selects(*state, "web:web", "web ");
	assert_selects(*state, "job:b", "job:b ");
	assert_selects(*state, "job:", "job:a job:b ");
	assert_selects(*state, "job:*", "job:a job:b ");
	assert_selects(*state, "job:?", "job:a job:b ");
	assert_selects(*state, "*b*", "web job:a job:b a[b] ab ");
	assert_selects_none(*state, "nothing");
	assert_selects_none(*state, "nothing:*");
	assert_selects_none(*state, "z*");
	assert_selects_none(*state, "");
}

static void a_name_comes_before_a_pattern(void **state)
{
	assert_selects(*state, "*", "* ");
	assert_selects(*state, "a[b]", "a[b] ");
	assert_selects(*state, "g:*", "g:* ");
	assert_selects(*state, "g:", "g:* g:c ");
	assert_selects(*state, "a[bc]", "ab ");
}

static void all_is_all(void **state)
{
	struct process **processes;
	size_t count;

	assert_int_equal(process_table_select(*state, "all", &processes, &count), 0);
	assert_int_equal(count, sizeof(names) / sizeof(names[0]));
	free(processes);
	assert_selects(*state, "all:all", "all ");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_name_a_group_and_a_pattern),
	    TEST(a_name_comes_before_a_pattern),
	    TEST(all_is_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
