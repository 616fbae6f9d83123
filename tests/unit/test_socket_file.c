/* The place of the socket: a directory and a lock that nobody else can turn against us. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/api/socket-file.h"

/* A user that does not run the tests. */
#define STRANGER 654321u

struct fixture {
	char base[64];
	char directory[80];
	char path[128];
	char lock[160];
	char why[SOCKET_FILE_WHY_MAX];
};

/* Who the daemon is to take itself for; 0 is who it is. */
static uid_t pretended;

uid_t geteuid(void)
{
	return pretended ? pretended : (uid_t)syscall(SYS_geteuid);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (!fixture)
		return -1;
	snprintf(fixture->base, sizeof(fixture->base), "/tmp/test_socket_file.XXXXXX");
	if (!mkdtemp(fixture->base))
		return -1;
	snprintf(fixture->directory, sizeof(fixture->directory), "%s/run", fixture->base);
	snprintf(fixture->path, sizeof(fixture->path), "%s/sock", fixture->directory);
	snprintf(fixture->lock, sizeof(fixture->lock), "%s.lock", fixture->path);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	pretended = 0;
	unlink(fixture->lock);
	unlink(fixture->path);
	rmdir(fixture->directory);
	rmdir(fixture->base);
	free(fixture);
	return 0;
}

/* Listens at the path for a moment; 0, or why not. */
static int open_at(struct fixture *fixture, const char *path)
{
	struct socket_file file;
	int fd;
	int ret;

	socket_file_init(&file, path, 0700, (uid_t)-1, (gid_t)-1);
	ret = socket_file_listen(&file, &fd, fixture->why);
	if (ret == 0) {
		assert_true(socket_file_is_ours(&file));
		close(fd);
		socket_file_remove(&file);
	}
	socket_file_done(&file);
	return ret;
}

static int open_socket(struct fixture *fixture)
{
	return open_at(fixture, fixture->path);
}

static bool exists(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0;
}

static void make_file(const char *path, uid_t owner)
{
	int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fchown(fd, owner, (gid_t)-1), 0);
	close(fd);
}

/* Who may write to the directory may put another socket in our place. */
static void a_directory_that_others_may_write_to_is_refused(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(mkdir(fixture->directory, 0700), 0);
	assert_int_equal(chmod(fixture->directory, 0777), 0);
	assert_int_equal(open_socket(fixture), -EPERM);
	assert_non_null(strstr(fixture->why, fixture->directory));
	assert_false(exists(fixture->path));
	if (geteuid() == 0) {
		assert_int_equal(chown(fixture->directory, 0, STRANGER), 0);
		assert_int_equal(chmod(fixture->directory, 0775), 0);
		assert_int_equal(open_socket(fixture), -EPERM);
	}
	assert_int_equal(chown(fixture->directory, geteuid(), getegid()), 0);
	assert_int_equal(chmod(fixture->directory, 0775), 0);
	assert_int_equal(open_socket(fixture), 0);
}

/* As in /tmp: others may add files there, and remove none of ours. */
static void a_sticky_directory_will_do(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(mkdir(fixture->directory, 0700), 0);
	assert_int_equal(chmod(fixture->directory, 01777), 0);
	assert_int_equal(open_socket(fixture), 0);
}

static void a_lock_that_is_another_user_s_is_refused(void **state)
{
	struct fixture *fixture = *state;

	if (geteuid() != 0)
		skip();
	assert_int_equal(mkdir(fixture->directory, 0700), 0);
	make_file(fixture->lock, STRANGER);
	assert_int_equal(open_socket(fixture), -EPERM);
	assert_non_null(strstr(fixture->why, fixture->lock));
}

static void a_lock_that_is_no_file_is_refused(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(mkdir(fixture->directory, 0700), 0);
	assert_int_equal(symlink("/dev/null", fixture->lock), 0);
	assert_true(open_socket(fixture) < 0);
	assert_int_equal(unlink(fixture->lock), 0);
	assert_int_equal(mkfifo(fixture->lock, 0600), 0);
	assert_int_equal(open_socket(fixture), -EPERM);
}

/* A link is as good as who could turn it elsewhere. */
static void a_link_of_one_s_own_will_do(void **state)
{
	struct fixture *fixture = *state;
	char link[96], path[128], lock[160];

	snprintf(link, sizeof(link), "%s/link", fixture->base);
	snprintf(path, sizeof(path), "%s/sock", link);
	snprintf(lock, sizeof(lock), "%s.lock", path);
	assert_int_equal(mkdir(fixture->directory, 0700), 0);
	assert_int_equal(symlink(fixture->directory, link), 0);
	assert_int_equal(open_at(fixture, path), 0);
	if (geteuid() == 0) {
		assert_int_equal(lchown(link, STRANGER, (gid_t)-1), 0);
		assert_int_equal(open_at(fixture, path), -EPERM);
	}
	assert_int_equal(unlink(link), 0);
}

/* In /tmp/muster-UID, where anybody may have been first: nobody else's, for nobody else, no link.
 */
static void the_directory_of_last_resort_is_looked_at_closely(void **state)
{
	struct fixture *fixture = *state;
	char directory[64], path[96], lock[128];

	pretended = geteuid() == 0 ? STRANGER : geteuid();
	snprintf(directory, sizeof(directory), "/tmp/muster-%u", (unsigned)pretended);
	snprintf(path, sizeof(path), "%s/musterd.sock", directory);
	snprintf(lock, sizeof(lock), "%s.lock", path);
	if (exists(directory))
		skip();
	assert_int_equal(mkdir(fixture->directory, 0700), 0);
	assert_int_equal(chown(fixture->directory, pretended, (gid_t)-1), 0);
	assert_int_equal(symlink(fixture->directory, directory), 0);
	assert_int_equal(lchown(directory, pretended, (gid_t)-1), 0);
	assert_int_equal(open_at(fixture, path), -EPERM);
	assert_non_null(strstr(fixture->why, directory));
	assert_int_equal(unlink(directory), 0);
	assert_int_equal(mkdir(directory, 0700), 0);
	assert_int_equal(chown(directory, pretended, (gid_t)-1), 0);
	assert_int_equal(chmod(directory, 0755), 0);
	assert_int_equal(open_at(fixture, path), -EPERM);
	assert_int_equal(chmod(directory, 0700), 0);
	make_file(lock, pretended);
	assert_int_equal(open_at(fixture, path), 0);
	assert_int_equal(unlink(lock), 0);
	assert_int_equal(rmdir(directory), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_directory_that_others_may_write_to_is_refused),
	    TEST(a_sticky_directory_will_do),
	    TEST(a_lock_that_is_another_user_s_is_refused),
	    TEST(a_lock_that_is_no_file_is_refused),
	    TEST(a_link_of_one_s_own_will_do),
	    TEST(the_directory_of_last_resort_is_looked_at_closely),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
