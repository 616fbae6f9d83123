/*
 * start, terminate, kill, restart: one exec, told apart by a row of words. Each process is told as
 * it gets there; on a terminal a line that counts stands below while many are under way. The work
 * is the daemon's: who presses Ctrl-C stops waiting, not the work.
 */
#include <errno.h>
#include <unistd.h>

#include "cli/alloc.h"
#include "cli/cmd.h"
#include "cli/outcome.h"
#include "cli/session.h"

/* Fewer than this need no progress line. */
#define PROGRESS_MIN 4

struct control_verb {
	const char *method;
	const char *progress;
	struct outcome_words words;
};

struct control_options {
	bool no_wait;
	double timeout_s; /* negative: none */
};

struct control_run {
	const struct cmd_call *call;
	const struct control_verb *verb;
	json_t *outcomes; /* all that came, for --json */
	size_t total;     /* 0: no progress line */
	size_t count;
	enum cmd_exit worst;
};

static enum cmd_exit control_exec(const struct cmd_call *call);

#define CONTROL_USAGE "[--no-wait] [--timeout SECONDS] SELECTOR..."

static const struct control_options control_default = {.timeout_s = -1};

static const struct option_row control_options[] = {
    {"no-wait", 0, OPTION_FLAG, NULL, offsetof(struct control_options, no_wait),
     "return when the processes have been told"},
    {"timeout", 't', OPTION_SECONDS, "SECONDS", offsetof(struct control_options, timeout_s),
     "wait no longer than this; the work goes on"},
    {NULL, 0, OPTION_FLAG, NULL, 0, NULL},
};

static const struct control_verb control_start = {
    "org.muster.Process.Start",
    "starting",
    {"started", "already started"},
};
static const struct control_verb control_terminate = {
    "org.muster.Process.Terminate",
    "stopping",
    {"stopped", "not running"},
};
static const struct control_verb control_kill = {
    "org.muster.Process.Kill",
    "killing",
    {"killed", "not running"},
};
static const struct control_verb control_restart = {
    "org.muster.Process.Restart",
    "restarting",
    {"restarted", "already started"},
};

#define CONTROL_ENTRY(VERB, ALIAS, SUMMARY, DETAILS)                                           \
	{                                                                                      \
		.name = #VERB, .alias = (ALIAS), .usage = CONTROL_USAGE, .summary = (SUMMARY), \
		.details = (DETAILS), .words_min = 1, .words_max = CMD_WORDS_MAX,              \
		.options = control_options, .options_size = sizeof(struct control_options),    \
		.options_default = &control_default, .data = &control_##VERB,                  \
		.exec = control_exec,                                                          \
	}

const struct cmd_entry cmd_start_entry =
    CONTROL_ENTRY(start, NULL, "Start processes and wait until they run",
                  "A process that runs already is told as an error and counts as done.\n");
const struct cmd_entry cmd_terminate_entry =
    CONTROL_ENTRY(terminate, "stop", "Stop processes with their stop signal",
                  "SIGKILL follows after stopwaitsecs; it is not restarted.\n");
const struct cmd_entry cmd_kill_entry =
    CONTROL_ENTRY(kill, NULL, "End processes with SIGKILL at once", "They are not restarted.\n");
const struct cmd_entry cmd_restart_entry =
    CONTROL_ENTRY(restart, NULL, "Stop processes, where they run, and start them", NULL);

/* How many processes the selectors name, where somebody watches. */
static size_t count_processes(const struct cmd_call *call)
{
	json_t *parameters;
	json_t *reply = NULL;
	size_t count = 0;

	if (!session_terminal(call->session) || !isatty(STDERR_FILENO))
		return 0;
	parameters = json_pack("{s:o}", "selectors", outcome_selectors(call, 0));
	if (session_try(call->session, "org.muster.Process.List", alloc_json(parameters), &reply))
		return 0;
	count = json_array_size(json_object_get(reply, "processes"));
	json_decref(reply);
	return count >= PROGRESS_MIN ? count : 0;
}

static void progress_clear(const struct control_run *run)
{
	if (run->total)
		fputs("\r\033[K", stderr);
}

static void progress_show(const struct control_run *run)
{
	if (!run->total)
		return;
	fflush(stdout);
	fprintf(stderr, "\r\033[K%s %zu/%zu", run->verb->progress, run->count, run->total);
}

static void take_reply(struct control_run *run, json_t *reply)
{
	json_t *outcome;
	size_t i;

	progress_clear(run);
	json_array_foreach(json_object_get(reply, "outcomes"), i, outcome)
	{
		enum cmd_exit code = outcome_code(outcome);

		run->count++;
		if (code > run->worst)
			run->worst = code;
		if (session_json(run->call->session))
			json_array_append(run->outcomes, outcome);
		else
			outcome_print(outcome, &run->verb->words);
	}
	progress_show(run);
}

/* Reply after reply; 0, or what ended the wait. */
static int take_replies(struct control_run *run, double timeout_s)
{
	long long deadline_ms = timeout_s < 0 ? 0 : session_now_ms() + (long long)(timeout_s * 1e3);
	bool more = true;

	while (more) {
		json_t *reply = NULL;
		int result = session_next(run->call->session, deadline_ms, &reply, &more);

		if (result != 0)
			return result;
		take_reply(run, reply);
		json_decref(reply);
	}
	return 0;
}

static enum cmd_exit finish(struct control_run *run, int result)
{
	struct session *session = run->call->session;
	enum cmd_exit code = run->worst;

	progress_clear(run);
	if (result == -EINTR) {
		fflush(stdout);
		fprintf(stderr, "muster: detached; musterd goes on %s what is left\n",
		        run->verb->progress);
		session_interrupted(session);
	}
	if (result == -ETIMEDOUT && !session_json(session))
		fprintf(stderr, "muster: the time is up; musterd goes on %s what is left\n",
		        run->verb->progress);
	if (result != 0 && result != -ETIMEDOUT)
		return session_fail(session, result);
	if (result == -ETIMEDOUT && code < CMD_REFUSED)
		code = CMD_REFUSED;
	if (session_json(session))
		session_print_json(json_pack("{s:O, s:b}", "outcomes", run->outcomes, "timed_out",
		                             result == -ETIMEDOUT));
	return code;
}

static enum cmd_exit control_exec(const struct cmd_call *call)
{
	const struct control_options *options = call->options;
	struct control_run run = {.call = call, .verb = call->entry->data, .worst = CMD_DONE};
	json_t *parameters;
	enum cmd_exit code;
	int result;

	run.total = count_processes(call);
	run.outcomes = alloc_json(json_array());
	parameters = json_pack("{s:o, s:b}", "selectors", outcome_selectors(call, 0), "wait",
	                       !options->no_wait);
	session_hold_interrupt(call->session);
	result = session_stream(call->session, run.verb->method, alloc_json(parameters));
	if (result == 0) {
		progress_show(&run);
		result = take_replies(&run, options->timeout_s);
	}
	code = finish(&run, result);
	json_decref(run.outcomes);
	return code;
}
