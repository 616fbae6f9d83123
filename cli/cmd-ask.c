/*
 * is-alive, pid, exitcode, join: the questions of multiprocessing.Process, asked of one name after
 * the other. Where there is no answer (no pid, still alive) the word is "none", which no shell
 * takes for a number.
 */
#include "cli/alloc.h"
#include "cli/cmd.h"
#include "cli/outcome.h"
#include "cli/session.h"
#include "cli/width.h"

/* What is asked for, and how the answer reads. */
struct ask_verb {
	const char *method;
	/* The answer's value, and what to exit with for it. */
	json_t *(*read)(json_t *reply, enum cmd_exit *ret_code);
	bool timeout; /* the method takes one */
};

struct ask_options {
	bool quiet;
	double timeout_s; /* negative: none */
};

static enum cmd_exit ask_exec(const struct cmd_call *call);
static enum cmd_exit pid_exec(const struct cmd_call *call);
static json_t *read_alive(json_t *reply, enum cmd_exit *ret_code);
static json_t *read_pid(json_t *reply, enum cmd_exit *ret_code);
static json_t *read_exitcode(json_t *reply, enum cmd_exit *ret_code);
static json_t *read_join(json_t *reply, enum cmd_exit *ret_code);

static const struct ask_options ask_default = {.timeout_s = -1};

static const struct option_row ask_options[] = {
    {"quiet", 'q', OPTION_FLAG, NULL, offsetof(struct ask_options, quiet),
     "print nothing, only exit with the answer"},
    {NULL, 0, OPTION_FLAG, NULL, 0, NULL},
};
static const struct option_row join_options[] = {
    {"quiet", 'q', OPTION_FLAG, NULL, offsetof(struct ask_options, quiet), "print nothing"},
    {"timeout", 't', OPTION_SECONDS, "SECONDS", offsetof(struct ask_options, timeout_s),
     "wait no longer than this for all of them"},
    {NULL, 0, OPTION_FLAG, NULL, 0, NULL},
};

static const struct ask_verb ask_alive = {"org.muster.Process.IsAlive", read_alive, false};
static const struct ask_verb ask_pid = {"org.muster.Process.Pid", read_pid, false};
static const struct ask_verb ask_exitcode = {"org.muster.Process.ExitCode", read_exitcode, false};
static const struct ask_verb ask_join = {"org.muster.Process.Join", read_join, true};

const struct cmd_entry cmd_is_alive_entry = {
    .name = "is-alive",
    .usage = "[-q] NAME...",
    .summary = "Tell whether processes are alive",
    .details = "Prints true or false; exits with 0 where all are alive, else with 1.\n",
    .words_min = 1,
    .words_max = CMD_WORDS_MAX,
    .options = ask_options,
    .options_size = sizeof(struct ask_options),
    .options_default = &ask_default,
    .data = &ask_alive,
    .exec = ask_exec,
};
const struct cmd_entry cmd_pid_entry = {
    .name = "pid",
    .usage = "[-q] [NAME...]",
    .summary = "Print the pids of processes, or musterd's own",
    .details = "Prints none, and exits with 3, for a process that has no pid.\n",
    .words_max = CMD_WORDS_MAX,
    .options = ask_options,
    .options_size = sizeof(struct ask_options),
    .options_default = &ask_default,
    .data = &ask_pid,
    .exec = pid_exec,
};
const struct cmd_entry cmd_exitcode_entry = {
    .name = "exitcode",
    .usage = "[-q] NAME...",
    .summary = "Print how processes ended",
    .details = "The exit status, or -N where signal N ended it; none, and exit status 1, for a\n"
	       "process that is alive or was never started.\n",
    .words_min = 1,
    .words_max = CMD_WORDS_MAX,
    .options = ask_options,
    .options_size = sizeof(struct ask_options),
    .options_default = &ask_default,
    .data = &ask_exitcode,
    .exec = ask_exec,
};
const struct cmd_entry cmd_join_entry = {
    .name = "join",
    .usage = "[-q] [--timeout SECONDS] NAME...",
    .summary = "Wait until processes have ended for good, and print how",
    .details = "Ended for good: stopped, exited or fatal, and no restart ahead. Prints each exit\n"
	       "code as exitcode does. Exits with 1 where the time ran out.\n",
    .words_min = 1,
    .words_max = CMD_WORDS_MAX,
    .options = join_options,
    .options_size = sizeof(struct ask_options),
    .options_default = &ask_default,
    .data = &ask_join,
    .exec = ask_exec,
};

static json_t *read_alive(json_t *reply, enum cmd_exit *ret_code)
{
	json_t *alive = json_object_get(reply, "alive");

	*ret_code = json_is_true(alive) ? CMD_DONE : CMD_REFUSED;
	return json_boolean(json_is_true(alive));
}

static json_t *integer_or_null(json_t *value)
{
	return json_is_integer(value) ? json_incref(value) : json_null();
}

static json_t *read_pid(json_t *reply, enum cmd_exit *ret_code)
{
	json_t *pid = json_object_get(reply, "pid");

	*ret_code = json_is_integer(pid) ? CMD_DONE : CMD_NOT_RUNNING;
	return integer_or_null(pid);
}

static json_t *read_exitcode(json_t *reply, enum cmd_exit *ret_code)
{
	json_t *exitcode = json_object_get(reply, "exitcode");

	*ret_code = json_is_integer(exitcode) ? CMD_DONE : CMD_REFUSED;
	return integer_or_null(exitcode);
}

static json_t *read_join(json_t *reply, enum cmd_exit *ret_code)
{
	*ret_code = json_is_true(json_object_get(reply, "alive")) ? CMD_REFUSED : CMD_DONE;
	return integer_or_null(json_object_get(reply, "exitcode"));
}

static void print_answer(const struct cmd_call *call, const char *name, json_t *value)
{
	if (call->word_count > 1) {
		width_print(name, stdout);
		fputs(": ", stdout);
	}
	if (json_is_integer(value))
		printf("%lld\n", (long long)json_integer_value(value));
	else
		puts(json_is_null(value) ? "none" : json_is_true(value) ? "true" : "false");
}

static json_t *ask_parameters(const char *name, bool timeout, long long deadline_ms)
{
	json_t *parameters = json_pack("{s:s}", "name", name);
	long long left_ms = deadline_ms - session_now_ms();

	if (!parameters) /* no UTF-8: it cannot be a name */
		parameters = json_pack("{s:s}", "name", "\xef\xbf\xbd");
	alloc_json(parameters);
	if (timeout && deadline_ms)
		json_object_set_new(parameters, "timeout",
		                    json_real(left_ms > 0 ? (double)left_ms / 1e3 : 0));
	return parameters;
}

static enum cmd_exit ask_exec(const struct cmd_call *call)
{
	const struct ask_options *options = call->options;
	const struct ask_verb *verb = call->entry->data;
	long long deadline_ms = 0;
	enum cmd_exit worst = CMD_DONE;
	json_t *answers = alloc_json(json_object());

	if (options->timeout_s >= 0)
		deadline_ms = session_now_ms() + (long long)(options->timeout_s * 1e3);
	for (size_t i = 0; i < call->word_count; i++) {
		const char *name = call->words[i];
		json_t *parameters = ask_parameters(name, verb->timeout, deadline_ms);
		json_t *reply = NULL;
		json_t *value;
		enum cmd_exit code;

		code = session_call(call->session, verb->method, parameters, &reply);
		if (code != CMD_DONE) {
			json_decref(answers);
			return code;
		}
		value = verb->read(reply, &code);
		if (code > worst)
			worst = code;
		if (!session_json(call->session) && !options->quiet)
			print_answer(call, name, value);
		json_object_set_new(answers, name, value);
		json_decref(reply);
	}
	if (session_json(call->session) && !options->quiet)
		session_print_json(json_incref(answers));
	json_decref(answers);
	return worst;
}

/* Without a name, as in supervisorctl: the pid to signal or to wait for musterd with. */
static enum cmd_exit pid_exec(const struct cmd_call *call)
{
	const struct ask_options *options = call->options;
	json_t *reply = NULL;
	json_t *pid;
	enum cmd_exit code;

	if (call->word_count)
		return ask_exec(call);
	code = session_call(call->session, "org.muster.Manager.Status", NULL, &reply);
	if (code != CMD_DONE)
		return code;
	pid = json_object_get(reply, "guardian_pid");
	if (session_json(call->session) && !options->quiet)
		session_print_json(json_pack("{s:O?}", "musterd", pid));
	else if (!options->quiet)
		print_answer(call, "musterd", pid);
	json_decref(reply);
	return CMD_DONE;
}
