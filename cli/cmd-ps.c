/*
 * ps: what the daemon knows of its processes beside what the system shows of them and all their
 * descendants. `ps aux` looks like ps's own, so that the fingers' `| grep` works on it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/sysinfo.h>
#include <time.h>

#include "cli/alloc.h"
#include "cli/cmd.h"
#include "cli/ps.h"
#include "cli/session.h"
#include "cli/snapshot.h"
#include "cli/table.h"
#include "cli/texts.h"
#include "cli/worker.h"

#define KIB 1024
#define SAMPLE_MAX_S 3600

struct ps_options {
	const char *columns;
	const char *sort;
	bool threads;
	bool tree;
	bool no_heading;
	double sample_s;
};

/* What the command line asks for. */
struct ps_request {
	const struct ps_view *view;
	const char *pattern;
	struct column_key columns[COLUMN_LIST_MAX];
	size_t column_count;
	struct column_key keys[COLUMN_LIST_MAX];
	size_t key_count;
};

static enum cmd_exit ps_exec(const struct cmd_call *call);

static const struct option_row ps_options[] = {
    {"columns", 'o', OPTION_TEXT, "COLUMN,...", offsetof(struct ps_options, columns),
     "show these columns"},
    {"sort", 0, OPTION_TEXT, "[-]COLUMN,...", offsetof(struct ps_options, sort),
     "sort by these columns, with - the highest first"},
    {"threads", 'L', OPTION_FLAG, NULL, offsetof(struct ps_options, threads),
     "one row for each thread"},
    {"tree", 0, OPTION_FLAG, NULL, offsetof(struct ps_options, tree),
     "one row for each process, children below their parents"},
    {"sample", 'w', OPTION_SECONDS, "SECONDS", offsetof(struct ps_options, sample_s),
     "judge %CPU and BOUND by so many seconds from now on"},
    {"no-heading", 0, OPTION_FLAG, NULL, offsetof(struct ps_options, no_heading),
     "no line of headings"},
    {NULL, 0, OPTION_FLAG, NULL, 0, NULL},
};

const struct cmd_entry cmd_ps_entry = {
    .name = "ps",
    .usage = "[OPTION...] [aux] [PATTERN]",
    .summary = "Show processes with what they and their descendants use",
    .details =
	"PATTERN is looked for, in any case, in names and command lines; one with *, ? or [\n"
	"is a shell pattern for all of them. Exits with 1 where it finds nothing.\n"
	"With aux, the columns are those of ps aux, and every process of musterd is a row.\n"
	"\n"
	"BOUND tells what a worker is held back by, over its life or, with -w, in the sample:\n"
	"  cpu    it uses half a core or more\n"
	"  1core  so, but its several threads use no more than one core together\n"
	"  disk   it waits for a disk a fifth of the time, or right now\n"
	"  wait   none of these: it mostly sleeps\n",
    .words_max = 2,
    .options = ps_options,
    .options_size = sizeof(struct ps_options),
    .help_more = column_help,
    .exec = ps_exec,
};

static enum cmd_exit refuse_column(const struct cmd_call *call, const char *bad, size_t length)
{
	return session_refuse(call->session, CMD_USAGE, SESSION_ERROR_USAGE,
	                      "ps: no column \"%.*s\", or too many; `muster help ps` lists them",
	                      (int)length, bad);
}

static enum cmd_exit parse_request(const struct cmd_call *call, struct ps_request *request)
{
	const struct ps_options *options = call->options;
	bool aux = call->word_count > 0 && strcmp(call->words[0], "aux") == 0;
	const char *bad;
	size_t length;

	if (aux + options->threads + options->tree > 1 || (options->tree && options->sort))
		return session_refuse(call->session, CMD_USAGE, SESSION_ERROR_USAGE,
		                      "ps: aux, -L and --tree exclude each other, and --tree and "
		                      "--sort do");
	if (call->word_count > (aux ? 2u : 1u) || options->sample_s > SAMPLE_MAX_S)
		return session_refuse(call->session, CMD_USAGE, SESSION_ERROR_USAGE,
		                      "ps: one PATTERN, and -w of no more than %d seconds",
		                      SAMPLE_MAX_S);
	request->view = aux                ? &ps_view_aux
	                : options->threads ? &ps_view_threads
	                : options->tree    ? &ps_view_tree
	                                   : &ps_view_workers;
	request->pattern = call->words[aux]; /* NULL at the end */
	if (column_parse(options->columns ? options->columns : request->view->columns,
	                 request->columns, &request->column_count, &bad, &length) < 0 ||
	    (options->sort &&
	     column_parse(options->sort, request->keys, &request->key_count, &bad, &length) < 0))
		return refuse_column(call, bad, length);
	return CMD_DONE;
}

static unsigned wishes_of(const struct ps_request *request)
{
	unsigned wishes = request->view->wishes;

	for (size_t i = 0; i < request->column_count; i++)
		wishes |= request->columns[i].column->wishes;
	for (size_t i = 0; i < request->key_count; i++)
		wishes |= request->keys[i].column->wishes;
	if (request->pattern)
		wishes |= SNAPSHOT_CMDLINE;
	return wishes;
}

static const char *join_command(struct texts *texts, json_t *command)
{
	size_t size = 1;
	json_t *word;
	char *text;
	char *at;
	size_t i;

	if (json_array_size(command) == 0)
		return NULL;
	json_array_foreach(command, i, word) size += json_string_length(word) + 1;
	text = at = texts_take(texts, size);
	json_array_foreach(command, i, word)
	{
		if (!json_is_string(word))
			continue;
		at = mempcpy(at, json_string_value(word), json_string_length(word));
		*at++ = ' ';
	}
	at[at > text ? -1 : 0] = '\0';
	return text;
}

static void init_context(struct ps_run *run)
{
	struct column_context *context = &run->context;
	struct timespec now = {0};
	struct sysinfo memory;

	clock_gettime(CLOCK_REALTIME, &now);
	context->now_usec = now.tv_sec * 1000000LL + now.tv_nsec / 1000;
	context->hertz = snapshot_hertz(run->snapshot);
	context->boot_s = (double)context->now_usec / 1e6 - snapshot_uptime_s(run->snapshot);
	if (sysinfo(&memory) == 0)
		context->memory_kib = (double)memory.totalram * memory.mem_unit / KIB;
}

static int row_compare(const void *a, const void *b, void *arg)
{
	const struct ps_request *request = arg;

	for (size_t i = 0; i < request->key_count; i++) {
		const struct column_key *key = &request->keys[i];
		struct value left = {0};
		struct value right = {0};
		int order;

		key->column->get(a, &left);
		key->column->get(b, &right);
		order = value_compare(&left, &right);
		if (order != 0)
			return key->descending ? -order : order;
	}
	return 0;
}

static void print_json(const struct ps_run *run, const struct ps_request *request)
{
	json_t *rows = alloc_json(json_array());

	for (size_t i = 0; i < run->row_count; i++) {
		json_t *object = alloc_json(json_object());

		for (size_t k = 0; k < request->column_count; k++) {
			const struct column *column = request->columns[k].column;
			struct value value = {0};

			column->get(&run->rows[i], &value);
			json_object_set_new(object, column->name, value_json(&value));
		}
		json_array_append_new(rows, object);
	}
	session_print_json(json_pack("{s:o}", "processes", rows));
}

static void print_table(const struct cmd_call *call, const struct ps_run *run,
                        const struct ps_request *request)
{
	const struct ps_options *options = call->options;
	struct table_style style = {
	    .width = table_terminal_width(),
	    .heading = !options->no_heading,
	    .color = session_color(call->session),
	};
	struct table_column heads[COLUMN_LIST_MAX];
	char room[VALUE_TEXT_SIZE];
	struct table *table;

	for (size_t k = 0; k < request->column_count; k++) {
		heads[k].heading = request->columns[k].column->heading;
		heads[k].right = request->columns[k].column->right;
	}
	table = table_new(heads, request->column_count);
	for (size_t i = 0; i < run->row_count; i++) {
		for (size_t k = 0; k < request->column_count; k++) {
			const struct column *column = request->columns[k].column;
			struct value value = {0};

			column->get(&run->rows[i], &value);
			table_add(table, value_text(&value, room, sizeof(room)),
			          column->color ? column->color(&run->rows[i]) : NULL);
		}
	}
	table_print(table, &style, stdout);
	table_free(table);
}

/* From the daemon's reply to the rows printed. */
static enum cmd_exit show(const struct cmd_call *call, struct ps_request *request, json_t *reply,
                          int guardian_pid, struct snapshot *snapshot)
{
	struct ps_run run = {.snapshot = snapshot, .pattern = request->pattern};
	enum cmd_exit code = CMD_DONE;
	struct worker *workers = worker_decode(reply, &run.worker_count);
	struct tree *tree = tree_new(snapshot, workers, run.worker_count, guardian_pid);

	run.workers = workers;
	run.tree = tree;
	run.labels = !session_json(call->session);
	run.texts = texts_new();
	run.commands = alloc_zero(run.worker_count, sizeof(*run.commands));
	for (size_t i = 0; i < run.worker_count; i++)
		run.commands[i] = join_command(run.texts, workers[i].command);
	init_context(&run);
	request->view->build(&run);
	if (request->key_count)
		qsort_r(run.rows, run.row_count, sizeof(*run.rows), row_compare, request);
	if (run.pattern && run.row_count == 0)
		code = CMD_REFUSED;
	if (session_json(call->session))
		print_json(&run, request);
	else if (code == CMD_DONE)
		print_table(call, &run, request);
	free(run.rows);
	free(run.commands);
	texts_free(run.texts);
	tree_free(tree);
	free(workers);
	return code;
}

/* musterd's own pid, where the view shows what belongs to it. */
static enum cmd_exit ask_guardian(const struct cmd_call *call, int *ret_pid)
{
	json_t *reply = NULL;
	enum cmd_exit code;

	code = session_call(call->session, "org.muster.Manager.Status", NULL, &reply);
	if (code != CMD_DONE)
		return code;
	*ret_pid = (int)json_integer_value(json_object_get(reply, "guardian_pid"));
	json_decref(reply);
	return CMD_DONE;
}

static enum cmd_exit ps_exec(const struct cmd_call *call)
{
	const struct ps_options *options = call->options;
	struct ps_request request = {0};
	struct snapshot *snapshot = NULL;
	json_t *reply = NULL;
	int guardian_pid = 0;
	enum cmd_exit code;
	int result;

	code = parse_request(call, &request);
	if (code == CMD_DONE && request.view == &ps_view_aux)
		code = ask_guardian(call, &guardian_pid);
	if (code == CMD_DONE)
		code = session_call(call->session, "org.muster.Process.List", NULL, &reply);
	if (code != CMD_DONE)
		return code;
	result = snapshot_new(wishes_of(&request), options->sample_s, &snapshot);
	if (result < 0)
		code = session_refuse(call->session, CMD_REFUSED, SESSION_ERROR_FAILED,
		                      "cannot read /proc: %s", strerror(-result));
	else
		code = show(call, &request, reply, guardian_pid, snapshot);
	snapshot_free(snapshot);
	json_decref(reply);
	return code;
}
