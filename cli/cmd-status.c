/*
 * status: one line a process, as supervisorctl prints it. A selector that names nothing gets a
 * line of its own and does not keep the others from being shown.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/alloc.h"
#include "cli/cmd.h"
#include "cli/outcome.h"
#include "cli/session.h"
#include "cli/width.h"
#include "cli/worker.h"
#include "common/muster.h"

/* supervisorctl's: the name's column is never narrower, and ends in so many blanks. */
#define STATUS_NAME_MIN 30
#define STATUS_NAME_GAP 3
#define STATUS_STATE_WIDTH 10
#define STATUS_COLOR_END "\033[0m"

static enum cmd_exit status_exec(const struct cmd_call *call);

const struct cmd_entry cmd_status_entry = {
    .name = "status",
    .usage = "[SELECTOR...]",
    .summary = "Show the state of processes, one a line",
    .details = "Exits with 0 where all that were asked for run, else with 3, or with 4 where one\n"
	       "does not exist.\n",
    .words_max = CMD_WORDS_MAX,
    .exec = status_exec,
};

/* What is printed of a process, cleaned for a terminal. */
struct line {
	const char *name;
	size_t name_columns;
	const char *state;
	const char *description;
};

/* Copies a text to *room, moves that on, and makes it fit to be shown. */
static const char *copy_clean(const char *text, char **room, size_t *ret_columns)
{
	char *copy = *room;
	size_t size = strlen(text) + 1;

	memcpy(copy, text, size);
	*ret_columns = width_clean(copy, size - 1);
	*room += size;
	return copy;
}

static const char *description_of(const struct worker *worker)
{
	return worker->description ? worker->description : "";
}

/* The lines, with their texts in one allocation behind them; *ret_longest has the widest name. */
static struct line *make_lines(const struct worker *workers, size_t count, size_t *ret_longest)
{
	size_t size = count * sizeof(struct line);
	size_t longest = STATUS_NAME_MIN;
	struct line *lines;
	char *room;

	for (size_t i = 0; i < count; i++)
		size += strlen(workers[i].name) + strlen(worker_state_title(&workers[i])) +
		        strlen(description_of(&workers[i])) + 3;
	lines = alloc_zero(1, size);
	room = (char *)(lines + count);
	for (size_t i = 0; i < count; i++) {
		size_t columns;

		lines[i].name = copy_clean(workers[i].name, &room, &lines[i].name_columns);
		lines[i].state = copy_clean(worker_state_title(&workers[i]), &room, &columns);
		lines[i].description = copy_clean(description_of(&workers[i]), &room, &columns);
		if (lines[i].name_columns > longest)
			longest = lines[i].name_columns;
	}
	*ret_longest = longest;
	return lines;
}

static void print_workers(const struct worker *workers, size_t count, bool color)
{
	size_t longest;
	struct line *lines = make_lines(workers, count, &longest);

	for (size_t i = 0; i < count; i++) {
		const char *state_color = color ? worker_state_color(&workers[i]) : NULL;

		printf("%s%*s%s%-*s%s%s\n", lines[i].name,
		       (int)(longest - lines[i].name_columns + STATUS_NAME_GAP), "",
		       state_color ? state_color : "", STATUS_STATE_WIDTH, lines[i].state,
		       state_color ? STATUS_COLOR_END : "", lines[i].description);
	}
	free(lines);
}

/*
 * Takes the selector that the daemon's error names out of the list and tells it. False where the
 * error is another one, or names something that is not in the list.
 */
static bool drop_unknown(const struct cmd_call *call, json_t *selectors)
{
	const char *error = session_error_name(call->session);
	const char *name;
	size_t i;
	json_t *selector;

	if (session_json(call->session) || !error || strcmp(error, SESSION_NO_SUCH_PROCESS) != 0)
		return false;
	name = json_string_value(json_object_get(session_error_parameters(call->session), "name"));
	json_array_foreach(selectors, i, selector)
	{
		if (!name || strcmp(json_string_value(selector), name) != 0)
			continue;
		width_print(name, stdout);
		puts(": ERROR (no such process)");
		json_array_remove(selectors, i);
		return true;
	}
	return false;
}

/* The processes asked for; CMD_DONE, CMD_NO_PROCESS where some do not exist, or a failure's code.
 * *ret_reply is NULL where there is nothing to show. */
static enum cmd_exit fetch(const struct cmd_call *call, json_t **ret_reply)
{
	json_t *selectors = outcome_selectors(call, 0);
	enum cmd_exit code = CMD_DONE;

	*ret_reply = NULL;
	while (!call->word_count || json_array_size(selectors)) {
		json_t *parameters = alloc_json(json_object());
		int result;

		if (call->word_count)
			json_object_set(parameters, "selectors", selectors);
		if (!session_json(call->session))
			json_object_set_new(
			    parameters, "fields",
			    alloc_json(json_pack("[sss]", "name", "state", "description")));
		result =
		    session_try(call->session, "org.muster.Process.List", parameters, ret_reply);
		if (result == 0)
			break;
		if (result != MUSTER_REFUSED || !drop_unknown(call, selectors)) {
			code = session_fail(call->session, result);
			break;
		}
		code = CMD_NO_PROCESS;
	}
	json_decref(selectors);
	return code;
}

static enum cmd_exit status_exec(const struct cmd_call *call)
{
	json_t *reply;
	enum cmd_exit code = fetch(call, &reply);
	struct worker *workers;
	size_t count;

	if (!reply)
		return code;
	workers = worker_decode(reply, &count);
	for (size_t i = 0; i < count; i++) {
		if (workers[i].state != STATE_RUNNING && code < CMD_NOT_RUNNING)
			code = CMD_NOT_RUNNING;
	}
	if (session_json(call->session))
		session_print_json(json_incref(reply));
	else
		print_workers(workers, count, session_color(call->session));
	free(workers);
	json_decref(reply);
	return code;
}
