/* watch: one line for every event, as it happens. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/alloc.h"
#include "cli/cmd.h"
#include "cli/outcome.h"
#include "cli/session.h"
#include "cli/width.h"
#include "common/json.h"

#define TYPES_MAX 64

struct watch_options {
	const char *types;
};

static enum cmd_exit watch_exec(const struct cmd_call *call);

static const struct option_row watch_options[] = {
    {"types", 't', OPTION_TEXT, "TYPE,...", offsetof(struct watch_options, types),
     "only events of these types"},
    {NULL, 0, OPTION_FLAG, NULL, 0, NULL},
};

const struct cmd_entry cmd_watch_entry = {
    .name = "watch",
    .alias = "events",
    .usage = "[--types TYPE,...] [SUBJECT...]",
    .summary = "Print events as they happen",
    .details = "One line an event: time, type, subject and what is new. With --json, one JSON\n"
	       "value a line; a gap in its serial numbers means that events were lost.\n"
	       "Where the engine dies, it goes on with the next.\n",
    .words_max = CMD_WORDS_MAX,
    .options = watch_options,
    .options_size = sizeof(struct watch_options),
    .exec = watch_exec,
};

static void print_time(json_int_t time_usec)
{
	time_t seconds = (time_t)(time_usec / 1000000);
	struct tm parts;
	char text[32];

	if (!localtime_r(&seconds, &parts) ||
	    !strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &parts))
		text[0] = '\0';
	printf("%s.%03d", text, (int)(time_usec / 1000 % 1000));
}

/* "from=starting to=running": the detail's members, texts without their quotes. */
static void print_detail(json_t *detail)
{
	const char *key;
	json_t *value;

	json_object_foreach(detail, key, value)
	{
		if (json_is_null(value) || (json_is_string(value) && !json_string_length(value)))
			continue;
		putchar(' ');
		width_print(key, stdout);
		putchar('=');
		if (json_is_string(value))
			width_print(json_string_value(value), stdout);
		else
			json_dumpf(value, stdout,
			           JSON_COMPACT | JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
	}
}

static void print_event(json_t *event)
{
	const char *type = json_string_value(json_object_get(event, "type"));
	const char *subject = json_string_value(json_object_get(event, "subject"));

	print_time(json_integer_value(json_object_get(event, "time_usec")));
	putchar(' ');
	width_print(type ? type : "?", stdout);
	putchar(' ');
	width_print(subject, stdout);
	print_detail(json_object_get(event, "detail"));
	putchar('\n');
}

static json_t *split_types(const char *text)
{
	json_t *types = alloc_json(json_array());

	while (*text && json_array_size(types) < TYPES_MAX) {
		size_t length = strcspn(text, ",");

		if (length)
			json_array_append_new(types, alloc_json(json_text(text, length)));
		text += length;
		text += *text == ',';
	}
	return types;
}

static enum cmd_exit watch_exec(const struct cmd_call *call)
{
	const struct watch_options *options = call->options;
	json_t *parameters = alloc_json(json_object());
	struct session_stream stream = {"org.muster.Manager.Watch", parameters, "events"};
	bool more = true;
	int result;

	if (options->types) {
		json_t *types = split_types(options->types);

		json_object_set_new(parameters, "types", types);
		if (json_array_size(types) == 0) {
			json_decref(parameters);
			return session_refuse(call->session, CMD_USAGE, SESSION_ERROR_USAGE,
			                      "--types wants names of types, not \"%s\"",
			                      options->types);
		}
	}
	if (call->word_count)
		json_object_set_new(parameters, "subjects", outcome_selectors(call, 0));
	result = session_stream(call->session, stream.method, json_incref(parameters));
	while (result == 0 && more) {
		json_t *reply = NULL;
		json_t *event;

		result = session_follow(call->session, &stream, &reply, &more);
		if (result != 0)
			break;
		event = json_object_get(reply, "event");
		if (session_json(call->session))
			session_print_json(json_incref(event));
		else
			print_event(event);
		json_decref(reply);
	}
	json_decref(parameters);
	return result == 0 ? CMD_DONE : session_fail(call->session, result);
}
