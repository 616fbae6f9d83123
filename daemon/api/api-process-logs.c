/*
 * Process.Logs: the last lines of captured logs and, with "more" and follow, what comes after them.
 *
 * The logs are read a bounded piece at a time, from the loop. A caller that does not keep up is
 * read for no further: its logs wait on the disk.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "daemon/api/api-process.h"
#include "daemon/api/api.h"
#include "daemon/api/writer.h"
#include "daemon/base/bus.h"
#include "daemon/base/loop.h"
#include "daemon/process/process.h"
#include "daemon/process/supervisor.h"
#include "daemon/process/tail.h"

#define LOGS_LINES_DEFAULT 10
#define LOGS_LINES_MAX 1000000
/* What is written in one turn, and what a reply to a call without "more" may hold: bytes of JSON,
 * of which a byte of a log may take six, and an empty line fifty. */
#define LOGS_TURN_BYTES (128u * 1024u)
#define LOGS_REPLY_MAX (16u * 1024u * 1024u)
/* Logs that one call follows: each keeps a file open. */
#define LOGS_FOLLOW_MAX 512u

#define STREAM_COUNT 2
static const char *const stream_names[STREAM_COUNT] = {"stdout", "stderr"};

struct logs_request {
	json_t *selectors;
	const char *stream;
	json_int_t lines;
	bool has_lines;
	bool follow;
	bool partial;
	bool until_end;
};

/* One log of one process. */
struct source {
	char *name;
	int stream; /* index of stream_names */
	struct tail *tail;
	bool begun; /* stands at its last lines, or behind them */
	bool dirty; /* there may be something to read */
};

struct logs {
	struct api_call *call;
	struct bus_subscription *subscription;
	struct loop_work work;
	struct source *sources;
	size_t count;
	size_t at; /* the source that is read next */
	unsigned lines;
	bool follow;
	bool partial;       /* of a line that has not ended what there is is sent */
	bool until_end;     /* of the processes */
	size_t files;       /* taken with api_take_files() */
	struct writer text; /* lines read and not sent yet */
};

static void logs_exec(struct api_call *call, const void *request);

static const struct json_field logs_fields[] = {
    {"selectors", JSON_FIELD_STRINGS, true, offsetof(struct logs_request, selectors), 0},
    {"stream", JSON_FIELD_STRING, false, offsetof(struct logs_request, stream), 0},
    {"lines", JSON_FIELD_INT, false, offsetof(struct logs_request, lines),
     offsetof(struct logs_request, has_lines)},
    {"follow", JSON_FIELD_BOOL, false, offsetof(struct logs_request, follow), 0},
    {"partial", JSON_FIELD_BOOL, false, offsetof(struct logs_request, partial), 0},
    {"until_end", JSON_FIELD_BOOL, false, offsetof(struct logs_request, until_end), 0},
    {.name = NULL},
};

const struct api_method api_process_logs = {
    .name = "Logs",
    .flags = API_READ | API_MORE,
    .fields = logs_fields,
    .request_size = sizeof(struct logs_request),
    .exec = logs_exec,
};

static void logs_free(struct logs *logs)
{
	api_give_back_files(logs->call->api, logs->files);
	for (size_t i = 0; i < logs->count; i++) {
		tail_free(logs->sources[i].tail);
		free(logs->sources[i].name);
	}
	free(logs->sources);
	writer_done(&logs->text);
	free(logs);
}

static void logs_release(void *data)
{
	struct logs *logs = data;

	bus_unsubscribe(logs->subscription);
	loop_cancel(api_loop(logs->call->api), &logs->work);
	logs_free(logs);
}

/* Sends what has been read. */
static void logs_reply(struct logs *logs, bool final)
{
	struct writer *writer = api_reply_begin(logs->call);

	writer_open_array(writer, "lines");
	writer_join(writer, &logs->text);
	writer_close_array(writer);
	if (final) {
		api_reply_end(logs->call);
		return;
	}
	writer_reset(&logs->text);
	api_reply_continue(logs->call);
}

static void logs_add_line(struct logs *logs, const struct source *source, const char *line,
                          size_t size)
{
	struct writer *writer = &logs->text;

	writer_open_object(writer, NULL);
	writer_text(writer, "name", source->name);
	writer_text(writer, "stream", stream_names[source->stream]);
	if (json_text_is_utf8(line, size)) {
		writer_text_sized(writer, "data", line, size);
	} else {
		writer_base64(writer, "data", line, size);
		writer_bool(writer, "base64", true);
	}
	writer_close_object(writer);
}

/* Reads lines of one log, until `text` has `end` bytes. True where there is nothing left to read
 * now. */
static bool logs_read_source(struct logs *logs, struct source *source, size_t end)
{
	const char *line;
	size_t size;
	int ret = 0;

	if (!source->begun) {
		ret = tail_seek(source->tail, logs->lines);
		source->begun = ret == 0;
	}
	while (source->begun && logs->text.used < end && !logs->text.failed) {
		ret = tail_next(source->tail, logs->partial, &line, &size);
		if (ret <= 0)
			break;
		logs_add_line(logs, source, line, size);
	}
	/* What cannot be read now is tried again when something was stored. */
	return ret <= 0;
}

/* Reads this turn's share of all there is. True where nothing is left to read now. */
static bool logs_read(struct logs *logs)
{
	size_t end = logs->text.used + LOGS_TURN_BYTES;

	for (size_t idle = 0; idle < logs->count; idle++) {
		struct source *source = &logs->sources[logs->at];
		bool finished = !source->dirty || logs_read_source(logs, source, end);

		if (finished && !logs->follow) {
			tail_free(source->tail); /* one open file at a time is enough */
			source->tail = NULL;
		}
		/* A log that floods must not keep the others of its call waiting; but last lines
		 * alone stay together. */
		if (finished || logs->follow)
			logs->at = (logs->at + 1) % logs->count;
		if (!finished)
			return false;
		source->dirty = false;
	}
	return true;
}

/* True where nobody is left who could write. One that is gone from the table has ended. */
static bool logs_are_ended(const struct logs *logs)
{
	const struct supervisor *supervisor = api_supervisor(logs->call->api);

	for (size_t i = 0; i < logs->count; i++) {
		const struct process *process = supervisor_find(supervisor, logs->sources[i].name);
		if (process && !process_is_done(process))
			return false;
	}
	return true;
}

/* At the end of all, what has no newline is a line too. */
static bool logs_read_rest(struct logs *logs)
{
	if (!logs->partial)
		for (size_t i = 0; i < logs->count; i++)
			logs->sources[i].dirty = true;
	logs->partial = true;
	return logs_read(logs);
}

static void logs_run(void *arg)
{
	struct logs *logs = arg;
	bool finished;
	bool ended = !logs->follow;

	if (api_call_is_congested(logs->call))
		return;
	finished = logs_read(logs);
	if (finished && logs->until_end && logs_are_ended(logs)) {
		finished = logs_read_rest(logs);
		ended = true;
	}
	if ((finished && ended) || logs->text.failed ||
	    (!logs->call->more && logs->text.used >= LOGS_REPLY_MAX)) {
		logs_reply(logs, true);
		return;
	}
	if (!finished)
		loop_defer(api_loop(logs->call->api), &logs->work);
	if (logs->call->more && logs->text.used > 0)
		logs_reply(logs, false);
}

static void logs_cancel(struct api_call *call, void *data)
{
	(void)call;
	logs_reply(data, true);
}

static void logs_drained(struct api_call *call, void *data)
{
	struct logs *logs = data;

	loop_defer(api_loop(call->api), &logs->work);
}

static const struct api_wait logs_wait = {
    .release = logs_release,
    .cancel = logs_cancel,
    .drained = logs_drained,
};

/* A process that came again with another configuration may log elsewhere. */
static void source_follow_path(struct source *source, const struct process *process)
{
	const char *path = process_logfile(process, source->stream + 1);
	struct tail *tail;

	if (!path || strcmp(path, tail_path(source->tail)) == 0 || tail_check(path) < 0)
		return;
	tail = tail_new(path);
	if (!tail)
		return;
	tail_free(source->tail);
	source->tail = tail;
}

static void logs_deliver(void *arg, const struct notice *notice)
{
	struct logs *logs = arg;

	if (notice->type != NOTICE_PROCESS_LOG) {
		loop_defer(api_loop(logs->call->api), &logs->work);
		return;
	}
	for (size_t i = 0; i < logs->count; i++) {
		struct source *source = &logs->sources[i];

		if (strcmp(source->name, notice->subject) != 0)
			continue;
		if (source->begun)
			source_follow_path(source, notice->object);
		source->dirty = true;
		loop_defer(api_loop(logs->call->api), &logs->work);
	}
}

static int logs_add_source(struct logs *logs, struct process *process, int stream)
{
	const char *path = process_logfile(process, stream + 1);
	struct source *source = &logs->sources[logs->count];

	if (!path || tail_check(path) < 0)
		return 0;
	/* Both streams in one log are one log. */
	if (logs->count && strcmp((source - 1)->name, process_name(process)) == 0 &&
	    strcmp(tail_path((source - 1)->tail), path) == 0)
		return 0;
	source->name = strdup(process_name(process));
	source->tail = tail_new(path);
	source->stream = stream;
	source->dirty = true;
	logs->count++; /* from here on logs_free() has it */
	return source->name && source->tail ? 0 : -ENOMEM;
}

/* -ENOENT where none of the processes has such a log. */
static int logs_add_sources(struct logs *logs, struct process **processes, size_t count,
                            const char *stream)
{
	int ret = 0;

	/* What a process wrote before it was asked about belongs to the answer. */
	for (size_t i = 0; i < count; i++)
		process_flush_logs(processes[i]);
	logs->sources = calloc(count * STREAM_COUNT + 1, sizeof(*logs->sources));
	if (!logs->sources)
		return -ENOMEM;
	for (size_t i = 0; i < count && ret == 0; i++)
		for (int s = 0; s < STREAM_COUNT && ret == 0; s++)
			if (!stream || strcmp(stream, stream_names[s]) == 0)
				ret = logs_add_source(logs, processes[i], s);
	return ret < 0 ? ret : logs->count == 0 && count > 0 ? -ENOENT : 0;
}

/* The name of the parameter that will not do; NULL where all will. */
static const char *logs_check(const struct api_call *call, const struct logs_request *wanted)
{
	bool known = !wanted->stream;

	for (int s = 0; s < STREAM_COUNT; s++)
		known = known || strcmp(wanted->stream, stream_names[s]) == 0;
	if (!known)
		return "stream";
	if (wanted->lines < 0)
		return "lines";
	if (wanted->partial && !wanted->follow)
		return "partial";
	if (wanted->until_end && !wanted->follow)
		return "until_end";
	return wanted->follow && !call->more ? "follow" : NULL;
}

static void logs_refuse_no_log(struct api_call *call, const struct process *process,
                               const char *stream)
{
	struct writer *writer = api_error_begin(call, "NoLog");

	writer_text(writer, "name", process_name(process));
	writer_text(writer, "stream", stream ? stream : stream_names[0]);
	api_reply_end(call);
}

/* The files that are kept open where logs are followed. -E2BIG for one call, -EMFILE for all. */
static int logs_take_files(struct logs *logs)
{
	int ret;

	if (logs->count > LOGS_FOLLOW_MAX)
		return -E2BIG;
	ret = api_take_files(logs->call->api, logs->count);
	if (ret == 0)
		logs->files = logs->count;
	return ret;
}

static int logs_begin(struct logs *logs, const struct logs_request *wanted)
{
	struct bus *bus = supervisor_bus(api_supervisor(logs->call->api));
	json_int_t lines = wanted->has_lines ? wanted->lines : LOGS_LINES_DEFAULT;
	uint32_t notices = 1u << NOTICE_PROCESS_LOG;

	logs->lines = lines > LOGS_LINES_MAX ? LOGS_LINES_MAX : (unsigned)lines;
	logs->follow = wanted->follow;
	logs->partial = wanted->partial || !wanted->follow;
	logs->until_end = wanted->until_end;
	logs->work.run = logs_run;
	logs->work.arg = logs;
	if (logs->until_end)
		notices |= 1u << NOTICE_PROCESS_STATE | 1u << NOTICE_GROUP_REMOVED;
	if (logs->follow) {
		logs->subscription = bus_subscribe(bus, notices, logs_deliver, logs);
		if (!logs->subscription)
			return -ENOMEM;
	}
	api_call_wait(logs->call, &logs_wait, logs);
	loop_defer(api_loop(logs->call->api), &logs->work);
	return 0;
}

static void logs_exec(struct api_call *call, const void *request)
{
	const struct logs_request *wanted = request;
	const char *wrong = logs_check(call, wanted);
	struct process **processes;
	struct logs *logs;
	size_t count;
	int ret = -ENOMEM;

	if (wrong) {
		api_error_invalid(call, wrong);
		return;
	}
	if (api_process_select(call, wanted->selectors, &processes, &count) < 0)
		return;
	logs = calloc(1, sizeof(*logs));
	if (logs) {
		logs->call = call;
		ret = logs_add_sources(logs, processes, count, wanted->stream);
	}
	if (ret == 0 && wanted->follow)
		ret = logs_take_files(logs);
	if (ret == 0)
		ret = logs_begin(logs, wanted);
	if (ret < 0 && logs)
		logs_free(logs);
	if (ret == -ENOENT)
		logs_refuse_no_log(call, processes[0], wanted->stream);
	else if (ret == -E2BIG)
		api_error_invalid(call, "selectors");
	else if (ret == -EMFILE)
		api_error_invalid(call, "follow");
	else if (ret < 0)
		api_call_fail(call);
	free(processes);
}
