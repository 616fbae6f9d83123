/*
 * run and remove: processes that no configuration names. What is run has the directory and the
 * variables of whoever runs it, as anything that is started from a shell.
 */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/alloc.h"
#include "cli/cmd.h"
#include "cli/foreground.h"
#include "cli/outcome.h"
#include "cli/session.h"
#include "cli/wait.h"
#include "cli/width.h"
#include "common/json.h"

struct run_options {
	struct option_texts settings;
	const char *name;
	bool daemon;
	bool fg;
	bool pty;
	bool wait;
	bool quiet;
};

static enum cmd_exit run_exec(const struct cmd_call *call);
static enum cmd_exit remove_exec(const struct cmd_call *call);

static const struct option_row run_options[] = {
    {"option", 'o', OPTION_TEXTS, "KEY=VALUE", offsetof(struct run_options, settings),
     "a key of a [program:x] section; may be given many times"},
    {"name", 0, OPTION_TEXT, "NAME", offsetof(struct run_options, name),
     "its name (else made of the command)"},
    {"daemon", 'd', OPTION_FLAG, NULL, offsetof(struct run_options, daemon),
     "wait as --wait, and end it when this ends, however it ends"},
    {"fg", 'f', OPTION_FLAG, NULL, offsetof(struct run_options, fg),
     "put it in the foreground, as `muster fg` does"},
    {"pty", 't', OPTION_FLAG, NULL, offsetof(struct run_options, pty),
     "give it a terminal, as -o tty=true does"},
    {"wait", 'w', OPTION_FLAG, NULL, offsetof(struct run_options, wait),
     "wait for its end, and exit as it did"},
    {"quiet", 'q', OPTION_FLAG, NULL, offsetof(struct run_options, quiet),
     "do not print its name and pid"},
    {NULL, 0, OPTION_FLAG, NULL, 0, NULL},
};

const struct cmd_entry cmd_run_entry = {
    .name = "run",
    .usage = "[-o KEY=VALUE]... [--name NAME] [--wait | --fg] [--daemon] [--pty] [-q] [--] COMMAND "
	     "[ARGUMENT...]",
    .summary = "Run a command as a process that no configuration names",
    .details =
	"It runs as the user who asks, with the directory and the variables of the shell it\n"
	"is asked from; no shell looks at its words. Prints its name and its pid. It is not\n"
	"restarted unless -o autorestart=true says so, and is known by its name until it is\n"
	"removed. With --wait and --daemon, Ctrl-C terminates it, and twice kills it; the\n"
	"exit status is its own, 128+N where signal N ended it.\n",
    .stop_at_word = true,
    .words_min = 1,
    .words_max = SIZE_MAX,
    .options = run_options,
    .options_size = sizeof(struct run_options),
    .exec = run_exec,
};

const struct cmd_entry cmd_remove_entry = {
    .name = "remove",
    .usage = "SELECTOR...",
    .summary = "Forget processes that `muster run` made and that have ended",
    .details = "The logs that musterd named are removed with them.\n",
    .words_min = 1,
    .words_max = CMD_WORDS_MAX,
    .exec = remove_exec,
};

static void skip_variable(const char *entry, const char *why)
{
	char *name = alloc_text(entry);

	name[strcspn(name, "=")] = '\0';
	fputs("muster: variable ", stderr);
	width_print(name, stderr);
	fprintf(stderr, " is not passed on: %s\n", why);
	free(name);
}

static json_t *take_environment(void)
{
	json_t *entries = alloc_json(json_array());

	for (char **entry = environ; *entry; entry++) {
		const char *equals = strchr(*entry, '=');

		if (!equals || equals == *entry)
			skip_variable(*entry, "it has no name");
		else if (!json_text_is_utf8(*entry, strlen(*entry)))
			skip_variable(*entry, "it is no UTF-8");
		else
			json_array_append_new(entries, alloc_json(json_string(*entry)));
	}
	return entries;
}

/* Where we are, unless told otherwise. */
static void take_directory(json_t *options)
{
	char path[PATH_MAX];

	if (json_object_get(options, "directory"))
		return;
	if (!getcwd(path, sizeof(path)))
		fprintf(stderr, "muster: the working directory is not passed on: %s\n",
		        strerror(errno));
	else if (!json_text_is_utf8(path, strlen(path)))
		fputs("muster: the working directory is not passed on: it is no UTF-8\n", stderr);
	else
		json_object_set_new(options, "directory", alloc_json(json_string(path)));
}

/* KEY=VALUE each; the last of a key counts. */
static enum cmd_exit take_settings(const struct cmd_call *call, json_t *options)
{
	const struct option_texts *settings =
	    &((const struct run_options *)call->options)->settings;

	for (size_t i = 0; i < settings->count; i++) {
		const char *text = settings->items[i];
		const char *equals = strchr(text, '=');

		if (!equals || equals == text)
			return session_refuse(call->session, CMD_USAGE, SESSION_ERROR_USAGE,
			                      "-o wants KEY=VALUE, not \"%s\"", text);
		if (!json_text_is_utf8(text, strlen(text)))
			return session_refuse(call->session, CMD_USAGE, SESSION_ERROR_USAGE,
			                      "-o %.*s: only UTF-8 text can be sent",
			                      (int)(equals - text), text);
		json_object_setn_new(options, text, (size_t)(equals - text),
		                     alloc_json(json_string(equals + 1)));
	}
	if (((const struct run_options *)call->options)->pty)
		json_object_set_new(options, "tty", alloc_json(json_string("true")));
	take_directory(options);
	return CMD_DONE;
}

static enum cmd_exit take_command(const struct cmd_call *call, json_t *command)
{
	for (size_t i = 0; i < call->word_count; i++) {
		if (!json_text_is_utf8(call->words[i], strlen(call->words[i])))
			return session_refuse(
			    call->session, CMD_USAGE, SESSION_ERROR_USAGE,
			    "word %zu of the command is no UTF-8, and cannot be sent", i + 1);
		json_array_append_new(command, alloc_json(json_string(call->words[i])));
	}
	return CMD_DONE;
}

/* The parameters of Run; NULL where `code` says why not. */
static json_t *run_parameters(const struct cmd_call *call, enum cmd_exit *ret_code)
{
	const struct run_options *options = call->options;
	json_t *command = alloc_json(json_array());
	json_t *settings = alloc_json(json_object());
	json_t *parameters = alloc_json(json_pack("{s:o, s:o, s:b}", "command", command, "options",
	                                          settings, "daemon", (int)options->daemon));

	*ret_code = take_command(call, command);
	if (*ret_code == CMD_DONE)
		*ret_code = take_settings(call, settings);
	if (*ret_code != CMD_DONE) {
		json_decref(parameters);
		return NULL;
	}
	json_object_set_new(parameters, "environment", take_environment());
	if (options->name)
		json_object_set_new(parameters, "name", alloc_json_text(options->name));
	return parameters;
}

static const char *name_of(json_t *reply)
{
	const char *name = json_string_value(json_object_get(reply, "name"));

	return name ? name : "?";
}

static void print_run(const struct cmd_call *call, json_t *reply)
{
	const struct run_options *options = call->options;

	if (options->quiet || options->fg)
		return;
	if (session_json(call->session)) {
		session_print_json(json_incref(reply));
	} else {
		width_print(name_of(reply), stdout);
		printf(" %lld\n", (long long)json_integer_value(json_object_get(reply, "pid")));
	}
	fflush(stdout);
}

static enum cmd_exit run_exec(const struct cmd_call *call)
{
	const struct run_options *options = call->options;
	json_t *reply = NULL;
	enum cmd_exit code;
	json_t *parameters = run_parameters(call, &code);

	if (!parameters)
		return code;
	/* From here on Ctrl-C is for what runs. */
	if (options->wait || options->daemon || options->fg)
		session_hold_interrupt(call->session);
	code = session_call(call->session, "org.muster.Process.Run", parameters, &reply);
	if (code != CMD_DONE)
		return code;
	print_run(call, reply);
	if (options->fg)
		code = foreground_run(call, name_of(reply), FOREGROUND_LINES_ALL);
	else if (options->wait || options->daemon)
		code = wait_for_end(call->session, name_of(reply));
	json_decref(reply);
	return code;
}

static enum cmd_exit remove_exec(const struct cmd_call *call)
{
	static const struct outcome_words words = {"removed", "already removed"};
	json_t *parameters = json_pack("{s:o}", "selectors", outcome_selectors(call, 0));

	return outcome_call(call, "org.muster.Process.Remove", alloc_json(parameters), &words);
}
