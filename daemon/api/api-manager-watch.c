/*
 * Manager.Watch: the notices of the bus, as events for a client. A client that reads too slowly
 * misses some, and sees so from the gap in the serial numbers; it costs no memory.
 */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/state.h"
#include "daemon/api/api-manager.h"
#include "daemon/api/api.h"
#include "daemon/api/writer.h"
#include "daemon/base/bus.h"
#include "daemon/base/clock.h"
#include "daemon/process/process.h"
#include "daemon/process/supervisor.h"

/* Patterns that one call may give, and how many bytes they may have together: each notice is held
 * against all of them. */
#define WATCH_SUBJECTS_MAX 256u
#define WATCH_SUBJECTS_SIZE_MAX 4096u
/* Room for supervisord's words about a process. */
#define WATCH_DESCRIPTION_MAX 256u

struct watch_request {
	json_t *types;
	json_t *subjects;
};

struct watch {
	struct api_call *call;
	struct bus_subscription *subscription;
	json_t *subjects; /* of the call's parameters; NULL: all */
	uint64_t last_serial;
};

static void watch_exec(struct api_call *call, const void *request);

static const struct json_field watch_fields[] = {
    {"types", JSON_FIELD_STRINGS, false, offsetof(struct watch_request, types), 0},
    {"subjects", JSON_FIELD_STRINGS, false, offsetof(struct watch_request, subjects), 0},
    {.name = NULL},
};

const struct api_method api_manager_watch = {
    .name = "Watch",
    .flags = API_READ | API_MORE,
    .fields = watch_fields,
    .request_size = sizeof(struct watch_request),
    .exec = watch_exec,
};

static void detail_process_state(struct writer *writer, const struct notice *notice)
{
	const struct process *process = notice->object;
	char description[WATCH_DESCRIPTION_MAX];
	int exitcode;

	process_describe(process, description, sizeof(description));
	writer_text(writer, "from", state_name((enum process_state)notice->from));
	writer_text(writer, "to", state_name((enum process_state)notice->to));
	if (process_pid(process) > 0)
		writer_int(writer, "pid", process_pid(process));
	if (process_exitcode(process, &exitcode))
		writer_int(writer, "exitcode", exitcode);
	writer_text(writer, "description", description);
}

static void detail_manager_state(struct writer *writer, const struct notice *notice)
{
	writer_text(writer, "state", supervisor_state_name((enum supervisor_state)notice->to));
}

/* What an event of each type has to say; those without a row have nothing to add. */
static void (*const details[NOTICE_TYPE_COUNT])(struct writer *, const struct notice *) = {
    [NOTICE_PROCESS_STATE] = detail_process_state,
    [NOTICE_MANAGER_STATE] = detail_manager_state,
};

static void watch_release(void *data)
{
	struct watch *watch = data;

	bus_unsubscribe(watch->subscription);
	free(watch);
}

static void watch_write(struct writer *writer, uint64_t serial, uint64_t time_usec,
                        const char *type, const struct notice *notice)
{
	writer_open_object(writer, "event");
	writer_int(writer, "serial", (int64_t)serial);
	writer_int(writer, "time_usec", (int64_t)time_usec);
	writer_text(writer, "type", type);
	writer_text(writer, "subject", notice && notice->subject ? notice->subject : "");
	writer_open_object(writer, "detail");
	if (notice && details[notice->type])
		details[notice->type](writer, notice);
	writer_close_object(writer);
	writer_close_object(writer);
}

/* The reply must have an event: the end of the watch is told as one. */
static void watch_cancel(struct api_call *call, void *data)
{
	const struct watch *watch = data;

	watch_write(api_reply_begin(call), watch->last_serial, clock_wall_usec(), "watch_cancelled",
	            NULL);
	api_reply_end(call);
}

static const struct api_wait watch_wait = {
    .release = watch_release,
    .cancel = watch_cancel,
};

static bool watch_wants(const struct watch *watch, const char *subject)
{
	json_t *pattern;
	size_t i;

	if (!watch->subjects)
		return true;
	json_array_foreach(watch->subjects, i, pattern)
	{
		if (fnmatch(json_string_value(pattern), subject ? subject : "", 0) == 0)
			return true;
	}
	return false;
}

static void watch_deliver(void *arg, const struct notice *notice)
{
	struct watch *watch = arg;

	watch->last_serial = notice->serial;
	if (!watch_wants(watch, notice->subject) || api_call_is_congested(watch->call))
		return;
	watch_write(api_reply_begin(watch->call), notice->serial, notice->time_usec,
	            bus_type_name(notice->type), notice);
	if (watch->call->more)
		api_reply_continue(watch->call);
	else
		api_reply_end(watch->call);
}

static int type_bit(const char *name, uint32_t *types)
{
	for (int type = 0; type < NOTICE_TYPE_COUNT; type++) {
		if (strcmp(bus_type_name((enum notice_type)type), name) != 0)
			continue;
		*types |= 1u << type;
		return 0;
	}
	return -1;
}

/* The name of the parameter that will not do; NULL where both will. */
static const char *watch_check(const struct watch_request *wanted, uint32_t *ret_types)
{
	uint32_t types = wanted->types ? 0 : (1u << NOTICE_TYPE_COUNT) - 1;
	size_t size = 0;
	json_t *text;
	size_t i;

	if (wanted->types && json_array_size(wanted->types) == 0)
		return "types"; /* nothing would ever come */
	json_array_foreach(wanted->types, i, text)
	{
		if (type_bit(json_string_value(text), &types) < 0)
			return "types";
	}
	if (json_array_size(wanted->subjects) > WATCH_SUBJECTS_MAX)
		return "subjects";
	json_array_foreach(wanted->subjects, i, text)
	{
		size += json_string_length(text);
		if (size > WATCH_SUBJECTS_SIZE_MAX)
			return "subjects";
	}
	*ret_types = types;
	return NULL;
}

static void watch_exec(struct api_call *call, const void *request)
{
	const struct watch_request *wanted = request;
	struct watch *watch;
	uint32_t types;
	const char *wrong = watch_check(wanted, &types);

	if (wrong) {
		api_error_invalid(call, wrong);
		return;
	}
	watch = calloc(1, sizeof(*watch));
	if (!watch) {
		api_call_fail(call);
		return;
	}
	watch->call = call;
	watch->subjects = wanted->subjects;
	watch->subscription =
	    bus_subscribe(supervisor_bus(api_supervisor(call->api)), types, watch_deliver, watch);
	if (!watch->subscription) {
		free(watch);
		api_call_fail(call);
		return;
	}
	api_call_wait(call, &watch_wait, watch);
}
