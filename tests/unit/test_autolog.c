/* Logs that the daemon names: each has a name of its own, and what is left of them is cleaned up
 * while nobody uses it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/log.h"
#include "daemon/config/config.h"
#include "daemon/process/autolog.h"

struct fixture {
	struct daemon_config daemon;
	struct program program;
	char directory[64];
};

static void discard(void *arg, const char *line, size_t size)
{
	(void)arg;
	(void)line;
	(void)size;
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (!fixture)
		return -1;
	snprintf(fixture->directory, sizeof(fixture->directory), "/tmp/test_autolog.XXXXXX");
	if (!mkdtemp(fixture->directory))
		return -1;
	fixture->daemon.childlogdir = fixture->directory;
	fixture->daemon.identifier = (char *)(uintptr_t) "mine";
	fixture->program.name = (char *)(uintptr_t) "web";
	log_set_sink(discard, NULL);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;
	DIR *directory = opendir(fixture->directory);
	struct dirent *entry;

	while (directory && (entry = readdir(directory)))
		if (entry->d_name[0] != '.')
			(void)unlinkat(dirfd(directory), entry->d_name,
			               entry->d_type == DT_DIR ? AT_REMOVEDIR : 0);
	closedir(directory);
	rmdir(fixture->directory);
	log_set_sink(NULL, NULL);
	free(fixture);
	return 0;
}

static const char *path_of(const struct fixture *fixture, const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", fixture->directory, name);
	return path;
}

static int make_file(const struct fixture *fixture, const char *name)
{
	int fd = open(path_of(fixture, name), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	return fd;
}

static bool exists(const struct fixture *fixture, const char *name)
{
	struct stat status;

	return lstat(path_of(fixture, name), &status) == 0;
}

static void a_name_is_made_once_and_then_known(void **state)
{
	struct fixture *fixture = *state;
	char suffix[8] = "", other_suffix[8] = "";
	char path[PATH_MAX], again[PATH_MAX], other[PATH_MAX], begin[128];

	assert_int_equal(autolog_path(&fixture->daemon, &fixture->program, "stdout", suffix, path),
	                 0);
	assert_int_equal(strlen(suffix), 6);
	snprintf(begin, sizeof(begin), "%s/web-stdout---mine-%s.log", fixture->directory, suffix);
	assert_string_equal(path, begin);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(autolog_path(&fixture->daemon, &fixture->program, "stdout", suffix, again),
	                 0);
	assert_string_equal(again, path);
	assert_int_equal(
	    autolog_path(&fixture->daemon, &fixture->program, "stdout", other_suffix, other), 0);
	assert_string_not_equal(other, path);
}

static void a_name_that_cannot_be_made_is_told(void **state)
{
	struct fixture *fixture = *state;
	char suffix[8] = "";
	char path[PATH_MAX];
	char *name = calloc(1, PATH_MAX + 1);

	assert_non_null(name);
	memset(name, 'n', PATH_MAX);
	fixture->program.name = name;
	assert_int_equal(autolog_path(&fixture->daemon, &fixture->program, "stdout", suffix, path),
	                 -ENAMETOOLONG);
	fixture->program.name = (char *)(uintptr_t) "web";
	fixture->daemon.childlogdir = (char *)(uintptr_t) "/nowhere";
	assert_int_equal(autolog_path(&fixture->daemon, &fixture->program, "stdout", suffix, path),
	                 -ENOENT);
	assert_string_equal(suffix, "");
	autolog_clean(&fixture->daemon);
	free(name);
}

static void what_an_earlier_run_left_is_removed(void **state)
{
	static const char *const removed[] = {
	    "web-stdout---mine-abcdef.log", "web-stderr---mine-abcdef.log",
	    "web-stdout---mine-abcdef.log.1", "web-stdout---mine-abcdef.log.23"};
	static const char *const kept[] = {"web-stdout---other-abcdef.log",
	                                   "web-stdout---mine-abcdef.log.gz",
	                                   "web-stdout---mine-abcdef.log.1x",
	                                   "web-stdout---mine-abcdef",
	                                   "---mine-abcdef.log",
	                                   "web.log",
	                                   "web-stdout---mineabcdef.log"};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(removed) / sizeof(removed[0]); i++)
		close(make_file(fixture, removed[i]));
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		close(make_file(fixture, kept[i]));
	autolog_clean(&fixture->daemon);
	for (size_t i = 0; i < sizeof(removed) / sizeof(removed[0]); i++)
		assert_false(exists(fixture, removed[i]));
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		assert_true(exists(fixture, kept[i]));
}

/* Another daemon of that name writes it: the log and its backups stay. */
static void what_is_in_use_stays(void **state)
{
	static const char *const log = "web-stdout---mine-abcdef.log";
	struct fixture *fixture = *state;
	int fd = make_file(fixture, log);

	close(make_file(fixture, "web-stdout---mine-abcdef.log.1"));
	assert_int_equal(flock(fd, LOCK_SH), 0);
	autolog_clean(&fixture->daemon);
	assert_true(exists(fixture, log));
	assert_true(exists(fixture, "web-stdout---mine-abcdef.log.1"));
	close(fd);
	autolog_clean(&fixture->daemon);
	assert_false(exists(fixture, log));
	assert_false(exists(fixture, "web-stdout---mine-abcdef.log.1"));
}

static void what_is_no_file_stays(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(mkdir(path_of(fixture, "a-stdout---mine-abcdef.log"), 0700), 0);
	assert_int_equal(symlink("/etc/hostname", path_of(fixture, "b-stdout---mine-abcdef.log")),
	                 0);
	assert_int_equal(mkfifo(path_of(fixture, "c-stdout---mine-abcdef.log"), 0600), 0);
	autolog_clean(&fixture->daemon);
	assert_true(exists(fixture, "a-stdout---mine-abcdef.log"));
	assert_true(exists(fixture, "b-stdout---mine-abcdef.log"));
	assert_true(exists(fixture, "c-stdout---mine-abcdef.log"));
}

#define AUTOLOG_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    AUTOLOG_TEST(a_name_is_made_once_and_then_known),
	    AUTOLOG_TEST(a_name_that_cannot_be_made_is_told),
	    AUTOLOG_TEST(what_an_earlier_run_left_is_removed),
	    AUTOLOG_TEST(what_is_in_use_stays),
	    AUTOLOG_TEST(what_is_no_file_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
