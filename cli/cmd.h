/*
 * The verbs of muster: one const entry each, in one table. Lookup, help, completion, the manual's
 * test and the dispatch read it; nothing else knows which verbs there are.
 */
#ifndef MUSTER_CLI_CMD_H
#define MUSTER_CLI_CMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "cli/option.h"

struct session;

/* What muster exits with, the same in every verb. Where several hold, the highest. */
enum cmd_exit {
	CMD_DONE = 0,
	CMD_REFUSED = 1,
	CMD_USAGE = 2,
	CMD_NOT_RUNNING = 3,
	CMD_NO_PROCESS = 4,
	CMD_NO_DAEMON = 5,
	CMD_EXIT_COUNT
};

/* "done, or true": as help and the manual have it. */
const char *cmd_exit_text(enum cmd_exit code);

/* The options every verb has, wherever they stand. */
struct cmd_globals {
	const char *socket;
	bool json;
	bool no_color;
	bool help;
	bool version;
};
extern const struct option_row cmd_global_options[];

struct cmd_entry;

/* One run of a verb. All of it is owned by main() and outlives the run. */
struct cmd_call {
	const struct cmd_entry *entry;
	const struct cmd_globals *globals;
	struct session *session;
	const void *options; /* the verb's own struct, filled by its rows */
	char **words;        /* NULL-terminated */
	size_t word_count;
};

#define CMD_WORDS_MAX 4096

struct cmd_entry {
	const char *name;
	const char *alias; /* NULL: none */
	const char *usage; /* what follows the name */
	const char *summary;
	const char *details;             /* more for `help VERB`, whole lines; NULL: none */
	void (*help_more)(FILE *stream); /* what help reads off another table; NULL: nothing */
	bool stop_at_word;               /* what follows the first word is no option of ours */
	size_t words_min;
	size_t words_max;
	const struct option_row *options; /* NULL: none */
	size_t options_size;              /* of the struct they fill */
	const void *options_default;      /* its first value; NULL: zero */
	const void *data;                 /* for an exec that several verbs share */
	enum cmd_exit (*exec)(const struct cmd_call *call);
};

/* Every verb by name, alphabetical, NULL at the end. */
extern const struct cmd_entry *const cmd_entries[];

/*
 * The verb with this name or alias, or the only one that begins so. -ENOENT where there is none,
 * -EEXIST where several do.
 */
int cmd_find(const char *name, const struct cmd_entry **ret_entry);

/* What to say when cmd_find() failed with `result`: "ambiguous command: st (start, status)". */
void cmd_explain(const char *name, int result, char *text, size_t size);

/* Help from the table: the overview, one verb, or a tab-separated line for each verb. */
void cmd_help(FILE *stream);
void cmd_help_entry(const struct cmd_entry *entry, FILE *stream);
void cmd_help_table(FILE *stream);

#endif
