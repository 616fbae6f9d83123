/* fakes: fake_daemon fake_client fake_supervisor */
/* All connections together: who may have how many, and what strangers may send. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/proto.h"
#include "daemon/api/conn.h"
#include "daemon/api/conns.h"
#include "tests/unit/fake_daemon.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A user that neither is root nor runs the tests; some numbers behind it too. */
#define STRANGER 654321u

struct fixture {
	void *daemon;
	struct conns *conns;
};

/* Whom the kernel says that connections come from, in its stead. */
static uid_t caller;

int getsockopt(int fd, int level, int name, void *value, socklen_t *size)
{
	int ret = (int)syscall(SYS_getsockopt, fd, level, name, value, size);

	if (ret == 0 && level == SOL_SOCKET && name == SO_PEERCRED)
		((struct ucred *)value)->uid = caller;
	return ret;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	caller = geteuid();
	if (!f || fake_daemon_setup(&f->daemon) < 0)
		return -1;
	f->conns = conns_new(((struct fake_daemon *)f->daemon)->api, NULL, NULL);
	*state = f;
	return f->conns ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	conns_free(f->conns);
	fake_daemon_teardown(&f->daemon);
	free(f);
	return 0;
}

/* The other end, where the caller wants it. */
static int add(struct fixture *f, uid_t uid, int *ret_fd)
{
	int fds[2];
	int ret;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds),
	                 0);
	caller = uid;
	ret = conns_add(f->conns, fds[0]);
	if (ret_fd)
		*ret_fd = fds[1];
	else
		close(fds[1]);
	return ret;
}

static void a_stranger_may_have_few(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < CONNS_PER_GUEST_MAX; i++)
		assert_int_equal(add(f, STRANGER, NULL), 0);
	assert_int_equal(add(f, STRANGER, NULL), -EUSERS);
	assert_int_equal(add(f, STRANGER + 1, NULL), 0);
	for (unsigned i = 0; i < CONNS_PER_GUEST_MAX + 1; i++)
		assert_int_equal(add(f, geteuid(), NULL), 0);
	assert_int_equal(conns_count(f->conns), 2 * CONNS_PER_GUEST_MAX + 2);
}

/* Strangers, many together, cannot shut root or the daemon's own user out. */
static void some_are_kept_for_those_in_charge(void **state)
{
	struct fixture *f = *state;
	struct rlimit limit, high;
	unsigned i;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	high = (struct rlimit){.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
	if (limit.rlim_max < CONNS_MAX + 100)
		skip();
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &high), 0);
	for (i = 0; i < CONNS_MAX - CONNS_KEPT; i++)
		assert_int_equal(add(f, STRANGER + i / CONNS_PER_GUEST_MAX, NULL), 0);
	assert_int_equal(add(f, STRANGER + i, NULL), -EUSERS);
	for (i = 0; i < CONNS_KEPT; i++)
		assert_int_equal(add(f, i % 2 ? 0 : geteuid(), NULL), 0);
	assert_int_equal(add(f, 0, NULL), -EUSERS);
	conns_free(f->conns);
	f->conns = NULL;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* Sends so many bytes that are no whole message. True where that closed the connection. */
static bool is_closed_by(struct fixture *f, uid_t uid, size_t size)
{
	struct fake_daemon *daemon = f->daemon;
	struct client client;
	char *bytes = malloc(size);
	bool closed;
	int fd;

	assert_non_null(bytes);
	memset(bytes, 'x', size);
	assert_int_equal(add(f, uid, &fd), 0);
	client_init(&client, daemon->loop, fd);
	client_send(&client, bytes, size);
	closed = !client_is_silent(&client);
	client_done(&client);
	client_settle(daemon->loop);
	free(bytes);
	return closed;
}

static void a_stranger_may_say_little(void **state)
{
	struct fixture *f = *state;

	assert_false(is_closed_by(f, STRANGER, CONN_GUEST_MESSAGE_MAX));
	assert_true(is_closed_by(f, STRANGER, CONN_GUEST_MESSAGE_MAX + 1));
	assert_false(is_closed_by(f, geteuid(), PROTO_MESSAGE_MAX));
	assert_true(is_closed_by(f, geteuid(), PROTO_MESSAGE_MAX + 1));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_stranger_may_have_few),
	    TEST(some_are_kept_for_those_in_charge),
	    TEST(a_stranger_may_say_little),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
