/* Process.Join: waits until a process has ended for good, or the caller's time has. */
#include <stdlib.h>

#include "common/json.h"
#include "common/state.h"
#include "daemon/api/api-process.h"
#include "daemon/api/api.h"
#include "daemon/api/waits.h"
#include "daemon/api/writer.h"
#include "daemon/base/clock.h"
#include "daemon/base/loop.h"
#include "daemon/process/process.h"

struct join_request {
	const char *name;
	double timeout;
	bool has_timeout;
};

struct join {
	struct api_call *call;
	struct waiter waiter;
	struct event timer;
	uint64_t deadline_usec;
};

static void join_exec(struct api_call *call, const void *request);

static const struct json_field join_fields[] = {
    {"name", JSON_FIELD_STRING, true, offsetof(struct join_request, name), 0},
    {"timeout", JSON_FIELD_NUMBER, false, offsetof(struct join_request, timeout),
     offsetof(struct join_request, has_timeout)},
    {.name = NULL},
};

const struct api_method api_process_join = {
    .name = "Join",
    .flags = API_READ,
    .fields = join_fields,
    .request_size = sizeof(struct join_request),
    .exec = join_exec,
};

/* process is NULL where the time ran out, or it was removed: what its exit code was is not known.
 */
static void join_reply(struct api_call *call, bool alive, const struct process *process)
{
	struct writer *writer = api_reply_begin(call);
	int exitcode;

	writer_bool(writer, "alive", alive);
	if (process && process_exitcode(process, &exitcode))
		writer_int(writer, "exitcode", exitcode);
	else
		writer_null(writer, "exitcode");
	api_reply_end(call);
}

static void join_ended(void *arg, struct process *process)
{
	const struct join *join = arg;

	join_reply(join->call, false, process);
}

static void join_timer_cb(evutil_socket_t fd, short what, void *arg)
{
	struct join *join = arg;

	(void)fd;
	(void)what;
	if (clock_monotonic_usec() < join->deadline_usec)
		loop_timer_set(&join->timer, join->deadline_usec); /* it may fire early */
	else
		join_reply(join->call, true, NULL);
}

static void join_cancel(struct api_call *call, void *data)
{
	(void)data;
	join_reply(call, true, NULL);
}

static void join_release(void *data)
{
	struct join *join = data;

	waits_remove(&join->waiter);
	loop_timer_unset(&join->timer);
	free(join);
}

static const struct api_wait join_wait = {
    .release = join_release,
    .cancel = join_cancel,
};

static void join_exec(struct api_call *call, const void *request)
{
	const struct join_request *wanted = request;
	uint64_t timeout_usec = 0;
	struct process *process;
	struct join *join;

	if (api_seconds_to_usec(wanted->timeout, &timeout_usec) < 0) {
		api_error_invalid(call, "timeout");
		return;
	}
	process = api_process_find(call, wanted->name);
	if (!process)
		return;
	if (process_is_done(process) || (wanted->has_timeout && timeout_usec == 0)) {
		join_reply(call, !process_is_done(process), process);
		return;
	}
	join = calloc(1, sizeof(*join));
	if (!join) {
		api_call_fail(call);
		return;
	}
	join->call = call;
	join->waiter.ended = join_ended;
	join->waiter.arg = join;
	loop_timer_init(api_loop(call->api), &join->timer, join_timer_cb, join);
	if (wanted->has_timeout) {
		join->deadline_usec = clock_monotonic_usec() + timeout_usec;
		loop_timer_set(&join->timer, join->deadline_usec);
	}
	waits_add(api_waits(call->api), &join->waiter, process);
	api_call_wait(call, &join_wait, join);
}
