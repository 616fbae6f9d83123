/* fakes: fake_guardian */
/* The guardian: engines that hang, clients that knock, a service manager that wants signs of life.
 */
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/guardian/ledger.h"
#include "daemon/guardian/pulse.h"
#include "daemon/guardian/store.h"
#include "tests/unit/fake_guardian.h"
#include "tests/unit/wait.h"

#define SOCKET_NAME "muster-test-knock" /* in the abstract space, with the test's pid */

static struct sockaddr_un address_of(pid_t pid, const char *name, socklen_t *ret_size)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int n =
	    snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "%s-%d", name, (int)pid);

	*ret_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
	return address;
}

static int hang(void)
{
	while (pause() < 0)
		continue;
	return 1;
}

/* The first engine takes nothing of what comes; the second takes what was left. */
static int hangs(const struct handoff *handoff, struct shared *shared, int start)
{
	if (start > 0) {
		engine_take_many(handoff, shared, 1);
		return engine_end_daemon(handoff, 0);
	}
	atomic_store(&handoff->ledger->header->silence_msec, 50);
	atomic_store(&handoff->ledger->header->engine_begun, 1);
	shared->mark = 1;
	return hang();
}

static void an_engine_that_takes_nothing_is_replaced(void **state)
{
	struct fake_guardian *fixture = *state;

	fake_guardian_start(fixture, hangs);
	assert_true(wait_until(fake_guardian_is_marked, fixture->shared));
	assert_int_equal(kill(fixture->guardian, SIGHUP), 0);
	fake_guardian_expect_end(fixture, 0);
	assert_int_equal(fixture->shared->starts, 2);
	assert_int_equal(fixture->shared->reason[1], REASON_HANG);
	assert_int_equal(WTERMSIG(fixture->shared->end_before[1]), SIGKILL);
	assert_int_equal(fixture->shared->notices[0].type, CHANNEL_SIGNAL);
	assert_int_equal(fixture->shared->notices[0].status, SIGHUP);
}

static int listens(const struct handoff *handoff, struct shared *shared, int start)
{
	const uint32_t slot = STORE_SOCKET;
	socklen_t size;
	struct sockaddr_un address = address_of(handoff->guardian_pid, SOCKET_NAME, &size);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)start;
	if (bind(fd, (struct sockaddr *)&address, size) < 0 || listen(fd, 5) < 0 ||
	    channel_send_keep(handoff->channel, &slot, &fd, 1) < 0)
		return engine_end_daemon(handoff, 1);
	shared->mark = 1;
	engine_take_many(handoff, shared, 1);
	return engine_end_daemon(handoff, 0);
}

static void a_client_that_knocks_is_a_reason_to_ask(void **state)
{
	struct fake_guardian *fixture = *state;
	struct sockaddr_un address;
	socklen_t size;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	fake_guardian_start(fixture, listens);
	assert_true(wait_until(fake_guardian_is_marked, fixture->shared));
	address = address_of(fixture->guardian, SOCKET_NAME, &size);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, size), 0);
	fake_guardian_expect_end(fixture, 0);
	assert_int_equal(fixture->shared->notices[0].type, CHANNEL_PING);
	close(fd);
}

/* Takes three pings, then none. */
static int answers_thrice(const struct handoff *handoff, struct shared *shared, int start)
{
	(void)start;
	engine_take_many(handoff, shared, 3);
	shared->mark = 1;
	return hang();
}

static bool has_message(void *arg)
{
	struct pollfd messages = {.fd = *(int *)arg, .events = POLLIN};

	return poll(&messages, 1, 0) == 1;
}

static void the_watchdog_is_fed_while_the_engine_answers(void **state)
{
	struct fake_guardian *fixture = *state;
	int manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char path[128], text[32];
	socklen_t size;
	struct sockaddr_un address = address_of(getpid(), "muster-test-watchdog", &size);
	int fed = 0;

	assert_int_equal(bind(manager, (struct sockaddr *)&address, size), 0);
	snprintf(path, sizeof(path), "@%s", address.sun_path + 1);
	setenv("NOTIFY_SOCKET", path, 1);
	setenv("WATCHDOG_USEC", "60000", 1);
	fake_guardian_start(fixture, answers_thrice);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	assert_true(wait_until(fake_guardian_is_marked, fixture->shared));
	assert_true(wait_until(has_message, &manager));
	/* The fourth ping stays where it is: from then on nothing is said. What was said before
	 * that is bounded, and then comes a long silence. */
	while (poll(&(struct pollfd){.fd = manager, .events = POLLIN}, 1, 500) == 1) {
		ssize_t n = recv(manager, text, sizeof(text) - 1, 0);
		assert_true(n > 0);
		text[n] = '\0';
		assert_string_equal(text, "WATCHDOG=1");
		assert_true(++fed <= 5);
	}
	assert_true(fed >= 2);
	close(manager);
}

#define GUARDIAN_TEST(name) \
	cmocka_unit_test_setup_teardown(name, fake_guardian_setup, fake_guardian_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    GUARDIAN_TEST(an_engine_that_takes_nothing_is_replaced),
	    GUARDIAN_TEST(a_client_that_knocks_is_a_reason_to_ask),
	    GUARDIAN_TEST(the_watchdog_is_fed_while_the_engine_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
