/* Text to values: the forms that are allowed, the limits, and what must be refused. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/parse.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_int(void **state)
{
	static const struct {
		const char *text;
		long min, max;
		int ret;
		long value;
	} rows[] = {
	    {"0", 0, 10, 0, 0},
	    {" 10\t", 0, 10, 0, 10},
	    {"+7", 0, 10, 0, 7},
	    {"-7", -10, 10, 0, -7},
	    {"007", 0, 10, 0, 7},
	    {"11", 0, 10, -ERANGE, 0},
	    {"-1", 0, 10, -ERANGE, 0},
	    {"9223372036854775807", LONG_MIN, LONG_MAX, 0, LONG_MAX},
	    {"-9223372036854775808", LONG_MIN, LONG_MAX, 0, LONG_MIN},
	    {"9223372036854775808", LONG_MIN, LONG_MAX, -ERANGE, 0},
	    {"-99999999999999999999999", LONG_MIN, LONG_MAX, -ERANGE, 0},
	    {"99999999999999999999999x", LONG_MIN, LONG_MAX, -EINVAL, 0},
	    {"", 0, 10, -EINVAL, 0},
	    {"  ", 0, 10, -EINVAL, 0},
	    {"- 1", -10, 10, -EINVAL, 0},
	    {"1 2", 0, 10, -EINVAL, 0},
	    {"0x1", 0, 10, -EINVAL, 0},
	    {"1.0", 0, 10, -EINVAL, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		long value = 4711;

		assert_int_equal(parse_int(rows[i].text, rows[i].min, rows[i].max, &value),
		                 rows[i].ret);
		assert_int_equal(value, rows[i].ret == 0 ? rows[i].value : 4711);
	}
}

static void test_bool(void **state)
{
	static const char *const yes[] = {"true", "YES", "On", "t", "1", " true\n"};
	static const char *const no[] = {"false", "NO", "Off", "f", "0", "\t0 "};
	static const char *const wrong[] = {"",    " ",     "y",          "n", "2",
	                                    "tru", "truee", "true false", "00"};
	bool value;

	(void)state;
	for (size_t i = 0; i < COUNT(yes); i++) {
		value = false;
		assert_int_equal(parse_bool(yes[i], &value), 0);
		assert_true(value);
	}
	for (size_t i = 0; i < COUNT(no); i++) {
		value = true;
		assert_int_equal(parse_bool(no[i], &value), 0);
		assert_false(value);
	}
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_int_equal(parse_bool(wrong[i], &value), -EINVAL);
}

static void test_size(void **state)
{
	static const struct {
		const char *text;
		int ret;
		uint64_t value;
	} rows[] = {
	    {"0", 0, 0},
	    {"1024", 0, 1024},
	    {"50MB", 0, 50 * 1024 * 1024},
	    {" 10 kb ", 0, 10 * 1024},
	    {"1Gb", 0, 1024 * 1024 * 1024},
	    {"+1kB", 0, 1024},
	    {"-0", 0, 0},
	    {"18446744073709551614", 0, UINT64_MAX - 1},
	    {"18446744073709551616", -ERANGE, 0},
	    {"17179869183GB", 0, 17179869183u * (uint64_t)(1024 * 1024 * 1024)},
	    {"17179869184GB", -ERANGE, 0},
	    {"99999999999999999999999999KB", -ERANGE, 0},
	    {"-1", -ERANGE, 0},
	    {"-1MB", -ERANGE, 0},
	    {"", -EINVAL, 0},
	    {"MB", -EINVAL, 0},
	    {"1K", -EINVAL, 0},
	    {"1TB", -EINVAL, 0},
	    {"1.5MB", -EINVAL, 0},
	    {"1MB2", -EINVAL, 0},
	    {"1MBKB", -EINVAL, 0},
	    {"- 1", -EINVAL, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint64_t value = 4711;

		assert_int_equal(parse_size(rows[i].text, &value), rows[i].ret);
		assert_true(value == (rows[i].ret == 0 ? rows[i].value : 4711));
	}
}

static void test_seconds(void **state)
{
	static const struct {
		const char *text;
		int ret;
		uint64_t value;
	} rows[] = {
	    {"0", 0, 0},
	    {"10", 0, 10000000},
	    {" 1.5 ", 0, 1500000},
	    {".25", 0, 250000},
	    {"3.", 0, 3000000},
	    {"+1", 0, 1000000},
	    {"-0.0", 0, 0},
	    {"0.000001", 0, 1},
	    {"0.0000019", 0, 1},
	    {"0.000000000000000000000000000001", 0, 0},
	    {"99999999999999999999999999999", 0, PARSE_USEC_MAX},
	    {"4611686018427.5", 0, PARSE_USEC_MAX},
	    {"4611686018426.999999", 0, UINT64_C(4611686018426999999)},
	    {"-1", -ERANGE, 0},
	    {"-0.000001", -ERANGE, 0},
	    {"", -EINVAL, 0},
	    {".", -EINVAL, 0},
	    {"-", -EINVAL, 0},
	    {"1,5", -EINVAL, 0},
	    {"1e3", -EINVAL, 0},
	    {"inf", -EINVAL, 0},
	    {"nan", -EINVAL, 0},
	    {"0x10", -EINVAL, 0},
	    {"1.5.1", -EINVAL, 0},
	    {"10s", -EINVAL, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint64_t value = 4711;

		assert_int_equal(parse_seconds(rows[i].text, &value), rows[i].ret);
		assert_true(value == (rows[i].ret == 0 ? rows[i].value : 4711));
	}
}

static void test_octal(void **state)
{
	static const struct {
		const char *text;
		int ret;
		unsigned value;
	} rows[] = {
	    {"0", 0, 0},         {"022", 0, 022},
	    {"700", 0, 0700},    {" 0o755\n", 0, 0755},
	    {"7777", 0, 07777},  {"10000", -ERANGE, 0},
	    {"-1", -ERANGE, 0},  {"77777777777777777777777", -ERANGE, 0},
	    {"8", -EINVAL, 0},   {"079", -EINVAL, 0},
	    {"", -EINVAL, 0},    {"0o", -EINVAL, 0},
	    {"rwx", -EINVAL, 0}, {"7 7", -EINVAL, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		unsigned value = 4711;

		assert_int_equal(parse_octal(rows[i].text, &value), rows[i].ret);
		assert_int_equal(value, rows[i].ret == 0 ? rows[i].value : 4711);
	}
}

static void test_signal(void **state)
{
	const struct {
		const char *text;
		int ret;
		int value;
	} rows[] = {
	    {"HUP", 0, SIGHUP},
	    {"SIGHUP", 0, SIGHUP},
	    {"1", 0, SIGHUP},
	    {" sigTerm\t", 0, SIGTERM},
	    {"usr1", 0, SIGUSR1},
	    {"IO", 0, SIGIO},
	    {"SIGPOLL", 0, SIGIO},
	    {"IOT", 0, SIGABRT},
	    {"CLD", 0, SIGCHLD},
	    {"RTMIN", 0, SIGRTMIN},
	    {"SIGRTMIN+0", 0, SIGRTMIN},
	    {"rtmin+3", 0, SIGRTMIN + 3},
	    {"RTMIN+30", 0, SIGRTMIN + 30},
	    {"64", 0, 64},
	    {"+9", 0, SIGKILL},
	    {"RTMIN+31", -ERANGE, 0},
	    {"0", -ERANGE, 0},
	    {"-9", -ERANGE, 0},
	    {"65", -ERANGE, 0},
	    {"32", -ERANGE, 0},
	    {"99999999999999999999", -ERANGE, 0},
	    {"RTMIN-1", -EINVAL, 0},
	    {"RTMIN+", -EINVAL, 0},
	    {"RTMIN+ 1", -EINVAL, 0},
	    {"RTMIN+1x", -EINVAL, 0},
	    {"", -EINVAL, 0},
	    {"SIG", -EINVAL, 0},
	    {"SIGSIGHUP", -EINVAL, 0},
	    {"HUP TERM", -EINVAL, 0},
	    {"9x", -EINVAL, 0},
	    {"AVERYLONGNAMETHATNOSIGNALHASATALLINANYSYSTEM", -EINVAL, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int value = 4711;

		assert_int_equal(parse_signal(rows[i].text, &value), rows[i].ret);
		assert_int_equal(value, rows[i].ret == 0 ? rows[i].value : 4711);
	}
}

static void test_signal_names_come_back(void **state)
{
	(void)state;
	for (int number = 1; number < 32; number++) {
		int value = 0;

		assert_non_null(signal_name(number));
		assert_int_equal(parse_signal(signal_name(number), &value), 0);
		assert_int_equal(value, number);
	}
	assert_string_equal(signal_name(SIGTERM), "TERM");
	assert_null(signal_name(0));
	assert_null(signal_name(-1));
	assert_null(signal_name(SIGRTMIN));
	assert_null(signal_name(INT_MAX));
}

/* Words joined by '|', so that a row of expectations is one string. */
static void assert_words(const char *text, const char *joined)
{
	const char *why = NULL;
	char got[256] = "";
	char **words = NULL;
	size_t count = 99, used = 0;

	assert_int_equal(parse_words(text, &words, &count, &why), 0);
	assert_null(words[count]);
	for (size_t i = 0; i < count; i++) {
		size_t size = strlen(words[i]);

		assert_true(used + size + 2 < sizeof(got));
		memcpy(got + used, words[i], size);
		used += size;
		got[used++] = '|';
	}
	got[used] = '\0';
	assert_string_equal(got, joined);
	free(words);
}

static void test_words(void **state)
{
	(void)state;
	assert_words("", "");
	assert_words(" \t\r\n ", "");
	assert_words("/bin/cat", "/bin/cat|");
	assert_words("  a  b\tc\nd ", "a|b|c|d|");
	assert_words("a 'b c' \"d e\"", "a|b c|d e|");
	assert_words("''", "|");
	assert_words("'' \"\" a''b", "||ab|");
	assert_words("a'b'\"c\"d", "abcd|");
	assert_words("a\\ b", "a b|");
	assert_words("\\'x\\\"", "'x\"|");
	assert_words("'a\\b'", "a\\b|");
	assert_words("\"a\\b\\\\c\\\"d\"", "a\\b\\c\"d|");
	assert_words("\"a'b\" 'c\"d'", "a'b|c\"d|");
	assert_words("\"$HOME\" `x` #no comment", "$HOME|`x`|#no|comment|");
	assert_words("a\\\nb", "a\nb|");
	assert_words("caf\xc3\xa9 \xff", "caf\xc3\xa9|\xff|");
	assert_words("a\vb", "a\vb|");
}

static void test_words_that_do_not_end(void **state)
{
	static const struct {
		const char *text;
		const char *why;
	} rows[] = {
	    {"'abc", "No closing quotation"},    {"a \"b c", "No closing quotation"},
	    {"'", "No closing quotation"},       {"\"\\\"", "No closing quotation"},
	    {"abc\\", "No escaped character"},   {"\\", "No escaped character"},
	    {"\"abc\\", "No escaped character"},
	};
	size_t count = 99;
	char **words = NULL;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *why = NULL;

		assert_int_equal(parse_words(rows[i].text, &words, &count, &why), -EINVAL);
		assert_string_equal(why, rows[i].why);
	}
	assert_null(words);
	assert_int_equal(count, 99);
}

static void test_words_of_a_huge_line(void **state)
{
	const size_t wanted = 100 * 1000;
	char *text = malloc(wanted * 2 + 1);
	const char *why;
	char **words;
	size_t count;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < wanted; i++) {
		text[2 * i] = 'x';
		text[2 * i + 1] = ' ';
	}
	text[wanted * 2] = '\0';
	assert_int_equal(parse_words(text, &words, &count, &why), 0);
	assert_int_equal(count, wanted);
	assert_string_equal(words[wanted - 1], "x");
	free(words);
	free(text);
}

static void test_distance(void **state)
{
	char name[100], other[100];

	(void)state;
	assert_int_equal(parse_distance("", "", 3), 0);
	assert_int_equal(parse_distance("autostart", "autostart", 0), 0);
	assert_int_equal(parse_distance("autostart", "autorestart", 3), 2);
	assert_int_equal(parse_distance("autorestart", "autostart", 3), 2);
	assert_int_equal(parse_distance("kitten", "sitting", 9), 3);
	assert_int_equal(parse_distance("kitten", "sitting", 2), 3);
	assert_int_equal(parse_distance("kitten", "", 9), 6);
	assert_int_equal(parse_distance("", "kitten", 2), 3);
	memset(name, 'x', sizeof(name));
	name[99] = '\0';
	memcpy(other, name, sizeof(other));
	assert_int_equal(parse_distance(name, other, 2), 0);
	other[98] = 'y';
	assert_int_equal(parse_distance(name, other, 2), 3);
	name[64] = other[64] = '\0';
	other[63] = 'y';
	assert_int_equal(parse_distance(name, other, 2), 1);
}

static void test_base64(void **state)
{
	static const struct {
		const char *text;
		const char *bytes;
		size_t size;
	} good[] = {
	    {"", "", 0},
	    {"Zg==", "f", 1},
	    {"Zm8=", "fo", 2},
	    {"Zm9v", "foo", 3},
	    {"AHo=", "\0z", 2},
	    {"//8=", "\xff\xff", 2},
	    {"+/+/", "\xfb\xff\xbf", 3},
	};
	static const char *const bad[] = {
	    "Z", "Zg", "Zg=", "Z===", "====", "Zm8\n", "Zm 9", "Zg==Zg=="};
	char *data;
	size_t size;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(parse_base64(good[i].text, strlen(good[i].text), &data, &size), 0);
		assert_int_equal(size, good[i].size);
		assert_memory_equal(data, good[i].bytes, size);
		free(data);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parse_base64(bad[i], strlen(bad[i]), &data, &size), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_int),
	    cmocka_unit_test(test_bool),
	    cmocka_unit_test(test_size),
	    cmocka_unit_test(test_seconds),
	    cmocka_unit_test(test_octal),
	    cmocka_unit_test(test_signal),
	    cmocka_unit_test(test_signal_names_come_back),
	    cmocka_unit_test(test_words),
	    cmocka_unit_test(test_words_that_do_not_end),
	    cmocka_unit_test(test_words_of_a_huge_line),
	    cmocka_unit_test(test_distance),
	    cmocka_unit_test(test_base64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
