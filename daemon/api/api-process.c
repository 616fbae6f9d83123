/*
 * org.muster.Process: the table of its methods, and those that answer from what is known of one
 * process. Listing, waiting, control and logs have files of their own.
 */
#include "daemon/api/api-process.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/parse.h"
#include "common/state.h"
#include "daemon/api/api.h"
#include "daemon/api/writer.h"
#include "daemon/process/process.h"

struct name_request {
	const char *name;
};

struct send_request {
	const char *name;
	const char *data;
	bool base64;
};

struct signal_request {
	json_t *selectors;
	const char *signal;
};

struct selectors_request {
	json_t *selectors;
};

static void clear_logs_exec(struct api_call *call, const void *request);
static void exit_code_exec(struct api_call *call, const void *request);
static void is_alive_exec(struct api_call *call, const void *request);
static void pid_exec(struct api_call *call, const void *request);
static void send_exec(struct api_call *call, const void *request);
static void signal_exec(struct api_call *call, const void *request);

static const struct json_field name_fields[] = {
    {"name", JSON_FIELD_STRING, true, offsetof(struct name_request, name), 0},
    {.name = NULL},
};

static const struct json_field send_fields[] = {
    {"name", JSON_FIELD_STRING, true, offsetof(struct send_request, name), 0},
    {"data", JSON_FIELD_STRING, true, offsetof(struct send_request, data), 0},
    {"base64", JSON_FIELD_BOOL, false, offsetof(struct send_request, base64), 0},
    {.name = NULL},
};

static const struct json_field signal_fields[] = {
    {"selectors", JSON_FIELD_STRINGS, true, offsetof(struct signal_request, selectors), 0},
    {"signal", JSON_FIELD_STRING, true, offsetof(struct signal_request, signal), 0},
    {.name = NULL},
};

static const struct json_field selectors_fields[] = {
    {"selectors", JSON_FIELD_STRINGS, true, offsetof(struct selectors_request, selectors), 0},
    {.name = NULL},
};

static const struct api_method clear_logs = {
    .name = "ClearLogs",
    .flags = API_CONTROL,
    .fields = selectors_fields,
    .request_size = sizeof(struct selectors_request),
    .exec = clear_logs_exec,
};

static const struct api_method exit_code = {
    .name = "ExitCode",
    .flags = API_READ,
    .fields = name_fields,
    .request_size = sizeof(struct name_request),
    .exec = exit_code_exec,
};

static const struct api_method is_alive = {
    .name = "IsAlive",
    .flags = API_READ,
    .fields = name_fields,
    .request_size = sizeof(struct name_request),
    .exec = is_alive_exec,
};

static const struct api_method pid = {
    .name = "Pid",
    .flags = API_READ,
    .fields = name_fields,
    .request_size = sizeof(struct name_request),
    .exec = pid_exec,
};

static const struct api_method send = {
    .name = "Send",
    .flags = API_CONTROL,
    .fields = send_fields,
    .request_size = sizeof(struct send_request),
    .exec = send_exec,
};

static const struct api_method signal_ = {
    .name = "Signal",
    .flags = API_CONTROL,
    .fields = signal_fields,
    .request_size = sizeof(struct signal_request),
    .exec = signal_exec,
};

static const struct api_method *const methods[] = {
    &clear_logs,
    &exit_code,
    &is_alive,
    &api_process_join,
    &api_process_kill,
    &api_process_list,
    &api_process_logs,
    &pid,
    &api_process_remove,
    &api_process_restart,
    &api_process_run,
    &send,
    &signal_,
    &api_process_start,
    &api_process_terminate,
    NULL,
};

extern const struct api_interface api_process;
const struct api_interface api_process = {"org.muster.Process", methods};

void api_process_write_outcome(struct writer *writer, const char *name, const char *status,
                               const char *message)
{
	writer_open_object(writer, NULL);
	writer_text(writer, "name", name);
	writer_text(writer, "status", status);
	if (message)
		writer_text(writer, "message", message);
	writer_close_object(writer);
}

/* What came of one process. */
struct acted {
	const char *status;
	const char *message;
};

/*
 * Does something at once to each selected process; `act` gives a status and may give a message.
 * All is done before a reply is begun: what is done may be news that others are told in between.
 */
static void for_each_selected(struct api_call *call, json_t *selectors,
                              const char *(*act)(struct process *, int, const char **), int arg)
{
	struct process **processes;
	struct writer *writer;
	struct acted *acted;
	size_t count;

	if (api_process_select(call, selectors, &processes, &count) < 0)
		return;
	acted = calloc(count + 1, sizeof(*acted));
	if (!acted) {
		api_call_fail(call);
		goto out;
	}
	for (size_t i = 0; i < count; i++)
		acted[i].status = act(processes[i], arg, &acted[i].message);
	writer = api_reply_begin(call);
	writer_open_array(writer, "outcomes");
	for (size_t i = 0; i < count; i++)
		api_process_write_outcome(writer, process_name(processes[i]), acted[i].status,
		                          acted[i].message);
	writer_close_array(writer);
	api_reply_end(call);
out:
	free(acted);
	free(processes);
}

static const char *clear_logs_act(struct process *process, int unused, const char **ret_message)
{
	int ret = process_clear_logs(process);

	(void)unused;
	if (ret < 0 && ret != -ENOENT)
		*ret_message = strerror(-ret);
	return ret < 0 ? "NoLog" : "done";
}

static void clear_logs_exec(struct api_call *call, const void *request)
{
	const struct selectors_request *wanted = request;

	for_each_selected(call, wanted->selectors, clear_logs_act, 0);
}

static void exit_code_exec(struct api_call *call, const void *request)
{
	const struct name_request *wanted = request;
	struct process *process = api_process_find(call, wanted->name);
	struct writer *writer;
	int exitcode;

	if (!process)
		return;
	writer = api_reply_begin(call);
	if (process_exitcode(process, &exitcode))
		writer_int(writer, "exitcode", exitcode);
	else
		writer_null(writer, "exitcode");
	api_reply_end(call);
}

static void is_alive_exec(struct api_call *call, const void *request)
{
	const struct name_request *wanted = request;
	const struct process *process = api_process_find(call, wanted->name);

	if (!process)
		return;
	writer_bool(api_reply_begin(call), "alive", state_is_alive(process_state(process)));
	api_reply_end(call);
}

static void pid_exec(struct api_call *call, const void *request)
{
	const struct name_request *wanted = request;
	const struct process *process = api_process_find(call, wanted->name);
	struct writer *writer;

	if (!process)
		return;
	writer = api_reply_begin(call);
	if (process_pid(process) > 0)
		writer_int(writer, "pid", process_pid(process));
	else
		writer_null(writer, "pid");
	api_reply_end(call);
}

/* A pipe that is full, or data that can never fit, is a matter of the data. */
static void send_exec(struct api_call *call, const void *request)
{
	const struct send_request *wanted = request;
	struct process *process = api_process_find(call, wanted->name);
	char *decoded = NULL;
	size_t size;
	int ret = 0;

	if (!process)
		return;
	size = strlen(wanted->data);
	if (wanted->base64)
		ret = parse_base64(wanted->data, size, &decoded, &size);
	if (ret == 0)
		ret = process_send(process, decoded ? decoded : wanted->data, size);
	free(decoded);
	if (ret == -ESRCH || ret == -EPIPE)
		api_error_text(call, "NotRunning", "name", process_name(process));
	else if (ret < 0)
		api_error_invalid(call, "data");
	else
		api_reply_empty(call);
}

static const char *signal_act(struct process *process, int signal, const char **ret_message)
{
	int ret = process_signal(process, signal);

	if (ret < 0 && ret != -ESRCH)
		*ret_message = strerror(-ret);
	return ret < 0 ? "NotRunning" : "done";
}

static void signal_exec(struct api_call *call, const void *request)
{
	const struct signal_request *wanted = request;
	int number;

	if (parse_signal(wanted->signal, &number) < 0)
		api_error_text(call, "BadSignal", "signal", wanted->signal);
	else
		for_each_selected(call, wanted->selectors, signal_act, number);
}
