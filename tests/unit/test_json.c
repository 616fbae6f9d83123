/* The table-driven decode, field by field and kind by kind, and text of unknown origin. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct request {
	const char *name;
	bool wait;
	bool wait_given;
	bool count_given;
	json_int_t count;
	double timeout;
	json_t *selectors;
	json_t *options;
	json_t *values;
};

#define FIELD(member, kind, required)                                        \
	{                                                                    \
#member, kind, required, offsetof(struct request, member), 0 \
	}
#define GIVEN(member, kind)                                             \
	{                                                               \
#member, kind, false, offsetof(struct request, member), \
		    offsetof(struct request, member##_given)            \
	}

static const struct json_field fields[] = {
    FIELD(name, JSON_FIELD_STRING, true),
    GIVEN(wait, JSON_FIELD_BOOL),
    GIVEN(count, JSON_FIELD_INT),
    FIELD(timeout, JSON_FIELD_NUMBER, false),
    FIELD(selectors, JSON_FIELD_STRINGS, false),
    FIELD(options, JSON_FIELD_OBJECT, false),
    FIELD(values, JSON_FIELD_ARRAY, false),
    {0},
};

static json_t *load(const char *text)
{
	json_error_t error;
	json_t *object = json_loads(text, JSON_ALLOW_NUL, &error);

	assert_non_null(object);
	return object;
}

static void test_every_kind(void **state)
{
	struct request request;
	const char *field = NULL;
	json_t *object =
	    load("{\"name\":\"w\\u00e9b\",\"wait\":true,\"count\":-5,\"timeout\":1.5,"
	         "\"selectors\":[\"a\",\"b\"],\"options\":{\"x\":1},\"values\":[1,{}]}");

	(void)state;
	memset(&request, 0xff, sizeof(request));
	assert_int_equal(json_decode(object, fields, &request, &field), 0);
	assert_null(field);
	assert_string_equal(request.name, "w\xc3\xa9"
	                                  "b");
	assert_true(request.wait && request.wait_given && request.count_given);
	assert_int_equal(request.count, -5);
	assert_true(request.timeout > 1.4 && request.timeout < 1.6);
	assert_int_equal(json_array_size(request.selectors), 2);
	assert_int_equal(json_object_size(request.options), 1);
	assert_int_equal(json_array_size(request.values), 2);
	json_decref(object);
}

static void test_what_is_not_given_is_zero(void **state)
{
	static const char *const texts[] = {
	    "{\"name\":\"web\"}", "{\"name\":\"web\",\"wait\":null,\"count\":null,\"timeout\":null,"
				  "\"selectors\":null,\"options\":null,\"values\":null}"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct request request;
		const char *field;
		json_t *object = load(texts[i]);

		memset(&request, 0xff, sizeof(request));
		assert_int_equal(json_decode(object, fields, &request, &field), 0);
		assert_false(request.wait || request.wait_given || request.count_given);
		assert_int_equal(request.count, 0);
		assert_true(request.timeout >= 0 && request.timeout <= 0);
		assert_null(request.selectors);
		assert_null(request.options);
		assert_null(request.values);
		json_decref(object);
	}
}

static void test_what_is_wrong_is_named(void **state)
{
	static const struct {
		const char *text;
		const char *field;
	} rows[] = {
	    {"{}", "name"},
	    {"{\"name\":null}", "name"},
	    {"{\"name\":1}", "name"},
	    {"{\"name\":[\"a\"]}", "name"},
	    {"{\"name\":\"a\\u0000b\"}", "name"},
	    {"{\"name\":\"a\",\"wait\":1}", "wait"},
	    {"{\"name\":\"a\",\"wait\":\"true\"}", "wait"},
	    {"{\"name\":\"a\",\"count\":1.0}", "count"},
	    {"{\"name\":\"a\",\"count\":\"1\"}", "count"},
	    {"{\"name\":\"a\",\"count\":true}", "count"},
	    {"{\"name\":\"a\",\"timeout\":\"1\"}", "timeout"},
	    {"{\"name\":\"a\",\"timeout\":false}", "timeout"},
	    {"{\"name\":\"a\",\"selectors\":\"a\"}", "selectors"},
	    {"{\"name\":\"a\",\"selectors\":[\"a\",1]}", "selectors"},
	    {"{\"name\":\"a\",\"selectors\":[null]}", "selectors"},
	    {"{\"name\":\"a\",\"selectors\":[\"\\u0000\"]}", "selectors"},
	    {"{\"name\":\"a\",\"selectors\":{}}", "selectors"},
	    {"{\"name\":\"a\",\"options\":[]}", "options"},
	    {"{\"name\":\"a\",\"values\":{}}", "values"},
	    {"{\"name\":\"a\",\"nam\":1}", "nam"},
	    {"{\"name\":\"a\",\"names\":1}", "names"},
	    {"{\"name\":\"a\",\"Name\":null}", "Name"},
	    {"{\"name\":\"a\",\"\":1}", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct request request;
		const char *field = NULL;
		json_t *object = load(rows[i].text);

		assert_int_equal(json_decode(object, fields, &request, &field), -EINVAL);
		assert_string_equal(field, rows[i].field);
		json_decref(object);
	}
}

static void test_a_nul_in_a_name_makes_it_another(void **state)
{
	struct request request;
	const char *field = NULL;
	json_t *object = json_object();

	(void)state;
	assert_int_equal(json_object_setn_new_nocheck(object, "name\0x", 6, json_string("web")), 0);
	assert_int_equal(json_decode(object, fields, &request, &field), -EINVAL);
	assert_string_equal(field, "name"); /* as far as C can show it */
	assert_int_equal(json_decode_known(object, fields, &request, &field), -EINVAL);
	json_decref(object);
}

static void test_known_passes_over_other_names(void **state)
{
	struct request request;
	const char *field = NULL;
	json_t *object = load("{\"future\":{\"a\":[]},\"name\":\"web\",\"name2\":0}");

	(void)state;
	assert_int_equal(json_decode_known(object, fields, &request, &field), 0);
	assert_string_equal(request.name, "web");
	json_decref(object);
	object = load("{\"future\":1,\"name\":\"web\",\"wait\":0}");
	assert_int_equal(json_decode_known(object, fields, &request, &field), -EINVAL);
	assert_string_equal(field, "wait");
	json_decref(object);
}

static void test_a_number_takes_integers(void **state)
{
	struct request request;
	const char *field;
	json_t *object = load("{\"name\":\"a\",\"timeout\":3}");

	(void)state;
	assert_int_equal(json_decode(object, fields, &request, &field), 0);
	assert_true(request.timeout > 2.9 && request.timeout < 3.1);
	json_decref(object);
}

static void test_setters(void **state)
{
	json_t *object = json_object();
	char *text;

	(void)state;
	assert_int_equal(json_set_text(object, "text", "a\"b"), 0);
	assert_int_equal(json_set_text(object, "none", NULL), 0);
	assert_int_equal(json_set_text(object, "bytes",
	                               "a\xff"
	                               "b"),
	                 0);
	assert_int_equal(json_set_int(object, "int", INT64_MIN), 0);
	assert_int_equal(json_set_bool(object, "yes", true), 0);
	assert_int_equal(json_set_bool(object, "no", false), 0);
	assert_int_equal(json_set_null(object, "null"), 0);
	assert_int_equal(json_set_int(object, "int", 3), 0); /* again: replaced */
	text = json_dumps(object, JSON_COMPACT);
	assert_string_equal(text, "{\"text\":\"a\\\"b\",\"none\":null,\"bytes\":\"a\xef\xbf\xbd"
	                          "b\","
	                          "\"int\":3,\"yes\":true,\"no\":false,\"null\":null}");
	free(text);
	json_decref(object);
}

#define MARK "\xef\xbf\xbd"

static const struct {
	const char *bytes;
	size_t size;
	const char *text;
} texts[] = {
    {"", 0, ""},
    {"plain", 5, "plain"},
    {"\x01\x7f", 2, "\x01\x7f"},
    {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
    {"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf", 10, "\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf"},
    {"\xc2\x80\xe0\xa0\x80\xf0\x90\x80\x80", 9, "\xc2\x80\xe0\xa0\x80\xf0\x90\x80\x80"},
    {"a\0b", 3, "a" MARK "b"},
    {"12345678\0"
     "2345678",
     16, "12345678" MARK "2345678"},
    {"1234567\0", 8, "1234567" MARK},
    {"\x80", 1, MARK},
    {"\xff\xfe", 2, MARK MARK},
    {"\xc3", 1, MARK},
    {"\xc3(", 2, MARK "("},
    {"\xe2\x82", 2, MARK MARK},
    {"\xe2\x82(", 3, MARK MARK "("},
    {"\xf0\x9f\x98", 3, MARK MARK MARK},
    {"\xc0\x80", 2, MARK MARK}, /* longer than needed */
    {"\xe0\x9f\xbf", 3, MARK MARK MARK},
    {"\xf0\x8f\xbf\xbf", 4, MARK MARK MARK MARK},
    {"\xed\xa0\x80", 3, MARK MARK MARK},          /* a surrogate */
    {"\xf4\x90\x80\x80", 4, MARK MARK MARK MARK}, /* past U+10FFFF */
    {"\xf5\x80\x80\x80", 4, MARK MARK MARK MARK},
    {"seven77\xff"
     "and more of it \xc3\xa9",
     25, "seven77" MARK "and more of it \xc3\xa9"},
};

static void test_any_bytes_become_a_string(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		bool valid = texts[i].size == strlen(texts[i].text) &&
		             memcmp(texts[i].bytes, texts[i].text, texts[i].size) == 0;
		json_t *value = json_text(texts[i].bytes, texts[i].size);

		assert_non_null(value);
		assert_string_equal(json_string_value(value), texts[i].text);
		assert_int_equal(json_string_length(value), strlen(texts[i].text));
		assert_int_equal(json_text_is_utf8(texts[i].bytes, texts[i].size), valid);
		json_decref(value);
	}
}

/* Every text that we call valid, jansson's own check takes, and the other way round. */
static void test_jansson_agrees(void **state)
{
	unsigned seed = 7;

	(void)state;
	for (unsigned round = 0; round < 200000; round++) {
		static const unsigned char alphabet[] = {'a',  0x80, 0x8f, 0x90, 0x9f, 0xa0,
		                                         0xbf, 0xc2, 0xc1, 0xdf, 0xe0, 0xed,
		                                         0xef, 0xf0, 0xf4, 0xf5};
		char bytes[5];
		json_t *value;

		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (char)alphabet[(seed = seed * 1103515245 + 12345) >> 20 & 15];
		value = json_stringn(bytes, sizeof(bytes));
		assert_int_equal(json_text_is_utf8(bytes, sizeof(bytes)), value != NULL);
		json_decref(value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_kind),
	    cmocka_unit_test(test_what_is_not_given_is_zero),
	    cmocka_unit_test(test_what_is_wrong_is_named),
	    cmocka_unit_test(test_a_nul_in_a_name_makes_it_another),
	    cmocka_unit_test(test_known_passes_over_other_names),
	    cmocka_unit_test(test_a_number_takes_integers),
	    cmocka_unit_test(test_setters),
	    cmocka_unit_test(test_any_bytes_become_a_string),
	    cmocka_unit_test(test_jansson_agrees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
