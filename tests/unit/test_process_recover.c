/* fakes: fake_engine fake_program */
/* An engine takes up what another left, at whatever point that one died: here by letting go of a
 * process, putting its record where that engine would have left it, and adopting it. */
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
#include "daemon/guardian/ledger.h"
#include "daemon/process/lifecycle.h"
#include "daemon/process/spawn.h"
#include "tests/unit/fake_program.h"
#include "tests/unit/wait.h"

static uint32_t record_of(const struct fake_program *fake)
{
	const struct ledger *ledger = fake->engine->context.ledger;

	for (uint32_t record = 0; record < ledger_high(ledger); record++)
		if (ledger_is_used(ledger, record) &&
		    strcmp(ledger_name(ledger, record), fake->program.full_name) == 0)
			return record;
	fail();
	return 0;
}

static struct ledger_life life_of(const struct fake_program *fake)
{
	return *ledger_life(fake->engine->context.ledger, record_of(fake));
}

static void commit(const struct fake_program *fake, const struct ledger_life *life)
{
	ledger_commit(fake->engine->context.ledger, record_of(fake), life);
}

static void recover(struct fake_program *fake)
{
	fake_program_adopt(fake);
	process_recover(fake->process);
}

static pid_t start(struct fake_program *fake)
{
	assert_int_equal(process_start(fake->process), 0);
	fake_program_await_output(fake, "ready\n");
	fake_program_await(fake, STATE_RUNNING);
	fake->state_count = 0;
	return process_pid(fake->process);
}

struct awaited {
	const struct ledger_header *header;
	uint64_t sent_before;
};

static bool exit_waits(void *arg)
{
	const struct awaited *awaited = arg;

	return atomic_load(&awaited->header->exits_sent) > awaited->sent_before;
}

static void a_running_process_goes_on(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "web", "wait");
	pid_t pid = start(fake);

	recover(fake);
	assert_int_equal(process_state(fake->process), STATE_RUNNING);
	assert_int_equal(process_pid(fake->process), pid);
	assert_int_equal(process_stop(fake->process), 0);
	fake_program_await(fake, STATE_STOPPED);
	fake_program_expect(fake, "stopping stopped");
	fake_program_free(fake);
}

static void what_it_writes_goes_on_into_its_log(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "echo", "cat");
	char *text;

	assert_int_equal(process_start(fake->process), 0);
	fake_program_await(fake, STATE_RUNNING);
	assert_int_equal(process_send(fake->process, "one\n", 4), 0);
	fake_program_await_output(fake, "one\n");
	assert_int_equal(process_send(fake->process, "two\n", 4), 0);
	recover(fake);
	assert_int_equal(process_send(fake->process, "three\n", 6), 0);
	fake_program_await_output(fake, "three\n");
	text = fake_engine_read(fake->program.stdout_log.path);
	assert_string_equal(text, "one\ntwo\nthree\n");
	free(text);
	fake_program_free(fake);
}

static void an_exit_that_was_not_applied_is(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "web", "wait");
	pid_t pid = start(fake);
	struct awaited awaited = {.header = fake->engine->context.ledger->header};
	int exitcode = 0;

	awaited.sent_before = atomic_load(&awaited.header->exits_sent);
	assert_int_equal(kill(pid, SIGINT), 0);
	assert_true(wait_until(exit_waits, &awaited)); /* no turn of the loop */
	recover(fake);
	assert_int_equal(process_state(fake->process), STATE_RUNNING);
	fake_program_await(fake, STATE_EXITED);
	assert_true(process_exitcode(fake->process, &exitcode));
	assert_int_equal(exitcode, -SIGINT);
	fake_program_free(fake);
}

static void a_deadline_of_a_start_goes_on(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "web", "wait");

	fake->program.startsecs_usec = 300 * USEC_PER_MSEC;
	assert_int_equal(process_start(fake->process), 0);
	fake_program_await_output(fake, "ready\n");
	recover(fake);
	fake_program_await(fake, STATE_RUNNING);
	fake_program_expect(fake, "starting running");
	fake_program_free(fake);
}

static void a_start_that_was_queued_is_made(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "web", "wait");

	assert_int_equal(process_start(fake->process), 0);
	recover(fake);
	fake_program_await(fake, STATE_RUNNING);
	fake_program_free(fake);
}

/* It died when the child had entered itself and nothing else was written down. */
static void a_child_that_has_just_been_born_is_found(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "web", "wait");
	pid_t pid = start(fake);
	struct ledger_life life = life_of(fake);

	life.state = STATE_STARTING;
	life.pid = life.tree = 0;
	life.spawning = true;
	commit(fake, &life);
	recover(fake);
	assert_int_equal(process_pid(fake->process), pid);
	fake_program_await(fake, STATE_RUNNING);
	assert_int_equal(process_stop(fake->process), 0);
	fake_program_await(fake, STATE_STOPPED);
	fake_program_free(fake);
}

/* It died before there was a child, or the child had said why there is none. */
static void a_child_that_was_not_born_is_made(void **state)
{
	static const int stages[] = {SPAWN_STAGE_NONE, SPAWN_STAGE_EXEC};
	struct fake_program *fake = fake_program_new(*state, "web", "wait");

	for (int i = 0; i < 2; i++) {
		struct ledger_birth *birth =
		    ledger_birth(fake->engine->context.ledger, record_of(fake));
		struct ledger_life life = life_of(fake);

		life.state = STATE_STARTING;
		life.spawning = true;
		commit(fake, &life);
		atomic_store(&birth->pid, stages[i] ? 4711 : 0);
		atomic_store(&birth->stage, stages[i]);
		recover(fake);
		fake_program_await(fake, STATE_RUNNING);
		assert_int_not_equal(process_pid(fake->process), 4711);
		assert_int_equal(process_stop(fake->process), 0);
		fake_program_await(fake, STATE_STOPPED);
	}
	fake_program_free(fake);
}

/* The record says that it is to stop; whether the signal was sent is in it too. */
static void a_stop_that_was_not_told_is_told(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "web", "wait");
	struct ledger_life life;
	int exitcode = 0;

	start(fake);
	life = life_of(fake);
	life.state = STATE_STOPPING;
	life.wanted = false;
	life.deadline_usec = clock_monotonic_usec() + 3600ull * USEC_PER_SEC;
	commit(fake, &life);
	recover(fake);
	fake_program_await(fake, STATE_STOPPED);
	assert_true(process_exitcode(fake->process, &exitcode));
	assert_int_equal(exitcode, -SIGTERM);
	fake_program_free(fake);
}

static void a_stop_that_was_told_is_not_told_again(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "web", "wait");
	struct ledger_life life;
	pid_t pid = start(fake);

	life = life_of(fake);
	life.state = STATE_STOPPING;
	life.signalled = true;
	life.wanted = false;
	life.deadline_usec = clock_monotonic_usec() + 300 * USEC_PER_MSEC;
	commit(fake, &life);
	recover(fake);
	fake_engine_settle(*state);
	assert_int_equal(process_state(fake->process), STATE_STOPPING);
	assert_int_equal(kill(pid, 0), 0);
	/* Its time runs on. */
	fake_program_await(fake, STATE_STOPPED);
	assert_non_null(process_stop_note(fake->process));
	fake_program_free(fake);
}

/* The leader's end was applied; what is left of its tree was still to be waited for. */
static void a_stop_without_a_leader_is_finished(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "web", "wait");
	struct ledger_life life;

	start(fake);
	assert_int_equal(process_stop(fake->process), 0);
	fake_program_await(fake, STATE_STOPPED);
	life = life_of(fake);
	life.state = STATE_STOPPING;
	life.wanted = true; /* a restart: the new start is not forgotten */
	life.deadline_usec = clock_monotonic_usec() + 3600ull * USEC_PER_SEC;
	commit(fake, &life);
	fake->state_count = 0;
	recover(fake);
	fake_program_await_states(fake, "stopped starting running");
	fake_program_free(fake);
}

static void a_kill_is_carried_out(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "web", "ignore");
	struct ledger_life life;

	start(fake);
	life = life_of(fake);
	life.state = STATE_STOPPING;
	life.overdue = true;
	life.wanted = false;
	life.deadline_usec = 0;
	commit(fake, &life);
	recover(fake);
	fake_program_await(fake, STATE_STOPPED);
	fake_program_free(fake);
}

static void a_pause_goes_on(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "job", "exit 1");

	fake->program.startsecs_usec = 60 * USEC_PER_SEC;
	assert_int_equal(process_start(fake->process), 0);
	fake_program_await(fake, STATE_BACKOFF);
	recover(fake);
	fake_program_await_states(fake, "starting backoff starting backoff");
	fake_program_free(fake);
}

static void one_failure_too_many_is_fatal(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "job", "exit 1");
	struct ledger_life life;

	fake->program.startsecs_usec = 60 * USEC_PER_SEC;
	assert_int_equal(process_start(fake->process), 0);
	fake_program_await(fake, STATE_BACKOFF);
	life = life_of(fake);
	life.tries = fake->program.startretries + 1;
	commit(fake, &life);
	recover(fake);
	assert_int_equal(process_state(fake->process), STATE_FATAL);
	fake_program_free(fake);
}

static void a_restart_ahead_is_made(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "job", "exit 1");

	fake->program.autorestart = AUTORESTART_TRUE;
	assert_int_equal(process_start(fake->process), 0);
	fake_program_await(fake, STATE_EXITED);
	fake->state_count = 0;
	recover(fake);
	fake_program_await_states(fake, "starting running exited");
	assert_int_equal(process_restarts(fake->process), 1);
	fake_program_free(fake);
}

static void what_was_to_be_up_is_started(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "web", "wait");
	struct ledger_life life = life_of(fake);

	life.wanted = true;
	commit(fake, &life);
	recover(fake);
	fake_program_await(fake, STATE_RUNNING);
	fake_program_free(fake);
}

/* An engine died before it could start it, and the next one is to end everything: this must not
 * keep it waiting. */
static void what_was_to_be_up_can_be_called_off(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "web", "wait");
	struct ledger_life life = life_of(fake);

	life.wanted = true;
	commit(fake, &life);
	assert_false(process_is_done(fake->process));
	assert_int_equal(process_stop(fake->process), -ESRCH);
	assert_true(process_is_done(fake->process));
	fake_program_free(fake);
}

static void what_has_ended_stays_so(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "job", "exit 3");
	int exitcode = 0;

	assert_int_equal(process_start(fake->process), 0);
	fake_program_await(fake, STATE_EXITED);
	recover(fake);
	fake_engine_settle(*state);
	assert_int_equal(process_state(fake->process), STATE_EXITED);
	assert_true(process_exitcode(fake->process, &exitcode));
	assert_int_equal(exitcode, 3);
	fake_program_free(fake);
}

/* The record was taken, and nothing was written in it. */
static void an_empty_record_is_as_a_new_one(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "web", "wait");
	struct ledger_life nothing = {0};

	commit(fake, &nothing);
	fake->program.autostart = true;
	recover(fake);
	fake_program_await(fake, STATE_RUNNING);
	fake_program_free(fake);
}

#define RECOVER_TEST(name) \
	cmocka_unit_test_setup_teardown(name, fake_engine_setup, fake_engine_teardown)

static int run(void)
{
	const struct CMUnitTest tests[] = {
	    RECOVER_TEST(a_running_process_goes_on),
	    RECOVER_TEST(what_it_writes_goes_on_into_its_log),
	    RECOVER_TEST(an_exit_that_was_not_applied_is),
	    RECOVER_TEST(a_deadline_of_a_start_goes_on),
	    RECOVER_TEST(a_start_that_was_queued_is_made),
	    RECOVER_TEST(a_child_that_has_just_been_born_is_found),
	    RECOVER_TEST(a_child_that_was_not_born_is_made),
	    RECOVER_TEST(a_stop_that_was_not_told_is_told),
	    RECOVER_TEST(a_stop_that_was_told_is_not_told_again),
	    RECOVER_TEST(a_stop_without_a_leader_is_finished),
	    RECOVER_TEST(a_kill_is_carried_out),
	    RECOVER_TEST(a_pause_goes_on),
	    RECOVER_TEST(one_failure_too_many_is_fatal),
	    RECOVER_TEST(a_restart_ahead_is_made),
	    RECOVER_TEST(what_was_to_be_up_is_started),
	    RECOVER_TEST(what_was_to_be_up_can_be_called_off),
	    RECOVER_TEST(what_has_ended_stays_so),
	    RECOVER_TEST(an_empty_record_is_as_a_new_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return fake_engine_main(run);
}
