/* Places of socket and configuration, as root and as a user, by environment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/path.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* An id that no user has, for the tests that must not be root. */
#define NOBODY 54321

struct place {
	char directory[64];
	char *before; /* the working directory to go back to */
};

static int remove_entry(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
	(void)stat;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int setup(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	if (!place)
		return -1;
	(void)snprintf(place->directory, sizeof(place->directory), "/tmp/muster-test-XXXXXX");
	place->before = getcwd(NULL, 0);
	if (!place->before || !mkdtemp(place->directory) || chmod(place->directory, 0777) < 0 ||
	    chdir(place->directory) < 0)
		return -1;
	unsetenv("XDG_RUNTIME_DIR");
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("MUSTER_SOCKET");
	setenv("HOME", place->directory, 1);
	*state = place;
	return 0;
}

static int teardown(void **state)
{
	struct place *place = *state;
	int ret = chdir(place->before);

	if (nftw(place->directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS) < 0)
		ret = -1;
	free(place->before);
	free(place);
	return ret;
}

/* Runs a check as a user: in a child where we are root, so it tells by its result, not by asserts.
 */
static void as_user(bool (*check)(void))
{
	int status = 0;
	pid_t pid;

	if (geteuid() != 0) {
		assert_true(check());
		return;
	}
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(setresuid(NOBODY, NOBODY, NOBODY) == 0 && check() ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static bool is_path(char *path, const char *expected)
{
	bool same = path && strcmp(path, expected) == 0;

	if (!same)
		fprintf(stderr, "%s, not %s\n", path ? path : "nothing", expected);
	free(path);
	return same;
}

static void touch(const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	close(fd);
}

static void test_root_has_the_systems_directory(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	setenv("XDG_RUNTIME_DIR", "/run/user/0", 1);
	assert_true(is_path(path_run_dir(), "/run/muster"));
	assert_true(is_path(path_default_socket(), "/run/muster/musterd.sock"));
}

static bool check_user_directories(void)
{
	char fallback[64], fallback_socket[128];
	bool good;

	(void)snprintf(fallback, sizeof(fallback), "/tmp/muster-%u", (unsigned)geteuid());
	(void)snprintf(fallback_socket, sizeof(fallback_socket), "%s/musterd.sock", fallback);
	good = is_path(path_run_dir(), fallback) && is_path(path_default_socket(), fallback_socket);
	setenv("XDG_RUNTIME_DIR", "relative", 1);
	good = good && is_path(path_run_dir(), fallback);
	setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
	return good && is_path(path_run_dir(), "/run/user/7/muster") &&
	       is_path(path_default_socket(), "/run/user/7/muster/musterd.sock");
}

static void test_a_user_has_their_own(void **state)
{
	(void)state;
	as_user(check_user_directories);
}

static void test_the_clients_socket(void **state)
{
	char *standard = path_default_socket();

	(void)state;
	assert_non_null(standard);
	assert_true(is_path(path_client_socket("/a/b"), "/a/b"));
	assert_true(is_path(path_client_socket("unix:/a/b"), "/a/b"));
	assert_true(is_path(path_client_socket(NULL), standard));
	setenv("MUSTER_SOCKET", "", 1);
	assert_true(is_path(path_client_socket(NULL), standard));
	setenv("MUSTER_SOCKET", "unix:/env/s", 1);
	assert_true(is_path(path_client_socket(NULL), "/env/s"));
	assert_true(is_path(path_client_socket("/a/b"), "/a/b"));
	free(standard);
}

static void test_places_are_told_in_order(void **state)
{
	const char *const *places = path_config_places();
	size_t count = 0;

	(void)state;
	while (places[count])
		count++;
	assert_int_equal(count, 6);
	assert_string_equal(places[0], "$XDG_CONFIG_HOME/muster/muster.conf");
	assert_string_equal(places[1], "/etc/muster/muster.conf");
	assert_string_equal(places[5], "/etc/supervisor/supervisord.conf");
}

/* Where the machine has a configuration of its own, the places after it cannot be tested. */
static bool machine_is_configured(void)
{
	return access("/etc/muster/muster.conf", F_OK) == 0;
}

static void test_configuration_where_supervisord_has_it(void **state)
{
	(void)state;
	if (machine_is_configured())
		skip();
	assert_int_equal(mkdir("etc", 0755), 0);
	touch("etc/supervisord.conf");
	assert_true(is_path(path_find_config(), "etc/supervisord.conf"));
	touch("supervisord.conf");
	assert_true(is_path(path_find_config(), "supervisord.conf"));
}

static bool check_user_config(void)
{
	char expected[128], *here = getcwd(NULL, 0);
	bool good;

	if (!here)
		return false;
	(void)snprintf(expected, sizeof(expected), "%s/.config/muster/muster.conf", here);
	good = is_path(path_find_config(), expected);
	(void)snprintf(expected, sizeof(expected), "%s/xdg", here);
	setenv("XDG_CONFIG_HOME", expected, 1);
	(void)snprintf(expected, sizeof(expected), "%s/xdg/muster/muster.conf", here);
	good = good && is_path(path_find_config(), expected);
	free(here);
	return good;
}

static void test_a_users_configuration_comes_first(void **state)
{
	(void)state;
	assert_int_equal(mkdir(".config", 0755), 0);
	assert_int_equal(mkdir(".config/muster", 0755), 0);
	assert_int_equal(mkdir("xdg", 0755), 0);
	assert_int_equal(mkdir("xdg/muster", 0755), 0);
	touch(".config/muster/muster.conf");
	touch("xdg/muster/muster.conf");
	touch("supervisord.conf");
	as_user(check_user_config);
}

static bool check_user_without_home(void)
{
	unsetenv("HOME");
	return is_path(path_find_config(), "supervisord.conf");
}

static void test_a_user_without_a_home(void **state)
{
	(void)state;
	if (machine_is_configured())
		skip();
	touch("supervisord.conf");
	as_user(check_user_without_home);
}

static void test_no_configuration(void **state)
{
	char *path = path_find_config();

	(void)state;
	if (path) /* the machine's own; never one of the empty directory */
		assert_int_equal(path[0], '/');
	free(path);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_root_has_the_systems_directory),
	    TEST(test_a_user_has_their_own),
	    TEST(test_the_clients_socket),
	    TEST(test_places_are_told_in_order),
	    TEST(test_configuration_where_supervisord_has_it),
	    TEST(test_a_users_configuration_comes_first),
	    TEST(test_a_user_without_a_home),
	    TEST(test_no_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
