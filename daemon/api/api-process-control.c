/*
 * Process.Start, Terminate, Kill and Restart: one verb over many processes, its outcomes told
 * together or, with "more", each as it comes.
 */
#include <stdlib.h>

#include "common/json.h"
#include "daemon/api/api-manager.h"
#include "daemon/api/api-process.h"
#include "daemon/api/api.h"
#include "daemon/api/writer.h"
#include "daemon/process/job.h"
#include "daemon/process/process.h"
#include "daemon/process/supervisor.h"

struct control_request {
	json_t *selectors;
	json_int_t asked_usec; /* 0: not before */
	bool wait;
	bool has_wait;
};

struct control {
	struct api_call *call;
	struct job *job;        /* NULL once its last outcome is there */
	struct writer outcomes; /* those that are to be told at the end */
};

static void kill_exec(struct api_call *call, const void *request);
static void restart_exec(struct api_call *call, const void *request);
static void start_exec(struct api_call *call, const void *request);
static void terminate_exec(struct api_call *call, const void *request);

static const struct json_field control_fields[] = {
    {"selectors", JSON_FIELD_STRINGS, true, offsetof(struct control_request, selectors), 0},
    {"wait", JSON_FIELD_BOOL, false, offsetof(struct control_request, wait),
     offsetof(struct control_request, has_wait)},
    {"asked_usec", JSON_FIELD_INT, false, offsetof(struct control_request, asked_usec), 0},
    {.name = NULL},
};

/* Without asked_usec. */
static const struct json_field restart_fields[] = {
    {"selectors", JSON_FIELD_STRINGS, true, offsetof(struct control_request, selectors), 0},
    {"wait", JSON_FIELD_BOOL, false, offsetof(struct control_request, wait),
     offsetof(struct control_request, has_wait)},
    {.name = NULL},
};

const struct api_method api_process_kill = {
    .name = "Kill",
    .flags = API_CONTROL | API_MORE,
    .fields = control_fields,
    .request_size = sizeof(struct control_request),
    .exec = kill_exec,
};

const struct api_method api_process_restart = {
    .name = "Restart",
    .flags = API_CONTROL | API_MORE,
    .fields = restart_fields,
    .request_size = sizeof(struct control_request),
    .exec = restart_exec,
};

const struct api_method api_process_start = {
    .name = "Start",
    .flags = API_CONTROL | API_MORE,
    .fields = control_fields,
    .request_size = sizeof(struct control_request),
    .exec = start_exec,
};

const struct api_method api_process_terminate = {
    .name = "Terminate",
    .flags = API_CONTROL | API_MORE,
    .fields = control_fields,
    .request_size = sizeof(struct control_request),
    .exec = terminate_exec,
};

static void control_release(void *data)
{
	struct control *control = data;

	if (control->job)
		job_cancel(control->job);
	writer_done(&control->outcomes);
	free(control);
}

/* The final reply: what has been collected and not told yet. */
static void control_finish(struct api_call *call, void *data)
{
	const struct control *control = data;
	struct writer *writer = api_reply_begin(call);

	writer_open_array(writer, "outcomes");
	writer_join(writer, &control->outcomes);
	writer_close_array(writer);
	api_reply_end(call);
}

static const struct api_wait control_wait = {
    .release = control_release,
    .cancel = control_finish,
};

static void control_report(void *arg, const struct outcome *outcome, bool last)
{
	struct control *control = arg;
	struct writer *writer = &control->outcomes;
	bool now = control->call->more && !last;

	if (now) {
		writer = api_reply_begin(control->call);
		writer_open_array(writer, "outcomes");
	}
	if (outcome)
		api_process_write_outcome(writer, outcome->name,
		                          outcome_status_name(outcome->status), outcome->message);
	if (now) {
		writer_close_array(writer);
		api_reply_continue(control->call);
	}
	if (!last)
		return;
	control->job = NULL;
	control_finish(control->call, control);
}

static void control_begin(struct api_call *call, const struct control_request *wanted,
                          enum job_verb verb)
{
	struct process **processes;
	struct control *control;
	size_t count;
	bool wait = !wanted->has_wait || wanted->wait;

	if (wanted->asked_usec < 0) {
		api_error_invalid(call, "asked_usec");
		return;
	}
	if (api_process_select(call, wanted->selectors, &processes, &count) < 0)
		return;
	control = calloc(1, sizeof(*control));
	if (control) {
		control->call = call;
		control->job = job_new(api_supervisor(call->api), verb, processes, count, wait,
		                       (uint64_t)wanted->asked_usec, control_report, control);
	}
	free(processes);
	if (!control || !control->job) {
		free(control);
		api_call_fail(call);
		return;
	}
	api_call_wait(call, &control_wait, control);
}

/* What would start something is refused while all is being stopped. */
static bool is_ending(const struct api_call *call)
{
	enum supervisor_state state = supervisor_state(api_supervisor(call->api));

	return state == SUPERVISOR_STOPPING || state == SUPERVISOR_RESTARTING;
}

static void kill_exec(struct api_call *call, const void *request)
{
	control_begin(call, request, JOB_KILL);
}

static void restart_exec(struct api_call *call, const void *request)
{
	if (is_ending(call))
		api_manager_refuse_now(call);
	else
		control_begin(call, request, JOB_RESTART);
}

static void start_exec(struct api_call *call, const void *request)
{
	if (is_ending(call))
		api_manager_refuse_now(call);
	else
		control_begin(call, request, JOB_START);
}

static void terminate_exec(struct api_call *call, const void *request)
{
	control_begin(call, request, JOB_TERMINATE);
}
