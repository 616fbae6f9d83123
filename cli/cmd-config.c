/*
 * reread and update: the configuration on disk against the one that runs, in supervisorctl's words.
 * Both replies are changes of groups; they differ in the words and in that update tells each
 * change as it is carried out.
 */
#include <string.h>

#include "cli/alloc.h"
#include "cli/cmd.h"
#include "cli/outcome.h"
#include "cli/session.h"
#include "cli/width.h"

struct change_words {
	const char *change; /* as org.muster.Manager.Change spells it; NULL ends the table */
	const char *first;
	const char *second; /* a second line; NULL: none */
};

struct config_verb {
	const char *method;
	bool groups; /* the method takes some */
	const struct change_words *words;
	const char *nothing; /* what to say where nothing changed; NULL: nothing */
};

static enum cmd_exit config_exec(const struct cmd_call *call);

static const struct change_words reread_words[] = {
    {"added", "available", NULL},
    {"changed", "changed", NULL},
    {"removed", "disappeared", NULL},
    {NULL, NULL, NULL},
};
static const struct change_words update_words[] = {
    {"added", "added process group", NULL},
    {"changed", "stopped", "updated process group"},
    {"removed", "stopped", "removed process group"},
    {NULL, NULL, NULL},
};

static const struct config_verb config_reread = {
    "org.muster.Manager.Reread",
    false,
    reread_words,
    "No config updates to processes",
};
static const struct config_verb config_update = {
    "org.muster.Manager.Update",
    true,
    update_words,
    NULL,
};

const struct cmd_entry cmd_reread_entry = {
    .name = "reread",
    .usage = "",
    .summary = "Read the configuration and tell what differs",
    .details = "Changes nothing; `muster update` does.\n",
    .data = &config_reread,
    .exec = config_exec,
};
const struct cmd_entry cmd_update_entry = {
    .name = "update",
    .usage = "[GROUP...]",
    .summary = "Read the configuration and carry out what differs",
    .details = "Groups that did not change are not touched. Given GROUPs, only those are.\n",
    .words_max = CMD_WORDS_MAX,
    .data = &config_update,
    .exec = config_exec,
};

static void print_line(const char *group, const char *text)
{
	width_print(group, stdout);
	fputs(": ", stdout);
	width_print(text, stdout);
	putchar('\n');
}

static void print_change(const struct config_verb *verb, json_t *change)
{
	const char *group = json_string_value(json_object_get(change, "group"));
	const char *what = json_string_value(json_object_get(change, "change"));
	const struct change_words *words = verb->words;

	if (!group || !what)
		return;
	while (words->change && strcmp(words->change, what) != 0)
		words++;
	print_line(group, words->change ? words->first : what);
	if (words->change && words->second)
		print_line(group, words->second);
}

/* Takes the replies; `changes` collects them. 0 or what went wrong. */
static int take_changes(const struct cmd_call *call, json_t *changes)
{
	const struct config_verb *verb = call->entry->data;
	bool more = true;

	while (more) {
		json_t *reply = NULL;
		json_t *change;
		size_t i;
		int result = session_next(call->session, 0, &reply, &more);

		if (result != 0)
			return result;
		json_array_foreach(json_object_get(reply, "changes"), i, change)
		{
			json_array_append(changes, change);
			if (!session_json(call->session))
				print_change(verb, change);
		}
		json_decref(reply);
	}
	return 0;
}

static enum cmd_exit config_exec(const struct cmd_call *call)
{
	const struct config_verb *verb = call->entry->data;
	json_t *parameters = alloc_json(json_object());
	json_t *changes = alloc_json(json_array());
	enum cmd_exit code = CMD_DONE;
	int result;

	/* "update all" is everything, as in supervisorctl. */
	if (verb->groups && call->word_count && strcmp(call->words[0], "all") != 0)
		json_object_set_new(parameters, "groups", outcome_selectors(call, 0));
	result = session_stream(call->session, verb->method, parameters);
	if (result == 0)
		result = take_changes(call, changes);
	if (result != 0)
		code = session_fail(call->session, result);
	else if (session_json(call->session))
		session_print_json(json_pack("{s:O}", "changes", changes));
	else if (verb->nothing && json_array_size(changes) == 0)
		puts(verb->nothing);
	json_decref(changes);
	return code;
}
