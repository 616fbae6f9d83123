/* shutdown and reload: the end of everything that runs, for good or to start afresh. */
#include "cli/alloc.h"
#include "cli/cmd.h"
#include "cli/session.h"

struct end_verb {
	const char *method;
	const char *done;
};

struct end_options {
	bool wait;
};

static enum cmd_exit end_exec(const struct cmd_call *call);

static const struct option_row end_options[] = {
    {"wait", 'w', OPTION_FLAG, NULL, offsetof(struct end_options, wait),
     "return when musterd has hung up"},
    {NULL, 0, OPTION_FLAG, NULL, 0, NULL},
};

static const struct end_verb end_reload = {"org.muster.Manager.Reload", "Restarted musterd"};
static const struct end_verb end_shutdown = {"org.muster.Manager.Shutdown", "Shut down"};

const struct cmd_entry cmd_reload_entry = {
    .name = "reload",
    .usage = "",
    .summary = "Stop everything, read the configuration, start afresh",
    .details = "To carry out only what changed in the configuration, use `muster update`.\n",
    .data = &end_reload,
    .exec = end_exec,
};
const struct cmd_entry cmd_shutdown_entry = {
    .name = "shutdown",
    .usage = "[--wait]",
    .summary = "Stop everything, and musterd itself",
    .options = end_options,
    .options_size = sizeof(struct end_options),
    .data = &end_shutdown,
    .exec = end_exec,
};

static enum cmd_exit end_exec(const struct cmd_call *call)
{
	const struct end_options *options = call->options;
	const struct end_verb *verb = call->entry->data;
	enum cmd_exit code = session_call(call->session, verb->method, NULL, NULL);

	if (code != CMD_DONE)
		return code;
	if (call->entry->options && options->wait)
		session_wait_end(call->session, 0);
	if (session_json(call->session))
		session_print_json(json_object());
	else
		puts(verb->done);
	return CMD_DONE;
}
