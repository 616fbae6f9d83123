/* JSON text in one pass: commas, escapes, bytes that are no UTF-8, base64. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "daemon/api/writer.h"

static int setup(void **state)
{
	static struct writer writer;

	writer = (struct writer){0};
	*state = &writer;
	return 0;
}

static int teardown(void **state)
{
	writer_done(*state);
	return 0;
}

static void expect(struct writer *writer, const char *text)
{
	assert_false(writer->failed);
	assert_int_equal(writer->used, strlen(text));
	assert_memory_equal(writer->data, text, writer->used);
	writer_reset(writer);
}

static void commas_come_by_themselves(void **state)
{
	struct writer *writer = *state;

	writer_open_object(writer, NULL);
	writer_int(writer, "a", 1);
	writer_open_array(writer, "b");
	writer_open_array(writer, NULL);
	writer_close_array(writer);
	writer_open_object(writer, NULL);
	writer_close_object(writer);
	writer_bool(writer, NULL, true);
	writer_bool(writer, NULL, false);
	writer_null(writer, NULL);
	writer_close_array(writer);
	writer_text(writer, "c", NULL);
	writer_text(writer, "d", "");
	writer_close_object(writer);
	expect(writer, "{\"a\":1,\"b\":[[],{},true,false,null],\"c\":null,\"d\":\"\"}");
}

static void numbers_of_any_size(void **state)
{
	struct writer *writer = *state;

	writer_int(writer, NULL, 0);
	writer_int(writer, NULL, -7);
	writer_int(writer, NULL, INT64_MAX);
	writer_int(writer, NULL, INT64_MIN);
	expect(writer, "0,-7,9223372036854775807,-9223372036854775808");
}

/* Every single byte, and what a JSON parser makes of it again. */
static void any_byte_makes_valid_json(void **state)
{
	struct writer *writer = *state;

	for (int byte = 1; byte < 256; byte++) {
		char text[2] = {(char)byte, '\0'};
		json_t *value;

		writer_open_array(writer, NULL);
		writer_text(writer, NULL, text);
		writer_close_array(writer);
		value = json_loadb(writer->data, writer->used, 0, NULL);
		assert_non_null(value);
		assert_string_equal(json_string_value(json_array_get(value, 0)),
		                    byte < 0x80 ? text : "\xef\xbf\xbd");
		json_decref(value);
		writer_reset(writer);
	}
}

static void invalid_utf8_is_replaced(void **state)
{
	static const struct {
		const char *text;
		const char *clean;
	} cases[] = {
	    {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
	    {"a\xc3", "a\xef\xbf\xbd"},
	    {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},
	    {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
	    {"\xe0\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
	    {"\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
	    {"\xe2\x82z", "\xef\xbf\xbd\xef\xbf\xbdz"},
	};
	struct writer *writer = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		writer_text(writer, NULL, cases[i].text);
		assert_int_equal(writer->used, strlen(cases[i].clean) + 2);
		assert_memory_equal(writer->data + 1, cases[i].clean, strlen(cases[i].clean));
		writer_reset(writer);
	}
}

static void bytes_become_base64(void **state)
{
	struct writer *writer = *state;

	writer_base64(writer, NULL, "", 0);
	writer_base64(writer, NULL, "\xff", 1);
	writer_base64(writer, NULL, "\0z", 2);
	writer_base64(writer, NULL, "foo", 3);
	writer_base64(writer, NULL, "\xfb\xef\xff!", 4);
	expect(writer, "\"\",\"/w==\",\"AHo=\",\"Zm9v\",\"++//IQ==\"");
}

static void values_are_joined_in(void **state)
{
	struct writer *writer = *state;
	struct writer values = {0};

	writer_open_array(writer, NULL);
	writer_join(writer, &values);
	writer_int(&values, NULL, 1);
	writer_int(&values, NULL, 2);
	writer_join(writer, &values);
	writer_join(writer, &values);
	writer_close_array(writer);
	writer_done(&values);
	expect(writer, "[1,2,1,2]");
}

static void a_failed_part_fails_the_whole(void **state)
{
	struct writer *writer = *state;
	struct writer values = {.failed = true};

	writer_open_array(writer, NULL);
	writer_join(writer, &values);
	assert_true(writer->failed);
	writer_reset(writer);
	assert_false(writer->failed);
}

static void a_large_buffer_is_given_back(void **state)
{
	struct writer *writer = *state;
	char text[1024];

	memset(text, 'x', sizeof(text));
	for (int i = 0; i < 200; i++)
		writer_text_sized(writer, NULL, text, sizeof(text));
	assert_true(writer->used > sizeof(text) * 200);
	writer_reset(writer);
	assert_int_equal(writer->size, 0);
	writer_int(writer, NULL, 1);
	expect(writer, "1");
}

#define WRITER_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WRITER_TEST(commas_come_by_themselves),     WRITER_TEST(numbers_of_any_size),
	    WRITER_TEST(any_byte_makes_valid_json),     WRITER_TEST(invalid_utf8_is_replaced),
	    WRITER_TEST(bytes_become_base64),           WRITER_TEST(values_are_joined_in),
	    WRITER_TEST(a_failed_part_fails_the_whole), WRITER_TEST(a_large_buffer_is_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
