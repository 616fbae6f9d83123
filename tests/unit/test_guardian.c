/* fakes: fake_guardian */
/* The guardian: what it keeps, forwards and starts again while engines die at every point. */
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/log.h"
#include "daemon/guardian/ledger.h"
#include "daemon/guardian/store.h"
#include "tests/unit/fake_guardian.h"
#include "tests/unit/wait.h"

#define NOBODY 65534

static int keeps_a_pipe(const struct handoff *handoff, struct shared *shared, int start)
{
	const uint32_t slots[] = {STORE_CONFIG, STORE_SOCKET};
	int ends[2];
	ssize_t n;

	if (start == 0) {
		if (pipe2(ends, O_CLOEXEC) < 0 || write(ends[1], "kept", 4) != 4 ||
		    channel_send_keep(handoff->channel, slots, ends, 2) < 0)
			return 1;
		return engine_die();
	}
	if (start == 1) {
		n = read(store_get(handoff->store, STORE_CONFIG), shared->text, 4);
		if (n != 4 || write(store_get(handoff->store, STORE_SOCKET), "more", 4) != 4)
			return engine_end_daemon(handoff, 1);
		(void)channel_send_drop(handoff->channel, &slots[1], 1);
		return engine_die();
	}
	/* The writing end is closed everywhere: what is left, and then the end. */
	if (store_get(handoff->store, STORE_SOCKET) >= 0)
		return engine_end_daemon(handoff, 2);
	n = read(store_get(handoff->store, STORE_CONFIG), shared->text + 4, 8);
	shared->mark =
	    (int)n + (int)read(store_get(handoff->store, STORE_CONFIG), shared->text + 8, 1);
	return engine_end_daemon(handoff, 0);
}

static void descriptors_outlive_the_engine_that_stored_them(void **state)
{
	struct fake_guardian *fixture = *state;

	fake_guardian_start(fixture, keeps_a_pipe);
	fake_guardian_expect_end(fixture, 0);
	assert_string_equal(fixture->shared->text, "keptmore");
	assert_int_equal(fixture->shared->mark, 4);
	assert_int_equal(fixture->shared->starts, 3);
}

static int reloads_then_crashes(const struct handoff *handoff, struct shared *shared, int start)
{
	if (start == 0)
		return 0; /* asks for another one */
	if (start == 1)
		return 3;
	if (start == 2)
		return engine_die();
	shared->mark = (int)atomic_load(&handoff->ledger->header->engine_starts);
	return engine_end_daemon(handoff, 0);
}

static void each_engine_knows_how_the_one_before_ended(void **state)
{
	struct fake_guardian *fixture = *state;
	const struct shared *shared = fixture->shared;

	fake_guardian_start(fixture, reloads_then_crashes);
	fake_guardian_expect_end(fixture, 0);
	assert_int_equal(shared->reason[0], REASON_START);
	assert_int_equal(shared->reason[1], REASON_RELOAD);
	assert_int_equal(shared->reason[2], REASON_CRASH);
	assert_int_equal(shared->reason[3], REASON_CRASH);
	assert_int_equal(shared->end_before[1], 0);
	assert_int_equal(WEXITSTATUS(shared->end_before[2]), 3);
	assert_int_equal(WTERMSIG(shared->end_before[3]), SIGKILL);
	assert_int_equal(shared->mark, 4);
}

static int dies_young(const struct handoff *handoff, struct shared *shared, int start)
{
	(void)shared;
	return start < 4 ? engine_die() : engine_end_daemon(handoff, 0);
}

static void engines_that_die_young_get_longer_and_longer_pauses(void **state)
{
	static const int64_t at_least_msec[] = {0, 100, 200, 400};
	struct fake_guardian *fixture = *state;
	const int64_t *started = fixture->shared->started_msec;

	fake_guardian_start(fixture, dies_young);
	fake_guardian_expect_end(fixture, 0);
	assert_int_equal(fixture->shared->starts, 5);
	for (int i = 0; i < 4; i++)
		assert_true(started[i + 1] - started[i] >= at_least_msec[i]);
}

#define SIGNAL_COUNT 10

static int waits_for_signals(const struct handoff *handoff, struct shared *shared, int start)
{
	(void)start;
	shared->mark = 1;
	engine_take_many(handoff, shared, SIGNAL_COUNT);
	return engine_end_daemon(handoff, 0);
}

static void signals_go_to_the_engine(void **state)
{
	const int signals[SIGNAL_COUNT] = {SIGTERM, SIGINT, SIGQUIT,  SIGHUP,  SIGUSR1,
	                                   SIGUSR2, SIGPWR, SIGWINCH, SIGALRM, SIGRTMIN + 3};
	struct fake_guardian *fixture = *state;
	uint64_t seen = 0;

	fake_guardian_start(fixture, waits_for_signals);
	assert_true(wait_until(fake_guardian_is_marked, fixture->shared));
	for (size_t i = 0; i < SIGNAL_COUNT; i++)
		assert_int_equal(kill(fixture->guardian, signals[i]), 0);
	fake_guardian_expect_end(fixture, 0);
	for (size_t i = 0; i < SIGNAL_COUNT; i++) {
		assert_int_equal(fixture->shared->notices[i].type, CHANNEL_SIGNAL);
		seen |= 1ull << fixture->shared->notices[i].status;
	}
	for (size_t i = 0; i < SIGNAL_COUNT; i++)
		assert_true(seen & (1ull << signals[i]));
}

static int wait_at_gate(const struct handoff *handoff, struct shared *shared)
{
	(void)handoff;
	while (!atomic_load(&shared->gate))
		sched_yield();
	return 0;
}

/* A child of the first engine holds the fence; the second sees it, and sees it fall. */
static int fence(const struct handoff *handoff, struct shared *shared, int start)
{
	struct pollfd before = {.fd = handoff->fence_before, .events = POLLIN};

	if (start == 0) {
		if (handoff->fence_before >= 0)
			return engine_end_daemon(handoff, 1);
		engine_spawn(&(struct child_order){handoff, shared, wait_at_gate, 0});
		return engine_die();
	}
	if (poll(&before, 1, 0) != 0)
		return engine_end_daemon(handoff, 2);
	atomic_store(&shared->gate, 1);
	return engine_end_daemon(handoff, poll(&before, 1, WAIT_SECONDS * 1000) == 1 ? 0 : 3);
}

static void the_fence_falls_with_the_last_child_on_its_way(void **state)
{
	struct fake_guardian *fixture = *state;

	fake_guardian_start(fixture, fence);
	fake_guardian_expect_end(fixture, 0);
}

static int watches_guardian(const struct handoff *handoff, struct shared *shared, int start)
{
	struct pollfd guardian = {.fd = handoff->guardian_pidfd, .events = POLLIN};

	(void)start;
	prctl(PR_SET_PDEATHSIG, 0);
	shared->gate = getppid() == handoff->guardian_pid && poll(&guardian, 1, 0) == 0;
	shared->mark = 1;
	shared->mark += poll(&guardian, 1, WAIT_SECONDS * 1000) == 1;
	_exit(0);
}

static bool is_orphaned(void *arg)
{
	return atomic_load(&((struct shared *)arg)->mark) == 2;
}

static void the_engine_sees_the_guardian_die(void **state)
{
	struct fake_guardian *fixture = *state;

	fake_guardian_start(fixture, watches_guardian);
	assert_true(wait_until(fake_guardian_is_marked, fixture->shared));
	assert_int_equal(fixture->shared->gate, 1);
	assert_int_equal(kill(fixture->guardian, SIGKILL), 0);
	assert_true(wait_until(is_orphaned, fixture->shared));
}

static int tells_limits(const struct handoff *handoff, struct shared *shared, int start)
{
	struct rlimit now;

	(void)start;
	if (getrlimit(RLIMIT_NOFILE, &now) < 0)
		return engine_end_daemon(handoff, 1);
	shared->files_before = handoff->files_before;
	shared->files_now = now.rlim_cur;
	return engine_end_daemon(handoff, 0);
}

static void the_limit_of_files_is_raised_and_remembered(void **state)
{
	struct fake_guardian *fixture = *state;
	struct rlimit before, lower;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	lower = before;
	lower.rlim_cur = 200;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &lower), 0);
	fake_guardian_start(fixture, tells_limits);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	fake_guardian_expect_end(fixture, 0);
	assert_int_equal(fixture->shared->files_before, 200);
	assert_int_equal(fixture->shared->files_now, before.rlim_max);
}

static void a_guardian_that_cannot_begin_says_so(void **state)
{
	struct fake_guardian *fixture = *state;
	struct rlimit none = {3, 3};

	fflush(NULL);
	fixture->guardian = fork();
	if (fixture->guardian == 0) {
		log_set_sink(fake_guardian_count_complaint, fixture->shared);
		setrlimit(RLIMIT_NOFILE, &none);
		_exit(fake_guardian_become(fixture->shared));
	}
	fake_guardian_expect_end(fixture, 70);
	assert_int_equal(fixture->shared->starts, 0);
}

static bool has_complained(void *arg)
{
	return atomic_load(&((struct shared *)arg)->complaints) > 0;
}

static int second_engine_ends(const struct handoff *handoff, struct shared *shared, int start)
{
	shared->mark = start + 1;
	if (start == 0)
		pause();
	return engine_end_daemon(handoff, 0);
}

/* No descriptors for a while: the guardian tries again, and has not forgotten how. */
static void an_engine_that_cannot_be_started_is_tried_again(void **state)
{
	struct fake_guardian *fixture = *state;
	struct rlimit before, none = {0};

	fake_guardian_start(fixture, second_engine_ends);
	assert_true(wait_until(fake_guardian_is_marked, fixture->shared));
	assert_int_equal(prlimit(fixture->guardian, RLIMIT_NOFILE, NULL, &before), 0);
	none.rlim_max = before.rlim_max;
	assert_int_equal(prlimit(fixture->guardian, RLIMIT_NOFILE, &none, NULL), 0);
	assert_int_equal(kill(fixture->shared->engine_pid, SIGKILL), 0);
	assert_true(wait_until(has_complained, fixture->shared));
	assert_int_equal(fixture->shared->starts, 1);
	assert_int_equal(prlimit(fixture->guardian, RLIMIT_NOFILE, &before, NULL), 0);
	fake_guardian_expect_end(fixture, 0);
	assert_int_equal(fixture->shared->starts, 2);
}

/* No processes for a while; root has no such limit, so this is nobody's. */
static void an_engine_that_cannot_be_forked_is_tried_again(void **state)
{
	struct fake_guardian *fixture = *state;
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_NPROC, &limit), 0);
	fixture->shared->run = second_engine_ends;
	fixture->shared->processes_again = limit.rlim_max;
	atomic_store(&fixture->shared->starts, 1);
	fflush(NULL);
	fixture->guardian = fork();
	if (fixture->guardian == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		log_set_sink(fake_guardian_count_complaint, fixture->shared);
		if (geteuid() == 0 && setresuid(NOBODY, NOBODY, NOBODY) < 0)
			_exit(99);
		limit.rlim_cur = 0;
		if (setrlimit(RLIMIT_NPROC, &limit) < 0)
			_exit(99);
		_exit(fake_guardian_become(fixture->shared));
	}
	fake_guardian_expect_end(fixture, 0);
	assert_int_equal(fixture->shared->starts, 2);
	assert_true(fixture->shared->complaints >= 2);
}

/* The first engine leaves something that is no program to be executed. */
static int upgrades_to_nonsense(const struct handoff *handoff, struct shared *shared, int start)
{
	const uint32_t slots[] = {STORE_BINARY, STORE_CONFIG};
	int fds[2];

	if (start == 0) {
		if (pipe2(fds, O_CLOEXEC) < 0 || write(fds[1], "kept", 4) != 4)
			return engine_end_daemon(handoff, 1);
		fds[1] = fcntl(fds[0], F_DUPFD_CLOEXEC, 0);
		if (channel_send_keep(handoff->channel, slots, fds, 2) < 0)
			return engine_end_daemon(handoff, 2);
		atomic_store(&handoff->ledger->header->phase, PHASE_UPGRADING);
		return 0;
	}
	if (store_get(handoff->store, STORE_BINARY) >= 0 ||
	    read(store_get(handoff->store, STORE_CONFIG), shared->text, 4) != 4)
		return engine_end_daemon(handoff, 3);
	shared->mark = fcntl(store_get(handoff->store, STORE_CONFIG), F_GETFD);
	return engine_end_daemon(handoff, 0);
}

static void an_upgrade_that_cannot_be_executed_changes_nothing(void **state)
{
	struct fake_guardian *fixture = *state;

	fake_guardian_start(fixture, upgrades_to_nonsense);
	fake_guardian_expect_end(fixture, 0);
	assert_int_equal(fixture->shared->starts, 2);
	assert_int_equal(fixture->shared->reason[1], REASON_CRASH);
	assert_string_equal(fixture->shared->text, "kept");
	assert_int_equal(fixture->shared->mark, FD_CLOEXEC);
}

#define GUARDIAN_TEST(name) \
	cmocka_unit_test_setup_teardown(name, fake_guardian_setup, fake_guardian_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    GUARDIAN_TEST(descriptors_outlive_the_engine_that_stored_them),
	    GUARDIAN_TEST(each_engine_knows_how_the_one_before_ended),
	    GUARDIAN_TEST(engines_that_die_young_get_longer_and_longer_pauses),
	    GUARDIAN_TEST(signals_go_to_the_engine),
	    GUARDIAN_TEST(the_fence_falls_with_the_last_child_on_its_way),
	    GUARDIAN_TEST(the_engine_sees_the_guardian_die),
	    GUARDIAN_TEST(the_limit_of_files_is_raised_and_remembered),
	    GUARDIAN_TEST(a_guardian_that_cannot_begin_says_so),
	    GUARDIAN_TEST(an_engine_that_cannot_be_started_is_tried_again),
	    GUARDIAN_TEST(an_upgrade_that_cannot_be_executed_changes_nothing),
	    GUARDIAN_TEST(an_engine_that_cannot_be_forked_is_tried_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
