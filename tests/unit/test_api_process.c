/* fakes: fake_daemon fake_client fake_supervisor */
/* org.muster.Process, but for its logs: what each method asks of the processes, and answers. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "daemon/api/api-process.h"
#include "daemon/api/conn.h"
#include "daemon/base/clock.h"
#include "tests/unit/fake_daemon.h"

#define NO_SUCH(name) \
	"{'error':'org.muster.Process.NoSuchProcess','parameters':{'name':'" name "'}}"
#define OUTCOME(name, status) "{'name':'" name "','status':'" status "'}"
#define OUTCOMES(list) "{'parameters':{'outcomes':[" list "]}}"
#define INVALID(name) \
	"{'error':'org.varlink.service.InvalidParameter','parameters':{'parameter':'" name "'}}"
#define OUTCOMES_MORE(list) "{'parameters':{'outcomes':[" list "]},'continues':true}"
#define MORE ",'more':true"

static struct fake_daemon *with_three(void **state)
{
	struct fake_daemon *daemon = *state;

	fake_process_add(daemon->supervisor, "web", STATE_RUNNING);
	fake_process_add(daemon->supervisor, "job:a", STATE_STOPPED);
	fake_process_add(daemon->supervisor, "job:b", STATE_EXITED);
	return daemon;
}

static void ask(struct fake_daemon *daemon, const char *method, const char *parameters,
                const char *reply)
{
	client_call(&daemon->client, method, parameters, "");
	client_expect(&daemon->client, reply);
}

static void the_words_of_one_process(void **state)
{
	struct fake_daemon *daemon = with_three(state);
	struct process *b = supervisor_find(daemon->supervisor, "job:b");

	fake_process_set(b, STATE_EXITED, -9);
	ask(daemon, "org.muster.Process.IsAlive", "{'name':'web'}",
	    "{'parameters':{'alive':true}}");
	ask(daemon, "org.muster.Process.IsAlive", "{'name':'job:a'}",
	    "{'parameters':{'alive':false}}");
	ask(daemon, "org.muster.Process.Pid", "{'name':'web'}", "{'parameters':{'pid':1000}}");
	ask(daemon, "org.muster.Process.Pid", "{'name':'job:a'}", "{'parameters':{'pid':null}}");
	ask(daemon, "org.muster.Process.ExitCode", "{'name':'web'}",
	    "{'parameters':{'exitcode':null}}");
	ask(daemon, "org.muster.Process.ExitCode", "{'name':'job:b'}",
	    "{'parameters':{'exitcode':-9}}");
}

static void a_name_means_one_process(void **state)
{
	struct fake_daemon *daemon = with_three(state);

	fake_process_add(daemon->supervisor, "single:x", STATE_RUNNING);
	ask(daemon, "org.muster.Process.IsAlive", "{'name':'single'}",
	    "{'parameters':{'alive':true}}");
	ask(daemon, "org.muster.Process.IsAlive", "{'name':'job'}", NO_SUCH("job"));
	ask(daemon, "org.muster.Process.IsAlive", "{'name':'we?'}", NO_SUCH("we?"));
	ask(daemon, "org.muster.Process.IsAlive", "{'name':'all'}", NO_SUCH("all"));
	ask(daemon, "org.muster.Process.IsAlive", "{'name':''}", NO_SUCH(""));
}

static void a_list_has_each_process_once(void **state)
{
	struct fake_daemon *daemon = with_three(state);
	static const char *const wanted[] = {"job:b", "web", "job:a"};
	json_t *reply;
	json_t *processes;

	client_call(&daemon->client, "org.muster.Process.List",
	            "{'selectors':['job:b','web','all','job']}", "");
	reply = client_receive(&daemon->client);
	processes = json_object_get(json_object_get(reply, "parameters"), "processes");
	assert_int_equal(json_array_size(processes), 3);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(
		    json_string_value(json_object_get(json_array_get(processes, i), "name")),
		    wanted[i]);
	json_decref(reply);
	ask(daemon, "org.muster.Process.List", "{'selectors':['web','nothing']}",
	    NO_SUCH("nothing"));
	ask(daemon, "org.muster.Process.List", "{'selectors':[]}",
	    "{'parameters':{'processes':[]}}");
}

static void a_listed_process_has_its_fields(void **state)
{
	struct fake_daemon *daemon = *state;

	fake_process_set_logfile(
	    fake_process_add(daemon->supervisor, "g:\xc3\xa4\xff", STATE_RUNNING), 1,
	    "/var/log/x.log");
	ask(daemon, "org.muster.Process.List", "{}",
	    "{'parameters':{'processes':[{'name':'g:\xc3\xa4\xef\xbf\xbd','group':'g',"
	    "'state':'running','pid':1000,'state_since_usec':1700000000000000,"
	    "'started_usec':1700000000000000,'restarts':0,'command':['sleep','60'],"
	    "'description':'pid 1000, \\'quoted\\'','stdout_logfile':'/var/log/x.log'}]}}");
}

static void join_answers_at_once_for_what_has_ended(void **state)
{
	struct fake_daemon *daemon = with_three(state);

	fake_process_set(supervisor_find(daemon->supervisor, "job:b"), STATE_EXITED, 4);
	ask(daemon, "org.muster.Process.Join", "{'name':'job:b'}",
	    "{'parameters':{'alive':false,'exitcode':4}}");
	ask(daemon, "org.muster.Process.Join", "{'name':'nobody'}", NO_SUCH("nobody"));
}

static void join_waits_through_what_is_no_end(void **state)
{
	struct fake_daemon *daemon = with_three(state);
	struct process *web = supervisor_find(daemon->supervisor, "web");

	client_call(&daemon->client, "org.muster.Process.Join", "{'name':'web'}", "");
	client_settle(daemon->loop);
	fake_process_set(web, STATE_BACKOFF, 1);
	fake_process_set(web, STATE_STARTING, 0);
	fake_process_set(supervisor_find(daemon->supervisor, "job:a"), STATE_FATAL, 1);
	assert_true(client_is_silent(&daemon->client));
	fake_process_set(web, STATE_FATAL, 1);
	client_expect(&daemon->client, "{'parameters':{'alive':false,'exitcode':1}}");
}

/* libevent's timers go by the kernel's coarse clock, which is up to a tick behind
 * (clock_gettime(2)): late in a tick is when one that ends just before another tick fires too
 * early. */
static uint64_t late_in_a_tick(void)
{
	uint64_t give_up = clock_monotonic_usec() + CLIENT_DEADLINE_USEC;
	struct timespec coarse, tick;
	uint64_t now, tick_usec;

	assert_int_equal(clock_getres(CLOCK_MONOTONIC_COARSE, &tick), 0);
	tick_usec = (uint64_t)tick.tv_nsec / 1000;
	do {
		assert_int_equal(clock_gettime(CLOCK_MONOTONIC_COARSE, &coarse), 0);
		now = clock_monotonic_usec();
	} while (now < (uint64_t)coarse.tv_sec * USEC_PER_SEC + (uint64_t)coarse.tv_nsec / 1000 +
	                   tick_usec * 7 / 8 &&
	         now < give_up);
	return now;
}

static void join_ends_with_its_time(void **state)
{
	struct fake_daemon *daemon = with_three(state);

	for (int i = 0; i < 10; i++) {
		uint64_t start = late_in_a_tick();

		ask(daemon, "org.muster.Process.Join", "{'name':'web','timeout':0.0079}",
		    "{'parameters':{'alive':true,'exitcode':null}}");
		assert_true(clock_monotonic_usec() - start >= 7900);
	}
	ask(daemon, "org.muster.Process.Join", "{'name':'web','timeout':0}",
	    "{'parameters':{'alive':true,'exitcode':null}}");
	client_call(&daemon->client, "org.muster.Process.Join", "{'name':'web','timeout':1e300}",
	            "");
	assert_true(client_is_silent(&daemon->client));
}

/* A number that no integer of the program holds is a large one, or a wrong one; no reason to hang
 * up. */
static void a_huge_number_is_a_number(void **state)
{
	struct fake_daemon *daemon = with_three(state);

	ask(daemon, "org.muster.Process.Logs", "{'selectors':[],'lines':99999999999999999999}",
	    "{'error':'org.varlink.service.InvalidParameter','parameters':{'parameter':'lines'}}");
	client_call(&daemon->client, "org.muster.Process.Join",
	            "{'name':'web','timeout':99999999999999999999}", "");
	assert_true(client_is_silent(&daemon->client));
	client_call(&daemon->client, "org.muster.Manager.Cancel", "{}", ",'oneway':true");
	client_expect(&daemon->client, "{'parameters':{'alive':true,'exitcode':null}}");
}

static void many_join_one(void **state)
{
	enum { JOINERS = 300 };
	struct fake_daemon *daemon = with_three(state);
	static struct client clients[JOINERS];
	static struct conn *conns[JOINERS];

	for (int i = 0; i < JOINERS; i++) {
		fake_daemon_connect(daemon, &conns[i], &clients[i]);
		client_call(&clients[i], "org.muster.Process.Join", "{'name':'web'}", "");
	}
	client_settle(daemon->loop);
	client_done(&clients[7]);
	client_settle(daemon->loop);
	assert_null(conns[7]);
	fake_process_set(supervisor_find(daemon->supervisor, "web"), STATE_STOPPED, -15);
	for (int i = 0; i < JOINERS; i++) {
		if (i == 7)
			continue;
		client_expect(&clients[i], "{'parameters':{'alive':false,'exitcode':-15}}");
		client_done(&clients[i]);
	}
	client_settle(daemon->loop);
	for (int i = 0; i < JOINERS; i++)
		assert_null(conns[i]);
}

static void join_ends_where_the_process_is_removed(void **state)
{
	struct fake_daemon *daemon = with_three(state);

	client_call(&daemon->client, "org.muster.Process.Join", "{'name':'web'}", "");
	client_settle(daemon->loop);
	fake_process_remove(daemon->supervisor, supervisor_find(daemon->supervisor, "job:a"));
	assert_true(client_is_silent(&daemon->client));
	fake_process_remove(daemon->supervisor, supervisor_find(daemon->supervisor, "web"));
	client_expect(&daemon->client, "{'parameters':{'alive':false,'exitcode':null}}");
}

static void control_is_a_job_with_its_verb(void **state)
{
	static const struct {
		const char *method;
		enum job_verb verb;
	} verbs[] = {
	    {"org.muster.Process.Start", JOB_START},
	    {"org.muster.Process.Terminate", JOB_TERMINATE},
	    {"org.muster.Process.Kill", JOB_KILL},
	    {"org.muster.Process.Restart", JOB_RESTART},
	};
	struct fake_daemon *daemon = with_three(state);

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		client_call(&daemon->client, verbs[i].method, "{'selectors':['web','job']}", "");
		client_settle(daemon->loop);
		assert_int_equal(fake_job_verb(daemon->supervisor), verbs[i].verb);
		assert_true(fake_job_waits(daemon->supervisor));
		assert_int_equal(fake_job_asked_usec(daemon->supervisor), 0);
		fake_job_report(daemon->supervisor, OUTCOME_DONE, NULL);
		fake_job_report(daemon->supervisor, OUTCOME_ALREADY, NULL);
		assert_true(client_is_silent(&daemon->client));
		fake_job_report(daemon->supervisor, OUTCOME_SPAWN_ERROR, "no file");
		client_expect(&daemon->client,
		              OUTCOMES(OUTCOME("web", "done") "," OUTCOME(
				  "job:a", "already") ",{'name':'job:b','status':'SpawnError',"
		                                      "'message':'no file'}"));
		assert_int_equal(fake_job_count(daemon->supervisor), 0);
	}
}

static void wait_may_be_declined(void **state)
{
	struct fake_daemon *daemon = with_three(state);

	client_call(&daemon->client, "org.muster.Process.Start",
	            "{'selectors':['job:a'],'wait':false}", "");
	client_settle(daemon->loop);
	assert_false(fake_job_waits(daemon->supervisor));
	fake_job_report(daemon->supervisor, OUTCOME_DONE, NULL);
	client_expect(&daemon->client, OUTCOMES(OUTCOME("job:a", "done")));
}

/* Restart is never asked for a second time. */
static void a_repeated_call_says_when_it_was_first_made(void **state)
{
	static const char *const methods[] = {
	    "org.muster.Process.Start",
	    "org.muster.Process.Terminate",
	    "org.muster.Process.Kill",
	};
	struct fake_daemon *daemon = with_three(state);

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		ask(daemon, methods[i], "{'selectors':['web'],'asked_usec':-1}",
		    INVALID("asked_usec"));
		client_call(&daemon->client, methods[i], "{'selectors':['web'],'asked_usec':4711}",
		            "");
		client_settle(daemon->loop);
		assert_int_equal(fake_job_asked_usec(daemon->supervisor), 4711);
		fake_job_report(daemon->supervisor, OUTCOME_DONE, NULL);
		client_expect(&daemon->client, OUTCOMES(OUTCOME("web", "done")));
	}
	ask(daemon, "org.muster.Process.Restart", "{'selectors':['web'],'asked_usec':4711}",
	    INVALID("asked_usec"));
}

static void with_more_each_outcome_comes_as_it_is(void **state)
{
	struct fake_daemon *daemon = with_three(state);

	client_call(&daemon->client, "org.muster.Process.Start", "{'selectors':['job:*']}", MORE);
	client_settle(daemon->loop);
	fake_job_report(daemon->supervisor, OUTCOME_DONE, NULL);
	client_expect(&daemon->client, OUTCOMES_MORE(OUTCOME("job:a", "done")));
	assert_true(client_is_silent(&daemon->client));
	fake_job_report(daemon->supervisor, OUTCOME_ABNORMAL_TERMINATION, NULL);
	client_expect(&daemon->client, OUTCOMES(OUTCOME("job:b", "AbnormalTermination")));
}

static void a_job_of_none_has_no_outcomes(void **state)
{
	struct fake_daemon *daemon = with_three(state);

	client_call(&daemon->client, "org.muster.Process.Start", "{'selectors':[]}", MORE);
	client_settle(daemon->loop);
	fake_job_report(daemon->supervisor, OUTCOME_DONE, NULL);
	client_expect(&daemon->client, OUTCOMES(""));
}

static void cancel_answers_what_there_is_so_far(void **state)
{
	struct fake_daemon *daemon = with_three(state);

	client_call(&daemon->client, "org.muster.Process.Start", "{'selectors':['job:*']}", "");
	client_settle(daemon->loop);
	fake_job_report(daemon->supervisor, OUTCOME_DONE, NULL);
	client_call(&daemon->client, "org.muster.Manager.Cancel", "{}", "");
	client_expect(&daemon->client, OUTCOMES(OUTCOME("job:a", "done")));
	client_expect(&daemon->client, "{'parameters':{}}");
	assert_int_equal(fake_job_count(daemon->supervisor), 0);
}

static void nothing_is_touched_where_a_selector_names_nothing(void **state)
{
	struct fake_daemon *daemon = with_three(state);

	ask(daemon, "org.muster.Process.Kill", "{'selectors':['web','nope']}", NO_SUCH("nope"));
	assert_int_equal(fake_job_count(daemon->supervisor), 0);
}

static void nothing_is_started_during_the_end(void **state)
{
	struct fake_daemon *daemon = with_three(state);

	fake_supervisor_set_state(daemon->supervisor, SUPERVISOR_STOPPING);
	ask(daemon, "org.muster.Process.Start", "{'selectors':['all']}",
	    "{'error':'org.muster.Manager.NotNow','parameters':{'state':'stopping'}}");
	ask(daemon, "org.muster.Process.Restart", "{'selectors':['all']}",
	    "{'error':'org.muster.Manager.NotNow','parameters':{'state':'stopping'}}");
	client_call(&daemon->client, "org.muster.Process.Kill", "{'selectors':['web']}", "");
	client_settle(daemon->loop);
	assert_int_equal(fake_job_count(daemon->supervisor), 1);
}

static void signals_go_to_each(void **state)
{
	struct fake_daemon *daemon = with_three(state);

	ask(daemon, "org.muster.Process.Signal", "{'selectors':['web','job:a'],'signal':'usr1'}",
	    OUTCOMES(OUTCOME("web", "done") "," OUTCOME("job:a", "NotRunning")));
	assert_int_equal(fake_process_last_signal(supervisor_find(daemon->supervisor, "web")), 10);
	ask(daemon, "org.muster.Process.Signal", "{'selectors':['web'],'signal':'NOPE'}",
	    "{'error':'org.muster.Process.BadSignal','parameters':{'signal':'NOPE'}}");
}

static void data_goes_to_standard_input(void **state)
{
	struct fake_daemon *daemon = with_three(state);
	struct process *web = supervisor_find(daemon->supervisor, "web");

	ask(daemon, "org.muster.Process.Send", "{'name':'web','data':'hello\\n'}",
	    "{'parameters':{}}");
	assert_string_equal(fake_process_sent(web), "hello\n");
	ask(daemon, "org.muster.Process.Send", "{'name':'web','data':'Yf9i','base64':true}",
	    "{'parameters':{}}");
	assert_string_equal(fake_process_sent(web), "a\xff"
	                                            "b");
	ask(daemon, "org.muster.Process.Send", "{'name':'web','data':'Yf9','base64':true}",
	    "{'error':'org.varlink.service.InvalidParameter','parameters':{'parameter':'data'}}");
	ask(daemon, "org.muster.Process.Send", "{'name':'job:a','data':'x'}",
	    "{'error':'org.muster.Process.NotRunning','parameters':{'name':'job:a'}}");
	fake_process_answer(web, -EAGAIN);
	ask(daemon, "org.muster.Process.Send", "{'name':'web','data':'x'}",
	    "{'error':'org.varlink.service.InvalidParameter','parameters':{'parameter':'data'}}");
}

static void logs_are_cleared_where_there_are_any(void **state)
{
	struct fake_daemon *daemon = with_three(state);

	fake_process_set_logfile(supervisor_find(daemon->supervisor, "web"), 1, "/tmp/x");
	ask(daemon, "org.muster.Process.ClearLogs", "{'selectors':['web','job:a']}",
	    OUTCOMES(OUTCOME("web", "done") "," OUTCOME("job:a", "NoLog")));
}

/* Emptying a log stores what was on its way, which others are told of in the middle of the call. */
static void clearing_logs_mixes_no_two_clients(void **state)
{
	struct fake_daemon *daemon = with_three(state);
	struct client watcher;
	struct conn *conn;
	json_t *event;

	fake_process_set_logfile(supervisor_find(daemon->supervisor, "web"), 1, "/tmp/x");
	fake_daemon_connect(daemon, &conn, &watcher);
	client_call(&watcher, "org.muster.Manager.Watch", "{'types':['process_log']}", MORE);
	client_settle(daemon->loop);
	ask(daemon, "org.muster.Process.ClearLogs", "{'selectors':['web','job:a']}",
	    OUTCOMES(OUTCOME("web", "done") "," OUTCOME("job:a", "NoLog")));
	event = client_receive(&watcher);
	assert_string_equal(
	    json_string_value(json_object_get(
		json_object_get(json_object_get(event, "parameters"), "event"), "subject")),
	    "web");
	json_decref(event);
	client_done(&watcher);
	client_settle(daemon->loop);
	assert_null(conn);
}

/* Both notices come within one turn where a restart follows at once. */
static void join_waits_through_a_restart(void **state)
{
	struct fake_daemon *daemon = with_three(state);
	struct process *web = supervisor_find(daemon->supervisor, "web");

	client_call(&daemon->client, "org.muster.Process.Join", "{'name':'web'}", "");
	client_settle(daemon->loop);
	fake_process_set(web, STATE_EXITED, 3);
	fake_process_set(web, STATE_STARTING, 0);
	assert_true(client_is_silent(&daemon->client));
	fake_process_set(web, STATE_STOPPED, -15);
	fake_process_set(web, STATE_STARTING, 0);
	fake_process_set(web, STATE_RUNNING, 0);
	assert_true(client_is_silent(&daemon->client));
	fake_process_set(web, STATE_EXITED, 4);
	client_expect(&daemon->client, "{'parameters':{'alive':false,'exitcode':4}}");
}

/* A caller, or the process, is gone before the end could be told. */
static void join_survives_what_comes_with_an_end(void **state)
{
	struct fake_daemon *daemon = with_three(state);
	struct process *web = supervisor_find(daemon->supervisor, "web");
	struct client other;
	struct conn *conn;

	fake_daemon_connect(daemon, &conn, &other);
	client_call(&other, "org.muster.Process.Join", "{'name':'web'}", "");
	client_call(&daemon->client, "org.muster.Process.Join", "{'name':'web'}", "");
	client_settle(daemon->loop);
	fake_process_set(web, STATE_EXITED, 3);
	conn_free(conn);
	fake_process_remove(daemon->supervisor, web);
	client_expect(&daemon->client, "{'parameters':{'alive':false,'exitcode':null}}");
	client_done(&other);
}

/* A call of List with `count` selectors of one text. */
static void list_by(struct fake_daemon *daemon, const char *selector, size_t count)
{
	size_t room = count * (strlen(selector) + 3) + 64;
	char *parameters = malloc(room);
	size_t used;

	assert_non_null(parameters);
	used = (size_t)snprintf(parameters, room, "{'fields':['name'],'selectors':[");
	for (size_t i = 0; i < count; i++)
		used += (size_t)snprintf(parameters + used, room - used, "%s'%s'", i ? "," : "",
		                         selector);
	snprintf(parameters + used, room - used, "]}");
	client_call(&daemon->client, "org.muster.Process.List", parameters, "");
	free(parameters);
}

static void selectors_have_limits(void **state)
{
	static const char too_many[] = "{'error':'org.varlink.service.InvalidParameter',"
				       "'parameters':{'parameter':'selectors'}}";
	static const char web[] = "{'parameters':{'processes':[{'name':'web'}]}}";
	struct fake_daemon *daemon = with_three(state);
	char text[SELECTOR_SIZE_MAX + 2];

	list_by(daemon, "web", SELECTORS_MAX);
	client_expect(&daemon->client, web);
	list_by(daemon, "web", SELECTORS_MAX + 1);
	client_expect(&daemon->client, too_many);
	list_by(daemon, "w*", SELECTOR_PATTERNS_MAX);
	client_expect(&daemon->client, web);
	list_by(daemon, "w*", SELECTOR_PATTERNS_MAX + 1);
	client_expect(&daemon->client, too_many);
	list_by(daemon, "all", SELECTOR_PATTERNS_MAX + 1);
	client_expect(&daemon->client, too_many);
	list_by(daemon, "job:", SELECTOR_PATTERNS_MAX + 1);
	client_expect(&daemon->client, too_many);
	list_by(daemon, "w*******b", 1);
	client_expect(&daemon->client, web);
	list_by(daemon, "w********b*", 1);
	client_expect(&daemon->client, too_many);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	list_by(daemon, text, 1);
	client_expect(&daemon->client, too_many);
	text[0] = '*';
	text[SELECTOR_SIZE_MAX] = '\0';
	list_by(daemon, text, SELECTOR_PATTERNS_SIZE_MAX / SELECTOR_SIZE_MAX + 1);
	client_expect(&daemon->client, too_many);
}

/* A process may be named like a pattern; then it counts as a name. */
static void names_like_patterns_are_names(void **state)
{
	struct fake_daemon *daemon = with_three(state);

	fake_process_add(daemon->supervisor, "a[b", STATE_RUNNING);
	list_by(daemon, "a[b", SELECTOR_PATTERNS_MAX + 1);
	client_expect(&daemon->client, "{'parameters':{'processes':[{'name':'a[b'}]}}");
}

#define PROCESS_TEST(name) \
	cmocka_unit_test_setup_teardown(name, fake_daemon_setup, fake_daemon_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    PROCESS_TEST(the_words_of_one_process),
	    PROCESS_TEST(a_name_means_one_process),
	    PROCESS_TEST(a_list_has_each_process_once),
	    PROCESS_TEST(a_listed_process_has_its_fields),
	    PROCESS_TEST(join_answers_at_once_for_what_has_ended),
	    PROCESS_TEST(join_waits_through_what_is_no_end),
	    PROCESS_TEST(join_ends_with_its_time),
	    PROCESS_TEST(a_huge_number_is_a_number),
	    PROCESS_TEST(many_join_one),
	    PROCESS_TEST(join_ends_where_the_process_is_removed),
	    PROCESS_TEST(control_is_a_job_with_its_verb),
	    PROCESS_TEST(wait_may_be_declined),
	    PROCESS_TEST(a_repeated_call_says_when_it_was_first_made),
	    PROCESS_TEST(with_more_each_outcome_comes_as_it_is),
	    PROCESS_TEST(a_job_of_none_has_no_outcomes),
	    PROCESS_TEST(cancel_answers_what_there_is_so_far),
	    PROCESS_TEST(nothing_is_touched_where_a_selector_names_nothing),
	    PROCESS_TEST(nothing_is_started_during_the_end),
	    PROCESS_TEST(signals_go_to_each),
	    PROCESS_TEST(data_goes_to_standard_input),
	    PROCESS_TEST(logs_are_cleared_where_there_are_any),
	    PROCESS_TEST(clearing_logs_mixes_no_two_clients),
	    PROCESS_TEST(join_waits_through_a_restart),
	    PROCESS_TEST(selectors_have_limits),
	    PROCESS_TEST(names_like_patterns_are_names),
	    PROCESS_TEST(join_survives_what_comes_with_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
