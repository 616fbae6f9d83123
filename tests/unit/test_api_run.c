/* fakes: fake_daemon fake_client fake_supervisor */
/* org.muster.Process.Run and Remove: what is asked of the process room, and how it is answered. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/api/conn.h"
#include "tests/unit/fake_daemon.h"

#define RUN "org.muster.Process.Run"
#define REMOVE "org.muster.Process.Remove"
#define INVALID_OPTION(option, message)                                               \
	"{'error':'org.muster.Process.InvalidOption','parameters':{'option':'" option \
	"','message':'" message "'}}"

static void ask(struct fake_daemon *daemon, const char *method, const char *parameters,
                const char *reply)
{
	client_call(&daemon->client, method, parameters, "");
	client_expect(&daemon->client, reply);
}

static void expect_wanted(const struct fake_daemon *daemon, const char *format)
{
	char wanted[1024];

	snprintf(wanted, sizeof(wanted), "%s; uid %d pid %d ticks", format, (int)geteuid(),
	         (int)getpid());
	assert_string_equal(fake_run_wanted(daemon->supervisor), wanted);
}

static void what_is_asked_for_is_handed_on(void **state)
{
	struct fake_daemon *daemon = *state;

	ask(daemon, RUN, "{'command':['sleep','1 2','']}",
	    "{'parameters':{'name':'chosen','pid':1000}}");
	expect_wanted(daemon, "name none; argv sleep 1 2 ; options; environment");
	ask(daemon, RUN,
	    "{'name':'job','command':['a'],'options':{'umask':'022'},'environment':['A=%x','B=']}",
	    "{'parameters':{'name':'job','pid':1001}}");
	expect_wanted(daemon, "name job; argv a; options umask 022; environment A=%x B=");
}

/* A worker that runs another must not give it its own name. */
static void what_we_tell_processes_is_not_handed_on(void **state)
{
	struct fake_daemon *daemon = *state;

	ask(daemon, RUN,
	    "{'command':['a'],'environment':['SUPERVISOR_PROCESS_NAME=x','SUPERVISOR_X=1',"
	    "'MUSTER_SOCKET=/s','NOTIFY_SOCKET=/n','SUPERVISOR_ENABLED=1','MUSTER=1','S=2']}",
	    "{'parameters':{'name':'chosen','pid':1000}}");
	expect_wanted(daemon,
	              "name none; argv a; options; environment SUPERVISOR_X=1 MUSTER=1 S=2");
}

static void a_daemon_ends_with_its_connection(void **state)
{
	struct fake_daemon *daemon = *state;
	const struct conn *conn = daemon->conn;

	ask(daemon, RUN, "{'command':['a'],'daemon':true}",
	    "{'parameters':{'name':'chosen','pid':1000}}");
	assert_ptr_equal(fake_run_owner(daemon->supervisor), conn);
	assert_non_null(strstr(fake_run_wanted(daemon->supervisor), "; daemon"));
	assert_null(fake_run_gone(daemon->supervisor));
	client_done(&daemon->client);
	client_settle(daemon->loop);
	assert_null(daemon->conn);
	assert_ptr_equal(fake_run_gone(daemon->supervisor), conn);
}

static void what_is_no_daemon_does_not(void **state)
{
	struct fake_daemon *daemon = *state;

	ask(daemon, RUN, "{'command':['a']}", "{'parameters':{'name':'chosen','pid':1000}}");
	client_done(&daemon->client);
	client_settle(daemon->loop);
	assert_null(daemon->conn);
	assert_null(fake_run_gone(daemon->supervisor));
}

static void refusals_are_told(void **state)
{
	struct fake_daemon *daemon = *state;

	fake_run_answer(daemon->supervisor, RUN_BAD_OPTION, "umask", "it is odd");
	ask(daemon, RUN, "{'command':['a']}", INVALID_OPTION("umask", "it is odd"));
	fake_run_answer(daemon->supervisor, RUN_NAME_IN_USE, "", "");
	ask(daemon, RUN, "{'command':['a'],'name':'web'}",
	    "{'error':'org.muster.Process.NameInUse','parameters':{'name':'web'}}");
	fake_run_answer(daemon->supervisor, RUN_SPAWN_ERROR, "", "no such file");
	ask(daemon, RUN, "{'command':['a'],'name':'web'}",
	    "{'error':'org.muster.Process.SpawnError',"
	    "'parameters':{'name':'web','message':'no such file'}}");
}

static void parameters_of_another_kind(void **state)
{
	static const struct {
		const char *parameters;
		const char *wrong;
	} cases[] = {
	    {"{}", "command"},
	    {"{'command':'ls'}", "command"},
	    {"{'command':[1]}", "command"},
	    {"{'command':['a'],'name':1}", "name"},
	    {"{'command':['a'],'options':['a']}", "options"},
	    {"{'command':['a'],'environment':{'A':'b'}}", "environment"},
	    {"{'command':['a'],'environment':[null]}", "environment"},
	    {"{'command':['a'],'daemon':'yes'}", "daemon"},
	    {"{'command':['a'],'tty':true}", "tty"},
	};
	struct fake_daemon *daemon = *state;
	char reply[256];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(reply, sizeof(reply),
		         "{'error':'org.varlink.service.InvalidParameter',"
		         "'parameters':{'parameter':'%s'}}",
		         cases[i].wrong);
		ask(daemon, RUN, cases[i].parameters, reply);
	}
	ask(daemon, RUN, "{'command':['a'],'options':{'umask':22}}",
	    INVALID_OPTION("umask", "a value is a text"));
	ask(daemon, RUN, "{'command':['a'],'options':{'umask':null}}",
	    INVALID_OPTION("umask", "a value is a text"));
	assert_string_equal(fake_run_wanted(daemon->supervisor), "");
}

static void too_much_of_it(void **state)
{
	struct fake_daemon *daemon = *state;
	size_t size = AD_HOC_SIZE_MAX;
	char *parameters = calloc(1, size + 64);

	snprintf(parameters, 64, "{'command':['a','");
	memset(parameters + strlen(parameters), 'x', size);
	snprintf(parameters + strlen(parameters), 8, "']}");
	ask(daemon, RUN, parameters,
	    INVALID_OPTION("command",
	                   "words, options and environment are more than 256 KiB together"));
	free(parameters);
}

static void nothing_is_run_at_the_end(void **state)
{
	struct fake_daemon *daemon = *state;

	fake_supervisor_set_state(daemon->supervisor, SUPERVISOR_STOPPING);
	ask(daemon, RUN, "{'command':['a']}",
	    "{'error':'org.muster.Manager.NotNow','parameters':{'state':'stopping'}}");
}

static void what_became_of_each_removal(void **state)
{
	struct fake_daemon *daemon = *state;

	fake_process_add(daemon->supervisor, "a", STATE_EXITED);
	fake_process_answer(fake_process_add(daemon->supervisor, "b", STATE_RUNNING), -EBUSY);
	fake_process_answer(fake_process_add(daemon->supervisor, "c", STATE_EXITED), -EINVAL);
	ask(daemon, REMOVE, "{'selectors':['b','a','c']}",
	    "{'parameters':{'outcomes':[{'name':'b','status':'StillRunning'},"
	    "{'name':'a','status':'done'},{'name':'c','status':'NotAdHoc'}]}}");
	ask(daemon, REMOVE, "{'selectors':['a']}",
	    "{'error':'org.muster.Process.NoSuchProcess','parameters':{'name':'a'}}");
}

#define API_TEST(name) \
	cmocka_unit_test_setup_teardown(name, fake_daemon_setup, fake_daemon_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    API_TEST(what_is_asked_for_is_handed_on),
	    API_TEST(what_we_tell_processes_is_not_handed_on),
	    API_TEST(a_daemon_ends_with_its_connection),
	    API_TEST(what_is_no_daemon_does_not),
	    API_TEST(refusals_are_told),
	    API_TEST(parameters_of_another_kind),
	    API_TEST(too_much_of_it),
	    API_TEST(nothing_is_run_at_the_end),
	    API_TEST(what_became_of_each_removal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
