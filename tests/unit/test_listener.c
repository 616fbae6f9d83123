/* fakes: fake_daemon fake_client fake_supervisor */
/* The socket: made, kept, healed, removed; and accepting when there is nothing left to accept with.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/api/listener.h"
#include "daemon/api/socket-file.h"
#include "daemon/base/clock.h"
#include "tests/unit/fake_daemon.h"

struct fixture {
	void *daemon;
	char base[64];
	char directory[80];
	char path[128];
	struct listener *listener;
	int made; /* how often a socket was made */
};

static void count_made(void *arg, int fd)
{
	struct fixture *fixture = arg;

	assert_true(fd >= 0);
	fixture->made++;
}

static struct listener *new_listener(struct fixture *fixture)
{
	struct fake_daemon *daemon = fixture->daemon;
	struct listener_options options = {.path = fixture->path,
	                                   .mode = 0700,
	                                   .uid = (uid_t)-1,
	                                   .gid = (gid_t)-1,
	                                   .made = count_made,
	                                   .made_arg = fixture};

	return listener_new(daemon->api, &options);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (!fixture || fake_daemon_setup(&fixture->daemon) < 0)
		return -1;
	snprintf(fixture->base, sizeof(fixture->base), "/tmp/test_listener.XXXXXX");
	if (!mkdtemp(fixture->base))
		return -1;
	snprintf(fixture->directory, sizeof(fixture->directory), "%s/run", fixture->base);
	snprintf(fixture->path, sizeof(fixture->path), "%s/sock", fixture->directory);
	fixture->listener = new_listener(fixture);
	*state = fixture;
	return fixture->listener ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;
	char lock[160];

	listener_free(fixture->listener);
	fake_daemon_teardown(&fixture->daemon);
	snprintf(lock, sizeof(lock), "%s.lock", fixture->path);
	unlink(lock);
	unlink(fixture->path);
	rmdir(fixture->directory);
	rmdir(fixture->base);
	free(fixture);
	return 0;
}

static struct loop *loop_of(const struct fixture *fixture)
{
	return ((struct fake_daemon *)fixture->daemon)->loop;
}

static int try_connect(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	memcpy(address.sun_path, path, strlen(path));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* True where somebody at the path answers a call. */
static bool is_served(struct fixture *fixture)
{
	struct client client;
	int fd = try_connect(fixture->path);

	if (fd < 0)
		return false;
	client_init(&client, loop_of(fixture), fd);
	client_call(&client, "org.muster.Manager.Cancel", "{}", "");
	client_expect(&client, "{'parameters':{}}");
	client_done(&client);
	client_settle(loop_of(fixture));
	return true;
}

static mode_t mode_of(const char *path)
{
	struct stat status;

	assert_int_equal(lstat(path, &status), 0);
	return status.st_mode & 07777;
}

static bool exists(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0;
}

/* Turns the loop until `made` sockets were made in all. */
static void await_made(struct fixture *fixture, int made)
{
	uint64_t deadline = clock_monotonic_usec() + CLIENT_DEADLINE_USEC;

	while (fixture->made < made && clock_monotonic_usec() < deadline)
		client_turn(loop_of(fixture));
	assert_int_equal(fixture->made, made);
}

static void a_socket_is_made_with_its_directory(void **state)
{
	struct fixture *fixture = *state;
	mode_t before = umask(022);

	assert_int_equal(listener_open(fixture->listener), 0);
	assert_int_equal(mode_of(fixture->path), 0700);
	assert_int_equal(mode_of(fixture->directory), geteuid() == 0 ? 0755 : 0700);
	assert_int_equal(umask(before), 022);
	assert_int_equal(fixture->made, 1);
	assert_true(is_served(fixture));
}

static void a_stale_socket_is_replaced(void **state)
{
	struct fixture *fixture = *state;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	mkdir(fixture->directory, 0700);
	memcpy(address.sun_path, fixture->path, strlen(fixture->path));
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	assert_int_equal(try_connect(fixture->path), -1);
	assert_int_equal(listener_open(fixture->listener), 0);
	assert_true(is_served(fixture));
}

static void a_live_socket_is_not_replaced(void **state)
{
	struct fixture *fixture = *state;
	char why[SOCKET_FILE_WHY_MAX] = "";
	char pid[32];
	struct socket_file second;
	int fd = -1;

	assert_int_equal(listener_open(fixture->listener), 0);
	socket_file_init(&second, fixture->path, 0700, (uid_t)-1, (gid_t)-1);
	assert_int_equal(socket_file_listen(&second, &fd, why), -EADDRINUSE);
	snprintf(pid, sizeof(pid), "pid %d ", (int)getppid());
	assert_non_null(strstr(why, pid));
	assert_non_null(strstr(why, fixture->path));
	socket_file_done(&second);
	assert_true(is_served(fixture));
}

/* Also one that knows nothing of the lock. */
static void a_stranger_s_live_socket_is_not_replaced(void **state)
{
	struct fixture *fixture = *state;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	mkdir(fixture->directory, 0700);
	memcpy(address.sun_path, fixture->path, strlen(fixture->path));
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 5), 0);
	assert_int_equal(listener_open(fixture->listener), -EADDRINUSE);
	assert_true(exists(fixture->path));
	close(fd);
}

static void what_is_no_socket_is_left_alone(void **state)
{
	struct fixture *fixture = *state;
	int fd;

	mkdir(fixture->directory, 0700);
	fd = open(fixture->path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(listener_open(fixture->listener), -ENOTSOCK);
	assert_true(exists(fixture->path));
}

static void a_long_path_is_told(void **state)
{
	char path[200] = "/tmp/";
	char why[SOCKET_FILE_WHY_MAX] = "";
	struct socket_file file;
	int fd;

	(void)state;
	memset(path + 5, 'x', sizeof(path) - 6);
	socket_file_init(&file, path, 0700, (uid_t)-1, (gid_t)-1);
	assert_int_equal(socket_file_listen(&file, &fd, why), -ENAMETOOLONG);
	assert_non_null(strstr(why, "107"));
	socket_file_done(&file);
}

static void a_deleted_socket_is_made_anew(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(listener_open(fixture->listener), 0);
	assert_int_equal(unlink(fixture->path), 0);
	await_made(fixture, 2);
	assert_true(is_served(fixture));
	assert_int_equal(unlink(fixture->path), 0);
	await_made(fixture, 3);
	assert_true(is_served(fixture));
}

static void connections_outlive_the_file(void **state)
{
	struct fixture *fixture = *state;
	struct client client;

	assert_int_equal(listener_open(fixture->listener), 0);
	client_init(&client, loop_of(fixture), try_connect(fixture->path));
	client_settle(loop_of(fixture));
	assert_int_equal(listener_count(fixture->listener), 1);
	assert_int_equal(unlink(fixture->path), 0);
	await_made(fixture, 2);
	client_call(&client, "org.muster.Manager.Cancel", "{}", "");
	client_expect(&client, "{'parameters':{}}");
	client_done(&client);
}

static void a_deleted_directory_is_made_anew(void **state)
{
	struct fixture *fixture = *state;
	char lock[160];

	snprintf(lock, sizeof(lock), "%s.lock", fixture->path);
	assert_int_equal(listener_open(fixture->listener), 0);
	/* twice, so that the new directory is seen to be watched too */
	for (int i = 2; i <= 3; i++) {
		unlink(lock);
		unlink(fixture->path);
		rmdir(fixture->directory);
		await_made(fixture, i);
		assert_true(is_served(fixture));
	}
}

/* What cannot be made anew at once is tried again. */
static void a_socket_comes_back_when_its_place_is_free(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(listener_open(fixture->listener), 0);
	assert_int_equal(unlink(fixture->path), 0);
	assert_int_equal(mkdir(fixture->path, 0700), 0);
	client_settle(loop_of(fixture));
	assert_int_equal(fixture->made, 1);
	assert_int_equal(rmdir(fixture->path), 0);
	await_made(fixture, 2);
	assert_true(is_served(fixture));
}

static void the_end_removes_only_what_is_ours(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(listener_open(fixture->listener), 0);
	listener_remove(fixture->listener);
	assert_false(exists(fixture->path));

	listener_free(fixture->listener);
	fixture->listener = new_listener(fixture);
	assert_int_equal(listener_open(fixture->listener), 0);
	assert_int_equal(unlink(fixture->path), 0);
	assert_int_equal(mkdir(fixture->path, 0700), 0);
	listener_remove(fixture->listener);
	assert_true(exists(fixture->path));
	rmdir(fixture->path);
}

static int keep_duplicate(struct fixture *fixture)
{
	struct sockaddr_un address;
	socklen_t size = sizeof(address);

	/* the guardian's store holds a duplicate; here it is found among our own descriptors */
	for (int fd = 3; fd < 256; fd++)
		if (getsockname(fd, (struct sockaddr *)&address, &size) == 0 && size > 2 &&
		    strcmp(address.sun_path, fixture->path) == 0)
			return fcntl(fd, F_DUPFD_CLOEXEC, 3);
		else
			size = sizeof(address);
	return -1;
}

static void the_next_engine_takes_the_socket_over(void **state)
{
	struct fixture *fixture = *state;
	ino_t before;
	struct stat status;
	int fd;

	assert_int_equal(listener_open(fixture->listener), 0);
	fd = keep_duplicate(fixture);
	assert_true(fd >= 0);
	assert_int_equal(lstat(fixture->path, &status), 0);
	before = status.st_ino;
	listener_free(fixture->listener);
	assert_true(exists(fixture->path));

	fixture->listener = new_listener(fixture);
	assert_int_equal(listener_adopt(fixture->listener, fd), 0);
	assert_int_equal(fixture->made, 1);
	assert_true(is_served(fixture));
	assert_int_equal(lstat(fixture->path, &status), 0);
	assert_int_equal(status.st_ino, before);
	/* it heals, and ends, as one of its own */
	assert_int_equal(unlink(fixture->path), 0);
	await_made(fixture, 2);
	assert_true(is_served(fixture));
	listener_remove(fixture->listener);
	assert_false(exists(fixture->path));
}

static void a_socket_that_was_deleted_before_is_made_anew(void **state)
{
	struct fixture *fixture = *state;
	int fd;

	assert_int_equal(listener_open(fixture->listener), 0);
	fd = keep_duplicate(fixture);
	listener_free(fixture->listener);
	assert_int_equal(unlink(fixture->path), 0);
	fixture->listener = new_listener(fixture);
	assert_int_equal(listener_adopt(fixture->listener, fd), 0);
	assert_int_equal(fixture->made, 2);
	assert_true(is_served(fixture));
}

/* Another took the place between two engines: that one is left alone, now and at the end. */
static void a_socket_of_another_is_not_adopted(void **state)
{
	struct fixture *fixture = *state;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int other = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int fd;

	assert_int_equal(listener_open(fixture->listener), 0);
	fd = keep_duplicate(fixture);
	listener_free(fixture->listener);
	assert_int_equal(unlink(fixture->path), 0);
	memcpy(address.sun_path, fixture->path, strlen(fixture->path));
	assert_int_equal(bind(other, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(other, 5), 0);
	fixture->listener = new_listener(fixture);
	assert_int_equal(listener_adopt(fixture->listener, fd), 0);
	client_settle(loop_of(fixture));
	assert_int_equal(fixture->made, 1);
	listener_remove(fixture->listener);
	assert_true(exists(fixture->path));
	close(other);
}

static uint64_t cpu_usec(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (uint64_t)usage.ru_utime.tv_sec * USEC_PER_SEC + (uint64_t)usage.ru_utime.tv_usec +
	       (uint64_t)usage.ru_stime.tv_sec * USEC_PER_SEC + (uint64_t)usage.ru_stime.tv_usec;
}

/* Without descriptors callers are turned away, those who are there are served, and no time burns.
 */
static void running_out_of_descriptors_is_survived(void **state)
{
	enum { CALLERS = 10 };
	struct fixture *fixture = *state;
	struct client client;
	struct rlimit limit;
	struct rlimit low;
	struct client callers[CALLERS];
	uint64_t cpu;

	assert_int_equal(listener_open(fixture->listener), 0);
	client_init(&client, loop_of(fixture), try_connect(fixture->path));
	client_settle(loop_of(fixture));
	for (int i = 0; i < CALLERS; i++)
		client_init(&callers[i], loop_of(fixture), try_connect(fixture->path));
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	low = (struct rlimit){.rlim_cur = 3, .rlim_max = limit.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	cpu = cpu_usec();
	client_settle(loop_of(fixture));
	client_call(&client, "org.muster.Manager.Cancel", "{}", "");
	client_expect(&client, "{'parameters':{}}");
	assert_true(cpu_usec() - cpu < USEC_PER_SEC);
	assert_int_equal(listener_count(fixture->listener), 1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	/* descriptors are back: within a second new callers are served again */
	assert_true(is_served(fixture));
	for (int i = 0; i < CALLERS; i++)
		client_done(&callers[i]);
	client_done(&client);
}

static void one_free_descriptor_turns_callers_away_at_once(void **state)
{
	struct fixture *fixture = *state;
	struct client callers[5];
	struct rlimit limit;
	struct rlimit low;
	int highest;

	assert_int_equal(listener_open(fixture->listener), 0);
	client_init(&callers[0], loop_of(fixture), try_connect(fixture->path));
	client_settle(loop_of(fixture)); /* the reserve is there by now */
	for (int i = 1; i < 5; i++)
		client_init(&callers[i], loop_of(fixture), try_connect(fixture->path));
	/* every number below the limit is taken but those that the reserve gives back */
	highest = dup(0);
	close(highest);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	low = (struct rlimit){.rlim_cur = (rlim_t)highest, .rlim_max = limit.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	for (int i = 1; i < 5; i++)
		assert_true(client_sees_end(&callers[i]));
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_true(is_served(fixture));
	for (int i = 0; i < 5; i++)
		client_done(&callers[i]);
}

static void a_thousand_connections_are_served(void **state)
{
	enum { MANY = 1000 };
	struct fixture *fixture = *state;
	struct client *clients = calloc(MANY, sizeof(*clients));
	struct rlimit limit;

	assert_non_null(clients);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur < MANY * 2 + 100)
		skip();
	assert_int_equal(listener_open(fixture->listener), 0);
	for (int i = 0; i < MANY; i++) {
		client_init(&clients[i], loop_of(fixture), try_connect(fixture->path));
		if (i % 100 == 0)
			client_settle(loop_of(fixture));
	}
	for (int i = 0; i < MANY; i++) {
		client_call(&clients[i], "org.muster.Manager.Cancel", "{}", "");
		client_expect(&clients[i], "{'parameters':{}}");
	}
	assert_int_equal(listener_count(fixture->listener), MANY);
	for (int i = 0; i < MANY; i++)
		client_done(&clients[i]);
	for (int i = 0; i < 100 && listener_count(fixture->listener) > 0; i++)
		client_settle(loop_of(fixture));
	assert_int_equal(listener_count(fixture->listener), 0);
	free(clients);
}

#define LISTENER_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    LISTENER_TEST(a_socket_is_made_with_its_directory),
	    LISTENER_TEST(a_stale_socket_is_replaced),
	    LISTENER_TEST(a_live_socket_is_not_replaced),
	    LISTENER_TEST(a_stranger_s_live_socket_is_not_replaced),
	    LISTENER_TEST(what_is_no_socket_is_left_alone),
	    cmocka_unit_test(a_long_path_is_told),
	    LISTENER_TEST(a_deleted_socket_is_made_anew),
	    LISTENER_TEST(connections_outlive_the_file),
	    LISTENER_TEST(a_deleted_directory_is_made_anew),
	    LISTENER_TEST(a_socket_comes_back_when_its_place_is_free),
	    LISTENER_TEST(the_end_removes_only_what_is_ours),
	    LISTENER_TEST(the_next_engine_takes_the_socket_over),
	    LISTENER_TEST(a_socket_that_was_deleted_before_is_made_anew),
	    LISTENER_TEST(a_socket_of_another_is_not_adopted),
	    LISTENER_TEST(running_out_of_descriptors_is_survived),
	    LISTENER_TEST(one_free_descriptor_turns_callers_away_at_once),
	    LISTENER_TEST(a_thousand_connections_are_served),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
