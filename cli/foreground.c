/*
 * Two connections: over one the output streams in, over the other the input goes out. One poll over
 * both sides and Ctrl-C; while the process takes no input, ours is not read.
 */
#include "cli/foreground.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/alloc.h"
#include "cli/bytes.h"
#include "cli/raw.h"
#include "cli/session.h"
#include "cli/wait.h"
#include "common/json.h"
#include "common/parse.h"
#include "common/proto.h"

/* A pipe always has room for so much when it is empty (PIPE_BUF, pipe(7)). */
#define INPUT_SIZE 1024
/* Ctrl-]: leaves the process where it is, as telnet does. */
#define DETACH_KEY '\x1d'
/* Between two tries to hand it on. */
#define INPUT_RETRY_MS 50

struct foreground {
	const char *name;
	struct session *control;
	struct session *output;
	struct raw *raw; /* our terminal, where the process has one too */
	bool json;
	bool visible;   /* on a terminal, control characters are shown and not obeyed */
	bool is_ended;  /* the process, and all it wrote was shown */
	bool is_open;   /* our input */
	bool is_behind; /* what was read could not be handed on yet */
	size_t used;
	char input[INPUT_SIZE];
};

static void print_line(const struct foreground *fg, json_t *line)
{
	json_t *text = json_object_get(line, "data");
	const char *data = json_string_value(text);
	const char *stream = json_string_value(json_object_get(line, "stream"));
	FILE *out = stream && strcmp(stream, "stderr") == 0 ? stderr : stdout;
	size_t size = json_string_length(text);
	char *decoded = NULL;

	if (fg->json) {
		session_print_json(json_incref(line));
		return;
	}
	if (!data)
		return;
	if (json_is_true(json_object_get(line, "base64"))) {
		if (parse_base64(data, size, &decoded, &size) < 0)
			return;
		data = decoded;
	}
	if (fg->visible)
		bytes_print_visible(data, size, out);
	else
		fwrite(data, 1, size, out);
	free(decoded);
}

static int begin_output(const struct foreground *fg, long lines)
{
	json_t *parameters =
	    json_pack("{s:[s], s:I, s:b, s:b, s:b}", "selectors", fg->name, "lines",
	              (json_int_t)lines, "follow", 1, "partial", 1, "until_end", 1);

	return session_stream(fg->output, "org.muster.Process.Logs", alloc_json(parameters));
}

/* All that has come. 0, or what went wrong. */
static int take_output(struct foreground *fg)
{
	bool more = true;
	int result = 0;

	while (result == 0 && more) {
		json_t *reply = NULL;
		json_t *line;
		size_t i;

		result = session_take(fg->output, &reply, &more);
		if (result != 0)
			break;
		json_array_foreach(json_object_get(reply, "lines"), i, line) print_line(fg, line);
		json_decref(reply);
		fg->is_ended = !more;
	}
	if (result == -ETIMEDOUT)
		result = 0;
	(void)fflush(stderr);
	return result == 0 ? session_write_out(fg->control) : result;
}

static json_t *input_parameters(const struct foreground *fg)
{
	char *encoded;
	json_t *parameters;

	if (json_text_is_utf8(fg->input, fg->used))
		return json_pack("{s:s, s:s%}", "name", fg->name, "data", fg->input, fg->used);
	encoded = bytes_encode_base64(fg->input, fg->used);
	parameters = json_pack("{s:s, s:s, s:b}", "name", fg->name, "data", encoded, "base64", 1);
	free(encoded);
	return parameters;
}

/* Hands on what was read, or keeps it for another try where the process has not read enough. */
static int send_input(struct foreground *fg)
{
	int result = session_try(fg->control, "org.muster.Process.Send",
	                         alloc_json(input_parameters(fg)), NULL);
	const char *error = result > 0 ? session_error_name(fg->control) : NULL;

	fg->is_behind = error && strcmp(error, PROTO_INVALID_PARAMETER) == 0;
	if (!fg->is_behind)
		fg->used = 0;
	return result < 0 ? result : 0;
}

/* In raw mode nothing else ends the input: what is behind the key is dropped. */
static int cut_at_detach(struct foreground *fg, size_t size)
{
	const char *key = fg->raw ? memchr(fg->input, DETACH_KEY, size) : NULL;
	int result = 0;

	fg->used = key ? (size_t)(key - fg->input) : size;
	if (fg->used > 0)
		result = send_input(fg);
	return key ? -ENODATA : result;
}

/* 0, or -ENODATA at the end of a terminal's input. */
static int read_input(struct foreground *fg)
{
	ssize_t got = read(STDIN_FILENO, fg->input, sizeof(fg->input));

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (got > 0)
		return cut_at_detach(fg, (size_t)got);
	fg->is_open = false;
	return isatty(STDIN_FILENO) ? -ENODATA : 0;
}

static int send_interrupt(const struct foreground *fg)
{
	json_t *parameters = json_pack("{s:[s], s:s}", "selectors", fg->name, "signal", "INT");
	int result;

	session_clear_interrupt(fg->control);
	result =
	    session_try(fg->control, "org.muster.Process.Signal", alloc_json(parameters), NULL);
	return result < 0 ? result : 0;
}

/* One wait and what it brings: 0, or what ends it all. */
static int turn(struct foreground *fg)
{
	bool reads = fg->is_open && !fg->is_behind;
	struct pollfd polled[] = {
	    {.fd = session_fd(fg->output), .events = POLLIN},
	    {.fd = session_interrupt_fd(fg->control), .events = POLLIN},
	    {.fd = reads ? STDIN_FILENO : -1, .events = POLLIN},
	    {.fd = raw_signal_fd(fg->raw), .events = POLLIN},
	};
	int result;

	if (poll(polled, sizeof(polled) / sizeof(polled[0]), fg->is_behind ? INPUT_RETRY_MS : -1) <
	    0)
		return errno == EINTR ? 0 : -errno;
	if (polled[3].revents)
		raw_die(fg->raw);
	if (polled[1].revents) {
		result = send_interrupt(fg);
		if (result < 0)
			return result;
	}
	if (fg->is_behind)
		return send_input(fg);
	return polled[2].revents ? read_input(fg) : 0;
}

/* 0 at the end of the process; else what ended it before. */
static int run(struct foreground *fg, long lines)
{
	int result = begin_output(fg, lines);

	while (result == 0 && !fg->is_ended) {
		result = take_output(fg);
		if (result == 0 && !fg->is_ended)
			result = turn(fg);
		/* What was written while no engine was there is not shown again. */
		if (session_reconnect(fg->output, result) && session_reconnect(fg->control, result))
			result = begin_output(fg, 0);
	}
	return result;
}

/* Our terminal becomes a wire to that of the process, where both are one. */
static int take_terminal(struct foreground *fg)
{
	json_t *parameters = json_pack("{s:[s], s:[s]}", "selectors", fg->name, "fields", "tty");
	json_t *reply = NULL;
	json_t *process;
	int result =
	    session_try(fg->control, "org.muster.Process.List", alloc_json(parameters), &reply);

	if (result != 0)
		return result;
	process = json_array_get(json_object_get(reply, "processes"), 0);
	if (json_is_true(json_object_get(process, "tty")) && !fg->json && isatty(STDIN_FILENO) &&
	    isatty(STDOUT_FILENO))
		fg->raw = raw_begin();
	if (fg->raw)
		fg->visible = false;
	json_decref(reply);
	return 0;
}

enum cmd_exit foreground_run(const struct cmd_call *call, const char *name, long lines)
{
	struct foreground fg = {
	    .name = name,
	    .control = call->session,
	    .output = session_new(call->globals),
	    .json = session_json(call->session),
	    .visible = session_terminal(call->session),
	    .is_open = true,
	};
	enum cmd_exit code;
	int result;

	session_hold_interrupt(fg.control);
	result = take_terminal(&fg);
	if (result != 0) {
		session_free(fg.output);
		return session_fail(fg.control, result);
	}
	result = run(&fg, lines);
	raw_end(fg.raw);
	if (result == 0)
		code = wait_end_code(fg.control, name);
	else if (result == -ENODATA)
		code = CMD_DONE;
	else
		code = session_fail(fg.output, result);
	session_free(fg.output);
	return code;
}
