/* fakes: fake_engine */
/* Processes that Run made: names, ends, removal, daemons, and the engine that follows another. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/state.h"
#include "daemon/config/diff.h"
#include "daemon/config/source.h"
#include "daemon/guardian/ledger.h"
#include "daemon/guardian/store.h"
#include "daemon/process/ad-hoc-store.h"
#include "daemon/process/ad-hoc.h"
#include "daemon/process/proc.h"
#include "daemon/process/process.h"
#include "daemon/process/remember.h"
#include "daemon/process/supervisor.h"
#include "tests/unit/fake_engine.h"

struct fixture {
	struct fake_engine *engine;
	struct supervisor *supervisor;
	bool ended;
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

static void write_config(const struct fixture *fixture, const char *programs)
{
	FILE *file = fopen(fake_engine_path(fixture->engine, "m.conf"), "we");

	assert_non_null(file);
	fprintf(file,
	        "[supervisord]\nlogfile=NONE\nchildlogdir=%s\n"
	        "[program:web]\ncommand=sleep 1000\nautostart=false\n%s",
	        fixture->engine->directory, programs);
	assert_int_equal(fclose(file), 0);
}

static void make_supervisor(struct fixture *fixture)
{
	const struct supervisor_hooks hooks = {ended_cb, changed_cb, fixture};
	struct config_notes notes = {0};
	struct source *source = source_new();
	struct config *config;

	assert_int_equal(
	    config_load(fake_engine_path(fixture->engine, "m.conf"), source, &notes, &config), 0);
	config_notes_done(&notes);
	fixture->supervisor = supervisor_new(&fixture->engine->context, config, source, &hooks);
	assert_non_null(fixture->supervisor);
	assert_int_equal(supervisor_begin(fixture->supervisor), 0);
	fake_engine_settle(fixture->engine);
}

static void follow_engine(struct fixture *fixture)
{
	supervisor_free(fixture->supervisor);
	make_supervisor(fixture);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	void *engine;

	if (!fixture || fake_engine_setup_deaf(&engine) < 0)
		return -1;
	fixture->engine = engine;
	write_config(fixture, "");
	make_supervisor(fixture);
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
	uint32_t high;

	/* Afresh, so that all is forgotten: then nothing of any process is left. */
	(void)supervisor_reload(fixture->supervisor);
	fake_engine_run_until(fixture->engine, has_ended, fixture);
	supervisor_free(fixture->supervisor);
	high = ledger_high(fixture->engine->context.ledger);
	for (uint32_t record = 0; record < high; record++) {
		assert_false(ledger_is_used(fixture->engine->context.ledger, record));
		assert_int_equal(store_get(fixture->engine->context.store,
		                           store_process_slot(record, STORE_AD_HOC)),
		                 -1);
	}
	forget_everything(&fixture->engine->context);
	atomic_store(&fixture->engine->context.ledger->header->intent, 0);
	fake_engine_teardown(&engine);
	free(fixture);
	return 0;
}

static struct ad_hocs *ad_hocs(const struct fixture *fixture)
{
	return supervisor_ad_hocs(fixture->supervisor);
}

/* Runs child.c by a word or two, as ourselves. */
static struct run_result run(const struct fixture *fixture, const char *name, const char *word,
                             const char *argument)
{
	const char *const argv[] = {fixture->engine->child, word, argument, NULL};
	const struct ad_hoc wanted = {
	    .name = name,
	    .argv = argv,
	    .caller = {.uid = geteuid(), .gid = getegid()},
	};
	struct run_result result;

	assert_int_equal(ad_hocs_run(ad_hocs(fixture), &wanted, NULL, &result), 0);
	return result;
}

static struct process *find(const struct fixture *fixture, const char *name)
{
	return supervisor_find(fixture->supervisor, name);
}

struct awaited {
	const struct fixture *fixture;
	const char *name;
};

static bool is_done(void *arg)
{
	const struct awaited *awaited = arg;

	return process_is_done(find(awaited->fixture, awaited->name));
}

static void await_end(const struct fixture *fixture, const char *name)
{
	struct awaited awaited = {fixture, name};

	fake_engine_run_until(fixture->engine, is_done, &awaited);
}

static void it_runs_at_once(void **state)
{
	struct fixture *fixture = *state;
	struct run_result result = run(fixture, "job", "wait", NULL);

	assert_int_equal(result.end, RUN_DONE);
	assert_ptr_equal(result.process, find(fixture, "job"));
	assert_int_equal(process_state(result.process), STATE_RUNNING);
	assert_true(process_pid(result.process) > 0);
	assert_string_equal(process_group(result.process), "job");
}

static void its_end_is_remembered_until_it_is_removed(void **state)
{
	struct fixture *fixture = *state;
	struct process *process = run(fixture, "job", "exit", "7").process;
	char log[128];
	int exitcode;

	snprintf(log, sizeof(log), "%s", process_logfile(process, 1));
	assert_int_equal(access(log, F_OK), 0);
	await_end(fixture, "job");
	assert_int_equal(process_state(process), STATE_EXITED);
	assert_true(process_exitcode(process, &exitcode));
	assert_int_equal(exitcode, 7);
	assert_int_equal(ad_hocs_remove(ad_hocs(fixture), process), 0);
	assert_null(find(fixture, "job"));
	assert_int_equal(access(log, F_OK), -1);
	assert_int_equal(run(fixture, "job", "wait", NULL).end, RUN_DONE);
}

static void what_runs_or_is_configured_is_not_removed(void **state)
{
	struct fixture *fixture = *state;
	struct process *process = run(fixture, "job", "wait", NULL).process;

	assert_int_equal(ad_hocs_remove(ad_hocs(fixture), process), -EBUSY);
	assert_int_equal(ad_hocs_remove(ad_hocs(fixture), find(fixture, "web")), -EINVAL);
	assert_int_equal(process_stop(process), 0);
	assert_int_equal(ad_hocs_remove(ad_hocs(fixture), process), -EBUSY);
	await_end(fixture, "job");
	assert_int_equal(ad_hocs_remove(ad_hocs(fixture), process), 0);
}

/* Its pipes are given back with a stop, and what defines it is not. */
static void it_can_be_started_again(void **state)
{
	struct fixture *fixture = *state;
	struct process *process = run(fixture, "job", "wait", NULL).process;

	assert_int_equal(process_stop(process), 0);
	await_end(fixture, "job");
	follow_engine(fixture);
	process = find(fixture, "job");
	assert_non_null(process);
	assert_int_equal(process_state(process), STATE_STOPPED);
	assert_int_equal(process_start(process), 0);
	fake_engine_settle(fixture->engine);
	assert_int_equal(process_state(process), STATE_RUNNING);
}

static void names_are_chosen_and_unique(void **state)
{
	struct fixture *fixture = *state;
	const char *base = strrchr(fixture->engine->child, '/') + 1;
	char expected[128];

	assert_string_equal(run(fixture, NULL, "wait", NULL).name, base);
	for (int n = 2; n < 4; n++) {
		snprintf(expected, sizeof(expected), "%s-%d", base, n);
		assert_string_equal(run(fixture, NULL, "wait", NULL).name, expected);
	}
	assert_int_equal(run(fixture, base, "wait", NULL).end, RUN_NAME_IN_USE);
	assert_int_equal(run(fixture, "web", "wait", NULL).end, RUN_NAME_IN_USE);
	assert_int_equal(run(fixture, "all", "wait", NULL).end, RUN_NAME_IN_USE);
}

static void what_cannot_be_executed_leaves_nothing(void **state)
{
	struct fixture *fixture = *state;
	const char *const argv[] = {"/no/such/program", NULL};
	const struct ad_hoc wanted = {.argv = argv, .caller = {.uid = geteuid()}};
	size_t before = supervisor_count(fixture->supervisor);
	struct run_result result;

	assert_int_equal(ad_hocs_run(ad_hocs(fixture), &wanted, NULL, &result), 0);
	assert_int_equal(result.end, RUN_SPAWN_ERROR);
	assert_string_equal(result.name, "program");
	assert_string_equal(result.message, "can't find command '/no/such/program'");
	assert_int_equal(supervisor_count(fixture->supervisor), before);
}

static void a_wrong_option_makes_nothing(void **state)
{
	struct fixture *fixture = *state;
	const char *const argv[] = {"sleep", NULL};
	const char *const options[] = {"umask", "x", NULL};
	const struct ad_hoc wanted = {
	    .argv = argv, .options = options, .caller = {.uid = geteuid()}};
	size_t before = supervisor_count(fixture->supervisor);
	struct run_result result;

	assert_int_equal(ad_hocs_run(ad_hocs(fixture), &wanted, NULL, &result), 0);
	assert_int_equal(result.end, RUN_BAD_OPTION);
	assert_string_equal(result.option, "umask");
	assert_int_equal(supervisor_count(fixture->supervisor), before);
}

static bool is_forgotten(void *arg)
{
	const struct awaited *awaited = arg;

	return !find(awaited->fixture, awaited->name);
}

static void the_oldest_of_many_ends_is_forgotten(void **state)
{
	struct fixture *fixture = *state;
	struct awaited first = {fixture, "n0"};
	char name[16];

	for (unsigned i = 0; i < AD_HOCS_ENDED_MAX; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		assert_int_equal(run(fixture, name, "exit", "0").end, RUN_DONE);
		await_end(fixture, name);
	}
	fake_engine_settle(fixture->engine);
	assert_non_null(find(fixture, "n0"));
	assert_int_equal(run(fixture, "last", "exit", "0").end, RUN_DONE);
	fake_engine_run_until(fixture->engine, is_forgotten, &first);
	assert_non_null(find(fixture, "n1"));
	assert_non_null(find(fixture, "last"));
}

static void there_are_not_more_than_the_limit(void **state)
{
	struct fixture *fixture = *state;
	const char *const argv[] = {"sleep", "100", NULL};
	const struct ad_hoc wanted = {.argv = argv, .caller = {.uid = geteuid()}};
	struct run_result result = {.end = RUN_DONE};
	unsigned count = 0;

	for (; count < AD_HOCS_MAX && result.end == RUN_DONE; count++)
		assert_int_equal(ad_hocs_run(ad_hocs(fixture), &wanted, NULL, &result), 0);
	if (result.end != RUN_DONE)
		skip(); /* this machine gives us fewer descriptors or processes */
	assert_int_equal(ad_hocs_run(ad_hocs(fixture), &wanted, NULL, &result), 0);
	assert_int_equal(result.end, RUN_SPAWN_ERROR);
	assert_non_null(strstr(result.message, "as many"));
}

/* ---- Another engine, and another configuration ---- */

static void another_engine_has_it_too(void **state)
{
	struct fixture *fixture = *state;
	pid_t pid = process_pid(run(fixture, "job", "wait", NULL).process);
	int exitcode;

	(void)run(fixture, "over", "exit", "5");
	await_end(fixture, "over");
	follow_engine(fixture);
	assert_non_null(find(fixture, "job"));
	assert_int_equal(process_pid(find(fixture, "job")), pid);
	assert_string_equal(process_program(find(fixture, "job"))->argv[1], "wait");
	assert_true(process_exitcode(find(fixture, "over"), &exitcode));
	assert_int_equal(exitcode, 5);
	assert_int_equal(process_stop(find(fixture, "job")), 0);
	await_end(fixture, "job");
	assert_int_equal(ad_hocs_remove(ad_hocs(fixture), find(fixture, "job")), 0);
	follow_engine(fixture);
	assert_null(find(fixture, "job"));
}

static void what_was_kept_is_read_with_distrust(void **state)
{
	struct fixture *fixture = *state;
	const struct context *context = &fixture->engine->context;
	const char *const argv[] = {"a", "b", NULL};
	const struct ad_hoc wanted = {.name = "x", .argv = argv};
	uint32_t slot = store_process_slot(LEDGER_PROCESSES_MAX - 1, STORE_AD_HOC);
	struct ad_hoc_copy *copy;
	char data[256];
	ssize_t size;
	int fd;

	assert_int_equal(ad_hoc_recall(context, LEDGER_PROCESSES_MAX - 1, &copy), -ENOENT);
	assert_int_equal(ad_hoc_keep(context, LEDGER_PROCESSES_MAX - 1, &wanted), 0);
	fd = store_get(context->store, slot);
	size = pread(fd, data, sizeof(data), 0);
	assert_true(size > 0);
	assert_int_equal(ad_hoc_recall(context, LEDGER_PROCESSES_MAX - 1, &copy), 0);
	assert_string_equal(ad_hoc_copy_wanted(copy)->name, "x");
	assert_string_equal(ad_hoc_copy_wanted(copy)->argv[1], "b");
	ad_hoc_copy_free(copy);
	/* Cut anywhere, and with any byte wrong, it is refused or taken, and nothing else. */
	for (ssize_t cut = 0; cut < size; cut++) {
		assert_int_equal(ftruncate(fd, cut), 0);
		assert_true(ad_hoc_recall(context, LEDGER_PROCESSES_MAX - 1, &copy) < 0);
	}
	for (ssize_t at = 0; at < size; at++) {
		char saved = data[at];
		data[at] = (char)(saved ^ 0x81);
		assert_int_equal(pwrite(fd, data, (size_t)size, 0), size);
		data[at] = saved;
		if (ad_hoc_recall(context, LEDGER_PROCESSES_MAX - 1, &copy) == 0)
			ad_hoc_copy_free(copy);
	}
	store_drop(fixture->engine->context.store, slot);
}

struct update_end {
	bool reported;
};

static void update_cb_end(void *arg, const char *group, const char *change)
{
	(void)group;
	if (!change)
		((struct update_end *)arg)->reported = true;
}

static bool is_reported(void *arg)
{
	return ((struct update_end *)arg)->reported;
}

/* Returns how many faults the configuration has. */
static size_t update(struct fixture *fixture)
{
	struct config_notes notes = {0};
	struct update_end end = {false};
	size_t faults;

	assert_int_equal(supervisor_update(fixture->supervisor, NULL, &notes, update_cb_end, &end),
	                 0);
	fake_engine_run_until(fixture->engine, is_reported, &end);
	fake_engine_settle(fixture->engine);
	faults = notes.error_count;
	config_notes_done(&notes);
	return faults;
}

static void an_update_leaves_it_alone(void **state)
{
	struct fixture *fixture = *state;
	pid_t pid = process_pid(run(fixture, "job", "wait", NULL).process);

	write_config(fixture, "[program:more]\ncommand=sleep 1000\nautostart=false\n");
	assert_int_equal(update(fixture), 0);
	assert_non_null(find(fixture, "more"));
	assert_int_equal(process_pid(find(fixture, "job")), pid);
}

static void a_section_of_its_name_is_left_out_until_it_is_gone(void **state)
{
	struct fixture *fixture = *state;
	pid_t pid = process_pid(run(fixture, "job", "wait", NULL).process);

	write_config(fixture, "[program:job]\ncommand=sleep 1000\nautostart=false\n"
	                      "[program:more]\ncommand=sleep 1000\nautostart=false\n");
	assert_int_equal(update(fixture), 1);
	assert_int_equal(process_pid(find(fixture, "job")), pid);
	assert_non_null(find(fixture, "more"));
	assert_true(fake_engine_has_logged(fixture->engine, "[job]"));
	follow_engine(fixture);
	assert_int_equal(process_pid(find(fixture, "job")), pid);
	assert_int_equal(supervisor_count(fixture->supervisor), 3);
	assert_int_equal(process_kill(find(fixture, "job")), 0);
	await_end(fixture, "job");
	assert_int_equal(ad_hocs_remove(ad_hocs(fixture), find(fixture, "job")), 0);
	assert_int_equal(update(fixture), 0);
	assert_false(process_program(find(fixture, "job"))->is_ad_hoc);
}

/* ---- Daemons ---- */

/* A process of ours that waits until it is killed. */
static pid_t make_caller(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)alarm(120);
		for (;;)
			pause();
	}
	assert_true(pid > 0);
	return pid;
}

static void end_caller(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static struct process *run_daemon(const struct fixture *fixture, pid_t caller, const void *owner)
{
	const char *const argv[] = {fixture->engine->child, "wait", NULL};
	struct ad_hoc wanted = {
	    .name = "job",
	    .argv = argv,
	    .caller = {.uid = geteuid(), .gid = getegid()},
	    .daemon = true,
	    .caller_pid = caller,
	};
	struct proc_stat stat;
	struct run_result result;

	assert_int_equal(proc_read_stat(caller, &stat), 0);
	wanted.caller_start_ticks = stat.start_ticks;
	assert_int_equal(ad_hocs_run(ad_hocs(fixture), &wanted, owner, &result), 0);
	assert_int_equal(result.end, RUN_DONE);
	return result.process;
}

static void a_daemon_ends_with_its_owner(void **state)
{
	struct fixture *fixture = *state;
	struct process *process = run_daemon(fixture, getpid(), fixture);

	ad_hocs_owner_gone(ad_hocs(fixture), fixture->engine);
	assert_int_equal(process_state(process), STATE_RUNNING);
	ad_hocs_owner_gone(ad_hocs(fixture), fixture);
	assert_int_equal(process_state(process), STATE_STOPPING);
	await_end(fixture, "job");
}

static void a_daemon_ends_with_its_caller(void **state)
{
	struct fixture *fixture = *state;
	pid_t caller = make_caller();

	(void)run_daemon(fixture, caller, fixture);
	end_caller(caller);
	await_end(fixture, "job");
}

static void a_daemon_goes_on_while_its_caller_lives(void **state)
{
	struct fixture *fixture = *state;
	pid_t caller = make_caller();

	(void)run_daemon(fixture, caller, fixture);
	follow_engine(fixture);
	assert_int_equal(process_state(find(fixture, "job")), STATE_RUNNING);
	end_caller(caller);
	await_end(fixture, "job");
}

static void a_caller_that_died_without_an_engine_is_missed(void **state)
{
	struct fixture *fixture = *state;
	pid_t caller = make_caller();

	(void)run_daemon(fixture, caller, fixture);
	supervisor_free(fixture->supervisor);
	end_caller(caller);
	make_supervisor(fixture);
	await_end(fixture, "job");
}

#define AD_HOC_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static int run_all(void)
{
	const struct CMUnitTest tests[] = {
	    AD_HOC_TEST(it_runs_at_once),
	    AD_HOC_TEST(its_end_is_remembered_until_it_is_removed),
	    AD_HOC_TEST(what_runs_or_is_configured_is_not_removed),
	    AD_HOC_TEST(it_can_be_started_again),
	    AD_HOC_TEST(names_are_chosen_and_unique),
	    AD_HOC_TEST(what_cannot_be_executed_leaves_nothing),
	    AD_HOC_TEST(a_wrong_option_makes_nothing),
	    AD_HOC_TEST(the_oldest_of_many_ends_is_forgotten),
	    AD_HOC_TEST(there_are_not_more_than_the_limit),
	    AD_HOC_TEST(another_engine_has_it_too),
	    AD_HOC_TEST(what_was_kept_is_read_with_distrust),
	    AD_HOC_TEST(an_update_leaves_it_alone),
	    AD_HOC_TEST(a_section_of_its_name_is_left_out_until_it_is_gone),
	    AD_HOC_TEST(a_daemon_ends_with_its_owner),
	    AD_HOC_TEST(a_daemon_ends_with_its_caller),
	    AD_HOC_TEST(a_daemon_goes_on_while_its_caller_lives),
	    AD_HOC_TEST(a_caller_that_died_without_an_engine_is_missed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return fake_engine_main(run_all);
}
