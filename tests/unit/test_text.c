/* Texts and bytes of others on a terminal: shown, and never obeyed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/bytes.h"
#include "cli/width.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void assert_printed(const char *text, const char *wanted)
{
	char *printed = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&printed, &size);

	assert_non_null(stream);
	width_print(text, stream);
	fclose(stream);
	assert_string_equal(printed, wanted);
	free(printed);
}

static void a_text_is_printed_clean(void **state)
{
	(void)state;
	assert_printed("plain text", "plain text");
	assert_printed("", "");
	assert_printed(NULL, "");
	assert_printed("gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f");
	assert_printed("a\033[31mb\nc\x7f", "a?[31mb?c?");
	assert_printed("\xc2\x9b"
	               "31m",
	               "??31m"); /* CSI, as UTF-8 */
	assert_printed("\x9b"
	               "31m",
	               "?31m"); /* and as a byte */
	assert_printed("a\xe2\x80\xae"
	               "b",
	               "a???b"); /* right to left from here on */
	assert_printed("a\xe2\x81\xa6"
	               "b",
	               "a???b"); /* isolated */
	assert_printed("a\xe2\x80\xa8"
	               "b",
	               "a???b"); /* a line's end */
	assert_printed("\xe2\x82\xac", "\xe2\x82\xac");
}

static void assert_visible(const char *bytes, size_t size, const char *wanted)
{
	char *printed = NULL;
	size_t printed_size = 0;
	FILE *stream = open_memstream(&printed, &printed_size);

	assert_non_null(stream);
	bytes_print_visible(bytes, size, stream);
	fclose(stream);
	assert_string_equal(printed, wanted);
	free(printed);
}

static void bytes_are_made_visible(void **state)
{
	(void)state;
	assert_visible("a\tb\n", 4, "a\tb\n");
	assert_visible("\033[0m", 4, "^[[0m");
	assert_visible("\0\x7f", 2, "^@^?");
	assert_visible("gr\xc3\xbc\xf0\x9f\x98\x80", 8, "gr\xc3\xbc\xf0\x9f\x98\x80");
	assert_visible("\xc2\x9b"
	               "31m",
	               5, "\\x9b31m");
	assert_visible("\x9b"
	               "31m",
	               4, "\\x9b31m");
	assert_visible("caf\xe9", 4, "caf\\xe9");
	assert_visible("\xe2\x82", 2, "\\xe2\\x82");
	assert_visible("\xed\xa0\x80", 3, "\\xed\\xa0\\x80");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_text_is_printed_clean),
	    cmocka_unit_test(bytes_are_made_visible),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
