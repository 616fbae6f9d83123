/* Outcomes to lines and exit codes, by a table of the statuses that the interface names. */
#include "cli/outcome.h"

#include <string.h>

#include "cli/alloc.h"
#include "cli/session.h"
#include "cli/width.h"

struct status {
	const char *name;
	const char *text; /* NULL: the verb has a word of its own */
	enum cmd_exit code;
};

static const struct status statuses[] = {
    {"done", NULL, CMD_DONE},
    {"already", NULL, CMD_DONE},
    {"NoSuchProcess", "no such process", CMD_NO_PROCESS},
    {"AlreadyStarted", "already started", CMD_DONE},
    {"NotRunning", "not running", CMD_NOT_RUNNING},
    {"SpawnError", "spawn error", CMD_REFUSED},
    {"AbnormalTermination", "abnormal termination", CMD_REFUSED},
    {"BadSignal", "bad signal name", CMD_USAGE},
    {"NoLog", "no log file", CMD_REFUSED},
    {"StillRunning", "it has not ended: terminate it first", CMD_REFUSED},
    {"NotAdHoc", "it is in the configuration: take it out there", CMD_REFUSED},
    {"NotPermitted", "not permitted", CMD_REFUSED},
};

/* A status is an error's last part; its full name is understood too. */
static const char *status_name(json_t *outcome)
{
	const char *name = json_string_value(json_object_get(outcome, "status"));
	const char *dot = name ? strrchr(name, '.') : NULL;

	return dot ? dot + 1 : name ? name : "";
}

static const struct status *status_find(const char *name)
{
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		if (strcmp(statuses[i].name, name) == 0)
			return &statuses[i];
	}
	return NULL;
}

enum cmd_exit outcome_code(json_t *outcome)
{
	const struct status *status = status_find(status_name(outcome));

	return status ? status->code : CMD_REFUSED;
}

void outcome_print(json_t *outcome, const struct outcome_words *words)
{
	const char *process = json_string_value(json_object_get(outcome, "name"));
	const char *message = json_string_value(json_object_get(outcome, "message"));
	const char *name = status_name(outcome);
	const struct status *status = status_find(name);
	const char *text = status && status->text ? status->text : name;

	if (!process)
		process = "?";
	if (strcmp(name, "done") == 0) {
		width_print(process, stdout);
		printf(": %s\n", words->done);
		return;
	}
	if (strcmp(name, "already") == 0)
		text = words->already;
	width_print(process, stdout);
	fputs(": ERROR (", stdout);
	width_print(text, stdout);
	fputs(message ? "): " : ")", stdout);
	width_print(message, stdout);
	putchar('\n');
}

json_t *outcome_selectors(const struct cmd_call *call, size_t first)
{
	json_t *selectors = alloc_json(json_array());

	/* An argument that is no UTF-8 names no process; it is told as it is sent. */
	for (size_t i = first; i < call->word_count; i++)
		json_array_append_new(selectors, alloc_json_text(call->words[i]));
	return selectors;
}

enum cmd_exit outcome_call(const struct cmd_call *call, const char *method, json_t *parameters,
                           const struct outcome_words *words)
{
	enum cmd_exit worst;
	json_t *reply = NULL;
	json_t *outcome;
	size_t i;

	worst = session_call(call->session, method, parameters, &reply);
	if (worst != CMD_DONE)
		return worst;
	json_array_foreach(json_object_get(reply, "outcomes"), i, outcome)
	{
		enum cmd_exit code = outcome_code(outcome);

		if (code > worst)
			worst = code;
		if (!session_json(call->session))
			outcome_print(outcome, words);
	}
	if (session_json(call->session))
		session_print_json(reply);
	else
		json_decref(reply);
	return worst;
}
