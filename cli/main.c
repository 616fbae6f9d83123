/* muster: controls musterd. Reads the options, picks the verb, runs it, says how it ended. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/alloc.h"
#include "cli/cmd.h"
#include "cli/session.h"

/* An answer of a thousand lines goes out in one write. */
#define OUTPUT_BUFFER_SIZE (256 * 1024)

/* --json decides how a wrong command line is told, also where it stands behind what is wrong. */
static bool wants_json(char **argv)
{
	for (; *argv && strcmp(*argv, "--") != 0; argv++) {
		if (strcmp(*argv, "--json") == 0)
			return true;
	}
	return false;
}

static enum cmd_exit usage_error(struct session *session, const struct cmd_entry *entry,
                                 const char *text)
{
	if (!entry)
		return session_refuse(session, CMD_USAGE, SESSION_ERROR_USAGE, "%s", text);
	return session_refuse(session, CMD_USAGE, SESSION_ERROR_USAGE,
	                      "%s: %s (usage: muster %s%s%s)", entry->name, text, entry->name,
	                      entry->usage[0] ? " " : "", entry->usage);
}

static enum cmd_exit run_without_verb(const struct cmd_globals *globals, struct session *session);

static enum cmd_exit run_entry(const struct cmd_entry *entry, struct option_parser *parser,
                               struct cmd_globals *globals, struct session *session, char **words)
{
	void *options = alloc_zero(1, entry->options_size);
	struct cmd_call call = {
	    .entry = entry,
	    .globals = globals,
	    .session = session,
	    .options = options,
	    .words = words,
	};
	enum cmd_exit code;

	if (entry->options_default)
		memcpy(options, entry->options_default, entry->options_size);
	parser->stop_at_word = entry->stop_at_word;
	parser->sets[1].rows = entry->options;
	parser->sets[1].target = options;
	if (option_parse(parser, words, &call.word_count) < 0) {
		globals->json |= wants_json(parser->argv);
		code = usage_error(session, entry, parser->error);
		goto out;
	}
	/* What the parser did not look at is words, too. */
	while (parser->argv[parser->next])
		words[call.word_count++] = parser->argv[parser->next++];
	words[call.word_count] = NULL;
	if (globals->help) {
		cmd_help_entry(entry, stdout);
		code = CMD_DONE;
	} else if (globals->version) {
		code = run_without_verb(globals, session);
	} else if (call.word_count < entry->words_min) {
		code = usage_error(session, entry, "something is missing");
	} else if (call.word_count > entry->words_max) {
		code = usage_error(session, entry, "too many arguments");
	} else {
		code = entry->exec(&call);
	}
out:
	free(options);
	return code;
}

/* Without a verb: --help and --version stand for the verbs of that name. */
static enum cmd_exit run_without_verb(const struct cmd_globals *globals, struct session *session)
{
	if (globals->help) {
		cmd_help(stdout);
		return CMD_DONE;
	}
	if (globals->version) {
		if (globals->json)
			session_print_json(json_pack("{s:s}", "muster", MUSTER_VERSION));
		else
			puts("muster " MUSTER_VERSION);
		return CMD_DONE;
	}
	if (!globals->json)
		cmd_help(stderr);
	else
		usage_error(session, NULL, "which command? `muster help` lists them");
	return CMD_USAGE;
}

static enum cmd_exit run(char **argv, size_t argc)
{
	struct cmd_globals globals = {0};
	struct option_parser parser = {
	    .argv = argv,
	    .next = 1,
	    .sets = {{cmd_global_options, &globals}},
	    .stop_at_word = true,
	};
	struct session *session = session_new(&globals);
	char **words = alloc_zero(argc + 1, sizeof(*words));
	const struct cmd_entry *entry = NULL;
	enum cmd_exit code;
	size_t count;
	int result;

	if (option_parse(&parser, words, &count) < 0) {
		globals.json |= wants_json(argv);
		code = usage_error(session, NULL, parser.error);
	} else if (!argv[parser.next]) {
		code = run_without_verb(&globals, session);
	} else {
		const char *verb = argv[parser.next++];

		result = cmd_find(verb, &entry);
		if (result < 0) {
			globals.json |= wants_json(argv);
			cmd_explain(verb, result, parser.error, sizeof(parser.error));
			code = usage_error(session, NULL, parser.error);
		} else {
			code = run_entry(entry, &parser, &globals, session, words);
		}
	}
	code = session_flush(session, code);
	free(words);
	session_free(session);
	return code;
}

int main(int argc, char **argv)
{
	if (argc < 1)
		return CMD_USAGE;
	/* A reader that goes away is seen as EPIPE, and ends us without a word. */
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOFBF, OUTPUT_BUFFER_SIZE);
	return (int)run(argv, (size_t)argc);
}
