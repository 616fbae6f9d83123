/* fakes: fake_daemon fake_client fake_supervisor */
/* org.muster.Manager: status, configuration, events, the end. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/api/conn.h"
#include "tests/unit/fake_daemon.h"

#define INVALID(name) \
	"{'error':'org.varlink.service.InvalidParameter','parameters':{'parameter':'" name "'}}"
#define MORE ",'more':true"
#define BAD_CONFIG                                               \
	"{'error':'org.muster.Manager.BadConfig','parameters':{" \
	"'file':'/etc/fake.conf','line':7,'message':'[program:x] bad'}}"
#define CHANGES(list) "{'parameters':{'changes':[" list "]}}"
#define CHANGE(group, change) "{'group':'" group "','change':'" change "'}"

static void ask(struct fake_daemon *daemon, const char *method, const char *parameters,
                const char *reply)
{
	client_call(&daemon->client, method, parameters, "");
	client_expect(&daemon->client, reply);
}

static void status_counts_the_states(void **state)
{
	struct fake_daemon *daemon = *state;
	json_t *reply;
	json_t *parameters;
	json_t *processes;

	fake_process_add(daemon->supervisor, "a", STATE_RUNNING);
	fake_process_add(daemon->supervisor, "b", STATE_RUNNING);
	fake_process_add(daemon->supervisor, "c", STATE_FATAL);
	client_call(&daemon->client, "org.muster.Manager.Status", "{}", "");
	reply = client_receive(&daemon->client);
	parameters = json_object_get(reply, "parameters");
	processes = json_object_get(parameters, "processes");
	assert_int_equal(json_integer_value(json_object_get(processes, "running")), 2);
	assert_int_equal(json_integer_value(json_object_get(processes, "fatal")), 1);
	assert_int_equal(json_object_size(processes), STATE_COUNT);
	assert_string_equal(json_string_value(json_object_get(parameters, "state")), "running");
	assert_string_equal(json_string_value(json_object_get(parameters, "version")),
	                    MUSTER_VERSION);
	assert_string_equal(json_string_value(json_object_get(parameters, "config_file")),
	                    "/etc/fake.conf");
	json_decref(reply);
}

static void reread_tells_what_differs(void **state)
{
	struct fake_daemon *daemon = *state;

	ask(daemon, "org.muster.Manager.Reread", "{}", CHANGES(CHANGE("added-group", "added")));
	fake_config_answer(daemon->supervisor, -EINVAL);
	ask(daemon, "org.muster.Manager.Reread", "{}", BAD_CONFIG);
}

static void update_tells_all_changes_together(void **state)
{
	struct fake_daemon *daemon = *state;

	client_call(&daemon->client, "org.muster.Manager.Update", "{'groups':['a','b']}", "");
	client_settle(daemon->loop);
	fake_update_report(daemon->supervisor, "a", "changed");
	fake_update_report(daemon->supervisor, "b", "removed");
	assert_true(client_is_silent(&daemon->client));
	fake_update_report(daemon->supervisor, NULL, NULL);
	client_expect(&daemon->client, CHANGES(CHANGE("a", "changed") "," CHANGE("b", "removed")));
}

static void update_with_more_tells_each(void **state)
{
	struct fake_daemon *daemon = *state;

	client_call(&daemon->client, "org.muster.Manager.Update", "{}", MORE);
	client_settle(daemon->loop);
	fake_update_report(daemon->supervisor, "a", "changed");
	client_expect(&daemon->client,
	              "{'parameters':{'changes':[" CHANGE("a", "changed") "]},'continues':true}");
	fake_update_report(daemon->supervisor, NULL, NULL);
	client_expect(&daemon->client, CHANGES(""));
}

static void update_goes_on_without_the_caller(void **state)
{
	struct fake_daemon *daemon = *state;

	client_call(&daemon->client, "org.muster.Manager.Update", "{}", "");
	client_settle(daemon->loop);
	assert_true(fake_update_is_asked(daemon->supervisor));
	client_done(&daemon->client);
	client_settle(daemon->loop);
	assert_false(fake_update_is_asked(daemon->supervisor));
	fake_update_report(daemon->supervisor, "a", "changed");
	fake_update_report(daemon->supervisor, NULL, NULL);
}

static void update_may_be_refused(void **state)
{
	struct fake_daemon *daemon = *state;

	fake_config_answer(daemon->supervisor, -EINVAL);
	ask(daemon, "org.muster.Manager.Update", "{}", BAD_CONFIG);
	fake_config_answer(daemon->supervisor, -EBUSY);
	ask(daemon, "org.muster.Manager.Update", "{}",
	    "{'error':'org.muster.Manager.NotNow','parameters':{'state':'running'}}");
}

#define REFUSED(why) \
	"{'error':'org.muster.Manager.UpgradeRefused','parameters':{'message':'" why "'}}"

static void upgrade_answers_when_it_begins(void **state)
{
	struct fake_daemon *daemon = *state;

	client_call(&daemon->client, "org.muster.Manager.Upgrade", "{}", "");
	assert_true(client_is_silent(&daemon->client));
	fake_upgrade_report(daemon->supervisor, NULL, "9.9");
	client_expect(&daemon->client, "{'parameters':{'version':'9.9'}}");
	assert_int_equal(fake_upgrades(daemon->supervisor), 1);
}

static void an_upgrade_may_be_refused(void **state)
{
	struct fake_daemon *daemon = *state;
	struct client other;
	struct conn *conn;

	client_call(&daemon->client, "org.muster.Manager.Upgrade", "{}", "");
	assert_true(client_is_silent(&daemon->client));
	fake_daemon_connect(daemon, &conn, &other);
	client_call(&other, "org.muster.Manager.Upgrade", "{}", "");
	client_expect(&other, REFUSED("an update, another upgrade or a shutdown is under way"));
	fake_upgrade_report(daemon->supervisor, "no such ledger", NULL);
	client_expect(&daemon->client, REFUSED("no such ledger"));
	assert_false(fake_upgrade_is_asked(daemon->supervisor));
	assert_int_equal(fake_upgrades(daemon->supervisor), 0);
	conn_free(conn);
	client_done(&other);
}

static void an_upgrade_goes_with_who_asked_for_it(void **state)
{
	struct fake_daemon *daemon = *state;

	client_call(&daemon->client, "org.muster.Manager.Upgrade", "{}", "");
	assert_true(client_is_silent(&daemon->client));
	assert_true(fake_upgrade_is_asked(daemon->supervisor));
	client_call(&daemon->client, "org.muster.Manager.Cancel", "{}", ",'oneway':true");
	client_expect(&daemon->client, REFUSED("called off"));
	assert_false(fake_upgrade_is_asked(daemon->supervisor));
}

/* What only reads, however long it waits, holds nothing up; what changes something has its answer.
 */
static void an_upgrade_waits_for_changes_under_way(void **state)
{
	struct fake_daemon *daemon = *state;
	struct client reader, writer;
	struct conn *reading, *writing;

	fake_process_add(daemon->supervisor, "a", STATE_RUNNING);
	fake_daemon_connect(daemon, &reading, &reader);
	fake_daemon_connect(daemon, &writing, &writer);
	client_call(&reader, "org.muster.Process.Join", "{'name':'a'}", "");
	client_call(&writer, "org.muster.Process.Terminate", "{'selectors':['a']}", "");
	assert_true(client_is_silent(&writer));
	client_call(&daemon->client, "org.muster.Manager.Upgrade", "{}", "");
	assert_true(client_is_silent(&daemon->client));
	fake_upgrade_report(daemon->supervisor, NULL, "9.9");
	assert_true(client_is_silent(&daemon->client));
	assert_int_equal(fake_upgrades(daemon->supervisor), 0);
	fake_job_report(daemon->supervisor, OUTCOME_DONE, NULL);
	client_expect(&writer, "{'parameters':{'outcomes':[{'name':'a','status':'done'}]}}");
	client_expect(&daemon->client, "{'parameters':{'version':'9.9'}}");
	assert_int_equal(fake_upgrades(daemon->supervisor), 1);
	assert_true(client_is_silent(&reader));
	conn_free(reading);
	conn_free(writing);
	client_done(&reader);
	client_done(&writer);
}

static void shutdown_is_answered_at_once(void **state)
{
	struct fake_daemon *daemon = *state;

	ask(daemon, "org.muster.Manager.Shutdown", "{}", "{'parameters':{}}");
	assert_true(fake_shutdown_is_asked(daemon->supervisor));
}

static void reload_is_refused_while_stopping(void **state)
{
	struct fake_daemon *daemon = *state;

	ask(daemon, "org.muster.Manager.Reload", "{}", "{'parameters':{}}");
	fake_supervisor_set_state(daemon->supervisor, SUPERVISOR_STOPPING);
	ask(daemon, "org.muster.Manager.Reload", "{}",
	    "{'error':'org.muster.Manager.NotNow','parameters':{'state':'stopping'}}");
}

static void cancel_without_a_wait_does_nothing(void **state)
{
	ask(*state, "org.muster.Manager.Cancel", "{}", "{'parameters':{}}");
}

/* The next event, without what changes from run to run, against JSON text. */
static void expect_event(struct client *client, const char *type, const char *subject,
                         const char *detail, bool continues)
{
	json_t *reply = client_receive(client);
	json_t *event = json_object_get(json_object_get(reply, "parameters"), "event");
	char *text = json_dumps(json_object_get(event, "detail"), JSON_COMPACT | JSON_SORT_KEYS);

	assert_string_equal(json_string_value(json_object_get(event, "type")), type);
	assert_string_equal(json_string_value(json_object_get(event, "subject")), subject);
	assert_string_equal(text, detail);
	assert_true(json_is_integer(json_object_get(event, "serial")));
	assert_true(json_integer_value(json_object_get(event, "time_usec")) > 1600000000000000);
	assert_int_equal(json_is_true(json_object_get(reply, "continues")), continues);
	free(text);
	json_decref(reply);
}

static void a_watch_gets_every_event(void **state)
{
	struct fake_daemon *daemon = *state;
	struct process *web = fake_process_add(daemon->supervisor, "web", STATE_RUNNING);

	client_call(&daemon->client, "org.muster.Manager.Watch", "{}", MORE);
	client_settle(daemon->loop);
	fake_process_set(web, STATE_EXITED, 2);
	fake_process_logged(web);
	fake_supervisor_set_state(daemon->supervisor, SUPERVISOR_STOPPING);
	expect_event(&daemon->client, "process_state", "web",
	             "{\"description\":\"pid 0, \\\"quoted\\\"\",\"exitcode\":2,"
	             "\"from\":\"running\",\"to\":\"exited\"}",
	             true);
	expect_event(&daemon->client, "process_log", "web", "{}", true);
	expect_event(&daemon->client, "manager_state", "", "{\"state\":\"stopping\"}", true);
	client_call(&daemon->client, "org.muster.Manager.Cancel", "{}", ",'oneway':true");
	expect_event(&daemon->client, "watch_cancelled", "", "{}", false);
}

static void a_watch_without_more_gets_the_next(void **state)
{
	struct fake_daemon *daemon = *state;
	struct process *web = fake_process_add(daemon->supervisor, "web", STATE_RUNNING);

	client_call(&daemon->client, "org.muster.Manager.Watch", "{'types':['process_log']}", "");
	client_settle(daemon->loop);
	fake_process_set(web, STATE_EXITED, 2);
	fake_process_logged(web);
	fake_process_logged(web);
	expect_event(&daemon->client, "process_log", "web", "{}", false);
	assert_true(client_is_silent(&daemon->client));
}

static void a_watch_may_ask_for_subjects(void **state)
{
	struct fake_daemon *daemon = *state;
	struct process *web = fake_process_add(daemon->supervisor, "web", STATE_RUNNING);
	struct process *db = fake_process_add(daemon->supervisor, "db:1", STATE_RUNNING);

	client_call(&daemon->client, "org.muster.Manager.Watch", "{'subjects':['x','db:*']}", MORE);
	client_settle(daemon->loop);
	fake_process_logged(web);
	fake_process_logged(db);
	expect_event(&daemon->client, "process_log", "db:1", "{}", true);
	assert_true(client_is_silent(&daemon->client));
}

/* A call with an array of `count` equal texts. */
static void call_with_many(struct fake_daemon *daemon, const char *method, const char *parameter,
                           const char *text, size_t count)
{
	size_t room = count * (strlen(text) + 3) + 64;
	char *parameters = malloc(room);
	size_t used;

	assert_non_null(parameters);
	used = (size_t)snprintf(parameters, room, "{'%s':[", parameter);
	for (size_t i = 0; i < count; i++)
		used +=
		    (size_t)snprintf(parameters + used, room - used, "%s'%s'", i ? "," : "", text);
	snprintf(parameters + used, room - used, "]}");
	client_call(&daemon->client, method, parameters, "");
	free(parameters);
}

static void what_is_named_has_limits(void **state)
{
	struct fake_daemon *daemon = *state;

	call_with_many(daemon, "org.muster.Manager.Update", "groups", "web", 4097);
	client_expect(&daemon->client, INVALID("groups"));
	assert_false(fake_update_is_asked(daemon->supervisor));
	call_with_many(daemon, "org.muster.Manager.Watch", "subjects", "w", 257);
	client_expect(&daemon->client, INVALID("subjects"));
	call_with_many(daemon, "org.muster.Manager.Watch", "subjects",
	               "*[bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb]c", 200);
	client_expect(&daemon->client, INVALID("subjects"));
	call_with_many(daemon, "org.muster.Manager.Update", "groups", "web", 4096);
	client_settle(daemon->loop);
	assert_true(fake_update_is_asked(daemon->supervisor));
}

static void a_watch_wants_types_that_there_are(void **state)
{
	struct fake_daemon *daemon = *state;

	ask(daemon, "org.muster.Manager.Watch", "{'types':[]}", INVALID("types"));
	ask(daemon, "org.muster.Manager.Watch", "{'types':['process_log','no_such']}",
	    INVALID("types"));
}

#define MANAGER_TEST(name) \
	cmocka_unit_test_setup_teardown(name, fake_daemon_setup, fake_daemon_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    MANAGER_TEST(status_counts_the_states),
	    MANAGER_TEST(reread_tells_what_differs),
	    MANAGER_TEST(update_tells_all_changes_together),
	    MANAGER_TEST(update_with_more_tells_each),
	    MANAGER_TEST(update_goes_on_without_the_caller),
	    MANAGER_TEST(update_may_be_refused),
	    MANAGER_TEST(upgrade_answers_when_it_begins),
	    MANAGER_TEST(an_upgrade_may_be_refused),
	    MANAGER_TEST(an_upgrade_goes_with_who_asked_for_it),
	    MANAGER_TEST(an_upgrade_waits_for_changes_under_way),
	    MANAGER_TEST(shutdown_is_answered_at_once),
	    MANAGER_TEST(reload_is_refused_while_stopping),
	    MANAGER_TEST(cancel_without_a_wait_does_nothing),
	    MANAGER_TEST(a_watch_gets_every_event),
	    MANAGER_TEST(a_watch_without_more_gets_the_next),
	    MANAGER_TEST(a_watch_may_ask_for_subjects),
	    MANAGER_TEST(what_is_named_has_limits),
	    MANAGER_TEST(a_watch_wants_types_that_there_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
