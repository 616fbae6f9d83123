/* signal: sends any signal; the process stays supervised, whatever the signal does to it. */
#include "cli/alloc.h"
#include "cli/cmd.h"
#include "cli/outcome.h"
#include "cli/session.h"
#include "common/parse.h"

static enum cmd_exit signal_exec(const struct cmd_call *call);

const struct cmd_entry cmd_signal_entry = {
    .name = "signal",
    .usage = "SIGNAL SELECTOR...",
    .summary = "Send a signal, by name or number, to processes",
    .words_min = 2,
    .words_max = CMD_WORDS_MAX,
    .exec = signal_exec,
};

static enum cmd_exit signal_exec(const struct cmd_call *call)
{
	static const struct outcome_words words = {"signalled", "not running"};
	json_t *parameters;
	int number;

	if (parse_signal(call->words[0], &number) < 0)
		return session_refuse(call->session, CMD_USAGE, SESSION_ERROR_USAGE,
		                      "bad signal: \"%s\" (wanted a name like HUP, or a number)",
		                      call->words[0]);
	parameters = json_pack("{s:o, s:o}", "signal", alloc_json_text(call->words[0]), "selectors",
	                       outcome_selectors(call, 1));
	return outcome_call(call, "org.muster.Process.Signal", alloc_json(parameters), &words);
}
