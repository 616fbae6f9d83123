/* Paths as a configuration spells them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/config/arena.h"
#include "daemon/config/pathname.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

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

static void home_is_the_environments(void **state)
{
	static const struct {
		const char *home, *path, *wanted;
	} cases[] = {
	    {"/home/x", "~", "/home/x"},
	    {"/home/x", "~/log", "/home/x/log"},
	    {"/home/x/", "~/log", "/home/x/log"},
	    {"/", "~", "/"},
	    {"/", "~/log", "/log"},
	    {"/home/x", "/a/~", "/a/~"},
	    {"/home/x", "a~/b", "a~/b"},
	    {"/home/x", "~no-such-name-here/log", "~no-such-name-here/log"},
	    {"/home/x", "", ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(setenv("HOME", cases[i].home, 1), 0);
		assert_string_equal(pathname_expand_home(*state, cases[i].path), cases[i].wanted);
	}
}

static void home_of_a_user_is_that_of_passwd(void **state)
{
	const struct passwd *entry = getpwnam("root");
	char wanted[4096];

	assert_non_null(entry);
	assert_int_equal(setenv("HOME", "/somewhere/else", 1), 0);
	assert_string_equal(pathname_expand_home(*state, "~root"), entry->pw_dir);
	snprintf(wanted, sizeof(wanted), "%s/a/b", entry->pw_dir);
	assert_string_equal(pathname_expand_home(*state, "~root/a/b"), wanted);
	/* Without HOME it is whom we run as. */
	assert_int_equal(unsetenv("HOME"), 0);
	entry = getpwuid(getuid());
	assert_non_null(entry);
	assert_string_equal(pathname_expand_home(*state, "~"), entry->pw_dir);
}

static void dots_and_slashes_go(void **state)
{
	static const struct {
		const char *path, *wanted;
	} cases[] = {
	    {"/", "/"},
	    {"//", "/"},
	    {"/a//b/./c/", "/a/b/c"},
	    {"/a/../b", "/b"},
	    {"/../../a", "/a"},
	    {"/a/b/../..", "/"},
	    {"/..a/.b/...", "/..a/.b/..."},
	    {"~/x/../y", "/home/x/y"},
	};
	char *path;

	assert_int_equal(setenv("HOME", "/home/x", 1), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(pathname_normalize(*state, cases[i].path, &path), 0);
		assert_string_equal(path, cases[i].wanted);
	}
}

static void a_relative_one_is_below_the_working_directory(void **state)
{
	char directory[] = "/tmp/muster-test-XXXXXX", wanted[64];
	char *before = getcwd(NULL, 0), *path = NULL;
	int result;

	assert_non_null(before);
	assert_non_null(mkdtemp(directory));
	assert_int_equal(chdir(directory), 0);
	assert_int_equal(pathname_normalize(*state, "a/./b", &path), 0);
	snprintf(wanted, sizeof(wanted), "%s/a/b", directory);
	assert_string_equal(path, wanted);
	assert_int_equal(pathname_normalize(*state, "..", &path), 0);
	assert_string_equal(path, "/tmp");

	/* One that is gone has no name. */
	path = wanted;
	assert_int_equal(rmdir(directory), 0);
	result = pathname_normalize(*state, "a", &path);
	assert_int_equal(chdir(before), 0);
	free(before);
	assert_int_equal(result, -ENOENT);
	assert_ptr_equal(path, wanted);
}

static void a_directory_is_what_stands_before_the_last_slash(void **state)
{
	assert_string_equal(pathname_directory(*state, "/a/b"), "/a");
	assert_string_equal(pathname_directory(*state, "/a"), "/");
	assert_string_equal(pathname_directory(*state, "a/b/c"), "a/b");
	assert_string_equal(pathname_directory(*state, "a"), "");
	assert_true(pathname_is_directory("/"));
	assert_false(pathname_is_directory("/dev/null"));
	assert_false(pathname_is_directory("/no/such/place"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(home_is_the_environments, setup, teardown),
	    cmocka_unit_test_setup_teardown(home_of_a_user_is_that_of_passwd, setup, teardown),
	    cmocka_unit_test_setup_teardown(dots_and_slashes_go, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_relative_one_is_below_the_working_directory, setup,
	                                    teardown),
	    cmocka_unit_test_setup_teardown(a_directory_is_what_stands_before_the_last_slash, setup,
	                                    teardown),
	};

	return cmocka_run_group_tests_name("pathname", tests, NULL, NULL);
}
