/* The table of verbs, and what is read off it: lookup and help. */
#include "cli/cmd.h"

#include <errno.h>
#include <string.h>

#include "common/parse.h"

#define SUGGEST_DISTANCE 2
/* Width of the left column of help. */
#define HELP_NAME_WIDTH 26

extern const struct cmd_entry cmd_check_entry;
extern const struct cmd_entry cmd_clear_entry;
extern const struct cmd_entry cmd_exitcode_entry;
extern const struct cmd_entry cmd_fg_entry;
extern const struct cmd_entry cmd_help_verb_entry;
extern const struct cmd_entry cmd_is_alive_entry;
extern const struct cmd_entry cmd_join_entry;
extern const struct cmd_entry cmd_kill_entry;
extern const struct cmd_entry cmd_list_entry;
extern const struct cmd_entry cmd_pid_entry;
extern const struct cmd_entry cmd_ps_entry;
extern const struct cmd_entry cmd_reload_entry;
extern const struct cmd_entry cmd_reread_entry;
extern const struct cmd_entry cmd_remove_entry;
extern const struct cmd_entry cmd_restart_entry;
extern const struct cmd_entry cmd_run_entry;
extern const struct cmd_entry cmd_send_entry;
extern const struct cmd_entry cmd_shutdown_entry;
extern const struct cmd_entry cmd_signal_entry;
extern const struct cmd_entry cmd_start_entry;
extern const struct cmd_entry cmd_status_entry;
extern const struct cmd_entry cmd_tail_entry;
extern const struct cmd_entry cmd_terminate_entry;
extern const struct cmd_entry cmd_update_entry;
extern const struct cmd_entry cmd_upgrade_entry;
extern const struct cmd_entry cmd_version_entry;
extern const struct cmd_entry cmd_watch_entry;

const struct cmd_entry *const cmd_entries[] = {
    &cmd_check_entry,     &cmd_clear_entry,    &cmd_exitcode_entry,  &cmd_fg_entry,
    &cmd_help_verb_entry, &cmd_is_alive_entry, &cmd_join_entry,      &cmd_kill_entry,
    &cmd_list_entry,      &cmd_pid_entry,      &cmd_ps_entry,        &cmd_reload_entry,
    &cmd_remove_entry,    &cmd_reread_entry,   &cmd_restart_entry,   &cmd_run_entry,
    &cmd_send_entry,      &cmd_shutdown_entry, &cmd_signal_entry,    &cmd_start_entry,
    &cmd_status_entry,    &cmd_tail_entry,     &cmd_terminate_entry, &cmd_update_entry,
    &cmd_upgrade_entry,   &cmd_version_entry,  &cmd_watch_entry,     NULL,
};

const struct option_row cmd_global_options[] = {
    {"socket", 's', OPTION_TEXT, "SOCKET", offsetof(struct cmd_globals, socket),
     "the daemon's socket (else $MUSTER_SOCKET, else the default place)"},
    {"json", 0, OPTION_FLAG, NULL, offsetof(struct cmd_globals, json),
     "answer with one JSON value, errors too; a stream has one a line"},
    {"no-color", 0, OPTION_FLAG, NULL, offsetof(struct cmd_globals, no_color),
     "no colour, as with NO_COLOR set"},
    {"help", 'h', OPTION_FLAG, NULL, offsetof(struct cmd_globals, help), "this help"},
    {"version", 'V', OPTION_FLAG, NULL, offsetof(struct cmd_globals, version),
     "the version of this program"},
    {NULL, 0, OPTION_FLAG, NULL, 0, NULL},
};

static const char *const exit_texts[] = {
    [CMD_DONE] = "done, or true",
    [CMD_REFUSED] = "refused or failed, or false",
    [CMD_USAGE] = "the command line is wrong",
    [CMD_NOT_RUNNING] = "a process is not running",
    [CMD_NO_PROCESS] = "no such process",
    [CMD_NO_DAEMON] = "the daemon was not reached",
};
_Static_assert(sizeof(exit_texts) / sizeof(exit_texts[0]) == CMD_EXIT_COUNT,
               "every exit code has a text");

const char *cmd_exit_text(enum cmd_exit code)
{
	return exit_texts[code];
}

int cmd_find(const char *name, const struct cmd_entry **ret_entry)
{
	const struct cmd_entry *found = NULL;
	size_t length = strlen(name);

	for (const struct cmd_entry *const *entry = cmd_entries; *entry; entry++) {
		const char *alias = (*entry)->alias;

		if (strcmp((*entry)->name, name) != 0 && (!alias || strcmp(alias, name) != 0))
			continue;
		*ret_entry = *entry;
		return 0;
	}
	for (const struct cmd_entry *const *entry = cmd_entries; *entry && length; entry++) {
		if (strncmp((*entry)->name, name, length) != 0)
			continue;
		if (found)
			return -EEXIST;
		found = *entry;
	}
	if (!found)
		return -ENOENT;
	*ret_entry = found;
	return 0;
}

static void explain_ambiguous(const char *name, FILE *stream)
{
	const char *separator = " (";

	fprintf(stream, "ambiguous command: %s", name);
	for (const struct cmd_entry *const *entry = cmd_entries; *entry; entry++) {
		if (strncmp((*entry)->name, name, strlen(name)) != 0)
			continue;
		fprintf(stream, "%s%s", separator, (*entry)->name);
		separator = ", ";
	}
	fputc(')', stream);
}

static void explain_unknown(const char *name, FILE *stream)
{
	unsigned best_distance = SUGGEST_DISTANCE + 1;
	const char *best = NULL;

	for (const struct cmd_entry *const *entry = cmd_entries; *entry; entry++) {
		const char *const names[] = {(*entry)->name, (*entry)->alias};

		for (size_t i = 0; i < 2 && names[i]; i++) {
			unsigned distance = parse_distance(name, names[i], SUGGEST_DISTANCE);

			if (distance < best_distance) {
				best_distance = distance;
				best = names[i];
			}
		}
	}
	fprintf(stream, "unknown command: %s", name);
	if (best)
		fprintf(stream, "; did you mean %s?", best);
	else
		fputs("; `muster help` lists them", stream);
}

void cmd_explain(const char *name, int result, char *text, size_t size)
{
	FILE *stream = fmemopen(text, size, "w");

	text[0] = '\0';
	if (!stream)
		return;
	if (result == -EEXIST)
		explain_ambiguous(name, stream);
	else
		explain_unknown(name, stream);
	fclose(stream);
	text[size - 1] = '\0';
}

static void help_options(const struct option_row *row, FILE *stream)
{
	for (; row->name; row++) {
		char left[64];

		snprintf(left, sizeof(left), "%c%c%s --%s%s%s", row->letter ? '-' : ' ',
		         row->letter ? row->letter : ' ', row->letter ? "," : " ", row->name,
		         row->argument ? " " : "", row->argument ? row->argument : "");
		fprintf(stream, "  %-*s %s\n", HELP_NAME_WIDTH, left, row->help);
	}
}

void cmd_help(FILE *stream)
{
	fputs("usage: muster [OPTION...] COMMAND [ARGUMENT...]\n\nCommands:\n", stream);
	for (const struct cmd_entry *const *entry = cmd_entries; *entry; entry++) {
		const char *alias = (*entry)->alias;
		char left[64];

		snprintf(left, sizeof(left), "%s%s%s", (*entry)->name, alias ? ", " : "",
		         alias ? alias : "");
		fprintf(stream, "  %-*s %s\n", HELP_NAME_WIDTH, left, (*entry)->summary);
	}
	fputs("\nOptions, before or after the command:\n", stream);
	help_options(cmd_global_options, stream);
	fputs("\nA SELECTOR is a name, group:name, group:*, all, or a shell pattern.\n"
	      "A command may be shortened as long as it is clear.\n\nExit status:\n",
	      stream);
	for (int code = 0; code < CMD_EXIT_COUNT; code++)
		fprintf(stream, "  %d  %s\n", code, exit_texts[code]);
}

void cmd_help_entry(const struct cmd_entry *entry, FILE *stream)
{
	fprintf(stream, "usage: muster %s%s%s\n\n%s.\n", entry->name, entry->usage[0] ? " " : "",
	        entry->usage, entry->summary);
	if (entry->alias)
		fprintf(stream, "The same as: muster %s\n", entry->alias);
	if (entry->details)
		fprintf(stream, "\n%s", entry->details);
	if (entry->options) {
		fputs("\nOptions:\n", stream);
		help_options(entry->options, stream);
	}
	fputs("\nOptions of every command:\n", stream);
	help_options(cmd_global_options, stream);
	if (entry->help_more) {
		fputc('\n', stream);
		entry->help_more(stream);
	}
}

static void table_options(const struct option_row *row, FILE *stream)
{
	for (; row && row->name; row++) {
		if (row->letter)
			fprintf(stream, " -%c", row->letter);
		fprintf(stream, " --%s", row->name);
	}
}

void cmd_help_table(FILE *stream)
{
	for (const struct cmd_entry *const *entry = cmd_entries; *entry; entry++) {
		fprintf(stream, "%s\t%s\t%s\t", (*entry)->name,
		        (*entry)->alias ? (*entry)->alias : "-", (*entry)->usage);
		table_options((*entry)->options, stream);
		table_options(cmd_global_options, stream);
		fputc('\n', stream);
	}
}
