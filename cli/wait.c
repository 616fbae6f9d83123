/* One Join, begun again after each Ctrl-C and where the connection was lost with its engine. */
#include "cli/wait.h"

#include <errno.h>
#include <signal.h>

#include "cli/alloc.h"
#include "cli/session.h"

#define WAIT_SIGNAL_BASE 128

/* What the first Ctrl-C does, and the second. */
static const char *const interrupts[] = {
    "org.muster.Process.Terminate",
    "org.muster.Process.Kill",
};
#define INTERRUPT_COUNT (sizeof(interrupts) / sizeof(interrupts[0]))

enum cmd_exit wait_exit_code(struct session *session, const char *name, json_t *reply)
{
	json_t *exitcode = json_object_get(reply, "exitcode");
	json_int_t code = json_integer_value(exitcode);

	if (!json_is_integer(exitcode))
		return session_refuse(session, CMD_REFUSED, SESSION_ERROR_FAILED,
		                      "%s has ended, and how is not known", name);
	/* Any number a process may exit with, not only those of the verbs. */
	return (enum cmd_exit)(code < 0 ? WAIT_SIGNAL_BASE - code : code);
}

/* One wait: 0 with its reply, or what ended it. */
static int join(struct session *session, const char *name, json_t **ret_reply)
{
	bool more;
	int result = session_stream(session, "org.muster.Process.Join",
	                            alloc_json(json_pack("{s:s}", "name", name)));

	return result == 0 ? session_next(session, 0, ret_reply, &more) : result;
}

enum cmd_exit wait_end_code(struct session *session, const char *name)
{
	json_t *reply = NULL;
	enum cmd_exit code = session_call(session, "org.muster.Process.Join",
	                                  alloc_json(json_pack("{s:s}", "name", name)), &reply);

	if (code != CMD_DONE)
		return code;
	code = wait_exit_code(session, name, reply);
	json_decref(reply);
	return code;
}

static int interrupt(struct session *session, const char *name, size_t count)
{
	json_t *parameters = json_pack("{s:[s], s:b}", "selectors", name, "wait", (int)false);
	int result;

	if (count == INTERRUPT_COUNT) {
		json_decref(parameters);
		session_interrupted(session);
	}
	session_clear_interrupt(session);
	result = session_cancel(session);
	if (result != 0) {
		json_decref(parameters);
		return result;
	}
	return session_try(session, interrupts[count], alloc_json(parameters), NULL);
}

enum cmd_exit wait_for_end(struct session *session, const char *name)
{
	json_t *reply = NULL;
	enum cmd_exit code;
	size_t interrupted = 0;
	int result;

	session_wait_unread(session);
	do {
		result = join(session, name, &reply);
		if (result == -EINTR)
			result = interrupt(session, name, interrupted++) < 0 ? -ECONNRESET : -EINTR;
	} while (result == -EINTR || session_reconnect(session, result));
	if (result != 0)
		return session_fail(session, result);
	code = wait_exit_code(session, name, reply);
	json_decref(reply);
	return code;
}
