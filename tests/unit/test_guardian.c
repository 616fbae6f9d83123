/*
 * The guardian, in a process of its own, with engines that are a few lines each: what it reports,
 * keeps and starts again while engines die at every point.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/log.h"
#include "daemon/guardian/channel.h"
#include "daemon/guardian/guardian.h"
#include "daemon/guardian/ledger.h"
#include "daemon/guardian/store.h"
#include "tests/unit/wait.h"

#define CHILDREN_MAX 2000
#define NOTICES_MAX (CHILDREN_MAX + 16)
#define STARTS_MAX 16
#define NOBODY 65534

/* What engines tell the test, and remember for the next engine. */
struct shared {
	_Atomic int starts;
	int64_t started_msec[STARTS_MAX];
	uint32_t reason[STARTS_MAX];
	int32_t end_before[STARTS_MAX];
	_Atomic int engine_pid;
	struct channel_notice notices[NOTICES_MAX]; /* as they were consumed */
	_Atomic int notice_count;
	struct channel_notice seen; /* one that was looked at and left */
	int child_pids[CHILDREN_MAX];
	_Atomic int children;
	_Atomic int gate; /* opened by the test or an engine */
	_Atomic int mark; /* whatever the engine has to say */
	_Atomic int complaints;
	rlim_t processes_again; /* at a complaint the guardian's limit becomes this; 0: it stays */
	char text[16];
	rlim_t files_before, files_now;
	int (*run)(const struct handoff *handoff, struct shared *shared, int start);
};

struct fixture {
	struct shared *shared;
	pid_t guardian;
};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (!fixture)
		return -1;
	fixture->shared = mmap(NULL, sizeof(*fixture->shared), PROT_READ | PROT_WRITE,
	                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	*state = fixture;
	return fixture->shared == MAP_FAILED ? -1 : 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	if (fixture->guardian > 0) {
		kill(fixture->guardian, SIGKILL);
		waitpid(fixture->guardian, NULL, 0);
	}
	munmap(fixture->shared, sizeof(*fixture->shared));
	free(fixture);
	return 0;
}

/* ---- What engines are made of ---- */

static int fake_engine(const struct handoff *handoff, void *arg)
{
	struct shared *shared = arg;
	int start = atomic_fetch_add(&shared->starts, 1);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (start < STARTS_MAX) {
		shared->started_msec[start] = (int64_t)wait_now_msec();
		shared->reason[start] = atomic_load(&handoff->ledger->header->engine_reason);
		shared->end_before[start] = atomic_load(&handoff->ledger->header->engine_end);
	}
	atomic_store(&shared->engine_pid, getpid());
	return shared->run(handoff, shared, start);
}

static int end_daemon(const struct handoff *handoff, int exit_code)
{
	atomic_store(&handoff->ledger->header->exit_code, exit_code);
	atomic_store(&handoff->ledger->header->phase, PHASE_ENDING);
	return 0;
}

static int die(void)
{
	raise(SIGKILL);
	return 1;
}

/* Looks at the next notice, with a deadline. */
static bool peek(const struct handoff *handoff, struct channel_notice *ret_notice)
{
	struct pollfd channel = {.fd = handoff->channel, .events = POLLIN};

	return poll(&channel, 1, WAIT_SECONDS * 1000) == 1 &&
	       channel_peek_notice(handoff->channel, ret_notice) == 0;
}

/* Writes the notice down, then consumes it, as the real engine does. */
static bool take(const struct handoff *handoff, struct shared *shared)
{
	struct channel_notice notice;
	int count = atomic_load(&shared->notice_count);

	if (!peek(handoff, &notice) || count == NOTICES_MAX)
		return false;
	shared->notices[count] = notice;
	atomic_store(&shared->notice_count, count + 1);
	channel_consume_notice(handoff->channel);
	return true;
}

static void take_many(const struct handoff *handoff, struct shared *shared, int count)
{
	while (atomic_load(&shared->notice_count) < count && take(handoff, shared))
		continue;
}

struct child_order {
	const struct handoff *handoff;
	struct shared *shared;
	int (*run)(const struct handoff *handoff, struct shared *shared);
	int status; /* where there is nothing to run */
};

__attribute__((no_sanitize("address", "undefined"))) static int child_begin(void *arg)
{
	const struct child_order *order = arg;

	return order->run ? order->run(order->handoff, order->shared) : order->status;
}

/* A child of the guardian, as the engine makes workers; with `run` it has memory of its own. */
static pid_t spawn(const struct child_order *order)
{
	static char stack[64 * 1024] __attribute__((aligned(16)));
	int flags = CLONE_PARENT | (order->run ? 0 : CLONE_VM | CLONE_VFORK);

	return clone(child_begin, stack + sizeof(stack), flags, (void *)(uintptr_t)order);
}

static pid_t spawn_exit(int status)
{
	struct child_order order = {.status = status};

	return spawn(&order);
}

/* ---- The test's side ---- */

static void count_complaint(void *arg, const char *line, size_t size)
{
	struct shared *shared = arg;
	struct rlimit limit = {shared->processes_again, shared->processes_again};

	(void)size;
	if (!strstr(line, "cannot start the engine"))
		return;
	if (atomic_fetch_add(&shared->complaints, 1) == 1 && limit.rlim_cur)
		setrlimit(RLIMIT_NPROC, &limit);
}

static void start_guardian(struct fixture *fixture,
                           int (*run)(const struct handoff *, struct shared *, int))
{
	fixture->shared->run = run;
	fflush(NULL);
	fixture->guardian = fork();
	assert_true(fixture->guardian >= 0);
	if (fixture->guardian == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		log_set_sink(count_complaint, fixture->shared);
		exit(guardian_run(fake_engine, fixture->shared));
	}
}

static bool guardian_has_ended(void *arg)
{
	struct fixture *fixture = arg;
	siginfo_t info = {0};

	return waitid(P_PID, (id_t)fixture->guardian, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid;
}

static void expect_end(struct fixture *fixture, int exit_code)
{
	int status = 0;

	assert_true(wait_until(guardian_has_ended, fixture));
	assert_int_equal(waitpid(fixture->guardian, &status, 0), fixture->guardian);
	fixture->guardian = 0;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), exit_code);
}

static bool is_marked(void *arg)
{
	return atomic_load(&((struct shared *)arg)->mark);
}

/* ---- Tests ---- */

static int end_by_signal(const struct handoff *handoff, struct shared *shared)
{
	(void)handoff;
	(void)shared;
	return die();
}

static int three_children(const struct handoff *handoff, struct shared *shared, int start)
{
	(void)start;
	shared->child_pids[0] = spawn_exit(0);
	take_many(handoff, shared, 1);
	shared->child_pids[1] = spawn_exit(7);
	take_many(handoff, shared, 2);
	shared->child_pids[2] = spawn(&(struct child_order){.run = end_by_signal});
	take_many(handoff, shared, 3);
	shared->mark = (int)atomic_load(&handoff->ledger->header->exits_sent);
	return end_daemon(handoff, 42);
}

static void exits_are_reported_in_turn_with_their_status(void **state)
{
	struct fixture *fixture = *state;
	const struct channel_notice *notices = fixture->shared->notices;

	start_guardian(fixture, three_children);
	expect_end(fixture, 42);
	assert_int_equal(fixture->shared->notice_count, 3);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(notices[i].type, CHANNEL_EXIT);
		assert_int_equal(notices[i].serial, i + 1);
		assert_int_equal(notices[i].pid, fixture->shared->child_pids[i]);
	}
	assert_int_equal(WEXITSTATUS(notices[0].status), 0);
	assert_true(WIFEXITED(notices[1].status));
	assert_int_equal(WEXITSTATUS(notices[1].status), 7);
	assert_true(WIFSIGNALED(notices[2].status));
	assert_int_equal(WTERMSIG(notices[2].status), SIGKILL);
	assert_true(notices[2].max_rss_kb > 0);
	assert_int_equal(fixture->shared->mark, 3);
	assert_int_equal(fixture->shared->starts, 1);
}

/* A grandchild whose parent is gone: the guardian is subreaper, and reports what it has inherited.
 */
static int one_orphan(const struct handoff *handoff, struct shared *shared, int start)
{
	pid_t parent = fork();

	(void)start;
	if (parent == 0) {
		pid_t child = fork();
		if (child == 0)
			_exit(3);
		shared->child_pids[0] = child;
		waitid(P_PID, (id_t)child, &(siginfo_t){0}, WEXITED | WNOWAIT);
		_exit(0);
	}
	waitpid(parent, NULL, 0);
	take_many(handoff, shared, 1);
	return end_daemon(handoff, 0);
}

static void exits_of_orphans_are_reported_too(void **state)
{
	struct fixture *fixture = *state;

	start_guardian(fixture, one_orphan);
	expect_end(fixture, 0);
	assert_int_equal(fixture->shared->notice_count, 1);
	assert_int_equal(fixture->shared->notices[0].pid, fixture->shared->child_pids[0]);
	assert_int_equal(WEXITSTATUS(fixture->shared->notices[0].status), 3);
}

/* Ends at a moment at which no engine is there. */
static int end_unseen(const struct handoff *handoff, struct shared *shared)
{
	const struct ledger_header *header = handoff->ledger->header;

	(void)shared;
	while (atomic_load(&header->engine_pid) || atomic_load(&header->engine_starts) < 2)
		sched_yield();
	return 5;
}

static int until_an_exit_waits(const struct handoff *handoff, struct shared *shared, int start)
{
	struct channel_notice notice;

	if (start == 0)
		shared->child_pids[0] =
		    spawn(&(struct child_order){handoff, shared, end_unseen, 0});
	if (start == 0 || channel_peek_notice(handoff->channel, &notice) == -EAGAIN)
		return die();
	take_many(handoff, shared, 1);
	return end_daemon(handoff, 0);
}

static void an_exit_that_no_engine_saw_waits_for_the_next(void **state)
{
	struct fixture *fixture = *state;

	start_guardian(fixture, until_an_exit_waits);
	expect_end(fixture, 0);
	assert_int_equal(fixture->shared->notice_count, 1);
	assert_int_equal(fixture->shared->notices[0].pid, fixture->shared->child_pids[0]);
	assert_int_equal(WEXITSTATUS(fixture->shared->notices[0].status), 5);
}

/* The first looks and dies; the second takes it and dies; the third finds nothing. */
static int looks_takes_finds_none(const struct handoff *handoff, struct shared *shared, int start)
{
	if (start == 0) {
		spawn_exit(9);
		(void)peek(handoff, &shared->seen);
		return die();
	}
	if (start == 1) {
		take_many(handoff, shared, 1);
		return die();
	}
	spawn_exit(10);
	take_many(handoff, shared, 2);
	return end_daemon(handoff, 0);
}

static void an_exit_is_told_until_it_is_taken_and_then_never_again(void **state)
{
	struct fixture *fixture = *state;
	const struct channel_notice *notices = fixture->shared->notices;

	start_guardian(fixture, looks_takes_finds_none);
	expect_end(fixture, 0);
	assert_int_equal(fixture->shared->seen.serial, 1);
	assert_int_equal(notices[0].serial, 1);
	assert_int_equal(notices[0].pid, fixture->shared->seen.pid);
	assert_int_equal(notices[1].serial, 2);
	assert_int_equal(WEXITSTATUS(notices[1].status), 10);
}

static int keeps_a_pipe(const struct handoff *handoff, struct shared *shared, int start)
{
	const uint32_t slots[] = {STORE_CONFIG, STORE_SOCKET};
	int ends[2];
	ssize_t n;

	if (start == 0) {
		if (pipe2(ends, O_CLOEXEC) < 0 || write(ends[1], "kept", 4) != 4 ||
		    channel_send_keep(handoff->channel, slots, ends, 2) < 0)
			return 1;
		return die();
	}
	if (start == 1) {
		n = read(store_get(handoff->store, STORE_CONFIG), shared->text, 4);
		if (n != 4 || write(store_get(handoff->store, STORE_SOCKET), "more", 4) != 4)
			return end_daemon(handoff, 1);
		(void)channel_send_drop(handoff->channel, &slots[1], 1);
		return die();
	}
	/* The writing end is closed everywhere: what is left, and then the end. */
	if (store_get(handoff->store, STORE_SOCKET) >= 0)
		return end_daemon(handoff, 2);
	n = read(store_get(handoff->store, STORE_CONFIG), shared->text + 4, 8);
	shared->mark =
	    (int)n + (int)read(store_get(handoff->store, STORE_CONFIG), shared->text + 8, 1);
	return end_daemon(handoff, 0);
}

static void descriptors_outlive_the_engine_that_stored_them(void **state)
{
	struct fixture *fixture = *state;

	start_guardian(fixture, keeps_a_pipe);
	expect_end(fixture, 0);
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
		return die();
	shared->mark = (int)atomic_load(&handoff->ledger->header->engine_starts);
	return end_daemon(handoff, 0);
}

static void each_engine_knows_how_the_one_before_ended(void **state)
{
	struct fixture *fixture = *state;
	const struct shared *shared = fixture->shared;

	start_guardian(fixture, reloads_then_crashes);
	expect_end(fixture, 0);
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
	return start < 4 ? die() : end_daemon(handoff, 0);
}

static void engines_that_die_young_get_longer_and_longer_pauses(void **state)
{
	static const int64_t at_least_msec[] = {0, 100, 200, 400};
	struct fixture *fixture = *state;
	const int64_t *started = fixture->shared->started_msec;

	start_guardian(fixture, dies_young);
	expect_end(fixture, 0);
	assert_int_equal(fixture->shared->starts, 5);
	for (int i = 0; i < 4; i++)
		assert_true(started[i + 1] - started[i] >= at_least_msec[i]);
}

static int waits_for_signals(const struct handoff *handoff, struct shared *shared, int start)
{
	(void)start;
	shared->mark = 1;
	take_many(handoff, shared, 6);
	return end_daemon(handoff, 0);
}

static void signals_go_to_the_engine(void **state)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2};
	struct fixture *fixture = *state;
	uint64_t seen = 0;

	start_guardian(fixture, waits_for_signals);
	assert_true(wait_until(is_marked, fixture->shared));
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(kill(fixture->guardian, signals[i]), 0);
	expect_end(fixture, 0);
	for (int i = 0; i < 6; i++) {
		assert_int_equal(fixture->shared->notices[i].type, CHANNEL_SIGNAL);
		seen |= 1u << fixture->shared->notices[i].status;
	}
	for (size_t i = 0; i < 6; i++)
		assert_true(seen & (1u << signals[i]));
}

/*
 * More dead than the channel has room for; and every engine that has taken some hundreds of them is
 * killed before it consumes the last one it wrote down.
 */
static int many_children(const struct handoff *handoff, struct shared *shared, int start)
{
	struct channel_notice notice;
	int count, limit;

	for (; start == 0 && shared->children < CHILDREN_MAX; shared->children++)
		shared->child_pids[shared->children] = spawn_exit(shared->children % 100);
	if (start == 0)
		shared->mark = (int)atomic_load(&handoff->ledger->header->exits_sent);
	limit = start < 3 ? (start + 1) * 500 : CHILDREN_MAX;
	while ((count = atomic_load(&shared->notice_count)) < limit) {
		if (!peek(handoff, &notice))
			return end_daemon(handoff, 1);
		if (count && notice.serial <= shared->notices[count - 1].serial) {
			channel_consume_notice(handoff->channel);
			continue; /* applied by the engine before */
		}
		shared->notices[count] = notice;
		atomic_store(&shared->notice_count, count + 1);
		if (count + 1 == limit && start < 3)
			return die();
		channel_consume_notice(handoff->channel);
	}
	return channel_peek_notice(handoff->channel, &notice) == -EAGAIN ? end_daemon(handoff, 0)
	                                                                 : end_daemon(handoff, 2);
}

static int compare_pids(const void *a, const void *b)
{
	const struct channel_notice *left = a, *right = b;

	return (left->pid > right->pid) - (left->pid < right->pid);
}

static void a_full_channel_loses_no_exit(void **state)
{
	struct fixture *fixture = *state;
	struct shared *shared = fixture->shared;

	start_guardian(fixture, many_children);
	expect_end(fixture, 0);
	assert_true(shared->mark < CHILDREN_MAX); /* there was no room for all */
	assert_int_equal(shared->notice_count, CHILDREN_MAX);
	for (int i = 0; i < CHILDREN_MAX; i++)
		assert_int_equal(shared->notices[i].serial, i + 1);
	qsort(shared->notices, CHILDREN_MAX, sizeof(shared->notices[0]), compare_pids);
	for (int i = 0; i < CHILDREN_MAX; i++) {
		struct channel_notice key = {.pid = shared->child_pids[i]};
		struct channel_notice *found =
		    bsearch(&key, shared->notices, CHILDREN_MAX, sizeof(key), compare_pids);
		assert_non_null(found);
		assert_int_equal(WEXITSTATUS(found->status), i % 100);
	}
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
			return end_daemon(handoff, 1);
		spawn(&(struct child_order){handoff, shared, wait_at_gate, 0});
		return die();
	}
	if (poll(&before, 1, 0) != 0)
		return end_daemon(handoff, 2);
	atomic_store(&shared->gate, 1);
	return end_daemon(handoff, poll(&before, 1, WAIT_SECONDS * 1000) == 1 ? 0 : 3);
}

static void the_fence_falls_with_the_last_child_on_its_way(void **state)
{
	struct fixture *fixture = *state;

	start_guardian(fixture, fence);
	expect_end(fixture, 0);
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
	struct fixture *fixture = *state;

	start_guardian(fixture, watches_guardian);
	assert_true(wait_until(is_marked, fixture->shared));
	assert_int_equal(fixture->shared->gate, 1);
	assert_int_equal(kill(fixture->guardian, SIGKILL), 0);
	assert_true(wait_until(is_orphaned, fixture->shared));
}

static int tells_limits(const struct handoff *handoff, struct shared *shared, int start)
{
	struct rlimit now;

	(void)start;
	if (getrlimit(RLIMIT_NOFILE, &now) < 0)
		return end_daemon(handoff, 1);
	shared->files_before = handoff->files_before;
	shared->files_now = now.rlim_cur;
	return end_daemon(handoff, 0);
}

static void the_limit_of_files_is_raised_and_remembered(void **state)
{
	struct fixture *fixture = *state;
	struct rlimit before, lower;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	lower = before;
	lower.rlim_cur = 200;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &lower), 0);
	start_guardian(fixture, tells_limits);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	expect_end(fixture, 0);
	assert_int_equal(fixture->shared->files_before, 200);
	assert_int_equal(fixture->shared->files_now, before.rlim_max);
}

static void a_guardian_that_cannot_begin_says_so(void **state)
{
	struct fixture *fixture = *state;
	struct rlimit none = {3, 3};

	fflush(NULL);
	fixture->guardian = fork();
	if (fixture->guardian == 0) {
		log_set_sink(count_complaint, fixture->shared);
		setrlimit(RLIMIT_NOFILE, &none);
		_exit(guardian_run(fake_engine, fixture->shared));
	}
	expect_end(fixture, 70);
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
	return end_daemon(handoff, 0);
}

/* No descriptors for a while: the guardian tries again, and has not forgotten how. */
static void an_engine_that_cannot_be_started_is_tried_again(void **state)
{
	struct fixture *fixture = *state;
	struct rlimit before, none = {0};

	start_guardian(fixture, second_engine_ends);
	assert_true(wait_until(is_marked, fixture->shared));
	assert_int_equal(prlimit(fixture->guardian, RLIMIT_NOFILE, NULL, &before), 0);
	none.rlim_max = before.rlim_max;
	assert_int_equal(prlimit(fixture->guardian, RLIMIT_NOFILE, &none, NULL), 0);
	assert_int_equal(kill(fixture->shared->engine_pid, SIGKILL), 0);
	assert_true(wait_until(has_complained, fixture->shared));
	assert_int_equal(fixture->shared->starts, 1);
	assert_int_equal(prlimit(fixture->guardian, RLIMIT_NOFILE, &before, NULL), 0);
	expect_end(fixture, 0);
	assert_int_equal(fixture->shared->starts, 2);
}

/* No processes for a while; root has no such limit, so this is nobody's. */
static void an_engine_that_cannot_be_forked_is_tried_again(void **state)
{
	struct fixture *fixture = *state;
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_NPROC, &limit), 0);
	fixture->shared->run = second_engine_ends;
	fixture->shared->processes_again = limit.rlim_max;
	atomic_store(&fixture->shared->starts, 1);
	fflush(NULL);
	fixture->guardian = fork();
	if (fixture->guardian == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		log_set_sink(count_complaint, fixture->shared);
		if (geteuid() == 0 && setresuid(NOBODY, NOBODY, NOBODY) < 0)
			_exit(99);
		limit.rlim_cur = 0;
		if (setrlimit(RLIMIT_NPROC, &limit) < 0)
			_exit(99);
		_exit(guardian_run(fake_engine, fixture->shared));
	}
	expect_end(fixture, 0);
	assert_int_equal(fixture->shared->starts, 2);
	assert_true(fixture->shared->complaints >= 2);
}

#define GUARDIAN_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    GUARDIAN_TEST(exits_are_reported_in_turn_with_their_status),
	    GUARDIAN_TEST(exits_of_orphans_are_reported_too),
	    GUARDIAN_TEST(an_exit_that_no_engine_saw_waits_for_the_next),
	    GUARDIAN_TEST(an_exit_is_told_until_it_is_taken_and_then_never_again),
	    GUARDIAN_TEST(descriptors_outlive_the_engine_that_stored_them),
	    GUARDIAN_TEST(each_engine_knows_how_the_one_before_ended),
	    GUARDIAN_TEST(engines_that_die_young_get_longer_and_longer_pauses),
	    GUARDIAN_TEST(signals_go_to_the_engine),
	    GUARDIAN_TEST(a_full_channel_loses_no_exit),
	    GUARDIAN_TEST(the_fence_falls_with_the_last_child_on_its_way),
	    GUARDIAN_TEST(the_engine_sees_the_guardian_die),
	    GUARDIAN_TEST(the_limit_of_files_is_raised_and_remembered),
	    GUARDIAN_TEST(a_guardian_that_cannot_begin_says_so),
	    GUARDIAN_TEST(an_engine_that_cannot_be_started_is_tried_again),
	    GUARDIAN_TEST(an_engine_that_cannot_be_forked_is_tried_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
