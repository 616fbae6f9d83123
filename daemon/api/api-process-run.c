/* Process.Run and Remove: processes that no configuration names. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "daemon/api/api-manager.h"
#include "daemon/api/api-process.h"
#include "daemon/api/api.h"
#include "daemon/api/conn.h"
#include "daemon/api/writer.h"
#include "daemon/process/ad-hoc.h"
#include "daemon/process/environment.h"
#include "daemon/process/proc.h"
#include "daemon/process/process.h"
#include "daemon/process/supervisor.h"

struct run_request {
	const char *name;
	json_t *command;
	json_t *options;
	json_t *environment;
	bool daemon;
};

struct remove_request {
	json_t *selectors;
};

/* A Run on its way from JSON to arrays of texts, which point into the JSON. */
struct run {
	struct ad_hoc wanted;
	const char **texts; /* of all arrays */
	const char **place; /* the next free one */
	size_t size;        /* of all texts */
};

static void run_exec(struct api_call *call, const void *request);
static void remove_exec(struct api_call *call, const void *request);

static const struct json_field run_fields[] = {
    {"name", JSON_FIELD_STRING, false, offsetof(struct run_request, name), 0},
    {"command", JSON_FIELD_STRINGS, true, offsetof(struct run_request, command), 0},
    {"options", JSON_FIELD_OBJECT, false, offsetof(struct run_request, options), 0},
    {"daemon", JSON_FIELD_BOOL, false, offsetof(struct run_request, daemon), 0},
    {"environment", JSON_FIELD_STRINGS, false, offsetof(struct run_request, environment), 0},
    {.name = NULL},
};

static const struct json_field remove_fields[] = {
    {"selectors", JSON_FIELD_STRINGS, true, offsetof(struct remove_request, selectors), 0},
    {.name = NULL},
};

const struct api_method api_process_run = {
    .name = "Run",
    .flags = API_RUN,
    .fields = run_fields,
    .request_size = sizeof(struct run_request),
    .exec = run_exec,
};

const struct api_method api_process_remove = {
    .name = "Remove",
    .flags = API_CONTROL,
    .fields = remove_fields,
    .request_size = sizeof(struct remove_request),
    .exec = remove_exec,
};

static void run_add(struct run *run, const char *text)
{
	*run->place++ = text;
	run->size += text ? strlen(text) + 1 : 0;
}

static void run_take_command(struct run *run, json_t *command)
{
	json_t *word;
	size_t i;

	run->wanted.argv = run->place;
	json_array_foreach(command, i, word) run_add(run, json_string_value(word));
	run_add(run, NULL);
}

/* False where a value is no text; *ret_key is whose. */
static bool run_take_options(struct run *run, json_t *options, const char **ret_key)
{
	const char *key;
	json_t *value;

	run->wanted.options = run->place;
	json_object_foreach(options, key, value)
	{
		*ret_key = key;
		if (!json_is_string(value))
			return false;
		run_add(run, key);
		run_add(run, json_string_value(value));
	}
	run_add(run, NULL);
	return true;
}

/* A client that is a process of ours does not hand on what it is called. */
static void run_take_environment(struct run *run, json_t *environment)
{
	json_t *entry;
	size_t i;

	run->wanted.environment = run->place;
	json_array_foreach(environment, i,
	                   entry) if (!environment_is_told(json_string_value(entry)))
	    run_add(run, json_string_value(entry));
	run_add(run, NULL);
}

/* Who asks, as the kernel says. -errno. */
static int run_take_caller(struct run *run, const struct conn *conn)
{
	const struct conn_peer *peer = conn_peer(conn);
	struct user_config *caller = &run->wanted.caller;
	struct proc_stat stat;

	caller->uid = peer->uid;
	caller->gid = peer->gid;
	if (proc_read_stat(peer->pid, &stat) == 0) {
		run->wanted.caller_pid = peer->pid;
		run->wanted.caller_start_ticks = stat.start_ticks;
	}
	return conn_peer_groups(conn, &caller->groups, &caller->group_count);
}

static void refuse_option(struct api_call *call, const char *option, const char *message)
{
	struct writer *writer = api_error_begin(call, "InvalidOption");

	writer_text(writer, "option", option);
	writer_text(writer, "message", message);
	api_reply_end(call);
}

static void answer_done(struct api_call *call, const struct run_result *result)
{
	struct writer *writer = api_reply_begin(call);

	writer_text(writer, "name", process_name(result->process));
	writer_int(writer, "pid", process_pid(result->process));
	api_reply_end(call);
}

static void answer_bad_option(struct api_call *call, const struct run_result *result)
{
	refuse_option(call, result->option, result->message);
}

static void answer_name_in_use(struct api_call *call, const struct run_result *result)
{
	api_error_text(call, "NameInUse", "name", result->name);
}

static void answer_spawn_error(struct api_call *call, const struct run_result *result)
{
	struct writer *writer = api_error_begin(call, "SpawnError");

	writer_text(writer, "name", result->name);
	writer_text(writer, "message", result->message);
	api_reply_end(call);
}

static void (*const answers[RUN_END_COUNT])(struct api_call *, const struct run_result *) = {
    [RUN_DONE] = answer_done,
    [RUN_BAD_OPTION] = answer_bad_option,
    [RUN_NAME_IN_USE] = answer_name_in_use,
    [RUN_SPAWN_ERROR] = answer_spawn_error,
};

static void run_carry_out(struct api_call *call, const struct run *run)
{
	struct run_result result;

	/* A plain one is nobody's: the connection's address may be another's tomorrow. */
	const void *owner = run->wanted.daemon ? call->conn : NULL;

	if (ad_hocs_run(supervisor_ad_hocs(api_supervisor(call->api)), &run->wanted, owner,
	                &result) < 0) {
		api_call_fail(call);
		return;
	}
	if (result.end == RUN_DONE && run->wanted.daemon)
		conn_own(call->conn);
	answers[result.end](call, &result);
}

/* False where it was answered. */
static bool run_read(struct run *run, struct api_call *call, const struct run_request *wanted)
{
	const char *key = NULL;
	int ret;

	run->wanted.name = wanted->name;
	run->wanted.daemon = wanted->daemon;
	run->size = wanted->name ? strlen(wanted->name) : 0;
	run_take_command(run, wanted->command);
	if (!run_take_options(run, wanted->options, &key)) {
		refuse_option(call, key, "a value is a text");
		return false;
	}
	run_take_environment(run, wanted->environment);
	if (run->size > AD_HOC_SIZE_MAX) {
		refuse_option(call, "command",
		              "words, options and environment are more than 256 KiB together");
		return false;
	}
	ret = run_take_caller(run, call->conn);
	if (ret < 0)
		refuse_option(call, "user", strerror(-ret));
	return ret == 0;
}

static void run_exec(struct api_call *call, const void *request)
{
	const struct run_request *wanted = request;
	enum supervisor_state state = supervisor_state(api_supervisor(call->api));
	struct run run = {0};

	if (state == SUPERVISOR_STOPPING || state == SUPERVISOR_RESTARTING) {
		api_manager_refuse_now(call);
		return;
	}
	run.texts =
	    calloc(json_array_size(wanted->command) + json_object_size(wanted->options) * 2 +
	               json_array_size(wanted->environment) + 3,
	           sizeof(*run.texts));
	run.place = run.texts;
	if (!run.texts)
		api_call_fail(call);
	else if (run_read(&run, call, wanted))
		run_carry_out(call, &run);
	free(run.wanted.caller.groups);
	free(run.texts);
}

static const char *remove_one(struct ad_hocs *ad_hocs, struct process *process)
{
	int ret = ad_hocs_remove(ad_hocs, process);

	return ret == 0 ? "done" : ret == -EINVAL ? "NotAdHoc" : "StillRunning";
}

/* The names go with the processes: they are written down before. */
static void remove_exec(struct api_call *call, const void *request)
{
	const struct remove_request *wanted = request;
	struct ad_hocs *ad_hocs = supervisor_ad_hocs(api_supervisor(call->api));
	struct writer outcomes = {0};
	struct process **processes;
	struct writer *writer;
	size_t count;

	if (api_process_select(call, wanted->selectors, &processes, &count) < 0)
		return;
	for (size_t i = 0; i < count; i++) {
		writer_open_object(&outcomes, NULL);
		writer_text(&outcomes, "name", process_name(processes[i]));
		writer_text(&outcomes, "status", remove_one(ad_hocs, processes[i]));
		writer_close_object(&outcomes);
	}
	writer = api_reply_begin(call);
	writer_open_array(writer, "outcomes");
	writer_join(writer, &outcomes);
	writer_close_array(writer);
	api_reply_end(call);
	writer_done(&outcomes);
	free(processes);
}
