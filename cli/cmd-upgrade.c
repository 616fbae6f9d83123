/*
 * upgrade: the musterd now on disk in place of the one that runs. The old engine answers once it
 * has looked at the new program, and then ends with all its connections; only the next engine can
 * tell what came of it.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "cli/alloc.h"
#include "cli/cmd.h"
#include "cli/session.h"
#include "cli/width.h"
#include "common/state.h"

/* The replacement takes milliseconds; past this it has gone wrong. */
#define UPGRADE_WAIT_MS 30000
/* Between two looks where nobody listens. */
#define UPGRADE_PAUSE_MS 50
#define UPGRADE_STATUS "org.muster.Manager.Status"

static enum cmd_exit upgrade_exec(const struct cmd_call *call);

const struct cmd_entry cmd_upgrade_entry = {
    .name = "upgrade",
    .usage = "",
    .summary = "Put the musterd now on disk in place of the one that runs",
    .details = "Its processes run on. Where the new program cannot go on from where the old one\n"
	       "is, the old one stays, and it is told why.\n",
    .exec = upgrade_exec,
};

static const char *text_of(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "?";
}

/* Processes that are alive, of all that Status counts by state. */
static json_int_t count_alive(json_t *status)
{
	json_t *counts = json_object_get(status, "processes");
	json_int_t alive = 0;

	for (int state = 0; state < STATE_COUNT; state++) {
		if (state_is_alive((enum process_state)state))
			alive += json_integer_value(
			    json_object_get(counts, state_name((enum process_state)state)));
	}
	return alive;
}

/* What the engine says that answers once the old one has gone. */
static int ask_next_engine(struct session *session, json_t **ret_status)
{
	long long deadline_ms = session_now_ms() + UPGRADE_WAIT_MS;
	int result = session_wait_end(session, deadline_ms);

	if (result < 0)
		return result;
	for (;;) {
		result = session_try_until(session, deadline_ms, UPGRADE_STATUS, ret_status);
		if ((result != -ECONNREFUSED && result != -ENOENT) ||
		    session_now_ms() >= deadline_ms)
			return result;
		(void)poll(NULL, 0, UPGRADE_PAUSE_MS);
	}
}

static enum cmd_exit tell_upgrade(const struct cmd_call *call, const char *from, const char *to,
                                  json_t *status)
{
	const char *version = text_of(status, "version");
	const char *reason = text_of(status, "engine_reason");
	json_int_t alive = count_alive(status);

	if (strcmp(reason, "upgrade") != 0 || strcmp(version, to) != 0)
		return session_refuse(call->session, CMD_REFUSED, SESSION_ERROR_FAILED,
		                      "the upgrade to %s did not take place: musterd %s runs (its "
		                      "engine was started for the reason \"%s\")",
		                      to, version, reason);
	if (session_json(call->session)) {
		session_print_json(
		    json_pack("{s:s, s:s, s:I}", "from", from, "to", to, "processes", alive));
		return CMD_DONE;
	}
	fputs("upgraded from ", stdout);
	width_print(from, stdout);
	fputs(" to ", stdout);
	width_print(to, stdout);
	printf(", %lld process%s on\n", (long long)alive, alive == 1 ? " goes" : "es go");
	return CMD_DONE;
}

static enum cmd_exit upgrade_exec(const struct cmd_call *call)
{
	struct session *session = call->session;
	json_t *before = NULL;
	json_t *reply = NULL;
	json_t *after = NULL;
	enum cmd_exit code;
	int result;

	code = session_call(session, UPGRADE_STATUS, NULL, &before);
	if (code == CMD_DONE)
		code = session_call(session, "org.muster.Manager.Upgrade", NULL, &reply);
	if (code != CMD_DONE)
		goto out;
	result = ask_next_engine(session, &after);
	if (result == -ETIMEDOUT)
		code = session_refuse(session, CMD_REFUSED, SESSION_ERROR_FAILED,
		                      "the upgrade to %s did not take place within %d seconds",
		                      text_of(reply, "version"), UPGRADE_WAIT_MS / 1000);
	else if (result != 0)
		code = session_fail(session, result);
	else
		code = tell_upgrade(call, text_of(before, "version"), text_of(reply, "version"),
		                    after);
out:
	json_decref(before);
	json_decref(reply);
	json_decref(after);
	return code;
}
