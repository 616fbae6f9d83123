/*
 * tail: what processes wrote, and with -f what they go on to write. Piped, the bytes are theirs;
 * on a terminal, control characters are shown, not obeyed. Lines of several processes begin with
 * the name.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/alloc.h"
#include "cli/bytes.h"
#include "cli/cmd.h"
#include "cli/outcome.h"
#include "cli/session.h"
#include "cli/width.h"
#include "common/parse.h"

struct tail_options {
	bool follow;
	bool from_stderr;
	long lines;
};

/* What the output is in the middle of. */
struct tail_state {
	struct session *session;
	bool json;
	bool visible; /* make control characters visible */
	bool prefix;
	char *last_name; /* whose line is not ended yet; NULL: at the start of a line */
};

static enum cmd_exit tail_exec(const struct cmd_call *call);

static const struct tail_options tail_default = {.lines = 10};

static const struct option_row tail_options[] = {
    {"follow", 'f', OPTION_FLAG, NULL, offsetof(struct tail_options, follow),
     "go on with what is written from now on"},
    {"lines", 'n', OPTION_COUNT, "LINES", offsetof(struct tail_options, lines),
     "so many of the last lines (10)"},
    {"stderr", 'e', OPTION_FLAG, NULL, offsetof(struct tail_options, from_stderr),
     "standard error, where it has a log of its own"},
    {NULL, 0, OPTION_FLAG, NULL, 0, NULL},
};

const struct cmd_entry cmd_tail_entry = {
    .name = "tail",
    .alias = "logs",
    .usage = "[-f] [-n LINES] [--stderr] SELECTOR...",
    .summary = "Show the last lines that processes wrote",
    .words_min = 1,
    .words_max = CMD_WORDS_MAX,
    .options = tail_options,
    .options_size = sizeof(struct tail_options),
    .options_default = &tail_default,
    .exec = tail_exec,
};

static void print_bytes(const struct tail_state *state, const char *data, size_t size)
{
	if (state->visible)
		bytes_print_visible(data, size, stdout);
	else
		fwrite(data, 1, size, stdout);
}

/* One piece of output: whole lines, or the part of one that has come so far. */
static void print_piece(struct tail_state *state, const char *name, const char *data, size_t size)
{
	if (state->last_name && strcmp(state->last_name, name) != 0) {
		putchar('\n');
		free(state->last_name);
		state->last_name = NULL;
	}
	while (size > 0) {
		const char *newline = memchr(data, '\n', size);
		size_t length = newline ? (size_t)(newline - data) + 1 : size;

		if (!state->last_name) {
			width_print(name, stdout);
			fputs(" | ", stdout);
		}
		print_bytes(state, data, length);
		if (newline) {
			free(state->last_name);
			state->last_name = NULL;
		} else if (!state->last_name) {
			state->last_name = alloc_text(name);
		}
		data += length;
		size -= length;
	}
}

static void print_line(struct tail_state *state, json_t *line)
{
	const char *name = json_string_value(json_object_get(line, "name"));
	json_t *text = json_object_get(line, "data");
	const char *data = json_string_value(text);
	size_t size = json_string_length(text);
	char *decoded = NULL;

	if (state->json) {
		session_print_json(json_incref(line));
		return;
	}
	if (!data || !name)
		return;
	if (json_is_true(json_object_get(line, "base64"))) {
		if (parse_base64(data, size, &decoded, &size) < 0)
			return;
		data = decoded;
	}
	if (state->prefix)
		print_piece(state, name, data, size);
	else
		print_bytes(state, data, size);
	free(decoded);
}

/* Names of more than one process may come: more than one selector, or one that may match many. */
static bool may_be_several(const struct cmd_call *call)
{
	return call->word_count > 1 || strcmp(call->words[0], "all") == 0 ||
	       strpbrk(call->words[0], "*?[");
}

static json_t *tail_parameters(const struct cmd_call *call, long lines)
{
	const struct tail_options *options = call->options;

	return alloc_json(json_pack("{s:o, s:s, s:I, s:b}", "selectors", outcome_selectors(call, 0),
	                            "stream", options->from_stderr ? "stderr" : "stdout", "lines",
	                            (json_int_t)lines, "follow", (int)options->follow));
}

/*
 * What has come is followed by what is written from then on, where another engine has to be asked
 * for it: nothing tells how much of what came in between this one has sent.
 */
static void tail_go_on(const struct cmd_call *call, struct session_stream *stream)
{
	if (stream->missed)
		return;
	stream->missed = "lines";
	json_decref(stream->parameters);
	stream->parameters = tail_parameters(call, 0);
}

/* The next reply. */
static int tail_next(const struct cmd_call *call, const struct session_stream *stream,
                     json_t **ret_reply, bool *ret_more)
{
	const struct tail_options *options = call->options;

	if (options->follow)
		return session_follow(call->session, stream, ret_reply, ret_more);
	return session_next(call->session, 0, ret_reply, ret_more);
}

static enum cmd_exit tail_exec(const struct cmd_call *call)
{
	const struct tail_options *options = call->options;
	struct tail_state state = {
	    .session = call->session,
	    .json = session_json(call->session),
	    .visible = session_terminal(call->session),
	    .prefix = may_be_several(call),
	};
	struct session_stream stream = {
	    .method = "org.muster.Process.Logs",
	    .parameters = tail_parameters(call, options->lines),
	};
	bool more = true;
	int result;

	result = session_stream(call->session, stream.method, json_incref(stream.parameters));
	while (result == 0 && more) {
		json_t *reply = NULL;
		json_t *line;
		size_t i;

		result = tail_next(call, &stream, &reply, &more);
		if (result != 0)
			break;
		tail_go_on(call, &stream);
		json_array_foreach(json_object_get(reply, "lines"), i, line)
		    print_line(&state, line);
		json_decref(reply);
	}
	json_decref(stream.parameters);
	if (state.last_name)
		putchar('\n');
	free(state.last_name);
	return result == 0 ? CMD_DONE : session_fail(call->session, result);
}
