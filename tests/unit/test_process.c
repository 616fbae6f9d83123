/* fakes: fake_engine fake_program fake_clock */
/* A process through its life, with real children: states, texts, signals, logs. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/base/clock.h"
#include "daemon/process/lifecycle.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_program.h"

static void expect_description(const struct fake_program *fake, const char *expected)
{
	char text[256];

	process_describe(fake->process, text, sizeof(text));
	assert_string_equal(text, expected);
}

static void expect_exitcode(const struct fake_program *fake, int expected)
{
	int exitcode = 4711;

	assert_true(process_exitcode(fake->process, &exitcode));
	assert_int_equal(exitcode, expected);
}

static void expect_error(const struct fake_program *fake, const char *expected)
{
	assert_non_null(process_spawn_error(fake->process));
	assert_string_equal(process_spawn_error(fake->process), expected);
}

/* ---- Start and end ---- */

static void a_new_process_is_stopped_and_waits_for_a_word(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "web", "wait");
	struct process *process = fake->process;

	assert_string_equal(process_name(process), "web");
	assert_string_equal(process_group(process), "web");
	assert_ptr_equal(process_program(process), &fake->program);
	assert_int_equal(process_state(process), STATE_STOPPED);
	assert_true(process_is_done(process));
	assert_false(process_is_wanted(process));
	assert_int_equal(process_pid(process), 0);
	assert_int_equal(process_started_usec(process), 0);
	assert_true(process_state_since_usec(process) > 0);
	assert_false(process_exitcode(process, &(int){0}));
	assert_null(process_spawn_error(process));
	assert_null(process_logfile(process, 1));
	expect_description(fake, "Not started");
	/* Nothing runs, so nothing can be told anything. */
	assert_int_equal(process_stop(process), -ESRCH);
	assert_int_equal(process_kill(process), -ESRCH);
	assert_int_equal(process_signal(process, SIGHUP), -ESRCH);
	assert_int_equal(process_send(process, "x", 1), -ESRCH);
	assert_int_equal(process_clear_logs(process), -ENOENT);
	process_flush_logs(process);
	fake_engine_settle(*state);
	fake_program_expect(fake, "");
	fake_program_free(fake);
}

static void a_process_starts_and_stops(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "web", "wait");
	uint64_t before_usec = clock_monotonic_usec();
	char text[64];

	assert_false(process_was_started_since(fake->process, 0));
	assert_int_equal(process_start(fake->process), 0);
	assert_int_equal(process_state(fake->process), STATE_STARTING);
	assert_int_equal(process_start(fake->process), -EALREADY);
	fake_program_await(fake, STATE_RUNNING);
	assert_true(process_was_started_since(fake->process, before_usec));
	assert_false(process_was_started_since(fake->process, UINT64_MAX));
	assert_true(process_pid(fake->process) > 0);
	assert_true(process_pidfd(fake->process) >= 0);
	assert_true(process_is_wanted(fake->process));
	assert_false(process_is_done(fake->process));
	assert_false(process_exitcode(fake->process, &(int){0}));
	assert_int_equal(process_start(fake->process), -EALREADY);
	snprintf(text, sizeof(text), "pid %d, uptime 0:00:00", (int)process_pid(fake->process));
	expect_description(fake, text);
	fake_program_await_output(fake, "ready\n");
	assert_int_equal(process_stop(fake->process), 0);
	assert_int_equal(process_state(fake->process), STATE_STOPPING);
	expect_description(fake, "");
	assert_int_equal(process_stop(fake->process), -EALREADY);
	fake_program_await(fake, STATE_STOPPED);
	fake_program_expect(fake, "starting running stopping stopped");
	expect_exitcode(fake, -SIGTERM);
	assert_int_equal(process_pid(fake->process), 0);
	assert_null(process_stop_note(fake->process));
	assert_true(fake_engine_has_logged(*state, "spawned: 'web' with pid "));
	assert_true(fake_engine_has_logged(*state, "success: web entered RUNNING state"));
	assert_true(fake_engine_has_logged(*state, "stopped: web (terminated by SIGTERM)"));
	fake_program_free(fake);
}

static void how_long_it_is_up_is_told_as_python_does(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "web", "wait");
	char text[64];

	assert_int_equal(process_start(fake->process), 0);
	fake_program_await(fake, STATE_RUNNING);
	fake_clock_advance((3600ull * 2 + 60 * 3 + 4) * USEC_PER_SEC);
	snprintf(text, sizeof(text), "pid %d, uptime 2:03:04", (int)process_pid(fake->process));
	expect_description(fake, text);
	fake_clock_advance(86400ull * USEC_PER_SEC);
	snprintf(text, sizeof(text), "pid %d, uptime 1 day, 2:03:04",
	         (int)process_pid(fake->process));
	expect_description(fake, text);
	fake_clock_advance(86400ull * USEC_PER_SEC);
	snprintf(text, sizeof(text), "pid %d, uptime 2 days, 2:03:04",
	         (int)process_pid(fake->process));
	expect_description(fake, text);
	/* The wall clock may be set back: it counts for nothing. */
	fake_clock_step_wall(-86400ll * 365 * USEC_PER_SEC);
	expect_description(fake, text);
	fake_clock_step_wall(86400ll * 365 * USEC_PER_SEC);
	fake_program_free(fake);
}

static void an_expected_end_is_an_exit(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "job", "exit 0");

	fake->program.autorestart = AUTORESTART_UNEXPECTED;
	assert_int_equal(process_start(fake->process), 0);
	fake_program_await(fake, STATE_EXITED);
	fake_program_expect(fake, "starting running exited");
	expect_exitcode(fake, 0);
	assert_null(process_spawn_error(fake->process));
	assert_true(process_is_done(fake->process));
	assert_true(fake_engine_has_logged(*state, "exited: job (exit status 0; expected)"));
	/* It starts again when told to, and only then. */
	assert_int_equal(process_stop(fake->process), -ESRCH);
	assert_int_equal(process_start(fake->process), 0);
	fake_program_await(fake, STATE_EXITED);
	fake_program_free(fake);
}

static void an_unexpected_end_says_so(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "job", "exit 3");

	assert_int_equal(process_start(fake->process), 0);
	fake_program_await(fake, STATE_EXITED);
	expect_exitcode(fake, 3);
	expect_error(fake, "Bad exit code 3");
	assert_true(fake_engine_has_logged(*state, "exited: job (exit status 3; not expected)"));
	fake_program_free(fake);
}

static void a_death_by_signal_is_a_bad_exit(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "web", "wait");

	assert_int_equal(process_start(fake->process), 0);
	fake_program_await(fake, STATE_RUNNING);
	assert_int_equal(process_signal(fake->process, SIGKILL), 0);
	fake_program_await(fake, STATE_EXITED);
	expect_exitcode(fake, -SIGKILL);
	expect_error(fake, "Bad exit code -1");
	fake_program_free(fake);
}

/* ---- Restarts ---- */

static bool has_restarted(void *arg)
{
	const struct fake_program *fake = arg;

	return process_restarts(fake->process) >= 1 &&
	       process_state(fake->process) == STATE_RUNNING;
}

static void what_is_to_be_restarted_is(void **state)
{
	static const struct {
		enum autorestart autorestart;
		const char *words;
		bool again;
	} rows[] = {
	    {AUTORESTART_TRUE, "exit 0", true},       {AUTORESTART_TRUE, "exit 3", true},
	    {AUTORESTART_UNEXPECTED, "exit 3", true}, {AUTORESTART_UNEXPECTED, "exit 0", false},
	    {AUTORESTART_FALSE, "exit 3", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fake_program *fake = fake_program_new(*state, "job", rows[i].words);

		fake->program.autorestart = rows[i].autorestart;
		assert_int_equal(process_start(fake->process), 0);
		fake_program_await(fake, STATE_EXITED);
		assert_int_equal(process_is_done(fake->process), !rows[i].again);
		if (rows[i].again)
			fake_engine_run_until(*state, has_restarted, fake);
		else
			fake_engine_settle(*state);
		assert_int_equal(process_restarts(fake->process) > 0, rows[i].again);
		fake_program_free(fake);
	}
}

/* Between its end and its restart it is told to stop: it stays down. */
static void a_restart_ahead_may_be_called_off(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "job", "exit 3");

	fake->program.autorestart = AUTORESTART_TRUE;
	assert_int_equal(process_start(fake->process), 0);
	fake_program_await(fake, STATE_EXITED);
	assert_int_equal(process_stop(fake->process), 0);
	assert_true(process_is_done(fake->process));
	assert_int_equal(process_state(fake->process), STATE_STOPPED);
	fake_program_free(fake);
}

static void one_that_is_restarted_has_another_pid(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "web", "wait");
	pid_t before;

	assert_int_equal(process_restart(fake->process), 0); /* of what does not run: a start */
	fake_program_await_states(fake, "starting running");
	before = process_pid(fake->process);
	assert_int_equal(process_restart(fake->process), 0);
	assert_true(process_is_wanted(fake->process));
	assert_false(process_is_done(fake->process));
	fake_program_await_states(fake, "stopping stopped starting running");
	assert_int_not_equal(process_pid(fake->process), before);
	assert_int_equal(process_restarts(fake->process), 0); /* nobody counts what was asked for */
	fake_program_free(fake);
}

/* The last word counts: to be up after a stop that is under way, or not. */
static void the_last_word_counts_during_a_stop(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "web", "wait");

	assert_int_equal(process_start(fake->process), 0);
	fake_program_await_states(fake, "starting running");
	assert_int_equal(process_stop(fake->process), 0);
	assert_int_equal(process_start(fake->process), 0);
	fake_program_await_states(fake, "stopping stopped starting running");
	assert_int_equal(process_restart(fake->process), 0);
	assert_int_equal(process_stop(fake->process), -EALREADY);
	fake_program_await(fake, STATE_STOPPED);
	fake_engine_settle(*state);
	assert_int_equal(process_state(fake->process), STATE_STOPPED);
	assert_true(process_is_done(fake->process));
	fake_program_free(fake);
}

static void a_start_that_was_not_yet_made_is_called_off(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "web", "wait");

	assert_int_equal(process_start(fake->process), 0);
	assert_int_equal(process_stop(fake->process), 0);
	fake_program_await(fake, STATE_STOPPED);
	fake_program_expect(fake, "starting stopping stopped");
	assert_int_equal(process_start(fake->process), 0);
	assert_int_equal(process_kill(fake->process), 0);
	fake_program_await(fake, STATE_STOPPED);
	assert_int_equal(process_started_usec(fake->process), 0);
	assert_false(fake_engine_has_logged(*state, "spawned"));
	fake_program_free(fake);
}

/* ---- Failed starts ---- */

static void an_end_before_startsecs_is_a_failed_start(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "job", "exit 0");

	fake->program.startsecs_usec = 60 * USEC_PER_SEC;
	assert_int_equal(process_start(fake->process), 0);
	fake_program_await(fake, STATE_BACKOFF);
	fake_program_expect(fake, "starting backoff");
	expect_error(fake, "Exited too quickly (process log may have details)");
	expect_description(fake, "Exited too quickly (process log may have details)");
	assert_false(process_spawn_failed(fake->process));
	assert_int_equal(process_start(fake->process), -EALREADY);
	/* After a second it is tried again. */
	fake_program_await(fake, STATE_STARTING);
	fake_program_await(fake, STATE_BACKOFF);
	assert_int_equal(process_restarts(fake->process), 1);
	assert_int_equal(process_stop(fake->process), 0);
	assert_int_equal(process_state(fake->process), STATE_STOPPED);
	assert_true(process_is_done(fake->process));
	fake_program_free(fake);
}

static void a_start_that_lasts_is_a_success(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "web", "wait");

	fake->program.startsecs_usec = 50 * USEC_PER_MSEC;
	assert_int_equal(process_start(fake->process), 0);
	fake_program_await_output(fake, "ready\n");
	fake_program_await(fake, STATE_RUNNING);
	fake_program_expect(fake, "starting running");
	fake_program_free(fake);
}

/* It ended after startsecs, but before anybody looked at the clock. */
static void an_end_just_after_startsecs_is_no_failed_start(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "web", "wait");

	fake->program.startsecs_usec = 60 * USEC_PER_SEC;
	assert_int_equal(process_start(fake->process), 0);
	fake_program_await_output(fake, "ready\n");
	assert_int_equal(process_state(fake->process), STATE_STARTING);
	fake_clock_advance(61 * USEC_PER_SEC);
	assert_int_equal(process_signal(fake->process, SIGKILL), 0);
	fake_program_await(fake, STATE_EXITED);
	fake_program_expect(fake, "starting running exited");
	fake_program_free(fake);
}

static void too_many_failed_starts_are_fatal(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "job", "exit 1");

	fake->program.startsecs_usec = 60 * USEC_PER_SEC;
	fake->program.startretries = 1;
	assert_int_equal(process_start(fake->process), 0);
	fake_program_await(fake, STATE_FATAL);
	fake_program_expect(fake, "starting backoff starting backoff fatal");
	assert_true(process_is_done(fake->process));
	assert_true(fake_engine_has_logged(*state, "gave up: job entered FATAL state"));
	expect_description(fake, "Exited too quickly (process log may have details)");
	assert_int_equal(process_stop(fake->process), -ESRCH);
	/* And it may be started again. */
	fake->program.startsecs_usec = 0;
	assert_int_equal(process_restart(fake->process), 0);
	fake_program_await(fake, STATE_EXITED);
	fake_program_free(fake);
}

static void what_cannot_be_executed_fails_to_start(void **state)
{
	struct fake_engine *engine = *state;
	struct fake_program *fake = fake_program_new(engine, "web", "wait");

	fake->program.startretries = 0;
	free(fake->argv[0]);
	fake->argv[0] = strdup("no-such-command-here");
	assert_int_equal(process_start(fake->process), 0);
	fake_program_await(fake, STATE_FATAL);
	fake_program_expect(fake, "starting backoff fatal");
	assert_true(process_spawn_failed(fake->process));
	expect_error(fake, "can't find command 'no-such-command-here'");
	assert_true(fake_engine_has_logged(
	    engine, "spawnerr: can't find command 'no-such-command-here' (web)"));
	free(fake->argv[0]);
	fake->argv[0] = strdup(engine->directory);
	assert_int_equal(process_start(fake->process), 0);
	fake_program_await(fake, STATE_FATAL);
	assert_non_null(strstr(process_spawn_error(fake->process), "is a directory"));
	/* Once it can be, it is as if nothing had been. */
	free(fake->argv[0]);
	fake->argv[0] = strdup(engine->child);
	assert_int_equal(process_start(fake->process), 0);
	fake_program_await(fake, STATE_RUNNING);
	assert_false(process_spawn_failed(fake->process));
	assert_null(process_spawn_error(fake->process));
	fake_program_free(fake);
}

static void a_log_that_cannot_be_opened_is_a_failed_start(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "web", "wait");

	fake->program.startretries = 0;
	free(fake->program.stderr_log.path);
	fake->program.stderr_log.path = strdup("/nowhere/web.err");
	assert_int_equal(process_start(fake->process), 0);
	fake_program_await(fake, STATE_FATAL);
	expect_error(fake, "opening stderr log /nowhere/web.err: No such file or directory");
	fake_program_free(fake);
}

static void one_that_is_broken_says_why(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "web", "wait");

	fake->program.broken = (char *)(uintptr_t) "x.conf:3: [program:web] command: missing";
	assert_int_equal(process_start(fake->process), -ECANCELED);
	assert_int_equal(process_restart(fake->process), -ECANCELED);
	expect_error(fake, "x.conf:3: [program:web] command: missing");
	fake_program_free(fake);
}

/* ---- Stops ---- */

static void one_that_does_not_stop_is_killed_when_its_time_is_up(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "web", "ignore");
	char note[64];

	fake->program.stopwaitsecs_usec = 100 * USEC_PER_MSEC;
	assert_int_equal(process_start(fake->process), 0);
	fake_program_await_output(fake, "ready\n");
	snprintf(note, sizeof(note), "needed SIGKILL: %d", (int)process_pid(fake->process));
	assert_int_equal(process_stop(fake->process), 0);
	fake_program_await(fake, STATE_STOPPED);
	expect_exitcode(fake, -SIGKILL);
	assert_string_equal(process_stop_note(fake->process), note);
	/* The next stop begins with a clean sheet. */
	assert_int_equal(process_start(fake->process), 0);
	fake_program_await(fake, STATE_RUNNING);
	assert_int_equal(process_stop(fake->process), 0);
	assert_null(process_stop_note(fake->process));
	fake_program_free(fake);
}

static void a_kill_does_not_wait(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "web", "ignore");

	fake->program.stopwaitsecs_usec = 3600ull * USEC_PER_SEC;
	fake->program.autorestart = AUTORESTART_TRUE;
	assert_int_equal(process_start(fake->process), 0);
	fake_program_await_output(fake, "ready\n");
	assert_int_equal(process_stop(fake->process), 0);
	assert_int_equal(process_kill(fake->process), 0); /* losing patience */
	fake_program_await(fake, STATE_STOPPED);
	expect_exitcode(fake, -SIGKILL);
	assert_true(process_is_done(fake->process));
	fake_program_free(fake);
}

static void the_stop_signal_is_the_programs(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "web", "wait");

	fake->program.stopsignal = SIGINT;
	assert_int_equal(process_start(fake->process), 0);
	fake_program_await_output(fake, "ready\n");
	assert_int_equal(process_stop(fake->process), 0);
	fake_program_await(fake, STATE_STOPPED);
	expect_exitcode(fake, -SIGINT);
	fake_program_free(fake);
}

/* ---- What goes in and out ---- */

static void what_is_sent_comes_back_through_its_log(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "echo", "cat");
	char *much = calloc(1, 64 * 1024);

	assert_non_null(much);
	assert_int_equal(process_start(fake->process), 0);
	fake_program_await(fake, STATE_RUNNING);
	assert_string_equal(process_logfile(fake->process, 1), fake->program.stdout_log.path);
	assert_string_equal(process_logfile(fake->process, 2), fake->program.stderr_log.path);
	assert_int_equal(process_send(fake->process, "hello\n", 6), 0);
	fake_program_await_output(fake, "hello\n");
	assert_int_equal(process_send(fake->process, much, 64 * 1024), -EMSGSIZE);
	assert_int_equal(process_clear_logs(fake->process), 0);
	assert_int_equal(process_send(fake->process, "again\n", 6), 0);
	fake_program_await_output(fake, "again\n");
	free(much);
	fake_program_free(fake);
}

static void one_that_does_not_read_is_sent_no_more_than_fits(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "web", "wait");
	char *piece = calloc(1, 16 * 1024);
	int r, sent = 0;

	assert_non_null(piece);
	assert_int_equal(process_start(fake->process), 0);
	fake_program_await_states(fake, "starting running");
	while ((r = process_send(fake->process, piece, 16 * 1024)) == 0 && sent < 100)
		sent++;
	assert_int_equal(r, -EAGAIN);
	assert_true(sent > 0);
	/* What it has not read is not for its next life. */
	assert_int_equal(process_restart(fake->process), 0);
	fake_program_await_states(fake, "stopping stopped starting running");
	assert_int_equal(process_send(fake->process, piece, 16 * 1024), 0);
	free(piece);
	fake_program_free(fake);
}

/* All that it wrote is in its log when its end is known. */
static void nothing_is_lost_at_the_end(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "job", "lines 4000");
	struct stat status;

	assert_int_equal(process_start(fake->process), 0);
	fake_program_await(fake, STATE_EXITED);
	assert_int_equal(stat(fake->program.stdout_log.path, &status), 0);
	assert_int_equal(status.st_size, 4000 * 8);
	fake_program_free(fake);
}

static void both_streams_may_go_to_one_log(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "job", "nonsense");
	char *text;

	fake->program.redirect_stderr = true;
	assert_int_equal(process_start(fake->process), 0);
	fake_program_await(fake, STATE_EXITED);
	text = fake_engine_read(fake->program.stdout_log.path);
	assert_string_equal(text, "child: what is to be done?\n");
	assert_string_equal(process_logfile(fake->process, 2), fake->program.stdout_log.path);
	assert_int_not_equal(access(fake->program.stderr_log.path, F_OK), 0);
	free(text);
	fake_program_free(fake);
}

static void without_a_log_its_output_goes_nowhere(void **state)
{
	struct fake_program *fake = fake_program_new(*state, "job", "lines 20000");

	fake->program.stdout_log.kind = LOG_NONE;
	fake->program.stderr_log.kind = LOG_NONE;
	assert_int_equal(process_start(fake->process), 0);
	fake_program_await(fake, STATE_EXITED);
	expect_exitcode(fake, 0);
	assert_null(process_logfile(fake->process, 1));
	assert_int_equal(process_clear_logs(fake->process), -ENOENT);
	fake_program_free(fake);
}

static void a_log_may_be_named_by_the_daemon(void **state)
{
	struct fake_engine *engine = *state;
	struct fake_program *fake = fake_program_new(engine, "job", "lines 1");
	char begin[128];
	char *text;

	fake->program.stdout_log.kind = LOG_AUTO;
	assert_int_equal(process_start(fake->process), 0);
	fake_program_await(fake, STATE_EXITED);
	snprintf(begin, sizeof(begin), "%s/job-stdout---test-", engine->directory);
	assert_memory_equal(process_logfile(fake->process, 1), begin, strlen(begin));
	text = fake_engine_read(process_logfile(fake->process, 1));
	assert_string_equal(text, "0000000\n");
	free(text);
	fake_program_free(fake);
}

#define PROCESS_TEST(name) \
	cmocka_unit_test_setup_teardown(name, fake_engine_setup, fake_engine_teardown)

static int run(void)
{
	const struct CMUnitTest tests[] = {
	    PROCESS_TEST(a_new_process_is_stopped_and_waits_for_a_word),
	    PROCESS_TEST(a_process_starts_and_stops),
	    PROCESS_TEST(how_long_it_is_up_is_told_as_python_does),
	    PROCESS_TEST(an_expected_end_is_an_exit),
	    PROCESS_TEST(an_unexpected_end_says_so),
	    PROCESS_TEST(a_death_by_signal_is_a_bad_exit),
	    PROCESS_TEST(what_is_to_be_restarted_is),
	    PROCESS_TEST(a_restart_ahead_may_be_called_off),
	    PROCESS_TEST(one_that_is_restarted_has_another_pid),
	    PROCESS_TEST(the_last_word_counts_during_a_stop),
	    PROCESS_TEST(a_start_that_was_not_yet_made_is_called_off),
	    PROCESS_TEST(an_end_before_startsecs_is_a_failed_start),
	    PROCESS_TEST(a_start_that_lasts_is_a_success),
	    PROCESS_TEST(an_end_just_after_startsecs_is_no_failed_start),
	    PROCESS_TEST(too_many_failed_starts_are_fatal),
	    PROCESS_TEST(what_cannot_be_executed_fails_to_start),
	    PROCESS_TEST(a_log_that_cannot_be_opened_is_a_failed_start),
	    PROCESS_TEST(one_that_is_broken_says_why),
	    PROCESS_TEST(one_that_does_not_stop_is_killed_when_its_time_is_up),
	    PROCESS_TEST(a_kill_does_not_wait),
	    PROCESS_TEST(the_stop_signal_is_the_programs),
	    PROCESS_TEST(what_is_sent_comes_back_through_its_log),
	    PROCESS_TEST(one_that_does_not_read_is_sent_no_more_than_fits),
	    PROCESS_TEST(nothing_is_lost_at_the_end),
	    PROCESS_TEST(both_streams_may_go_to_one_log),
	    PROCESS_TEST(without_a_log_its_output_goes_nowhere),
	    PROCESS_TEST(a_log_may_be_named_by_the_daemon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return fake_engine_main(run);
}
