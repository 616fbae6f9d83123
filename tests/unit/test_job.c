/* A verb on several processes: when each outcome is told, and as what. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/state.h"
#include "daemon/base/bus.h"
#include "daemon/base/loop.h"
#include "daemon/process/job.h"
#include "daemon/process/process.h"
#include "daemon/process/supervisor.h"

#include <stdlib.h>

/* What job.c sees of a process and of the supervisor. */
struct process {
	enum process_state state;
	bool wanted;
	int answer; /* to any verb */
};

struct supervisor {
	struct loop *loop;
	struct bus *bus;
	uint64_t serial;
	struct process process;
	struct job *job;
	unsigned told;
	enum outcome_status status; /* of the last outcome */
};

struct loop *supervisor_loop(const struct supervisor *supervisor)
{
	return supervisor->loop;
}

struct bus *supervisor_bus(const struct supervisor *supervisor)
{
	return supervisor->bus;
}

const char *process_name(const struct process *process)
{
	(void)process;
	return "web";
}

enum process_state process_state(const struct process *process)
{
	return process->state;
}

bool process_is_wanted(const struct process *process)
{
	return process->wanted;
}

bool process_spawn_failed(const struct process *process)
{
	(void)process;
	return false;
}

const char *process_spawn_error(const struct process *process)
{
	(void)process;
	return NULL;
}

const char *process_stop_note(const struct process *process)
{
	(void)process;
	return NULL;
}

static int begin(struct process *process, bool wanted)
{
	process->wanted = wanted;
	return process->answer;
}

int process_start(struct process *process)
{
	if (process->state == STATE_STOPPED)
		process->state = STATE_STARTING;
	return begin(process, true);
}

int process_restart(struct process *process)
{
	return begin(process, true);
}

int process_stop(struct process *process)
{
	return begin(process, false);
}

int process_kill(struct process *process)
{
	return begin(process, false);
}

static int setup(void **state)
{
	struct supervisor *supervisor = calloc(1, sizeof(*supervisor));

	if (!supervisor)
		return -1;
	supervisor->loop = loop_new();
	supervisor->bus = bus_new(&supervisor->serial);
	*state = supervisor;
	return supervisor->loop && supervisor->bus ? 0 : -1;
}

static int teardown(void **state)
{
	struct supervisor *supervisor = *state;

	job_cancel(supervisor->job);
	bus_free(supervisor->bus);
	loop_free(supervisor->loop);
	free(supervisor);
	return 0;
}

static void report(void *arg, const struct outcome *outcome, bool last)
{
	struct supervisor *supervisor = arg;

	assert_true(last);
	supervisor->told++;
	supervisor->status = outcome->status;
	supervisor->job = NULL;
}

static void begin_job(struct supervisor *supervisor, enum job_verb verb, enum process_state state)
{
	struct process *process = &supervisor->process;

	process->state = state;
	supervisor->job = job_new(supervisor, verb, &process, 1, true, report, supervisor);
	assert_non_null(supervisor->job);
}

static void enter(struct supervisor *supervisor, enum process_state state)
{
	struct notice notice = {.type = NOTICE_PROCESS_STATE,
	                        .subject = "web",
	                        .object = &supervisor->process,
	                        .from = (int)supervisor->process.state,
	                        .to = (int)state};

	supervisor->process.state = state;
	bus_publish(supervisor->bus, &notice);
}

static bool is_told(struct supervisor *supervisor)
{
	event_base_loop(loop_base(supervisor->loop), EVLOOP_ONCE | EVLOOP_NONBLOCK);
	return supervisor->told > 0;
}

static void assert_told(struct supervisor *supervisor, enum outcome_status status)
{
	assert_true(is_told(supervisor));
	assert_int_equal(supervisor->told, 1);
	assert_int_equal(supervisor->status, status);
}

static void a_start_is_told_when_it_runs(void **state)
{
	struct supervisor *supervisor = *state;

	begin_job(supervisor, JOB_START, STATE_STOPPED);
	assert_false(is_told(supervisor));
	enter(supervisor, STATE_RUNNING);
	assert_told(supervisor, OUTCOME_DONE);
}

static void a_start_that_fails_is_told(void **state)
{
	struct supervisor *supervisor = *state;

	begin_job(supervisor, JOB_START, STATE_STARTING);
	enter(supervisor, STATE_BACKOFF);
	assert_told(supervisor, OUTCOME_ABNORMAL_TERMINATION);
}

/* A process that is being stopped comes again once it is down: the stop is no failed start. */
static void a_start_during_a_stop_is_told_when_it_runs_again(void **state)
{
	struct supervisor *supervisor = *state;

	begin_job(supervisor, JOB_START, STATE_STOPPING);
	assert_false(is_told(supervisor));
	enter(supervisor, STATE_STOPPED);
	assert_false(is_told(supervisor));
	enter(supervisor, STATE_STARTING);
	enter(supervisor, STATE_RUNNING);
	assert_told(supervisor, OUTCOME_DONE);
}

static void a_start_that_another_stops_is_told(void **state)
{
	struct supervisor *supervisor = *state;

	begin_job(supervisor, JOB_START, STATE_STOPPING);
	supervisor->process.wanted = false;
	enter(supervisor, STATE_STOPPED);
	assert_told(supervisor, OUTCOME_ABNORMAL_TERMINATION);
}

static void a_restart_is_told_when_it_runs_again(void **state)
{
	struct supervisor *supervisor = *state;

	begin_job(supervisor, JOB_RESTART, STATE_STOPPING);
	enter(supervisor, STATE_STOPPED);
	enter(supervisor, STATE_STARTING);
	assert_false(is_told(supervisor));
	enter(supervisor, STATE_RUNNING);
	assert_told(supervisor, OUTCOME_DONE);
}

static void a_stop_is_told_when_it_is_down(void **state)
{
	struct supervisor *supervisor = *state;

	begin_job(supervisor, JOB_TERMINATE, STATE_STOPPING);
	assert_false(is_told(supervisor));
	enter(supervisor, STATE_STOPPED);
	assert_told(supervisor, OUTCOME_DONE);
}

/* The stop was another's, who asked for it before. */
static void a_stop_under_way_is_waited_for(void **state)
{
	struct supervisor *supervisor = *state;

	supervisor->process.answer = -EALREADY;
	begin_job(supervisor, JOB_KILL, STATE_STOPPING);
	assert_false(is_told(supervisor));
	enter(supervisor, STATE_STOPPED);
	assert_told(supervisor, OUTCOME_DONE);
}

static void a_refusal_is_told_from_the_loop(void **state)
{
	struct supervisor *supervisor = *state;

	supervisor->process.answer = -ESRCH;
	begin_job(supervisor, JOB_TERMINATE, STATE_STOPPED);
	assert_int_equal(supervisor->told, 0);
	assert_told(supervisor, OUTCOME_NOT_RUNNING);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_start_is_told_when_it_runs),
	    TEST(a_start_that_fails_is_told),
	    TEST(a_start_during_a_stop_is_told_when_it_runs_again),
	    TEST(a_start_that_another_stops_is_told),
	    TEST(a_restart_is_told_when_it_runs_again),
	    TEST(a_stop_is_told_when_it_is_down),
	    TEST(a_stop_under_way_is_waited_for),
	    TEST(a_refusal_is_told_from_the_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
