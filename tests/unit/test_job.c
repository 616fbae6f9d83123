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

#define ASKED_USEC 4711u

/* What job.c sees of a process and of the supervisor. */
struct process {
	enum process_state state;
	bool wanted;
	bool started_since; /* the time that the job was first asked for */
	int answer;         /* to any verb */
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

bool process_is_done(const struct process *process)
{
	return state_is_ended(process->state);
}

bool process_was_started_since(const struct process *process, uint64_t monotonic_usec)
{
	assert_int_equal(monotonic_usec, ASKED_USEC);
	return process->started_since;
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

static void begin_job_asked(struct supervisor *supervisor, enum job_verb verb,
                            enum process_state state, uint64_t asked_usec)
{
	struct process *process = &supervisor->process;

	process->state = state;
	supervisor->job =
	    job_new(supervisor, verb, &process, 1, true, asked_usec, report, supervisor);
	assert_non_null(supervisor->job);
}

static void begin_job(struct supervisor *supervisor, enum job_verb verb, enum process_state state)
{
	begin_job_asked(supervisor, verb, state, 0);
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

/*
 * The second time that a verb is asked for: what the process is by then, whether it was started
 * since the first time, and what is told; where the process has to be told again, it answers
 * -EALREADY or -ESRCH as a first time would be.
 */
static void what_was_asked_for_before_is_not_done_again(void **state)
{
	static const struct {
		enum job_verb verb;
		enum process_state state;
		bool started_since;
		enum outcome_status status;
	} rows[] = {
	    {JOB_START, STATE_RUNNING, true, OUTCOME_DONE},
	    {JOB_START, STATE_EXITED, true, OUTCOME_DONE}, /* a batch: it has run */
	    {JOB_START, STATE_STOPPED, true, OUTCOME_ABNORMAL_TERMINATION},
	    {JOB_START, STATE_BACKOFF, true, OUTCOME_ABNORMAL_TERMINATION},
	    {JOB_START, STATE_BACKOFF, false, OUTCOME_ABNORMAL_TERMINATION},
	    {JOB_START, STATE_FATAL, true, OUTCOME_ABNORMAL_TERMINATION},
	    {JOB_START, STATE_RUNNING, false, OUTCOME_ALREADY}, /* it was before */
	    {JOB_TERMINATE, STATE_STOPPED, false, OUTCOME_DONE},
	    {JOB_TERMINATE, STATE_EXITED, false, OUTCOME_DONE},
	    {JOB_TERMINATE, STATE_FATAL, true, OUTCOME_DONE},
	    {JOB_KILL, STATE_STOPPED, false, OUTCOME_DONE},
	    {JOB_RESTART, STATE_RUNNING, true, OUTCOME_ALREADY},
	};
	struct supervisor *supervisor = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		supervisor->told = 0;
		supervisor->process.wanted = false;
		supervisor->process.answer = -EALREADY;
		supervisor->process.started_since = rows[i].started_since;
		begin_job_asked(supervisor, rows[i].verb, rows[i].state, ASKED_USEC);
		assert_told(supervisor, rows[i].status);
	}
}

static void a_start_that_was_asked_for_before_is_waited_for(void **state)
{
	struct supervisor *supervisor = *state;

	supervisor->process.answer = -EALREADY;
	begin_job_asked(supervisor, JOB_START, STATE_STARTING, ASKED_USEC);
	assert_false(is_told(supervisor));
	enter(supervisor, STATE_RUNNING);
	assert_told(supervisor, OUTCOME_DONE);
}

/* It has exited long before the first time: it is started now. */
static void a_start_that_was_not_carried_out_is(void **state)
{
	struct supervisor *supervisor = *state;

	begin_job_asked(supervisor, JOB_START, STATE_STOPPED, ASKED_USEC);
	assert_int_equal(supervisor->process.state, STATE_STARTING);
	enter(supervisor, STATE_RUNNING);
	assert_told(supervisor, OUTCOME_DONE);
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
	    TEST(what_was_asked_for_before_is_not_done_again),
	    TEST(a_start_that_was_asked_for_before_is_waited_for),
	    TEST(a_start_that_was_not_carried_out_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
