/* fakes: fake_engine */
/* daemon_of= while processes run: which ends bring others, and which do not. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/state.h"
#include "daemon/config/ad-hoc.h"
#include "daemon/config/source.h"
#include "daemon/guardian/ledger.h"
#include "daemon/process/ad-hoc.h"
#include "daemon/process/process.h"
#include "daemon/process/remember.h"
#include "daemon/process/supervisor.h"
#include "tests/unit/fake_engine.h"

struct fixture {
	struct fake_engine *engine;
	struct supervisor *supervisor;
	bool ended;
};

struct awaited {
	const struct fixture *fixture;
	const char *name;
	enum process_state state;
};

static void ended_cb(void *arg, enum supervisor_end end)
{
	(void)end;
	((struct fixture *)arg)->ended = true;
}

static void changed_cb(void *arg)
{
	(void)arg;
}

static struct process *find(const struct fixture *fixture, const char *name)
{
	struct process *process = supervisor_find(fixture->supervisor, name);

	assert_non_null(process);
	return process;
}

static bool is_there(void *arg)
{
	const struct awaited *awaited = arg;

	return process_state(find(awaited->fixture, awaited->name)) == awaited->state;
}

static void await(const struct fixture *fixture, const char *name, enum process_state state)
{
	struct awaited awaited = {fixture, name, state};

	fake_engine_run_until(fixture->engine, is_there, &awaited);
}

static void make_supervisor(struct fixture *fixture)
{
	const struct supervisor_hooks hooks = {ended_cb, changed_cb, fixture};
	struct config_notes notes = {0};
	struct source *source = source_new();
	struct config *config;

	assert_int_equal(
	    config_load(fake_engine_path(fixture->engine, "m.conf"), source, &notes, &config), 0);
	assert_int_equal(notes.error_count, 0);
	config_notes_done(&notes);
	fixture->supervisor = supervisor_new(&fixture->engine->context, config, source, &hooks);
	assert_non_null(fixture->supervisor);
	assert_int_equal(supervisor_begin(fixture->supervisor), 0);
}

/* A master, a group of two, and a daemon of each; a daemon of a daemon; one that is nobody's. */
static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	void *engine;
	FILE *file;

	if (!fixture || fake_engine_setup_deaf(&engine) < 0)
		return -1;
	fixture->engine = engine;
	file = fopen(fake_engine_path(fixture->engine, "m.conf"), "we");
	if (!file)
		return -1;
	fprintf(file,
	        "[supervisord]\nlogfile=NONE\nchildlogdir=%s\n"
	        "[DEFAULT]\ncommand=sleep 1000\nstartsecs=0\nautorestart=false\n"
	        "[program:master]\n[program:daemon]\ndaemon_of=master\n"
	        "[program:second]\ndaemon_of=daemon\n[program:free]\n"
	        "[group:g]\nprograms=a,b\n[program:a]\n[program:b]\n"
	        "[program:of_group]\ndaemon_of=g\n[program:off]\nautostart=false\n"
	        "[program:of_off]\ndaemon_of=off\n",
	        fixture->engine->directory);
	fclose(file);
	make_supervisor(fixture);
	for (int i = 0; i < 8; i++)
		await(fixture,
		      (const char *const[]){"master", "daemon", "second", "free", "g:a", "g:b",
		                            "of_group", "of_off"}[i],
		      STATE_RUNNING);
	*state = fixture;
	return 0;
}

static bool has_ended(void *arg)
{
	return ((struct fixture *)arg)->ended;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;
	void *engine = fixture->engine;

	(void)supervisor_reload(fixture->supervisor);
	fake_engine_run_until(fixture->engine, has_ended, fixture);
	supervisor_free(fixture->supervisor);
	forget_everything(&fixture->engine->context);
	atomic_store(&fixture->engine->context.ledger->header->intent, 0);
	fake_engine_teardown(&engine);
	free(fixture);
	return 0;
}

static void a_stop_brings_others_one_after_the_other(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(process_stop(find(fixture, "master")), 0);
	await(fixture, "daemon", STATE_STOPPED);
	await(fixture, "second", STATE_STOPPED);
	assert_int_equal(process_state(find(fixture, "free")), STATE_RUNNING);
	assert_int_equal(process_state(find(fixture, "of_group")), STATE_RUNNING);
}

static void so_does_an_end_by_itself(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(kill(process_pid(find(fixture, "master")), SIGKILL), 0);
	await(fixture, "daemon", STATE_STOPPED);
	assert_int_equal(process_state(find(fixture, "master")), STATE_EXITED);
}

static void a_restart_is_no_end(void **state)
{
	struct fixture *fixture = *state;
	pid_t pid = process_pid(find(fixture, "daemon"));
	pid_t before = process_pid(find(fixture, "master"));

	assert_int_equal(process_restart(find(fixture, "master")), 0);
	await(fixture, "master", STATE_STOPPING);
	await(fixture, "master", STATE_RUNNING);
	fake_engine_settle(fixture->engine);
	assert_int_not_equal(process_pid(find(fixture, "master")), before);
	assert_int_equal(process_pid(find(fixture, "daemon")), pid);
}

static void of_a_group_all_must_have_ended(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(process_stop(find(fixture, "g:a")), 0);
	await(fixture, "g:a", STATE_STOPPED);
	fake_engine_settle(fixture->engine);
	assert_int_equal(process_state(find(fixture, "of_group")), STATE_RUNNING);
	assert_int_equal(process_stop(find(fixture, "g:b")), 0);
	await(fixture, "of_group", STATE_STOPPED);
}

static void it_may_run_while_the_other_is_down(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(process_state(find(fixture, "of_off")), STATE_RUNNING);
	assert_int_equal(process_stop(find(fixture, "master")), 0);
	await(fixture, "daemon", STATE_STOPPED);
	assert_int_equal(process_start(find(fixture, "daemon")), 0);
	await(fixture, "daemon", STATE_RUNNING);
	supervisor_free(fixture->supervisor);
	make_supervisor(fixture);
	fake_engine_settle(fixture->engine);
	assert_int_equal(process_state(find(fixture, "daemon")), STATE_RUNNING);
	assert_int_equal(process_state(find(fixture, "of_off")), STATE_RUNNING);
}

/* The engine died when the end was in the ledger, and nobody had been told. */
static void an_end_is_not_missed_by_another_engine(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(process_stop(find(fixture, "master")), 0);
	supervisor_free(fixture->supervisor);
	make_supervisor(fixture);
	await(fixture, "daemon", STATE_STOPPED);
	await(fixture, "master", STATE_STOPPED);
	await(fixture, "second", STATE_STOPPED);
}

static bool master_is_stopped(void *arg)
{
	struct fixture *fixture = arg;

	return process_state(find(fixture, "master")) == STATE_STOPPED;
}

static void an_end_that_was_told_to_nobody_is_not_missed(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(process_stop(find(fixture, "master")), 0);
	/* Until the very turn in which it ends: what it brings is put off to the next. */
	fake_engine_run_until(fixture->engine, master_is_stopped, fixture);
	supervisor_free(fixture->supervisor);
	make_supervisor(fixture);
	await(fixture, "daemon", STATE_STOPPED);
}

static void what_is_run_may_end_with_a_process(void **state)
{
	struct fixture *fixture = *state;
	const char *const argv[] = {"sleep", "1000", NULL};
	const char *options[] = {"daemon_of", "free", NULL};
	const struct ad_hoc wanted = {
	    .name = "job", .argv = argv, .options = options, .caller = {.uid = geteuid()}};
	struct ad_hocs *all = supervisor_ad_hocs(fixture->supervisor);
	struct run_result result;

	assert_int_equal(ad_hocs_run(all, &wanted, NULL, &result), 0);
	assert_int_equal(result.end, RUN_DONE);
	assert_int_equal(process_stop(find(fixture, "free")), 0);
	await(fixture, "job", STATE_STOPPED);
	assert_int_equal(ad_hocs_remove(all, find(fixture, "job")), 0);
	options[1] = "nobody";
	assert_int_equal(ad_hocs_run(all, &wanted, NULL, &result), 0);
	assert_int_equal(result.end, RUN_BAD_OPTION);
	assert_string_equal(result.option, "daemon_of");
}

#define DAEMONS_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static int run_all(void)
{
	const struct CMUnitTest tests[] = {
	    DAEMONS_TEST(a_stop_brings_others_one_after_the_other),
	    DAEMONS_TEST(so_does_an_end_by_itself),
	    DAEMONS_TEST(a_restart_is_no_end),
	    DAEMONS_TEST(of_a_group_all_must_have_ended),
	    DAEMONS_TEST(it_may_run_while_the_other_is_down),
	    DAEMONS_TEST(an_end_is_not_missed_by_another_engine),
	    DAEMONS_TEST(an_end_that_was_told_to_nobody_is_not_missed),
	    DAEMONS_TEST(what_is_run_may_end_with_a_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return fake_engine_main(run_all);
}
