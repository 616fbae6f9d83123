/* A verb on many processes: begun at once, each outcome told when it is known. */
#include "daemon/process/job.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/bus.h"
#include "daemon/base/loop.h"
#include "daemon/process/process.h"
#include "daemon/process/supervisor.h"

struct job_item {
	struct process *process; /* NULL once its outcome is known */
	char *name;
	char *message;
	enum outcome_status status;
	bool ready;
	bool told;
};

struct job {
	struct loop *loop;
	struct bus_subscription *subscription;
	struct loop_work work;
	const struct job_kind *kind;
	job_cb report;
	void *arg;
	bool reporting; /* a report is being delivered: what cancels the job now frees it later */
	bool cancelled;
	size_t count;
	size_t told;
	struct job_item items[];
};

/* What a verb does, how its refusal reads, and when it has come to its end. */
struct job_kind {
	int (*begin)(struct process *process);
	enum outcome_status refused; /* for -EALREADY and -ESRCH */
	/* True where one that was asked for at that time has done its work, or is at it. */
	bool (*was_begun)(const struct process *process, uint64_t asked_usec);
	/* True where the state is an end for this verb; then *ret_status says which. */
	bool (*judge)(const struct process *process, enum process_state state,
	              enum outcome_status *ret_status);
};

static const char *const status_names[] = {
    [OUTCOME_DONE] = "done",
    [OUTCOME_ALREADY] = "already",
    [OUTCOME_NOT_RUNNING] = "NotRunning",
    [OUTCOME_SPAWN_ERROR] = "SpawnError",
    [OUTCOME_ABNORMAL_TERMINATION] = "AbnormalTermination",
};
_Static_assert(sizeof(status_names) / sizeof(status_names[0]) == OUTCOME_STATUS_COUNT,
               "every status has a name");

const char *outcome_status_name(enum outcome_status status)
{
	return status_names[status];
}

/* Starts and restarts end alike; a start may also come while the process is being stopped. */
static bool job_judge_start(const struct process *process, enum process_state state,
                            enum outcome_status *ret_status)
{
	bool failed = state == STATE_BACKOFF || state == STATE_FATAL;

	if (state == STATE_STARTING || state == STATE_WAITING || state == STATE_STOPPING)
		return false;
	/* Stopped on its way to the new start, unless somebody else wants it down. */
	if (state == STATE_STOPPED && process_is_wanted(process))
		return false;
	*ret_status = OUTCOME_ABNORMAL_TERMINATION;
	/* What has exited was running before. */
	if (state == STATE_RUNNING || state == STATE_EXITED)
		*ret_status = OUTCOME_DONE;
	else if (failed && process_spawn_failed(process))
		*ret_status = OUTCOME_SPAWN_ERROR;
	return true;
}

static bool job_judge_stop(const struct process *process, enum process_state state,
                           enum outcome_status *ret_status)
{
	(void)process;
	if (state_is_alive(state))
		return false;
	*ret_status = OUTCOME_DONE;
	return true;
}

static bool job_start_was_begun(const struct process *process, uint64_t asked_usec)
{
	enum process_state state = process_state(process);

	return state == STATE_STARTING || state == STATE_WAITING || state == STATE_BACKOFF ||
	       process_was_started_since(process, asked_usec);
}

static bool job_stop_was_begun(const struct process *process, uint64_t asked_usec)
{
	(void)asked_usec;
	return process_is_done(process);
}

/* Each restart is another process: nothing tells the first from a second. */
static bool job_restart_was_begun(const struct process *process, uint64_t asked_usec)
{
	(void)process;
	(void)asked_usec;
	return false;
}

static const struct job_kind kinds[JOB_VERB_COUNT] = {
    [JOB_START] = {process_start, OUTCOME_ALREADY, job_start_was_begun, job_judge_start},
    [JOB_TERMINATE] = {process_stop, OUTCOME_NOT_RUNNING, job_stop_was_begun, job_judge_stop},
    [JOB_KILL] = {process_kill, OUTCOME_NOT_RUNNING, job_stop_was_begun, job_judge_stop},
    [JOB_RESTART] = {process_restart, OUTCOME_ALREADY, job_restart_was_begun, job_judge_start},
};

static void job_free(struct job *job)
{
	bus_unsubscribe(job->subscription);
	loop_cancel(job->loop, &job->work);
	for (size_t i = 0; i < job->count; i++) {
		free(job->items[i].name);
		free(job->items[i].message);
	}
	free(job);
}

static void job_work_run(void *arg)
{
	struct job *job = arg;

	job->reporting = true;
	if (job->count == 0)
		job->report(job->arg, NULL, true);
	for (size_t i = 0; i < job->count && !job->cancelled; i++) {
		struct job_item *item = &job->items[i];
		struct outcome outcome = {item->name, item->status, item->message};
		if (!item->ready || item->told)
			continue;
		item->told = true;
		job->report(job->arg, &outcome, ++job->told == job->count);
	}
	job->reporting = false;
	if (job->cancelled || job->told == job->count)
		job_free(job);
}

static void job_settle(struct job *job, struct job_item *item, enum outcome_status status)
{
	const char *message = NULL;

	if (status == OUTCOME_SPAWN_ERROR || status == OUTCOME_ABNORMAL_TERMINATION)
		message = process_spawn_error(item->process);
	else if (status == OUTCOME_DONE && kinds[JOB_TERMINATE].judge == job->kind->judge)
		message = process_stop_note(item->process);
	item->status = status;
	item->message = message ? strdup(message) : NULL;
	item->process = NULL;
	item->ready = true;
	loop_defer(job->loop, &job->work);
}

static void job_notice_cb(void *arg, const struct notice *notice)
{
	struct job *job = arg;
	enum outcome_status status;

	for (size_t i = 0; i < job->count; i++) {
		struct job_item *item = &job->items[i];
		if (item->process && item->process == notice->object &&
		    job->kind->judge(item->process, (enum process_state)notice->to, &status))
			job_settle(job, item, status);
	}
}

static void job_begin_item(struct job *job, struct job_item *item, bool wait, uint64_t asked_usec)
{
	enum process_state state = process_state(item->process);
	bool begun = asked_usec > 0 && job->kind->was_begun(item->process, asked_usec);
	int r = begun ? 0 : job->kind->begin(item->process);
	enum outcome_status status;

	/* A stop that was under way before is waited for like one's own. */
	if (r == -EALREADY && state == STATE_STOPPING)
		r = 0;
	if (!item->process)
		return; /* its end came while it was told */
	if (r == -ECANCELED)
		job_settle(job, item, OUTCOME_SPAWN_ERROR);
	else if (r < 0)
		job_settle(job, item, job->kind->refused);
	else if (!wait)
		job_settle(job, item, OUTCOME_DONE);
	else if (job->kind->judge(item->process, process_state(item->process), &status))
		job_settle(job, item, status);
}

struct job *job_new(struct supervisor *supervisor, enum job_verb verb, struct process **processes,
                    size_t count, bool wait, uint64_t asked_usec, job_cb report, void *arg)
{
	struct job *job = calloc(1, sizeof(*job) + count * sizeof(job->items[0]));

	if (!job)
		return NULL;
	job->loop = supervisor_loop(supervisor);
	job->kind = &kinds[verb];
	job->report = report;
	job->arg = arg;
	job->work.run = job_work_run;
	job->work.arg = job;
	for (; job->count < count; job->count++) {
		struct job_item *item = &job->items[job->count];
		item->process = processes[job->count];
		item->name = strdup(process_name(item->process));
		if (!item->name)
			goto fail;
	}
	if (wait) {
		job->subscription = bus_subscribe(supervisor_bus(supervisor),
		                                  1u << NOTICE_PROCESS_STATE, job_notice_cb, job);
		if (!job->subscription)
			goto fail;
	}
	for (size_t i = 0; i < count; i++)
		job_begin_item(job, &job->items[i], wait, asked_usec);
	if (count == 0)
		loop_defer(job->loop, &job->work);
	return job;
fail:
	job_free(job);
	return NULL;
}

void job_cancel(struct job *job)
{
	if (job && job->reporting)
		job->cancelled = true;
	else if (job)
		job_free(job);
}
