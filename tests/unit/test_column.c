/* The columns of ps, and the values they give: as text, as JSON and in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/column.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/snapshot.h"
#include "cli/worker.h"

static const struct column_context context = {
    .now_usec = 1700000100000000,
    .hertz = 100,
    .boot_s = 1700000000,
    .memory_kib = 1000,
};

static const struct worker worker = {
    .name = "g:web",
    .group = "g",
    .description = "pid 7, uptime 0:00:05",
    .state_name = "running",
    .state = STATE_RUNNING,
    .pid = 7,
    .has_exitcode = true,
    .exitcode = -9,
    .restarts = 3,
    .started_usec = 1700000095000000,
    .state_since_usec = 1700000094000000,
    .stdout_logfile = "/log",
};

static const struct snapshot_proc proc = {
    .pid = 7,
    .tid = 9,
    .ppid = 2,
    .session = 7,
    .pgrp = 7,
    .tpgid = -1,
    .nice = 5,
    .threads = 4,
    .state = 'S',
    .cpu_share = 1.234,
    .cpu_ticks = 6100,
    .began_ticks = 9500,
    .rss_kib = 1536,
    .vsz_kib = 10,
    .name = "python",
    .cmdline = "python app.py",
    .user = "root",
    .tty = "?",
};

static void check(const struct column_row *row, const char *name, const char *expected)
{
	const struct column *column = column_find(name, strlen(name));
	struct value value = {0};
	char room[VALUE_TEXT_SIZE];

	assert_non_null(column);
	column->get(row, &value);
	assert_string_equal(value_text(&value, room, sizeof(room)), expected);
}

static void test_the_table_is_sorted_and_complete(void **state)
{
	(void)state;
	for (const struct column *column = columns; column->name; column++) {
		assert_non_null(column->heading);
		assert_non_null(column->get);
		assert_true(strlen(column->help) > 2);
		assert_ptr_equal(column_find(column->name, strlen(column->name)), column);
		if (column > columns)
			assert_true(strcmp(column[-1].name, column->name) < 0);
	}
	assert_string_equal(column_find("%CPU", 4)->name, "cpu");
	assert_string_equal(column_find("COMMAND", 7)->name, "command");
	assert_null(column_find("", 0));
	assert_null(column_find("cp", 2));
}

static void test_what_runs_is_shown(void **state)
{
	struct column_row row = {
	    .context = &context, .worker = &worker, .proc = &proc, .command = "run it"};

	(void)state;
	usage_of(&proc, &row.usage);
	check(&row, "bound", "cpu");
	check(&row, "cmdline", "python app.py");
	check(&row, "command", "run it");
	check(&row, "cpu", "123.4");
	check(&row, "desc", "pid 7, uptime 0:00:05");
	check(&row, "exit", "-9");
	check(&row, "group", "g");
	check(&row, "log", "/log");
	check(&row, "mem", "153.6");
	check(&row, "name", "g:web");
	check(&row, "nice", "5");
	check(&row, "pid", "7");
	check(&row, "ppid", "2");
	check(&row, "procs", "1");
	check(&row, "rss", "1.5M");
	check(&row, "rsskib", "1536");
	check(&row, "rst", "3");
	check(&row, "since", "0:00:06");
	check(&row, "stat", "SNsl");
	check(&row, "state", "RUNNING");
	check(&row, "thr", "4");
	check(&row, "thread", "python");
	check(&row, "tid", "9");
	check(&row, "time", "1:01");
	check(&row, "tty", "?");
	check(&row, "uptime", "0:00:05");
	check(&row, "user", "root");
	check(&row, "vsz", "10K");
	row.label = "\\_ child";
	check(&row, "name", "\\_ child");
	/* A descendant's uptime is its own. */
	row.worker = &(struct worker){.name = "x", .pid = 8, .started_usec = 1};
	check(&row, "uptime", "0:00:05");
}

/* Every column can show a worker of which nothing runs, and musterd itself. */
static void test_what_does_not_run_has_no_numbers(void **state)
{
	static const struct worker stopped = {.name = "web", .state = STATE_COUNT};
	struct column_row row = {.context = &context, .worker = &stopped};
	static const char *const known[] = {"name", "rst", "state", NULL};

	(void)state;
	for (const struct column *column = columns; column->name; column++) {
		const char *const *at = known;

		while (*at && strcmp(*at, column->name) != 0)
			at++;
		if (!*at)
			check(&row, column->name, "-");
	}
	check(&row, "state", "?");
	row.worker = NULL;
	check(&row, "name", "musterd");
	check(&row, "rst", "-");
	check(&row, "state", "-");
}

static void test_a_list_of_columns(void **state)
{
	struct column_key keys[COLUMN_LIST_MAX];
	size_t count = 0;
	const char *bad = NULL;
	size_t length = 0;
	char many[COLUMN_LIST_MAX * 4 + 8] = "pid";

	(void)state;
	assert_int_equal(column_parse("pid,-CPU,+name", keys, &count, &bad, &length), 0);
	assert_int_equal(count, 3);
	assert_false(keys[0].descending);
	assert_true(keys[1].descending);
	assert_string_equal(keys[1].column->name, "cpu");
	assert_false(keys[2].descending);
	assert_int_equal(column_parse("pid,no,cpu", keys, &count, &bad, &length), -EINVAL);
	assert_int_equal(length, 2);
	assert_memory_equal(bad, "no", 2);
	assert_int_equal(column_parse("", keys, &count, &bad, &length), -EINVAL);
	assert_int_equal(column_parse("pid,", keys, &count, &bad, &length), -EINVAL);
	assert_int_equal(column_parse("-", keys, &count, &bad, &length), -EINVAL);
	for (size_t i = 0; i < COLUMN_LIST_MAX; i++)
		memcpy(many + 3 + i * 4, ",pid", 5);
	assert_int_equal(column_parse(many, keys, &count, &bad, &length), -EINVAL);
}

static void check_value(const struct value *value, const char *text, const char *json)
{
	char room[VALUE_TEXT_SIZE];
	json_t *object = value_json(value);
	char *dumped = json_dumps(object, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));

	assert_string_equal(value_text(value, room, sizeof(room)), text);
	assert_non_null(dumped);
	assert_string_equal(dumped, json);
	free(dumped);
	json_decref(object);
}

static void test_values(void **state)
{
	(void)state;
	check_value(&(struct value){.kind = VALUE_NONE}, "-", "null");
	check_value(&(struct value){.kind = VALUE_TEXT, .text = "x"}, "x", "\"x\"");
	check_value(&(struct value){.kind = VALUE_TEXT, .text = "\xff"}, "\xff", "\"?\"");
	check_value(&(struct value){.kind = VALUE_COUNT, .number = -3}, "-3", "-3");
	check_value(&(struct value){.kind = VALUE_PERCENT, .real = 99.96}, "100.0", "100.0");
	check_value(&(struct value){.kind = VALUE_KIB, .number = 1023}, "1023K", "1023");
	check_value(&(struct value){.kind = VALUE_KIB, .number = 1024}, "1.0M", "1024");
	check_value(&(struct value){.kind = VALUE_KIB, .number = 20 * 1024}, "20M", "20480");
	check_value(&(struct value){.kind = VALUE_DURATION, .number = 3661}, "1:01:01", "3661");
	check_value(&(struct value){.kind = VALUE_DURATION, .number = 183845}, "2-03:04:05",
	            "183845");
	check_value(&(struct value){.kind = VALUE_DURATION, .number = -5}, "0:00:00", "-5");
	check_value(&(struct value){.kind = VALUE_CPU_TIME, .number = 4503}, "75:03", "4503");
	check_value(&(struct value){.kind = VALUE_CLOCK, .number = 86400 * 365}, "1971",
	            "31536000");
}

static void test_order(void **state)
{
	const struct value none = {.kind = VALUE_NONE};
	const struct value two = {.kind = VALUE_COUNT, .number = 2};
	const struct value ten = {.kind = VALUE_COUNT, .number = 10};
	const struct value web2 = {.kind = VALUE_TEXT, .text = "web2"};
	const struct value web10 = {.kind = VALUE_TEXT, .text = "web10"};

	(void)state;
	assert_true(value_compare(&two, &ten) < 0);
	assert_true(value_compare(&ten, &two) > 0);
	assert_int_equal(value_compare(&ten, &ten), 0);
	assert_true(value_compare(&none, &two) < 0);
	assert_true(value_compare(&two, &none) > 0);
	assert_int_equal(value_compare(&none, &none), 0);
	assert_true(value_compare(&web2, &web10) < 0);
	assert_true(value_compare(&none, &web2) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_table_is_sorted_and_complete),
	    cmocka_unit_test(test_what_runs_is_shown),
	    cmocka_unit_test(test_what_does_not_run_has_no_numbers),
	    cmocka_unit_test(test_a_list_of_columns),
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_order),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
