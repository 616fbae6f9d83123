/* %(name)s as Python's % has it; the expected texts are what Python 3.11 gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/config/expand.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config/arena.h"
#include "daemon/config/environment.h"

struct fixture {
	struct arena *arena;
	struct expand_scope scope;
};

static char *const *parse(struct arena *arena, const char *text)
{
	const char *why;
	char **pairs = NULL;

	assert_int_equal(environment_parse(arena, text, &pairs, &why), 0);
	return pairs;
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct arena *arena = arena_new();

	if (!fixture || !arena)
		return -1;
	fixture->arena = arena;
	fixture->scope = (struct expand_scope){
	    .here = "/etc/muster",
	    .host_node_name = "host",
	    .program_name = "web",
	    .group_name = "g",
	    .has_process = true,
	    .process_num = 26,
	    .numprocs = 3,
	    .own_environment = parse(arena, "MINE=own"),
	    .daemon_environment = parse(arena, "TEXT=daemon,LATE='%(here)s'"),
	    .environment = parse(arena, "HOME=/root,TEXT=outer,EMPTY=''"),
	};
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	arena_free(fixture->arena);
	free(fixture);
	return 0;
}

static int expand(void **state, const char *given, const char **text, const char **why)
{
	struct fixture *fixture = *state;

	return expand_text(fixture->arena, given, &fixture->scope, text, why);
}

struct pair {
	const char *text;
	const char *wanted;
};

static void expect_all(void **state, const struct pair *pairs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *text = NULL, *why = NULL;

		if (expand(state, pairs[i].text, &text, &why) < 0)
			fail_msg("%s: %s", pairs[i].text, why);
		assert_string_equal(text, pairs[i].wanted);
	}
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void names(void **state)
{
	static const struct pair pairs[] = {
	    {"", ""},
	    {"plain", "plain"},
	    {"%(here)s/x", "/etc/muster/x"},
	    {"%(program_name)s:%(group_name)s@%(host_node_name)s", "web:g@host"},
	    {"%(process_num)d of %(numprocs)d", "26 of 3"},
	    {"%%", "%"},
	    {"100%% %%(here)s", "100% %(here)s"},
	};

	expect_all(state, pairs, COUNT(pairs));
}

static void nothing_to_do_copies_nothing(void **state)
{
	const char *given = "plain", *text = NULL, *why;

	assert_int_equal(expand(state, given, &text, &why), 0);
	assert_ptr_equal(text, given);
}

static void environments(void **state)
{
	static const struct pair pairs[] = {
	    {"%(ENV_HOME)s", "/root"},
	    {"%(ENV_TEXT)s", "daemon"},
	    {"%(ENV_MINE)s", "own"},
	    {"[%(ENV_EMPTY)s]", "[]"},
	    /* What comes of it is not looked at again. */
	    {"%(ENV_LATE)s", "%(here)s"},
	};

	expect_all(state, pairs, COUNT(pairs));
}

static void numbers(void **state)
{
	static const struct pair pairs[] = {
	    {"%(process_num)02d", "26"},         {"%(process_num)05d", "00026"},
	    {"%(process_num)5d|", "   26|"},     {"%(process_num)-5d|", "26   |"},
	    {"%(process_num)+d", "+26"},         {"%(process_num) d", " 26"},
	    {"%(process_num)x", "1a"},           {"%(process_num)X", "1A"},
	    {"%(process_num)#x", "0x1a"},        {"%(process_num)#X", "0X1A"},
	    {"%(process_num)o", "32"},           {"%(process_num)#o", "0o32"},
	    {"%(process_num).5x", "0001a"},      {"%(process_num)#.5x", "0x0001a"},
	    {"%(process_num)#06x", "0x001a"},    {"%(process_num)8.3d", "     026"},
	    {"%(process_num)08.3d", "00000026"}, {"%(process_num)i", "26"},
	    {"%(process_num)u", "26"},           {"%(process_num)ld", "26"},
	    {"%(process_num)s", "26"},           {"%(process_num)5s", "   26"},
	    {"%(process_num)05s", "   26"},      {"%(process_num)r", "26"},
	    {"%(process_num)e", "2.600000e+01"}, {"%(process_num)+.3e", "+2.600e+01"},
	    {"%(process_num).2f", "26.00"},      {"%(process_num)#.0f", "26."},
	    {"%(process_num)g", "26"},           {"%(process_num)-+5d|", "+26  |"},
	    {"%(process_num)0-5d|", "26   |"},
	};

	expect_all(state, pairs, COUNT(pairs));
}

static void texts(void **state)
{
	static const struct pair pairs[] = {
	    {"[%(program_name)5s]", "[  web]"},  {"[%(program_name)-5s]", "[web  ]"},
	    {"[%(program_name)05s]", "[  web]"}, {"[%(program_name).2s]", "[we]"},
	    {"[%(program_name).s]", "[]"},       {"[%(program_name)+ls]", "[web]"},
	};

	expect_all(state, pairs, COUNT(pairs));
}

static void faults(void **state)
{
	static const struct pair pairs[] = {
	    {"%(nope)s", "%(nope) is not known here (known are here, host_node_name, program_name, "
	                 "group_name, process_num, numprocs, ENV_x)"},
	    {"%(ENV_NOPE)s", "there is no variable NOPE in the environment"},
	    {"%(ENV_)s", "%(ENV_) is not known here (known are here, host_node_name, program_name, "
	                 "group_name, process_num, numprocs, ENV_x)"},
	    {"%(here)d", "%(here)d: it is a text, not a number; use %(here)s"},
	    {"%(here)y", "%(here) must be followed by s or d"},
	    {"%(here)*s", "%(here) must be followed by s or d"},
	    {"%(here)%", "%(here) must be followed by s or d"},
	    {"%(here)", "%(here) ends there: it must be followed by s or d"},
	    {"%(here)5", "%(here) ends there: it must be followed by s or d"},
	    {"%(here", "%( without its )"},
	    {"%(a(b)s", "%( without its )"},
	    {"50%", "a % without a (name): write %% for a percent sign"},
	    {"%s", "a % without a (name): write %% for a percent sign"},
	    {"%5%", "a % without a (name): write %% for a percent sign"},
	    {"%(process_num).999d", "a precision of 999 is too large"},
	    {"%(process_num).999f", "a precision of 999 is too large"},
	};

	for (size_t i = 0; i < COUNT(pairs); i++) {
		const char *text = NULL, *why = "";

		assert_int_equal(expand(state, pairs[i].text, &text, &why), -EINVAL);
		assert_string_equal(why, pairs[i].wanted);
		assert_null(text);
	}
}

static void a_width_is_no_bomb(void **state)
{
	const char *text = NULL, *why = "";

	assert_int_equal(expand(state, "%(here)99999999999999999999s", &text, &why), -EINVAL);
	assert_non_null(strstr(why, "longer than"));
	assert_int_equal(expand(state, "%(here)1000000s", &text, &why), 0);
	assert_int_equal(strlen(text), 1000000);
}

static void what_is_not_there_is_not_known(void **state)
{
	struct fixture *fixture = *state;
	const char *text, *why;

	fixture->scope = (struct expand_scope){.here = "/"};

	assert_int_equal(expand(state, "%(process_num)d", &text, &why), -EINVAL);
	assert_int_equal(expand(state, "%(program_name)s", &text, &why), -EINVAL);
	assert_int_equal(expand(state, "%(ENV_HOME)s", &text, &why), -EINVAL);
	assert_int_equal(expand(state, "%(here)s", &text, &why), 0);
	assert_string_equal(text, "/");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(names, setup, teardown),
	    cmocka_unit_test_setup_teardown(nothing_to_do_copies_nothing, setup, teardown),
	    cmocka_unit_test_setup_teardown(environments, setup, teardown),
	    cmocka_unit_test_setup_teardown(numbers, setup, teardown),
	    cmocka_unit_test_setup_teardown(texts, setup, teardown),
	    cmocka_unit_test_setup_teardown(faults, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_width_is_no_bomb, setup, teardown),
	    cmocka_unit_test_setup_teardown(what_is_not_there_is_not_known, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
