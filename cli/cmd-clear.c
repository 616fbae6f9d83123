/* clear: empties captured logs. */
#include "cli/alloc.h"
#include "cli/cmd.h"
#include "cli/outcome.h"

static enum cmd_exit clear_exec(const struct cmd_call *call);

const struct cmd_entry cmd_clear_entry = {
    .name = "clear",
    .usage = "SELECTOR...",
    .summary = "Empty the captured logs of processes",
    .words_min = 1,
    .words_max = CMD_WORDS_MAX,
    .exec = clear_exec,
};

static enum cmd_exit clear_exec(const struct cmd_call *call)
{
	static const struct outcome_words words = {"cleared", "already empty"};
	json_t *parameters = json_pack("{s:o}", "selectors", outcome_selectors(call, 0));

	return outcome_call(call, "org.muster.Process.ClearLogs", alloc_json(parameters), &words);
}
