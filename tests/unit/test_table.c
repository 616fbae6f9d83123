/* Tables as text: widths, alignment, the edge of the terminal; and bytes made fit to be shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/bytes.h"
#include "cli/table.h"
#include "cli/width.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct table_column columns[] = {
    {"N", true},
    {"NAME", false},
    {"COMMAND", false},
};

#define COLUMN_COUNT (sizeof(columns) / sizeof(columns[0]))

static int setup(void **state)
{
	*state = table_new(columns, COLUMN_COUNT);
	return 0;
}

static int teardown(void **state)
{
	table_free(*state);
	return 0;
}

static void add_row(struct table *table, const char *number, const char *name, const char *command)
{
	table_add(table, number, NULL);
	table_add(table, name, "\033[32m");
	table_add(table, command, NULL);
}

static void expect_text(const struct table *table, const struct table_style *style,
                        const char *expected)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	assert_non_null(stream);
	table_print(table, style, stream);
	fclose(stream);
	assert_string_equal(text, expected);
	free(text);
}

static void test_columns_are_as_wide_as_needed(void **state)
{
	const struct table_style style = {.heading = true};

	add_row(*state, "7", "web", "a long command line that is not cut when piped");
	add_row(*state, "1234", "x", "y");
	expect_text(*state, &style,
	            "   N NAME COMMAND\n"
	            "   7 web  a long command line that is not cut when piped\n"
	            "1234 x    y\n");
}

static void test_no_heading_takes_no_room(void **state)
{
	const struct table_style style = {.heading = false};

	add_row(*state, "7", "a", "b");
	expect_text(*state, &style, "7 a b\n");
}

static void test_an_empty_table_is_its_heading(void **state)
{
	const struct table_style style = {.heading = true, .width = 80};

	expect_text(*state, &style, "N NAME COMMAND\n");
}

static void test_the_last_column_ends_at_the_edge(void **state)
{
	const struct table_style style = {.heading = true, .width = 30};

	add_row(*state, "7", "web", "0123456789012345678901234567890123456789");
	expect_text(*state, &style, "N NAME COMMAND\n7 web  01234567890123456789012\n");
}

static void test_a_narrow_terminal_leaves_something_of_the_last(void **state)
{
	const struct table_style style = {.width = 3};

	add_row(*state, "7", "web", "0123456789012345678901234567890123456789");
	expect_text(*state, &style, "7 web 01234567890123456789\n");
}

static void test_wide_characters_take_two_columns(void **state)
{
	const struct table_style style = {.width = 26};

	add_row(*state, "7", "\xe6\xbc\xa2\xe5\xad\x97",
	        "x\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc"
	        "\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2"
	        "\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2");
	add_row(*state, "8", "abcd", "\xc3\xa9");
	/* 20 columns are left: x and nine wide ones, since half a character is none. */
	expect_text(*state, &style,
	            "7 \xe6\xbc\xa2\xe5\xad\x97 x\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2"
	            "\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\n"
	            "8 abcd \xc3\xa9\n");
}

static void test_colour_surrounds_the_cell_and_moves_nothing(void **state)
{
	const struct table_style style = {.color = true};

	add_row(*state, "7", "web", "x");
	add_row(*state, "7", "longer", "x");
	expect_text(*state, &style, "7 \033[32mweb   \033[0m x\n7 \033[32mlonger\033[0m x\n");
}

static void test_what_would_steer_a_terminal_is_not_shown(void **state)
{
	const struct table_style style = {0};

	add_row(*state, "7", "a\nb\033[2J", "\xff\xc3 \x7f");
	expect_text(*state, &style, "7 a?b?[2J ?? ?\n");
}

static void test_widths(void **state)
{
	char combining[] = "e\xcc\x81";
	char plain[] = "abc";

	(void)state;
	assert_int_equal(width_clean(plain, 3), 3);
	assert_int_equal(width_clean(combining, 3), 1);
	assert_int_equal(width_fit("abc", 3, 2), 2);
	assert_int_equal(width_fit("\xe6\xbc\xa2", 3, 1), 0);
	assert_int_equal(width_fit("\xe6\xbc\xa2", 3, 2), 3);
}

static void test_base64(void **state)
{
	static const struct {
		const char *text;
		const char *bytes;
		int result; /* how many bytes, or an error */
	} cases[] = {
	    {"", "", 0},
	    {"TQ==", "M", 1},
	    {"TWE=", "Ma", 2},
	    {"TWFu", "Man", 3},
	    {"/wAbCg==", "\xff\0\x1b\n", 4},
	    {"TWF", NULL, -EINVAL},
	    {"TW=u", NULL, -EINVAL},
	    {"====", NULL, -EINVAL},
	    {"TW u", NULL, -EINVAL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *data = NULL;
		size_t size = 0;
		int result =
		    bytes_decode_base64(cases[i].text, strlen(cases[i].text), &data, &size);

		assert_int_equal(result < 0 ? result : (int)size, cases[i].result);
		if (result == 0)
			assert_memory_equal(data, cases[i].bytes, size);
		free(data);
	}
}

static void test_control_characters_are_made_visible(void **state)
{
	static const char bytes[] = "a\tb\033[31m\r\x7f\xc2\x9b\xc3\xa9\n";
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	(void)state;
	assert_non_null(stream);
	bytes_print_visible(bytes, sizeof(bytes) - 1, stream);
	fclose(stream);
	assert_string_equal(text, "a\tb^[[31m^M^?\\x9b\xc3\xa9\n");
	free(text);
}

#define table_test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    table_test(test_columns_are_as_wide_as_needed),
	    table_test(test_no_heading_takes_no_room),
	    table_test(test_an_empty_table_is_its_heading),
	    table_test(test_the_last_column_ends_at_the_edge),
	    table_test(test_a_narrow_terminal_leaves_something_of_the_last),
	    table_test(test_wide_characters_take_two_columns),
	    table_test(test_colour_surrounds_the_cell_and_moves_nothing),
	    table_test(test_what_would_steer_a_terminal_is_not_shown),
	    cmocka_unit_test(test_widths),
	    cmocka_unit_test(test_base64),
	    cmocka_unit_test(test_control_characters_are_made_visible),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
