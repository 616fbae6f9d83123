/* The system's processes as libproc2 reads them: a child of this test, and what is asked for of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/snapshot.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* A child that leads a session of its own and has a second thread, named "second". */
struct child {
	pid_t pid;
	struct snapshot *snapshot;
};

static void *run_second(void *arg)
{
	char byte = 0;

	prctl(PR_SET_NAME, "second");
	if (write(*(int *)arg, &byte, 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

static void run_child(int ready)
{
	pthread_t second;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setsid();
	if (pthread_create(&second, NULL, run_second, &ready) != 0)
		_exit(1);
	for (;;)
		pause();
}

static int setup(void **state)
{
	struct child *child = calloc(1, sizeof(*child));
	int ends[2];
	char byte;

	if (!child || pipe(ends) < 0)
		return -1;
	child->pid = fork();
	if (child->pid == 0)
		run_child(ends[1]);
	close(ends[1]);
	*state = child;
	/* The byte comes when the thread is there. */
	if (child->pid < 0 || read(ends[0], &byte, 1) != 1)
		return -1;
	return close(ends[0]);
}

static int teardown(void **state)
{
	struct child *child = *state;

	snapshot_free(child->snapshot);
	kill(child->pid, SIGKILL);
	waitpid(child->pid, NULL, 0);
	free(child);
	return 0;
}

static const struct snapshot_proc *find(struct child *child, unsigned wishes, double sample_s)
{
	size_t index;

	assert_int_equal(snapshot_new(wishes, sample_s, &child->snapshot), 0);
	index = snapshot_find(child->snapshot, child->pid);
	assert_int_not_equal(index, SNAPSHOT_NONE);
	return snapshot_at(child->snapshot, index);
}

static void test_a_child_is_seen(void **state)
{
	struct child *child = *state;
	const struct snapshot_proc *proc = find(child, 0, 0);

	assert_int_equal(proc->pid, child->pid);
	assert_int_equal(proc->tid, child->pid);
	assert_int_equal(proc->ppid, getpid());
	assert_int_equal(proc->session, child->pid);
	assert_int_equal(proc->threads, 2);
	assert_int_equal(proc->state, 'S');
	assert_true(proc->vsz_kib > proc->rss_kib);
	assert_null(proc->cmdline);
	assert_null(proc->user);
	assert_true(snapshot_hertz(child->snapshot) > 0);
	assert_true((double)proc->began_ticks / snapshot_hertz(child->snapshot) <=
	            snapshot_uptime_s(child->snapshot));
}

static void test_it_does_not_find_itself(void **state)
{
	struct child *child = *state;

	find(child, 0, 0);
	assert_int_equal(snapshot_find(child->snapshot, getpid()), SNAPSHOT_NONE);
}

static void test_processes_come_in_order(void **state)
{
	struct child *child = *state;

	find(child, SNAPSHOT_THREADS, 0);
	for (size_t i = 1; i < snapshot_count(child->snapshot); i++) {
		const struct snapshot_proc *before = snapshot_at(child->snapshot, i - 1);
		const struct snapshot_proc *proc = snapshot_at(child->snapshot, i);

		assert_true(before->pid < proc->pid ||
		            (before->pid == proc->pid && before->tid < proc->tid));
	}
}

static void test_wishes_are_granted(void **state)
{
	struct child *child = *state;
	const struct snapshot_proc *proc =
	    find(child, SNAPSHOT_CMDLINE | SNAPSHOT_USER | SNAPSHOT_TTY, 0);

	assert_non_null(strstr(proc->cmdline, "test_snapshot"));
	assert_non_null(proc->user);
	assert_non_null(proc->tty);
}

static void test_threads_stand_behind_their_process(void **state)
{
	struct child *child = *state;
	const struct snapshot_proc *proc = find(child, SNAPSHOT_THREADS, 0);

	assert_int_equal(proc[1].pid, child->pid);
	assert_int_not_equal(proc[1].tid, child->pid);
	assert_string_equal(proc[1].name, "second");
}

static void test_a_sample_is_of_its_own_time(void **state)
{
	struct child *child = *state;
	const struct snapshot_proc *proc = find(child, 0, 0.02);

	/* It slept through the sample, whatever its start took. */
	assert_true(proc->cpu_share >= 0 && proc->cpu_share < 1.0);
}

#define child_test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    child_test(test_a_child_is_seen),
	    child_test(test_it_does_not_find_itself),
	    child_test(test_processes_come_in_order),
	    child_test(test_wishes_are_granted),
	    child_test(test_threads_stand_behind_their_process),
	    child_test(test_a_sample_is_of_its_own_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
