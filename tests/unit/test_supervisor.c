/* fakes: fake_engine */
/* All processes together: the order of starts and stops, a new configuration, signals, the end, and
 * an engine that follows another. */
#include <errno.h>
#include <fcntl.h>
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

#include "daemon/base/bus.h"
#include "daemon/config/config.h"
#include "daemon/config/diff.h"
#include "daemon/config/source.h"
#include "daemon/guardian/ledger.h"
#include "daemon/guardian/store.h"
#include "daemon/process/process.h"
#include "daemon/process/remember.h"
#include "daemon/process/supervisor.h"
#include "tests/unit/fake_engine.h"

#define TRACE_MAX 2048

struct fixture {
	struct fake_engine *engine;
	struct supervisor *supervisor;
	struct bus_subscription *subscription;
	char trace[TRACE_MAX]; /* "a running, b running, ..." */
	char report[TRACE_MAX];
	bool reported; /* the last call of an update */
	bool ended, again;
	int changes;
};

static void add(char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(char *text, const char *format, ...)
{
	size_t used = strlen(text);
	va_list arguments;

	if (used)
		used += (size_t)snprintf(text + used, TRACE_MAX - used, ", ");
	va_start(arguments, format);
	(void)vsnprintf(text + used, TRACE_MAX - used, format, arguments);
	va_end(arguments);
}

/* Only what is up and what is down: the rest follows. */
static void notice_cb(void *arg, const struct notice *notice)
{
	struct fixture *fixture = arg;

	if (notice->type == NOTICE_GROUP_ADDED || notice->type == NOTICE_GROUP_REMOVED)
		add(fixture->trace, "%s %s", bus_type_name(notice->type), notice->subject);
	else if (notice->to == STATE_RUNNING || notice->to == STATE_STOPPED ||
	         notice->to == STATE_EXITED)
		add(fixture->trace, "%s %s", notice->subject, state_name(notice->to));
}

static void ended_cb(void *arg, enum supervisor_end end)
{
	struct fixture *fixture = arg;

	fixture->ended = true;
	fixture->again = end == END_AGAIN;
}

static void changed_cb(void *arg)
{
	((struct fixture *)arg)->changes++;
}

static void report_cb(void *arg, const char *group, const char *change)
{
	struct fixture *fixture = arg;

	if (change)
		add(fixture->report, "%s %s", group, change);
	else
		fixture->reported = true;
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	void *engine;

	if (!fixture || fake_engine_setup_deaf(&engine) < 0)
		return -1;
	fixture->engine = engine;
	fixture->subscription =
	    bus_subscribe(fixture->engine->context.bus,
	                  (1u << NOTICE_PROCESS_STATE) | (1u << NOTICE_GROUP_ADDED) |
	                      (1u << NOTICE_GROUP_REMOVED),
	                  notice_cb, fixture);
	*state = fixture;
	return fixture->subscription ? 0 : -1;
}

static bool has_ended(void *arg)
{
	return ((struct fixture *)arg)->ended;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;
	void *engine = fixture->engine;

	if (!fixture->ended) {
		(void)supervisor_shutdown(fixture->supervisor);
		fake_engine_run_until(fixture->engine, has_ended, fixture);
	}
	supervisor_free(fixture->supervisor);
	bus_unsubscribe(fixture->subscription);
	forget_everything(&fixture->engine->context);
	atomic_store(&fixture->engine->context.ledger->header->intent, 0);
	fake_engine_teardown(&engine);
	free(fixture);
	return 0;
}

/* Each program is "NAME WORDS; KEY=VALUE; ...", and does those words of child.c. */
static void write_config(struct fixture *fixture, const char *const *programs)
{
	FILE *file = fopen(fake_engine_path(fixture->engine, "m.conf"), "we");

	assert_non_null(file);
	fprintf(file, "[supervisord]\nlogfile=NONE\nchildlogdir=%s\n", fixture->engine->directory);
	for (; *programs; programs++) {
		int name = (int)strcspn(*programs, " ");
		const char *rest = *programs + name + 1;
		int words = (int)strcspn(rest, ";");
		fprintf(file,
		        "[program:%.*s]\ncommand=%s %.*s\nstartsecs=0\nautorestart=false\n"
		        "stopwaitsecs=20\n",
		        name, *programs, fixture->engine->child, words, rest);
		for (rest += words; *rest == ';'; rest += words) {
			rest += strspn(rest, "; ");
			words = (int)strcspn(rest, ";");
			fprintf(file, "%.*s\n", words, rest);
		}
	}
	assert_int_equal(fclose(file), 0);
}

/* A supervisor as an engine makes it. */
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

static void begin(struct fixture *fixture, const char *const *programs)
{
	write_config(fixture, programs);
	make_supervisor(fixture);
}

static struct process *find(const struct fixture *fixture, const char *name)
{
	struct process *process = supervisor_find(fixture->supervisor, name);

	assert_non_null(process);
	return process;
}

struct running {
	const struct fixture *fixture;
	size_t count;
};

static bool are_running(void *arg)
{
	const struct running *running = arg;

	return supervisor_count_in(running->fixture->supervisor, STATE_RUNNING) == running->count;
}

static void await_running(struct fixture *fixture, size_t count)
{
	struct running running = {fixture, count};

	fake_engine_run_until(fixture->engine, are_running, &running);
}

static void expect_trace(struct fixture *fixture, const char *expected)
{
	assert_string_equal(fixture->trace, expected);
	fixture->trace[0] = '\0';
}

static const char *const three[] = {"a wait; priority=1", "b wait; priority=2",
                                    "c wait; priority=3; autostart=false", NULL};

/* ---- Beginning and end ---- */

static void what_is_to_start_starts_in_order(void **state)
{
	struct fixture *fixture = *state;
	struct supervisor_origin origin;

	begin(fixture, three);
	assert_int_equal(supervisor_state(fixture->supervisor), SUPERVISOR_RUNNING);
	await_running(fixture, 2);
	expect_trace(fixture, "a running, b running");
	assert_int_equal(supervisor_count(fixture->supervisor), 3);
	assert_int_equal(supervisor_count_in(fixture->supervisor, STATE_STOPPED), 1);
	assert_string_equal(process_name(supervisor_at(fixture->supervisor, 2)), "c");
	assert_null(supervisor_at(fixture->supervisor, 3));
	assert_ptr_equal(find(fixture, "a:a"), find(fixture, "a"));
	assert_null(supervisor_find(fixture->supervisor, "nobody"));
	supervisor_origin(fixture->supervisor, &origin);
	assert_int_equal(origin.guardian_pid, fixture->engine->context.guardian_pid);
	assert_int_equal(origin.engine_pid, getpid());
	assert_string_equal(origin.engine_reason, "start");
	assert_string_equal(supervisor_state_name(SUPERVISOR_RESTARTING), "restarting");
}

static void everything_stops_by_priority(void **state)
{
	static const char *const programs[] = {"low wait; priority=1", "late tree wait; priority=9",
	                                       "mid wait; priority=5", NULL};
	struct fixture *fixture = *state;

	begin(fixture, programs);
	await_running(fixture, 3);
	fixture->trace[0] = '\0';
	fixture->changes = 0;
	assert_int_equal(supervisor_shutdown(fixture->supervisor), 0);
	assert_int_equal(supervisor_state(fixture->supervisor), SUPERVISOR_STOPPING);
	assert_int_equal(supervisor_shutdown(fixture->supervisor), -EALREADY);
	assert_int_equal(supervisor_reload(fixture->supervisor), -EALREADY);
	assert_false(fixture->ended);
	fake_engine_run_until(fixture->engine, has_ended, fixture);
	expect_trace(fixture, "late stopped, mid stopped, low stopped");
	assert_false(fixture->again);
	assert_true(fixture->changes > 0);
}

static void an_end_with_nothing_to_stop_comes_too(void **state)
{
	static const char *const none[] = {NULL};
	struct fixture *fixture = *state;

	begin(fixture, none);
	assert_int_equal(supervisor_reload(fixture->supervisor), 0);
	fake_engine_run_until(fixture->engine, has_ended, fixture);
	assert_true(fixture->again);
}

static bool has_reopened(void *arg)
{
	return fake_engine_has_logged(((struct fixture *)arg)->engine, "SIGUSR2");
}

static bool is_unknown_told(void *arg)
{
	return fake_engine_has_logged(((struct fixture *)arg)->engine, "means nothing here");
}

/* Sent to the guardian, which hands them on. */
static void signals_mean_what_they_do_to_supervisord(void **state)
{
	struct fixture *fixture = *state;
	const pid_t guardian = fixture->engine->context.guardian_pid;

	begin(fixture, three);
	await_running(fixture, 2);
	assert_int_equal(kill(guardian, SIGUSR1), 0);
	fake_engine_run_until(fixture->engine, is_unknown_told, fixture);
	assert_int_equal(kill(guardian, SIGUSR2), 0);
	fake_engine_run_until(fixture->engine, has_reopened, fixture);
	assert_int_equal(supervisor_count_in(fixture->supervisor, STATE_RUNNING), 2);
	assert_int_equal(kill(guardian, SIGHUP), 0);
	fake_engine_run_until(fixture->engine, has_ended, fixture);
	assert_true(fixture->again);
}

static void sigterm_is_the_end(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture, three);
	await_running(fixture, 2);
	assert_int_equal(kill(fixture->engine->context.guardian_pid, SIGTERM), 0);
	fake_engine_run_until(fixture->engine, has_ended, fixture);
	assert_false(fixture->again);
	assert_true(
	    fake_engine_has_logged(fixture->engine, "received SIGTERM indicating exit request"));
}

static void a_restart_becomes_the_end_where_that_is_asked_for(void **state)
{
	static const char *const programs[] = {"a ignore; stopwaitsecs=1", NULL};
	struct fixture *fixture = *state;

	begin(fixture, programs);
	await_running(fixture, 1);
	assert_int_equal(supervisor_reload(fixture->supervisor), 0);
	assert_int_equal(supervisor_reload(fixture->supervisor), -EALREADY);
	assert_int_equal(supervisor_shutdown(fixture->supervisor), 0);
	assert_int_equal(supervisor_reload(fixture->supervisor), -EALREADY);
	fake_engine_run_until(fixture->engine, has_ended, fixture);
	assert_false(fixture->again);
}

/* Without a guardian nobody reports an exit: everybody is told, and waited for, without one. */
static void an_orphaned_engine_takes_everybody_along(void **state)
{
	static const char *const programs[] = {"a wait", "b ignore; stopwaitsecs=1", NULL};
	struct fixture *fixture = *state;

	begin(fixture, programs);
	await_running(fixture, 2);
	supervisor_orphaned(fixture->supervisor);
	await_running(fixture, 0);
}

/* ---- Selecting ---- */

static void a_selector_names_processes(void **state)
{
	static const char *const programs[] = {"a wait; autostart=false", "b wait; autostart=false",
	                                       NULL};
	struct fixture *fixture = *state;
	struct process **found;
	size_t count;

	begin(fixture, programs);
	assert_int_equal(supervisor_select(fixture->supervisor, "all", &found, &count), 0);
	assert_int_equal(count, 2);
	free(found);
	assert_int_equal(supervisor_select(fixture->supervisor, "b:*", &found, &count), 0);
	assert_int_equal(count, 1);
	assert_ptr_equal(found[0], find(fixture, "b"));
	free(found);
	assert_int_equal(supervisor_select(fixture->supervisor, "x*", &found, &count), -ENOENT);
}

/* ---- A new configuration ---- */

static void reread(struct fixture *fixture, const char *expected)
{
	struct config_notes notes = {0};
	struct diff_entry *entries;
	struct config *config;
	char text[TRACE_MAX] = "";
	size_t count;

	assert_int_equal(supervisor_reread(fixture->supervisor, &notes, &config, &entries, &count),
	                 0);
	for (size_t i = 0; i < count; i++)
		add(text, "%s %s",
		    entries[i].after ? entries[i].after->name : entries[i].before->name,
		    diff_change_name(entries[i].change));
	assert_string_equal(text, expected);
	free(entries);
	config_free(config);
	config_notes_done(&notes);
}

static bool has_reported(void *arg)
{
	return ((struct fixture *)arg)->reported;
}

static void update(struct fixture *fixture, const char *const *groups, const char *expected)
{
	struct config_notes notes = {0};

	fixture->reported = false;
	fixture->report[0] = fixture->trace[0] = '\0';
	assert_int_equal(supervisor_update(fixture->supervisor, groups, &notes, report_cb, fixture),
	                 0);
	assert_int_equal(supervisor_update(fixture->supervisor, groups, &notes, report_cb, fixture),
	                 -EBUSY);
	config_notes_done(&notes);
	fake_engine_run_until(fixture->engine, has_reported, fixture);
	assert_string_equal(fixture->report, expected);
}

static const char *const changed[] = {"a wait; priority=1", "b tree wait; priority=2", "d wait",
                                      NULL};

static void a_new_configuration_changes_what_it_changes(void **state)
{
	struct fixture *fixture = *state;
	pid_t of_a, of_b;

	begin(fixture, three);
	await_running(fixture, 2);
	of_a = process_pid(find(fixture, "a"));
	of_b = process_pid(find(fixture, "b"));
	reread(fixture, "");
	write_config(fixture, changed);
	reread(fixture, "d added, b changed, c removed");
	assert_int_equal(supervisor_count(fixture->supervisor), 3); /* nothing was done */
	update(fixture, NULL, "d added, b changed, c removed");
	await_running(fixture, 3);
	assert_int_equal(process_pid(find(fixture, "a")), of_a);
	assert_int_not_equal(process_pid(find(fixture, "b")), of_b);
	assert_null(supervisor_find(fixture->supervisor, "c"));
	reread(fixture, "");
	assert_non_null(config_find_group(supervisor_config(fixture->supervisor), "d"));
}

static void single_groups_are_updated(void **state)
{
	static const char *const only_d[] = {"d", NULL};
	static const char *const only_b[] = {"b", "nobody", NULL};
	struct fixture *fixture = *state;
	pid_t of_b;

	begin(fixture, three);
	await_running(fixture, 2);
	of_b = process_pid(find(fixture, "b"));
	write_config(fixture, changed);
	update(fixture, only_d, "d added");
	await_running(fixture, 3);
	assert_int_equal(process_pid(find(fixture, "b")), of_b);
	assert_non_null(supervisor_find(fixture->supervisor, "c"));
	reread(fixture, "b changed, c removed");
	update(fixture, only_b, "b changed");
	await_running(fixture, 3);
	assert_int_not_equal(process_pid(find(fixture, "b")), of_b);
	update(fixture, NULL, "c removed");
	assert_null(supervisor_find(fixture->supervisor, "c"));
}

static void a_configuration_that_cannot_be_read_changes_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct config_notes notes = {0};

	begin(fixture, three);
	await_running(fixture, 2);
	assert_int_equal(unlink(fake_engine_path(fixture->engine, "m.conf")), 0);
	assert_true(supervisor_update(fixture->supervisor, NULL, &notes, report_cb, fixture) < 0);
	config_notes_done(&notes);
	fake_engine_settle(fixture->engine);
	assert_int_equal(supervisor_count_in(fixture->supervisor, STATE_RUNNING), 2);
}

/* The asker is told that it is over, and the end comes. */
static void an_update_is_cut_short_by_the_end(void **state)
{
	struct fixture *fixture = *state;
	struct config_notes notes = {0};

	begin(fixture, three);
	await_running(fixture, 2);
	write_config(fixture, changed);
	assert_int_equal(supervisor_update(fixture->supervisor, NULL, &notes, report_cb, fixture),
	                 0);
	config_notes_done(&notes);
	assert_int_equal(supervisor_shutdown(fixture->supervisor), 0);
	assert_true(fixture->reported);
	assert_string_equal(fixture->report, "");
	assert_int_equal(supervisor_update(fixture->supervisor, NULL, &notes, report_cb, fixture),
	                 -EBUSY);
	fake_engine_run_until(fixture->engine, has_ended, fixture);
}

static bool has_d(void *arg)
{
	return supervisor_find(((struct fixture *)arg)->supervisor, "d") != NULL;
}

static void an_update_goes_on_without_its_asker(void **state)
{
	struct fixture *fixture = *state;
	struct config_notes notes = {0};

	begin(fixture, three);
	await_running(fixture, 2);
	write_config(fixture, changed);
	assert_int_equal(supervisor_update(fixture->supervisor, NULL, &notes, report_cb, fixture),
	                 0);
	config_notes_done(&notes);
	supervisor_update_forget(fixture->supervisor, fixture);
	fake_engine_run_until(fixture->engine, has_d, fixture);
	assert_false(fixture->reported);
	await_running(fixture, 3);
}

/* ---- Another engine ---- */

static void another_engine_has_the_same_processes(void **state)
{
	struct fixture *fixture = *state;
	pid_t of_a, of_b;

	begin(fixture, three);
	await_running(fixture, 2);
	of_a = process_pid(find(fixture, "a"));
	of_b = process_pid(find(fixture, "b"));
	supervisor_free(fixture->supervisor);
	make_supervisor(fixture);
	fake_engine_settle(fixture->engine);
	assert_int_equal(process_pid(find(fixture, "a")), of_a);
	assert_int_equal(process_pid(find(fixture, "b")), of_b);
	assert_int_equal(supervisor_count(fixture->supervisor), 3);
	assert_int_equal(supervisor_count_in(fixture->supervisor, STATE_RUNNING), 2);
	assert_int_equal(process_stop(find(fixture, "a")), 0);
	await_running(fixture, 1);
}

/* As an engine does that is not the first: from what the guardian keeps, not from the disk. */
static void make_supervisor_again(struct fixture *fixture)
{
	const struct supervisor_hooks hooks = {ended_cb, changed_cb, fixture};
	struct config_notes notes = {0};
	struct source *source = NULL;
	struct config *config;

	assert_int_equal(
	    source_restore(store_get(fixture->engine->context.store, STORE_CONFIG), &source), 0);
	assert_int_equal(
	    config_load(fake_engine_path(fixture->engine, "m.conf"), source, &notes, &config), 0);
	config_notes_done(&notes);
	source_free(source);
	fixture->supervisor = supervisor_new(&fixture->engine->context, config, NULL, &hooks);
	assert_non_null(fixture->supervisor);
	assert_int_equal(supervisor_begin(fixture->supervisor), 0);
}

/* After updates of single groups what is in force comes from several files that were read, none of
 * which need be on the disk any more. */
static void another_engine_has_the_updates_too(void **state)
{
	static const char *const only_d[] = {"d", NULL};
	struct fixture *fixture = *state;
	pid_t of_b, of_d;

	begin(fixture, three);
	await_running(fixture, 2);
	write_config(fixture, changed);
	update(fixture, only_d, "d added");
	await_running(fixture, 3);
	of_b = process_pid(find(fixture, "b"));
	of_d = process_pid(find(fixture, "d"));
	supervisor_free(fixture->supervisor);
	assert_int_equal(unlink(fake_engine_path(fixture->engine, "m.conf")), 0);
	make_supervisor_again(fixture);
	fake_engine_settle(fixture->engine);
	assert_int_equal(supervisor_count(fixture->supervisor), 4);
	assert_int_equal(process_pid(find(fixture, "b")), of_b);
	assert_int_equal(process_pid(find(fixture, "d")), of_d);
	write_config(fixture, changed);
	reread(fixture, "b changed, c removed");
}

/* The end was under way: it goes on, and nothing is started. */
static void another_engine_goes_on_with_the_end(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture, three);
	await_running(fixture, 2);
	supervisor_free(fixture->supervisor);
	atomic_store(&fixture->engine->context.ledger->header->intent, SUPERVISOR_STOPPING);
	make_supervisor(fixture);
	assert_int_equal(supervisor_state(fixture->supervisor), SUPERVISOR_STOPPING);
	fake_engine_run_until(fixture->engine, has_ended, fixture);
	assert_false(fixture->again);
	assert_int_equal(supervisor_count_in(fixture->supervisor, STATE_STOPPED), 3);
}

static int exit_code(const struct fixture *fixture)
{
	return atomic_load(&fixture->engine->context.ledger->header->exit_code);
}

static void the_end_of_an_essential_program_is_the_end(void **state)
{
	static const char *const programs[] = {"a wait", "b exit 3; essential=true", NULL};
	struct fixture *fixture = *state;

	begin(fixture, programs);
	fake_engine_run_until(fixture->engine, has_ended, fixture);
	assert_false(fixture->again);
	assert_int_equal(exit_code(fixture), 3);
	assert_int_equal(supervisor_count_in(fixture->supervisor, STATE_STOPPED), 1);
	assert_true(fake_engine_has_logged(
	    fixture->engine, "essential program b has ended (exit status 3): ending everything"));
}

static void a_stop_on_purpose_ends_nothing_else(void **state)
{
	static const char *const programs[] = {"a wait", "b wait; essential=true", NULL};
	struct fixture *fixture = *state;

	begin(fixture, programs);
	await_running(fixture, 2);
	assert_int_equal(process_stop(find(fixture, "b")), 0);
	await_running(fixture, 1);
	fake_engine_settle(fixture->engine);
	assert_int_equal(supervisor_state(fixture->supervisor), SUPERVISOR_RUNNING);
}

/* The engine died between the record of the exit and what follows from it. */
static void another_engine_sees_an_essential_end(void **state)
{
	static const char *const programs[] = {"a wait", "b exit 3; essential=true", NULL};
	struct fixture *fixture = *state;
	const struct ledger *ledger = fixture->engine->context.ledger;
	uint32_t record = 0;

	begin(fixture, programs);
	fake_engine_run_until(fixture->engine, has_ended, fixture);
	supervisor_free(fixture->supervisor);
	atomic_store(&ledger->header->intent, 0);
	atomic_store(&ledger->header->exit_code, 0);
	while (strcmp(ledger_name(ledger, record), "b") != 0)
		record++;
	assert_int_equal(ledger_life(ledger, record)->state, STATE_EXITED);
	fixture->ended = false;
	make_supervisor(fixture);
	assert_int_equal(supervisor_state(fixture->supervisor), SUPERVISOR_STOPPING);
	assert_int_equal(exit_code(fixture), 3);
	fake_engine_run_until(fixture->engine, has_ended, fixture);
}

static void another_engine_ends_with_the_code_of_the_one_before(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture, three);
	await_running(fixture, 2);
	supervisor_free(fixture->supervisor);
	atomic_store(&fixture->engine->context.ledger->header->exit_code, 42);
	atomic_store(&fixture->engine->context.ledger->header->intent, SUPERVISOR_STOPPING);
	make_supervisor(fixture);
	fake_engine_run_until(fixture->engine, has_ended, fixture);
	assert_int_equal(exit_code(fixture), 42);
}

#define SUPERVISOR_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static int run(void)
{
	const struct CMUnitTest tests[] = {
	    SUPERVISOR_TEST(what_is_to_start_starts_in_order),
	    SUPERVISOR_TEST(everything_stops_by_priority),
	    SUPERVISOR_TEST(an_end_with_nothing_to_stop_comes_too),
	    SUPERVISOR_TEST(signals_mean_what_they_do_to_supervisord),
	    SUPERVISOR_TEST(sigterm_is_the_end),
	    SUPERVISOR_TEST(a_restart_becomes_the_end_where_that_is_asked_for),
	    SUPERVISOR_TEST(an_orphaned_engine_takes_everybody_along),
	    SUPERVISOR_TEST(a_selector_names_processes),
	    SUPERVISOR_TEST(a_new_configuration_changes_what_it_changes),
	    SUPERVISOR_TEST(single_groups_are_updated),
	    SUPERVISOR_TEST(a_configuration_that_cannot_be_read_changes_nothing),
	    SUPERVISOR_TEST(an_update_is_cut_short_by_the_end),
	    SUPERVISOR_TEST(an_update_goes_on_without_its_asker),
	    SUPERVISOR_TEST(another_engine_has_the_same_processes),
	    SUPERVISOR_TEST(another_engine_has_the_updates_too),
	    SUPERVISOR_TEST(another_engine_goes_on_with_the_end),
	    SUPERVISOR_TEST(the_end_of_an_essential_program_is_the_end),
	    SUPERVISOR_TEST(a_stop_on_purpose_ends_nothing_else),
	    SUPERVISOR_TEST(another_engine_sees_an_essential_end),
	    SUPERVISOR_TEST(another_engine_ends_with_the_code_of_the_one_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return fake_engine_main(run);
}
