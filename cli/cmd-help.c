/* help: what there is, read off the table of verbs. */
#include "cli/alloc.h"
#include "cli/cmd.h"
#include "cli/session.h"

struct help_options {
	bool table;
};

static enum cmd_exit help_exec(const struct cmd_call *call);

static const struct option_row help_options[] = {
    {"table", 0, OPTION_FLAG, NULL, offsetof(struct help_options, table),
     "a line for each command: name, alias, usage and options, tabs between"},
    {NULL, 0, OPTION_FLAG, NULL, 0, NULL},
};

const struct cmd_entry cmd_help_verb_entry = {
    .name = "help",
    .usage = "[--table] [COMMAND]",
    .summary = "Tell what there is, or explain one command",
    .words_max = 1,
    .options = help_options,
    .options_size = sizeof(struct help_options),
    .exec = help_exec,
};

static json_t *describe(const struct cmd_entry *entry)
{
	return alloc_json(json_pack("{s:s, s:s?, s:s, s:s}", "name", entry->name, "alias",
	                            entry->alias, "usage", entry->usage, "summary",
	                            entry->summary));
}

static void help_json(void)
{
	json_t *commands = alloc_json(json_array());

	for (const struct cmd_entry *const *entry = cmd_entries; *entry; entry++)
		json_array_append_new(commands, describe(*entry));
	session_print_json(json_pack("{s:o}", "commands", commands));
}

static enum cmd_exit help_exec(const struct cmd_call *call)
{
	const struct help_options *options = call->options;
	const struct cmd_entry *entry = NULL;
	char text[OPTION_ERROR_SIZE];
	int result;

	if (call->word_count) {
		result = cmd_find(call->words[0], &entry);
		if (result < 0) {
			cmd_explain(call->words[0], result, text, sizeof(text));
			return session_refuse(call->session, CMD_USAGE, SESSION_ERROR_USAGE, "%s",
			                      text);
		}
	}
	if (session_json(call->session) && entry)
		session_print_json(describe(entry));
	else if (session_json(call->session))
		help_json();
	else if (entry)
		cmd_help_entry(entry, stdout);
	else if (options->table)
		cmd_help_table(stdout);
	else
		cmd_help(stdout);
	return CMD_DONE;
}
