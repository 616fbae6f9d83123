/* environment= as Python's shlex splits it for supervisord. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/config/environment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config/arena.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int setup(void **state)
{
	*state = arena_new();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	arena_free(*state);
	return 0;
}

/* The pairs in one text, each in < >. */
static const char *join(char **pairs)
{
	static char text[1024];
	size_t used = 0;

	text[0] = '\0';
	for (; *pairs; pairs++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "<%s>", *pairs);
	return text;
}

static void pairs_are_split(void **state)
{
	static const struct {
		const char *text, *wanted;
	} rows[] = {
	    {"", ""},
	    {"A=1", "<A=1>"},
	    {"A=1,B=two", "<A=1><B=two>"},
	    {" A = \"1\" , \n B='2' ,", "<A=1><B=2>"},
	    {"A=\"a,b\",B='c\"d'", "<A=a,b><B=c\"d>"},
	    {"PATH=/usr/bin:/bin,X=a.b-c+d(e):f", "<PATH=/usr/bin:/bin><X=a.b-c+d(e):f>"},
	    {"A=\"one\n two\"", "<A=one\n two>"},
	    {"A=\"back\\slash\\n\"", "<A=back\\slash\\n>"},
	    {"A=\"\"", "<A=>"},
	    {"A=\"'x'\"", "<A=x>"},
	    /* Any one token may stand where a comma belongs. */
	    {"A=1;B=2", "<A=1><B=2>"},
	    {"A='x'y", "<A=x>"},
	    {"A==1", "<A==>"},
	    /* Quotes within a word are a part of it, at its end they are not. */
	    {"A=x\"y\",B=x'y", "<A=x\"y><B=x'y>"},
	    /* A comment inside a word does not end it. */
	    {"A=ab#c d\ncd,B=2", "<A=abcd><B=2>"},
	    {"# none\nA=1 # c", "<A=1>"},
	    {"A=1,B=2,A=3", "<A=3><B=2>"},
	    {"A=\xc3\xbc,B=1", "<A=\xc3\xbc><B=1>"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *why = "";
		char **pairs;

		if (environment_parse(*state, rows[i].text, &pairs, &why) < 0)
			fail_msg("%s: %s", rows[i].text, why);
		assert_string_equal(join(pairs), rows[i].wanted);
	}
}

static void faults_are_told(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
	    {"A", "unexpected end"},
	    {"A=", "unexpected end"},
	    {"A=1 B=2", "unexpected"},
	    {"A=a@b,B=1", "unexpected end"},
	    {"A B C", "unexpected"},
	    {"A=\"1", "no closing"},
	    {"A=1'", NULL},
	    {"A=1,B='", "no closing"},
	    {"A=1'2' 'x", "no closing"},
	    {"\"A\"=1", "not be quoted"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *why = "";
		char **pairs = NULL;
		int result = environment_parse(*state, rows[i].text, &pairs, &why);

		if (!rows[i].why) {
			assert_int_equal(result, 0);
			continue;
		}
		if (result != -EINVAL)
			fail_msg("%s is taken", rows[i].text);
		assert_non_null(strstr(why, rows[i].why));
		assert_null(pairs);
	}
}

static void too_many_pairs(void **state)
{
	size_t count = ENVIRONMENT_MAX + 1;
	char *text = malloc(count * 16), *p = text;
	const char *why = "";
	char **pairs;

	assert_non_null(text);
	for (size_t i = 0; i < count; i++)
		p += snprintf(p, 16, "%sK%zu=1", i > 0 ? "," : "", i);
	assert_int_equal(environment_parse(*state, text, &pairs, &why), -EINVAL);
	assert_string_equal(why, "too many pairs");
	free(text);
}

static char **parse(struct arena *arena, const char *text)
{
	const char *why;
	char **pairs = NULL;

	assert_int_equal(environment_parse(arena, text, &pairs, &why), 0);
	return pairs;
}

static void own_goes_over_base(void **state)
{
	char **base = parse(*state, "A=1,AB=2"), **own = parse(*state, "C=3,A=own");
	char **none = parse(*state, ""), **merged;

	assert_int_equal(environment_merge(*state, base, own, &merged), 0);
	assert_string_equal(join(merged), "<A=own><AB=2><C=3>");
	assert_string_equal(base[0], "A=1");
	assert_int_equal(environment_merge(*state, base, NULL, &merged), 0);
	assert_ptr_equal(merged, base);
	assert_int_equal(environment_merge(*state, none, own, &merged), 0);
	assert_ptr_equal(merged, own);
	assert_int_equal(environment_merge(*state, NULL, NULL, &merged), 0);
	assert_null(merged[0]);
}

static void a_key_is_found_whole(void **state)
{
	char **pairs = parse(*state, "AB=1,A='2=3'");

	assert_string_equal(environment_find(pairs, "A", 1), "2=3");
	assert_string_equal(environment_find(pairs, "ABC", 2), "1");
	assert_null(environment_find(pairs, "B", 1));
	assert_null(environment_find(NULL, "A", 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(pairs_are_split, setup, teardown),
	    cmocka_unit_test_setup_teardown(faults_are_told, setup, teardown),
	    cmocka_unit_test_setup_teardown(too_many_pairs, setup, teardown),
	    cmocka_unit_test_setup_teardown(own_goes_over_base, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_key_is_found_whole, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
