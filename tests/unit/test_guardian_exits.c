/* fakes: fake_guardian */
/* The guardian: every exit is reported once, wherever an engine was killed. */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "daemon/guardian/ledger.h"
#include "tests/unit/fake_guardian.h"

static int end_by_signal(const struct handoff *handoff, struct shared *shared)
{
	(void)handoff;
	(void)shared;
	return engine_die();
}

static int three_children(const struct handoff *handoff, struct shared *shared, int start)
{
	(void)start;
	shared->child_pids[0] = engine_spawn_exit(0);
	engine_take_many(handoff, shared, 1);
	shared->child_pids[1] = engine_spawn_exit(7);
	engine_take_many(handoff, shared, 2);
	shared->child_pids[2] = engine_spawn(&(struct child_order){.run = end_by_signal});
	engine_take_many(handoff, shared, 3);
	while (atomic_load(&handoff->ledger->header->exits_sent) < 3)
		sched_yield();
	return engine_end_daemon(handoff, 42);
}

static void exits_are_reported_in_turn_with_their_status(void **state)
{
	struct fake_guardian *fixture = *state;
	const struct channel_notice *notices = fixture->shared->notices;

	fake_guardian_start(fixture, three_children);
	fake_guardian_expect_end(fixture, 42);
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
	engine_take_many(handoff, shared, 1);
	return engine_end_daemon(handoff, 0);
}

static void exits_of_orphans_are_reported_too(void **state)
{
	struct fake_guardian *fixture = *state;

	fake_guardian_start(fixture, one_orphan);
	fake_guardian_expect_end(fixture, 0);
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
		    engine_spawn(&(struct child_order){handoff, shared, end_unseen, 0});
	if (start == 0 || channel_peek_notice(handoff->channel, &notice) == -EAGAIN)
		return engine_die();
	engine_take_many(handoff, shared, 1);
	return engine_end_daemon(handoff, 0);
}

static void an_exit_that_no_engine_saw_waits_for_the_next(void **state)
{
	struct fake_guardian *fixture = *state;

	fake_guardian_start(fixture, until_an_exit_waits);
	fake_guardian_expect_end(fixture, 0);
	assert_int_equal(fixture->shared->notice_count, 1);
	assert_int_equal(fixture->shared->notices[0].pid, fixture->shared->child_pids[0]);
	assert_int_equal(WEXITSTATUS(fixture->shared->notices[0].status), 5);
}

/* The first looks and dies; the second takes it and dies; the third finds nothing. */
static int looks_takes_finds_none(const struct handoff *handoff, struct shared *shared, int start)
{
	if (start == 0) {
		engine_spawn_exit(9);
		(void)engine_peek(handoff, &shared->seen);
		return engine_die();
	}
	if (start == 1) {
		engine_take_many(handoff, shared, 1);
		return engine_die();
	}
	engine_spawn_exit(10);
	engine_take_many(handoff, shared, 2);
	return engine_end_daemon(handoff, 0);
}

static void an_exit_is_told_until_it_is_taken_and_then_never_again(void **state)
{
	struct fake_guardian *fixture = *state;
	const struct channel_notice *notices = fixture->shared->notices;

	fake_guardian_start(fixture, looks_takes_finds_none);
	fake_guardian_expect_end(fixture, 0);
	assert_int_equal(fixture->shared->seen.serial, 1);
	assert_int_equal(notices[0].serial, 1);
	assert_int_equal(notices[0].pid, fixture->shared->seen.pid);
	assert_int_equal(notices[1].serial, 2);
	assert_int_equal(WEXITSTATUS(notices[1].status), 10);
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
		shared->child_pids[shared->children] = engine_spawn_exit(shared->children % 100);
	if (start == 0)
		shared->mark = (int)atomic_load(&handoff->ledger->header->exits_sent);
	limit = start < 3 ? (start + 1) * 500 : CHILDREN_MAX;
	while ((count = atomic_load(&shared->notice_count)) < limit) {
		if (!engine_peek(handoff, &notice))
			return engine_end_daemon(handoff, 1);
		if (count && notice.serial <= shared->notices[count - 1].serial) {
			channel_consume_notice(handoff->channel);
			continue; /* applied by the engine before */
		}
		shared->notices[count] = notice;
		atomic_store(&shared->notice_count, count + 1);
		if (count + 1 == limit && start < 3)
			return engine_die();
		channel_consume_notice(handoff->channel);
	}
	return channel_peek_notice(handoff->channel, &notice) == -EAGAIN
	           ? engine_end_daemon(handoff, 0)
	           : engine_end_daemon(handoff, 2);
}

static int compare_pids(const void *a, const void *b)
{
	const struct channel_notice *left = a, *right = b;

	return (left->pid > right->pid) - (left->pid < right->pid);
}

static void a_full_channel_loses_no_exit(void **state)
{
	struct fake_guardian *fixture = *state;
	struct shared *shared = fixture->shared;

	fake_guardian_start(fixture, many_children);
	fake_guardian_expect_end(fixture, 0);
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

#define GUARDIAN_TEST(name) \
	cmocka_unit_test_setup_teardown(name, fake_guardian_setup, fake_guardian_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    GUARDIAN_TEST(exits_are_reported_in_turn_with_their_status),
	    GUARDIAN_TEST(exits_of_orphans_are_reported_too),
	    GUARDIAN_TEST(an_exit_that_no_engine_saw_waits_for_the_next),
	    GUARDIAN_TEST(an_exit_is_told_until_it_is_taken_and_then_never_again),
	    GUARDIAN_TEST(a_full_channel_loses_no_exit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
