/* send: writes to a process's standard input, from the command line or from our own input. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/alloc.h"
#include "cli/cmd.h"
#include "cli/session.h"

/* The daemon reads messages of 1 MiB; JSON may write a byte as six. */
#define SEND_SIZE_MAX (160 * 1024)

struct send_options {
	bool no_newline;
};

static enum cmd_exit send_exec(const struct cmd_call *call);

static const struct option_row send_options[] = {
    {"no-newline", 'n', OPTION_FLAG, NULL, offsetof(struct send_options, no_newline),
     "do not end the text with a newline"},
    {NULL, 0, OPTION_FLAG, NULL, 0, NULL},
};

const struct cmd_entry cmd_send_entry = {
    .name = "send",
    .usage = "[-n] NAME [TEXT...]",
    .summary = "Write to the standard input of a process",
    .details = "The words of TEXT are joined by spaces and end with a newline; without TEXT,\n"
	       "what comes on standard input is sent as it is. Text that begins with a dash\n"
	       "stands after --.\n",
    .words_min = 1,
    .words_max = CMD_WORDS_MAX,
    .options = send_options,
    .options_size = sizeof(struct send_options),
    .exec = send_exec,
};

static size_t join_words(const struct cmd_call *call, bool newline, char *text, size_t size)
{
	size_t used = 0;

	for (size_t i = 1; i < call->word_count; i++) {
		size_t length = strlen(call->words[i]);

		if (used + length + 1 > size)
			return size;
		memcpy(text + used, call->words[i], length);
		used += length;
		text[used++] = ' ';
	}
	if (newline)
		text[used - 1] = '\n';
	else
		used--;
	return used;
}

/* Everything on standard input: how much, `size` where there is too much, or -errno. */
static ssize_t read_input(char *text, size_t size)
{
	size_t used = 0;

	while (used < size) {
		ssize_t got = read(STDIN_FILENO, text + used, size - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		used += (size_t)got;
	}
	return (ssize_t)used;
}

static enum cmd_exit send_exec(const struct cmd_call *call)
{
	const struct send_options *options = call->options;
	char *text = alloc_zero(SEND_SIZE_MAX, 1);
	enum cmd_exit code;
	json_t *parameters;
	ssize_t used;

	if (call->word_count > 1)
		used = (ssize_t)join_words(call, !options->no_newline, text, SEND_SIZE_MAX);
	else
		used = read_input(text, SEND_SIZE_MAX);
	if (used < 0) {
		code = session_refuse(call->session, CMD_REFUSED, SESSION_ERROR_FAILED,
		                      "cannot read standard input: %s", strerror((int)-used));
		goto out;
	}
	if (used == SEND_SIZE_MAX) {
		code = session_refuse(
		    call->session, CMD_REFUSED, SESSION_ERROR_FAILED,
		    "the text is too long: less than %d bytes can be sent at once", SEND_SIZE_MAX);
		goto out;
	}
	parameters = json_pack("{s:s, s:s%}", "name", call->words[0], "data", text, (size_t)used);
	if (!parameters) {
		code = session_refuse(call->session, CMD_USAGE, SESSION_ERROR_USAGE,
		                      "only UTF-8 text can be sent");
		goto out;
	}
	code = session_call(call->session, "org.muster.Process.Send", parameters, NULL);
	if (code == CMD_DONE && session_json(call->session))
		session_print_json(
		    json_pack("{s:s, s:I}", "name", call->words[0], "bytes", (json_int_t)used));
out:
	free(text);
	return code;
}
