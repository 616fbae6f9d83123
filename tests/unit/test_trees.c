/* fakes: fake_engine fake_program */
/* A stop is over when all that a process has left behind is gone, and takes nobody else along. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/base/clock.h"
#include "daemon/process/lifecycle.h"
#include "daemon/process/proc.h"
#include "tests/unit/fake_program.h"

/* Gone, or a zombie that is about to be. */
static bool is_gone(void *arg)
{
	struct proc_stat status;

	return proc_read_stat(*(const pid_t *)arg, &status) < 0 || status.state == 'Z';
}

struct ready {
	const struct fake_program *fake;
	int count;
};

static bool are_ready(void *arg)
{
	const struct ready *ready = arg;
	char *text = fake_engine_read(ready->fake->program.stdout_log.path);
	bool has_child = strstr(text, "child ") != NULL;
	int count = 0;

	for (const char *at = text; (at = strstr(at, "ready\n")); at++)
		count++;
	free(text);
	return has_child && count >= ready->count;
}

/* Starts it, and waits until all of its tree wait for a signal; a child's pid. */
static pid_t start_tree(struct fake_program *fake, int count)
{
	struct ready ready = {fake, count};

	assert_int_equal(process_start(fake->process), 0);
	fake_engine_run_until(fake->engine, are_ready, &ready);
	return (pid_t)fake_program_number(fake, "child ");
}

static void a_tree_without_its_leader_gets_the_stop_signal(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "web", "tree wait");
	pid_t child = start_tree(fake, 2);

	assert_false(is_gone(&child));
	assert_int_equal(process_stop(fake->process), 0);
	fake_program_await(fake, STATE_STOPPED);
	assert_true(is_gone(&child));
	assert_null(process_stop_note(fake->process)); /* asking was enough */
	assert_true(fake_engine_has_logged(*state, "waiting for 1 more of the tree of web"));
	fake_program_free(fake);
}

static void a_tree_that_does_not_listen_is_killed(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "web", "tree ignore");
	char note[64];
	pid_t child;

	fake->program.stopwaitsecs_usec = 200 * USEC_PER_MSEC;
	child = start_tree(fake, 2);
	snprintf(note, sizeof(note), "needed SIGKILL: %d", (int)child);
	assert_int_equal(process_stop(fake->process), 0);
	fake_program_await(fake, STATE_STOPPED);
	assert_true(is_gone(&child));
	assert_string_equal(process_stop_note(fake->process), note);
	fake_program_free(fake);
}

/* The whole group gets the signal at once where the program asks for that. */
static void a_group_is_stopped_as_one(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "web", "tree tree wait");
	pid_t child;

	fake->program.stopasgroup = true;
	fake->program.killasgroup = true;
	child = start_tree(fake, 3);
	assert_int_equal(process_stop(fake->process), 0);
	fake_program_await(fake, STATE_STOPPED);
	assert_true(is_gone(&child));
	fake_program_free(fake);
}

static void a_kill_takes_the_tree_along(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "web", "tree tree ignore");
	pid_t child;

	fake->program.stopwaitsecs_usec = 3600ull * USEC_PER_SEC;
	child = start_tree(fake, 3);
	assert_int_equal(process_kill(fake->process), 0);
	fake_program_await(fake, STATE_STOPPED);
	assert_true(is_gone(&child));
	assert_non_null(strstr(process_stop_note(fake->process), "needed SIGKILL: "));
	assert_non_null(strchr(process_stop_note(fake->process), ',')); /* more than the leader */
	fake_program_free(fake);
}

/* It has left its group and lost its parent; its environment tells whose it was. */
static void one_that_has_left_its_group_is_found(void **state)
{
	struct fake_engine *engine = *state;
	struct fake_program *fake = fake_program_new(engine, "web", "tree group wait");
	pid_t child = start_tree(fake, 2);
	struct proc_stat status;

	assert_int_equal(proc_read_stat(child, &status), 0);
	assert_int_equal(status.group, child);
	assert_int_equal(process_stop(fake->process), 0);
	fake_program_await(fake, STATE_STOPPED);
	assert_true(is_gone(&child));
	fake_program_free(fake);
}

/* What has left its group and its environment behind is nobody's: it is left alone. */
static void a_stranger_is_left_alone(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "web", "tree session wait");
	pid_t child = start_tree(fake, 2);
	struct proc_stat status = {0};

	assert_int_equal(proc_read_stat(child, &status), 0);
	assert_int_equal(status.group, child);
	assert_int_equal(process_stop(fake->process), 0);
	fake_program_await(fake, STATE_STOPPED);
	assert_false(is_gone(&child));
	assert_int_equal(kill(child, SIGKILL), 0);
	fake_engine_run_until(*state, is_gone, &child);
	fake_program_free(fake);
}

static void others_of_the_same_kind_are_left_alone(void **state)
{
	struct fake_program *web = fake_program_new(*state, "web", "tree wait");
	struct fake_program *other = fake_program_new(*state, "other", "tree wait");
	pid_t of_web = start_tree(web, 2), of_other = start_tree(other, 2);

	assert_int_equal(process_stop(web->process), 0);
	fake_program_await(web, STATE_STOPPED);
	assert_true(is_gone(&of_web));
	assert_false(is_gone(&of_other));
	assert_int_equal(process_state(other->process), STATE_RUNNING);
	fake_program_free(web);
	fake_program_free(other);
}

static bool are_stopped(void *arg)
{
	struct fake_program *const *fakes = arg;

	return process_is_done(fakes[0]->process) && process_is_done(fakes[1]->process);
}

static void two_stop_at_the_same_time(void **state)
{
	struct fake_program *fakes[] = {fake_program_new(*state, "a", "tree tree wait"),
	                                fake_program_new(*state, "b", "tree wait")};
	pid_t children[] = {start_tree(fakes[0], 3), start_tree(fakes[1], 2)};

	assert_int_equal(process_stop(fakes[0]->process), 0);
	assert_int_equal(process_stop(fakes[1]->process), 0);
	fake_engine_run_until(*state, are_stopped, fakes);
	assert_true(is_gone(&children[0]));
	assert_true(is_gone(&children[1]));
	fake_program_free(fakes[0]);
	fake_program_free(fakes[1]);
}

/* A process that never ran has no tree: whoever else is the guardian's child is not of it. */
static void one_that_never_ran_has_no_tree(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "web", "wait");
	struct fake_program *stranger = fake_program_new(*state, "s", "leave session wait");
	struct proc_stat status = {0};
	pid_t child;

	child = start_tree(stranger, 1);
	fake_program_await(stranger, STATE_EXITED);
	assert_int_equal(process_start(fake->process), 0);
	assert_int_equal(process_stop(fake->process), 0);
	fake_program_await(fake, STATE_STOPPED);
	assert_int_equal(proc_read_stat(child, &status), 0);
	assert_int_not_equal(status.state, 'Z');
	assert_int_equal(kill(child, SIGKILL), 0);
	fake_engine_run_until(*state, is_gone, &child);
	fake_program_free(fake);
	fake_program_free(stranger);
}

/* What an exit leaves behind goes on; what it writes is still logged; a stop has to do with the
 * last start only. */
static void what_an_exit_leaves_behind_goes_on(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "web", "leave wait");
	pid_t child;

	child = start_tree(fake, 1);
	fake_program_await(fake, STATE_EXITED);
	assert_false(is_gone(&child));
	assert_int_equal(kill(child, SIGKILL), 0);
	fake_engine_run_until(*state, is_gone, &child);
	fake_program_free(fake);
}

#define TREES_TEST(name) \
	cmocka_unit_test_setup_teardown(name, fake_engine_setup, fake_engine_teardown)

static int run(void)
{
	const struct CMUnitTest tests[] = {
	    TREES_TEST(a_tree_without_its_leader_gets_the_stop_signal),
	    TREES_TEST(a_tree_that_does_not_listen_is_killed),
	    TREES_TEST(a_group_is_stopped_as_one),
	    TREES_TEST(a_kill_takes_the_tree_along),
	    TREES_TEST(one_that_has_left_its_group_is_found),
	    TREES_TEST(a_stranger_is_left_alone),
	    TREES_TEST(others_of_the_same_kind_are_left_alone),
	    TREES_TEST(two_stop_at_the_same_time),
	    TREES_TEST(one_that_never_ran_has_no_tree),
	    TREES_TEST(what_an_exit_leaves_behind_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return fake_engine_main(run);
}
