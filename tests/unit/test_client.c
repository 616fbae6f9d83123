/* fakes: fake_server */
/* libmuster: calls, streams and pipelines, and servers that answer badly, late or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/muster.h"
#include "common/proto.h"
#include "tests/unit/fake_server.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PIPELINED 10000

/* Users that neither run the tests nor are root. */
#define SELF 654321u
#define STRANGER 654322u

/* Who the client is, and who serves, where a test has set them; else as the kernel says. */
static uid_t self;
static uid_t peer;

uid_t geteuid(void)
{
	return self ? self : (uid_t)syscall(SYS_geteuid);
}

int getsockopt(int fd, int level, int name, void *value, socklen_t *size)
{
	int ret = (int)syscall(SYS_getsockopt, fd, level, name, value, size);

	if (ret == 0 && self && level == SOL_SOCKET && name == SO_PEERCRED)
		((struct ucred *)value)->uid = peer;
	return ret;
}

static struct muster *connection(void **state)
{
	return ((struct server *)*state)->muster;
}

static void assert_echo(struct muster *muster, int n)
{
	json_t *reply = NULL;

	assert_int_equal(muster_call(muster, "test.Echo", json_pack("{s:i}", "n", n), &reply), 0);
	assert_int_equal(json_integer_value(json_object_get(reply, "n")), n);
	json_decref(reply);
}

static void test_call(void **state)
{
	struct muster *muster = connection(state);

	assert_echo(muster, 1);
	assert_echo(muster, 2);
	assert_int_equal(muster_call(muster, "test.Echo", NULL, NULL), 0);
	assert_true(muster_fd(muster) >= 0);
	assert_null(muster_error_name(muster));
	assert_null(muster_error_parameters(muster));
}

static void test_error(void **state)
{
	struct muster *muster = connection(state);
	json_t *reply = NULL;
	int ret;

	ret = muster_call(muster, "test.Error", json_pack("{s:s}", "name", "web"), &reply);
	assert_int_equal(ret, MUSTER_REFUSED);
	assert_null(reply);
	assert_string_equal(muster_error_name(muster), "org.muster.Process.NoSuchProcess");
	assert_string_equal(
	    json_string_value(json_object_get(muster_error_parameters(muster), "name")), "web");
	assert_string_equal(muster_strerror(muster, ret), "no such process: web");
	assert_echo(muster, 3);
	assert_null(muster_error_name(muster));
	assert_string_equal(muster_strerror(muster, MUSTER_REFUSED), "musterd refused the call");
	assert_string_equal(muster_strerror(NULL, -ETIMEDOUT), "musterd did not answer in time");
	assert_string_equal(muster_strerror(NULL, 0), "Success");
}

static void test_stream(void **state)
{
	struct muster *muster = connection(state);
	bool more = true;

	assert_int_equal(muster_call_more(muster, "test.Count", json_pack("{s:i}", "n", 1000)), 0);
	assert_int_equal(muster_call(muster, "test.Echo", json_object(), NULL), -EBUSY);
	assert_int_equal(muster_send(muster, "test.Echo", json_object()), -EBUSY);
	assert_int_equal(muster_call_more(muster, "test.Echo", json_object()), -EBUSY);
	assert_int_equal(muster_call_oneway(muster, "test.Nothing", NULL), 0);
	for (int i = 1; i <= 1000; i++) {
		json_t *reply = NULL;

		assert_true(more);
		assert_int_equal(muster_next(muster, &reply, &more), 0);
		assert_int_equal(json_integer_value(json_object_get(reply, "i")), i);
		json_decref(reply);
	}
	assert_false(more);
	assert_int_equal(muster_next(muster, NULL, NULL), -EINVAL);
	assert_echo(muster, 4);
}

static void test_stream_that_ends_with_an_error(void **state)
{
	struct muster *muster = connection(state);
	bool more = false;

	assert_int_equal(
	    muster_call_more(muster, "test.Count", json_pack("{s:i, s:b}", "n", 2, "error", 1)), 0);
	assert_int_equal(muster_next(muster, NULL, &more), 0);
	assert_true(more);
	assert_int_equal(muster_next(muster, NULL, &more), MUSTER_REFUSED);
	assert_string_equal(muster_error_name(muster), "test.Stopped");
	assert_echo(muster, 5);
}

static void test_oneway(void **state)
{
	struct muster *muster = connection(state);

	for (int i = 0; i < 100; i++)
		assert_int_equal(
		    muster_call_oneway(muster, "test.Echo", json_pack("{s:i}", "n", i)), 0);
	assert_echo(muster, 6);
}

/*
 * Some 10 MB each way, to a server that reads nothing while its replies are not read: this hangs
 * unless the client reads while it sends.
 */
static void test_pipelining(void **state)
{
	struct muster *muster = connection(state);
	char filler[1025];
	bool more = true;

	memset(filler, 'x', sizeof(filler));
	filler[1024] = '\0';
	for (int i = 0; i < PIPELINED; i++)
		assert_int_equal(muster_send(muster, i % 100 == 99 ? "test.Error" : "test.Echo",
		                             json_pack("{s:i, s:s}", "n", i, "filler", filler)),
		                 0);
	assert_int_equal(muster_call(muster, "test.Echo", NULL, NULL), -EBUSY);
	for (int i = 0; i < PIPELINED; i++) {
		json_t *reply = NULL, *parameters;
		int ret = muster_next(muster, &reply, &more);

		assert_int_equal(ret, i % 100 == 99 ? MUSTER_REFUSED : 0);
		parameters = ret == 0 ? reply : muster_error_parameters(muster);
		assert_int_equal(json_integer_value(json_object_get(parameters, "n")), i);
		if (ret == 0)
			assert_true(more);
		json_decref(reply);
	}
	assert_int_equal(muster_next(muster, NULL, &more), -EINVAL);
	assert_echo(muster, 7);
}

static void test_pipelining_of_small_calls(void **state)
{
	struct muster *muster = connection(state);
	bool more = true;

	for (int i = 0; i < PIPELINED; i++)
		assert_int_equal(muster_send(muster, "test.Echo", json_pack("{s:i}", "n", i)), 0);
	for (int i = 0; i < PIPELINED; i++) {
		assert_true(more);
		assert_int_equal(muster_next(muster, NULL, &more), 0);
	}
	assert_false(more);
}

static void test_a_server_that_hangs_up(void **state)
{
	struct muster *muster = connection(state);

	muster_set_repeat(muster, false);
	assert_int_equal(muster_call(muster, "test.HalfAndHangUp", NULL, NULL), -ECONNRESET);
	assert_int_equal(muster_call(muster, "test.Echo", json_object(), NULL), -ECONNRESET);
	assert_int_equal(muster_call_oneway(muster, "test.Echo", NULL), -ECONNRESET);
	assert_string_equal(muster_strerror(muster, -ECONNRESET), "musterd closed the connection");
}

/* The replies to what came before it went are still taken; what comes after is told. */
static void test_a_server_that_hangs_up_between_pipelined_calls(void **state)
{
	struct muster *muster = connection(state);

	muster_set_repeat(muster, false);
	for (int i = 0; i < 100; i++)
		assert_int_equal(muster_send(muster, "test.Echo", json_pack("{s:i}", "n", i)), 0);
	assert_int_equal(muster_send(muster, "test.HalfAndHangUp", NULL), 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(muster_send(muster, "test.Echo", json_pack("{s:i}", "n", i)), 0);
	for (int i = 0; i < 100; i++) {
		json_t *reply = NULL;

		assert_int_equal(muster_next(muster, &reply, NULL), 0);
		assert_int_equal(json_integer_value(json_object_get(reply, "n")), i);
		json_decref(reply);
	}
	assert_int_equal(muster_next(muster, NULL, NULL), -ECONNRESET);
}

static void test_a_server_that_was_gone_before(void **state)
{
	struct server *server = *state;
	int status;

	assert_int_equal(kill(server->pid, SIGKILL), 0);
	assert_int_equal(waitpid(server->pid, &status, 0), server->pid);
	server->pid = 0;
	muster_set_repeat(server->muster, false);
	assert_int_equal(muster_call_more(server->muster, "test.Count", NULL), 0);
	assert_int_equal(muster_next(server->muster, NULL, NULL), -ECONNRESET);
}

static void test_garbage(void **state)
{
	struct muster *muster = connection(state);

	assert_int_equal(muster_call(muster, "test.Garbage", NULL, NULL), -EBADMSG);
	assert_int_equal(muster_call(muster, "test.Echo", NULL, NULL), -EBADMSG);
}

static void test_a_reply_that_continues_where_none_may(void **state)
{
	assert_int_equal(muster_call(connection(state), "test.Continues", NULL, NULL), -EBADMSG);
}

static void test_a_pipelined_reply_that_continues(void **state)
{
	struct muster *muster = connection(state);

	assert_int_equal(muster_send(muster, "test.Continues", NULL), 0);
	assert_int_equal(muster_next(muster, NULL, NULL), -EBADMSG);
}

static void test_a_reply_in_pieces(void **state)
{
	struct muster *muster = connection(state);
	json_t *reply = NULL;

	muster_set_timeout(muster, SERVER_HANG_S * 1000);
	assert_int_equal(muster_call(muster, "test.ByteByByte", json_pack("{s:i}", "n", 8), &reply),
	                 0);
	assert_int_equal(json_integer_value(json_object_get(reply, "n")), 8);
	json_decref(reply);
}

static void test_a_large_reply(void **state)
{
	const size_t size = 900 * 1000;
	struct muster *muster = connection(state);
	char *text = malloc(size + 1);
	json_t *reply = NULL;

	assert_non_null(text);
	memset(text, 'x', size);
	text[size] = '\0';
	assert_int_equal(muster_call(muster, "test.Echo", json_pack("{s:s}", "x", text), &reply),
	                 0);
	assert_string_equal(json_string_value(json_object_get(reply, "x")), text);
	json_decref(reply);
	free(text);
}

static int64_t now_ms(void)
{
	struct timespec now;

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void test_timeout_and_a_late_reply(void **state)
{
	struct muster *muster = connection(state);
	int64_t begin = now_ms();

	muster_set_timeout(muster, 50);
	assert_int_equal(muster_call(muster, "test.Late", json_pack("{s:i}", "n", -1), NULL),
	                 -ETIMEDOUT);
	assert_true(now_ms() - begin >= 50);
	muster_set_timeout(muster, -1);
	assert_echo(muster, 9); /* not the reply to the call that was given up */
	assert_echo(muster, 10);
}

static void test_a_stream_is_looked_at_without_waiting(void **state)
{
	struct muster *muster = connection(state);
	struct pollfd poller = {.fd = muster_fd(muster), .events = POLLIN};
	json_t *reply = NULL;
	bool more = true;

	assert_int_equal(muster_call_more(muster, "test.Late", json_pack("{s:i}", "n", 11)), 0);
	muster_set_timeout(muster, 0);
	assert_int_equal(muster_next(muster, &reply, &more), -ETIMEDOUT);
	assert_int_equal(muster_next(muster, &reply, &more), -ETIMEDOUT);
	assert_int_equal(muster_call_oneway(muster, "test.Nothing", NULL), 0);
	assert_int_equal(poll(&poller, 1, SERVER_HANG_S * 1000), 1);
	assert_int_equal(muster_next(muster, &reply, &more), 0);
	assert_int_equal(json_integer_value(json_object_get(reply, "n")), 11);
	assert_false(more);
	json_decref(reply);
}

/* A server that reads nothing: sending ends in time too. */
static void test_timeout_while_sending(void **state)
{
	struct server *server = *state;
	char *text = malloc(900 * 1000);
	int ret = 0;

	assert_non_null(text);
	memset(text, 'x', 900 * 1000 - 1);
	text[900 * 1000 - 1] = '\0';
	assert_int_equal(kill(server->pid, SIGSTOP), 0);
	muster_set_timeout(server->muster, 50);
	for (int i = 0; i < 10 && ret == 0; i++)
		ret = muster_send(server->muster, "test.Echo", json_pack("{s:s}", "x", text));
	assert_int_equal(ret, -ETIMEDOUT);
	assert_int_equal(muster_call_oneway(server->muster, "test.Nothing", NULL), -ETIMEDOUT);
	assert_int_equal(kill(server->pid, SIGCONT), 0);
	muster_set_timeout(server->muster, SERVER_HANG_S * 1000);
	assert_int_equal(muster_next(server->muster, NULL, NULL), 0);
	free(text);
}

static void test_a_stream_that_could_not_be_asked_for_in_time(void **state)
{
	struct server *server = *state;
	char *text = malloc(900 * 1000);

	assert_non_null(text);
	memset(text, 'x', 900 * 1000 - 1);
	text[900 * 1000 - 1] = '\0';
	assert_int_equal(kill(server->pid, SIGSTOP), 0);
	muster_set_timeout(server->muster, 50);
	assert_int_equal(muster_call_more(server->muster, "test.Count",
	                                  json_pack("{s:i, s:s}", "n", 3, "x", text)),
	                 -ETIMEDOUT);
	assert_int_equal(kill(server->pid, SIGCONT), 0);
	muster_set_timeout(server->muster, -1);
	assert_echo(server->muster, 12); /* its three replies are dropped */
	free(text);
}

/* A call that would be waited for for ever ends when it is given up: others have their turn. */
static void test_a_wait_that_was_given_up(void **state)
{
	struct muster *muster = connection(state);

	muster_set_timeout(muster, 50);
	for (int i = 0; i < 3; i++)
		assert_int_equal(muster_call(muster, "test.UntilCancelled", NULL, NULL),
		                 -ETIMEDOUT);
	muster_set_timeout(muster, SERVER_HANG_S * 100);
	assert_echo(muster, 14);
}

static void test_a_stream_that_was_given_up(void **state)
{
	struct server *server = *state;
	char *text = malloc(900 * 1000);

	assert_non_null(text);
	memset(text, 'x', 900 * 1000 - 1);
	text[900 * 1000 - 1] = '\0';
	assert_int_equal(kill(server->pid, SIGSTOP), 0);
	muster_set_timeout(server->muster, 50);
	assert_int_equal(
	    muster_call_more(server->muster, "test.UntilCancelled", json_pack("{s:s}", "x", text)),
	    -ETIMEDOUT);
	assert_int_equal(kill(server->pid, SIGCONT), 0);
	muster_set_timeout(server->muster, SERVER_HANG_S * 100);
	assert_echo(server->muster, 15);
	free(text);
}

static void test_no_name(void **state)
{
	struct muster *muster = connection(state);
	bool alive;

	assert_int_equal(muster_call(muster, NULL, NULL, NULL), -EINVAL);
	assert_int_equal(muster_call_more(muster, NULL, NULL), -EINVAL);
	assert_int_equal(muster_call_oneway(muster, NULL, NULL), -EINVAL);
	assert_int_equal(muster_send(muster, NULL, NULL), -EINVAL);
	assert_int_equal(muster_process_is_alive(muster, NULL, &alive), -EINVAL);
	assert_int_equal(muster_process_kill(muster, NULL), -EINVAL);
	assert_echo(muster, 16);
}

static void test_calls_that_cannot_be_sent(void **state)
{
	struct muster *muster = connection(state);
	char *text = malloc(PROTO_MESSAGE_MAX);

	assert_non_null(text);
	memset(text, 'x', PROTO_MESSAGE_MAX - 1);
	text[PROTO_MESSAGE_MAX - 1] = '\0';
	assert_int_equal(muster_call(muster, "test.Echo", json_pack("{s:s}", "x", text), NULL),
	                 -EMSGSIZE);
	assert_int_equal(muster_call(muster, "test.Echo", json_array(), NULL), -EINVAL);
	assert_int_equal(muster_call(muster, "test.\xff", NULL, NULL), -EINVAL);
	assert_int_equal(muster_call_more(muster, "test.Echo", json_true()), -EINVAL);
	assert_int_equal(muster_call_oneway(muster, "test.Echo", json_true()), -EINVAL);
	assert_int_equal(muster_send(muster, "test.Echo", json_true()), -EINVAL);
	assert_echo(muster, 13);
	free(text);
}

static void test_where_nobody_listens(void **state)
{
	struct server *server = *state;
	struct muster *muster = NULL;
	char address[200];
	int fd;

	assert_int_equal(muster_connect(server->path, &muster), -ENOENT);
	assert_int_equal(muster_connect("", &muster), -ENOENT);
	memset(address, 'x', sizeof(address));
	address[sizeof(address) - 1] = '\0';
	assert_int_equal(muster_connect(address, &muster), -ENAMETOOLONG);
	fd = server_listen(server);
	assert_true(fd >= 0);
	(void)snprintf(address, sizeof(address), "unix:%s", server->path);
	assert_int_equal(muster_connect(address, &muster), 0);
	muster_close(muster);
	muster = NULL;
	close(fd);
	assert_int_equal(muster_connect(address, &muster), -ECONNREFUSED);
	assert_null(muster);
	muster_close(NULL);
}

static void test_where_a_client_connects_to(void **state)
{
	char *path = muster_socket_path("unix:/x/y");

	(void)state;
	assert_string_equal(path, "/x/y");
	free(path);
}

/* Both ends at once: whom the socket is served by, and where it is. */
static int connect_to(const char *address, uid_t by)
{
	struct muster *muster = NULL;
	int ret;

	self = SELF;
	peer = by;
	ret = muster_connect(address, &muster);
	self = 0;
	muster_close(muster);
	return ret;
}

/* At the default place anybody may have been first; a place that was named is one's own choice. */
static void test_who_serves_at_the_default_place(void **state)
{
	struct server *server = *state;
	char directory[80], path[100];
	int fd = server_listen(server);

	assert_true(fd >= 0);
	(void)snprintf(directory, sizeof(directory), "%s/muster", server->directory);
	(void)snprintf(path, sizeof(path), "%s/musterd.sock", directory);
	assert_int_equal(mkdir(directory, 0700), 0);
	assert_int_equal(symlink(server->path, path), 0);
	assert_int_equal(setenv("XDG_RUNTIME_DIR", server->directory, 1), 0);
	assert_int_equal(unsetenv("MUSTER_SOCKET"), 0);
	assert_int_equal(connect_to(NULL, SELF), 0);
	assert_int_equal(connect_to(NULL, 0), 0);
	assert_int_equal(connect_to(NULL, STRANGER), -EPERM);
	assert_non_null(strstr(muster_strerror(NULL, -EPERM), "another user"));
	assert_int_equal(connect_to(server->path, STRANGER), 0);
	assert_int_equal(setenv("MUSTER_SOCKET", server->path, 1), 0);
	assert_int_equal(connect_to(NULL, STRANGER), 0);
	assert_int_equal(unsetenv("MUSTER_SOCKET"), 0);
	assert_int_equal(unsetenv("XDG_RUNTIME_DIR"), 0);
	close(fd);
	unlink(path);
	rmdir(directory);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, server_setup, server_teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_call),
	    TEST(test_error),
	    TEST(test_stream),
	    TEST(test_stream_that_ends_with_an_error),
	    TEST(test_oneway),
	    TEST(test_pipelining),
	    TEST(test_pipelining_of_small_calls),
	    TEST(test_a_server_that_hangs_up),
	    TEST(test_a_server_that_hangs_up_between_pipelined_calls),
	    TEST(test_a_server_that_was_gone_before),
	    TEST(test_garbage),
	    TEST(test_a_reply_that_continues_where_none_may),
	    TEST(test_a_pipelined_reply_that_continues),
	    TEST(test_a_reply_in_pieces),
	    TEST(test_a_large_reply),
	    TEST(test_timeout_and_a_late_reply),
	    TEST(test_a_stream_is_looked_at_without_waiting),
	    TEST(test_timeout_while_sending),
	    TEST(test_a_stream_that_could_not_be_asked_for_in_time),
	    TEST(test_calls_that_cannot_be_sent),
	    TEST(test_a_wait_that_was_given_up),
	    TEST(test_a_stream_that_was_given_up),
	    TEST(test_no_name),
	    cmocka_unit_test_setup_teardown(test_where_nobody_listens, server_setup_path,
	                                    server_teardown),
	    TEST(test_where_a_client_connects_to),
	    cmocka_unit_test_setup_teardown(test_who_serves_at_the_default_place, server_setup_path,
	                                    server_teardown),
	};

	alarm(SERVER_HANG_S);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
