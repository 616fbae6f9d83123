/* fg: a process in the foreground, as supervisorctl's, but to its end. */
#include "cli/cmd.h"
#include "cli/foreground.h"

struct fg_options {
	long lines;
};

static enum cmd_exit fg_exec(const struct cmd_call *call);

static const struct fg_options fg_default = {.lines = 10};

static const struct option_row fg_options[] = {
    {"lines", 'n', OPTION_COUNT, "LINES", offsetof(struct fg_options, lines),
     "begin with so many of the last lines (10)"},
    {NULL, 0, OPTION_FLAG, NULL, 0, NULL},
};

const struct cmd_entry cmd_fg_entry = {
    .name = "fg",
    .usage = "[-n LINES] NAME",
    .summary = "Put a process in the foreground: its output, our input",
    .details = "Ctrl-C sends it SIGINT. Ctrl-D on a terminal leaves it where it is. Where the\n"
	       "process has a terminal of its own every key goes to it, and Ctrl-] leaves it. At "
	       "its end,\n"
	       "fg exits as it did, with 128+N where signal N ended it.\n",
    .words_min = 1,
    .words_max = 1,
    .options = fg_options,
    .options_size = sizeof(struct fg_options),
    .options_default = &fg_default,
    .exec = fg_exec,
};

static enum cmd_exit fg_exec(const struct cmd_call *call)
{
	const struct fg_options *options = call->options;

	return foreground_run(call, call->words[0], options->lines);
}
