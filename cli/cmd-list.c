/* list: names, one a line, for scripts and for seeing what a selector means. */
#include "cli/alloc.h"
#include "cli/cmd.h"
#include "cli/outcome.h"
#include "cli/session.h"
#include "cli/width.h"

static enum cmd_exit list_exec(const struct cmd_call *call);

const struct cmd_entry cmd_list_entry = {
    .name = "list",
    .alias = "ls",
    .usage = "[SELECTOR...]",
    .summary = "Print the names of processes",
    .details = "With --json, all that musterd knows of each.\n",
    .words_max = CMD_WORDS_MAX,
    .exec = list_exec,
};

static enum cmd_exit list_exec(const struct cmd_call *call)
{
	json_t *parameters = alloc_json(json_object());
	json_t *reply = NULL;
	json_t *process;
	enum cmd_exit code;
	size_t i;

	if (call->word_count)
		json_object_set_new(parameters, "selectors", outcome_selectors(call, 0));
	code = session_call(call->session, "org.muster.Process.List", parameters, &reply);
	if (code != CMD_DONE)
		return code;
	if (session_json(call->session)) {
		session_print_json(reply);
		return CMD_DONE;
	}
	json_array_foreach(json_object_get(reply, "processes"), i, process)
	{
		const char *name = json_string_value(json_object_get(process, "name"));

		if (!name)
			continue;
		width_print(name, stdout);
		putchar('\n');
	}
	json_decref(reply);
	return CMD_DONE;
}
