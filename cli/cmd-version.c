/* version: ours and the daemon's, which may differ while an upgrade is under way. */
#include "cli/cmd.h"
#include "cli/session.h"
#include "cli/width.h"

static enum cmd_exit version_exec(const struct cmd_call *call);

const struct cmd_entry cmd_version_entry = {
    .name = "version",
    .usage = "",
    .summary = "Print the versions of muster and of the musterd that runs",
    .exec = version_exec,
};

static enum cmd_exit version_exec(const struct cmd_call *call)
{
	json_t *reply = NULL;
	json_t *version;
	enum cmd_exit code;

	if (!session_json(call->session))
		puts("muster " MUSTER_VERSION);
	code = session_call(call->session, "org.muster.Manager.Status", NULL, &reply);
	if (code != CMD_DONE)
		return code;
	version = json_object_get(reply, "version");
	if (session_json(call->session))
		session_print_json(
		    json_pack("{s:s, s:O?}", "muster", MUSTER_VERSION, "musterd", version));
	else
		fputs("musterd ", stdout);
	width_print(json_is_string(version) ? json_string_value(version) : "?", stdout);
	putchar('\n');
	json_decref(reply);
	return CMD_DONE;
}
