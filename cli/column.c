/* The table of ps columns and what each shows; see column.h. */
#include "cli/column.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "cli/snapshot.h"
#include "cli/worker.h"

#define USEC_PER_S 1000000

static void set_text(struct value *value, const char *text)
{
	value->kind = text ? VALUE_TEXT : VALUE_NONE;
	value->text = text;
}

static void set_number(struct value *value, enum value_kind kind, long long number)
{
	value->kind = kind;
	value->number = number;
}

/* Numbers of the system: there are none where nothing runs. */
static void set_used(const struct column_row *row, struct value *value, enum value_kind kind,
                     long long number)
{
	set_number(value, row->usage.procs ? kind : VALUE_NONE, number);
}

static void get_bound(const struct column_row *row, struct value *value)
{
	set_text(value, row->usage.bound == BOUND_NONE ? NULL : bound_name(row->usage.bound));
}

static void get_cmdline(const struct column_row *row, struct value *value)
{
	const struct snapshot_proc *proc = row->proc;

	set_text(value, proc ? proc->cmdline ? proc->cmdline : proc->name : NULL);
}

static void get_command(const struct column_row *row, struct value *value)
{
	set_text(value, row->command);
}

static void get_cpu(const struct column_row *row, struct value *value)
{
	value->kind = row->usage.procs ? VALUE_PERCENT : VALUE_NONE;
	value->real = row->usage.cpu_share * 100;
}

static void get_desc(const struct column_row *row, struct value *value)
{
	set_text(value, row->worker ? row->worker->description : NULL);
}

static void get_exit(const struct column_row *row, struct value *value)
{
	if (row->worker && row->worker->has_exitcode)
		set_number(value, VALUE_COUNT, row->worker->exitcode);
}

static void get_group(const struct column_row *row, struct value *value)
{
	set_text(value, row->worker ? row->worker->group : NULL);
}

static void get_health(const struct column_row *row, struct value *value)
{
	set_text(value, row->worker ? row->worker->health : NULL);
}

static void get_log(const struct column_row *row, struct value *value)
{
	set_text(value, row->worker ? row->worker->stdout_logfile : NULL);
}

static void get_mem(const struct column_row *row, struct value *value)
{
	value->kind = row->usage.procs && row->context->memory_kib > 0 ? VALUE_PERCENT : VALUE_NONE;
	value->real = (double)row->usage.rss_kib * 100 / row->context->memory_kib;
}

static void get_name(const struct column_row *row, struct value *value)
{
	if (row->label)
		set_text(value, row->label);
	else
		set_text(value, row->worker ? row->worker->name : "musterd");
}

static void get_nice(const struct column_row *row, struct value *value)
{
	if (row->proc)
		set_number(value, VALUE_COUNT, row->proc->nice);
}

static void get_pid(const struct column_row *row, struct value *value)
{
	if (row->proc)
		set_number(value, VALUE_COUNT, row->proc->pid);
	else if (row->worker && row->worker->pid > 0)
		set_number(value, VALUE_COUNT, row->worker->pid);
}

static void get_ppid(const struct column_row *row, struct value *value)
{
	if (row->proc)
		set_number(value, VALUE_COUNT, row->proc->ppid);
}

static void get_procs(const struct column_row *row, struct value *value)
{
	set_used(row, value, VALUE_COUNT, row->usage.procs);
}

static void get_rss(const struct column_row *row, struct value *value)
{
	set_used(row, value, VALUE_KIB, (long long)row->usage.rss_kib);
}

static void get_rsskib(const struct column_row *row, struct value *value)
{
	set_used(row, value, VALUE_COUNT, (long long)row->usage.rss_kib);
}

static void get_rst(const struct column_row *row, struct value *value)
{
	if (row->worker && row->depth == 0)
		set_number(value, VALUE_COUNT, row->worker->restarts);
}

static void get_since(const struct column_row *row, struct value *value)
{
	long long since_usec = row->worker ? row->worker->state_since_usec : 0;

	if (since_usec > 0)
		set_number(value, VALUE_DURATION,
		           (row->context->now_usec - since_usec) / USEC_PER_S);
}

static void get_start(const struct column_row *row, struct value *value)
{
	if (row->proc)
		set_number(value, VALUE_CLOCK,
		           (long long)(row->context->boot_s +
		                       (double)row->proc->began_ticks / row->context->hertz));
}

/* As ps has it: the state, then < or N for niceness, s, l and +. */
static void get_stat(const struct column_row *row, struct value *value)
{
	const struct snapshot_proc *proc = row->proc;
	char *at = value->small;

	if (!proc)
		return;
	*at++ = proc->state;
	if (proc->nice < 0)
		*at++ = '<';
	if (proc->nice > 0)
		*at++ = 'N';
	if (proc->session == proc->pid)
		*at++ = 's';
	if (proc->threads > 1)
		*at++ = 'l';
	if (proc->tpgid == proc->pgrp)
		*at++ = '+';
	*at = '\0';
	set_text(value, value->small);
}

static void get_state(const struct column_row *row, struct value *value)
{
	set_text(value, row->worker && row->depth == 0 ? worker_state_title(row->worker) : NULL);
}

static void get_thr(const struct column_row *row, struct value *value)
{
	set_used(row, value, VALUE_COUNT, row->usage.threads);
}

static void get_thread(const struct column_row *row, struct value *value)
{
	set_text(value, row->proc ? row->proc->name : NULL);
}

static void get_tid(const struct column_row *row, struct value *value)
{
	if (row->proc)
		set_number(value, VALUE_COUNT, row->proc->tid);
}

static void get_time(const struct column_row *row, struct value *value)
{
	set_used(row, value, VALUE_CPU_TIME,
	         (long long)((double)row->usage.cpu_ticks / row->context->hertz));
}

static void get_tty(const struct column_row *row, struct value *value)
{
	set_text(value, row->proc ? row->proc->tty : NULL);
}

static void get_uptime(const struct column_row *row, struct value *value)
{
	const struct worker *worker = row->worker;
	const struct snapshot_proc *proc = row->proc;

	if (worker && proc && worker->pid == proc->pid && worker->started_usec > 0)
		set_number(value, VALUE_DURATION,
		           (row->context->now_usec - worker->started_usec) / USEC_PER_S);
	else if (proc)
		set_number(value, VALUE_DURATION,
		           row->context->now_usec / USEC_PER_S -
		               (long long)(row->context->boot_s +
		                           (double)proc->began_ticks / row->context->hertz));
}

static void get_user(const struct column_row *row, struct value *value)
{
	set_text(value, row->proc ? row->proc->user : NULL);
}

static void get_vsz(const struct column_row *row, struct value *value)
{
	set_used(row, value, VALUE_KIB, (long long)row->usage.vsz_kib);
}

static void get_vszkib(const struct column_row *row, struct value *value)
{
	set_used(row, value, VALUE_COUNT, (long long)row->usage.vsz_kib);
}

static const char *color_state(const struct column_row *row)
{
	return row->worker && row->depth == 0 ? worker_state_color(row->worker) : NULL;
}

/* Alphabetical; the last fields are the snapshot's wishes, the help, what gives value and colour.
 */
const struct column columns[] = {
    {"bound", "BOUND", false, 0, "cpu, 1core, disk or wait: what holds it back", get_bound, NULL},
    {"cmdline", "COMMAND", false, SNAPSHOT_CMDLINE, "command line that ps shows", get_cmdline,
     NULL},
    {"command", "COMMAND", false, 0, "command of the configuration", get_command, NULL},
    {"cpu", "%CPU", true, 0, "of one core, since it began or during -w", get_cpu, NULL},
    {"desc", "DESCRIPTION", false, 0, "why it is where it is", get_desc, NULL},
    {"exit", "EXIT", true, 0, "exit status, or -signal", get_exit, NULL},
    {"group", "GROUP", false, 0, "group", get_group, NULL},
    {"health", "HEALTH", false, 0, "what its health check says", get_health, NULL},
    {"log", "LOG", false, 0, "log of its standard output", get_log, NULL},
    {"mem", "%MEM", true, 0, "resident part of the machine's memory", get_mem, NULL},
    {"name", "NAME", false, 0, "name", get_name, NULL},
    {"nice", "NI", true, 0, "niceness", get_nice, NULL},
    {"pid", "PID", true, 0, "process id", get_pid, NULL},
    {"ppid", "PPID", true, 0, "process id of the parent", get_ppid, NULL},
    {"procs", "PROCS", true, 0, "processes, its descendants too", get_procs, NULL},
    {"rss", "RSS", true, 0, "resident memory (KiB in JSON)", get_rss, NULL},
    {"rsskib", "RSS", true, 0, "resident memory in KiB", get_rsskib, NULL},
    {"rst", "RST", true, 0, "restarts since somebody asked for a start", get_rst, NULL},
    {"since", "SINCE", true, 0, "time in its present state", get_since, NULL},
    {"start", "START", true, 0, "when it began", get_start, NULL},
    {"stat", "STAT", false, 0, "state of the system, as ps", get_stat, NULL},
    {"state", "STATE", false, 0, "state of supervision", get_state, color_state},
    {"thr", "THR", true, 0, "threads", get_thr, NULL},
    {"thread", "THREAD", false, 0, "name of the thread or process", get_thread, NULL},
    {"tid", "TID", true, 0, "thread id", get_tid, NULL},
    {"time", "TIME", true, 0, "processor time used", get_time, NULL},
    {"tty", "TTY", false, SNAPSHOT_TTY, "terminal", get_tty, NULL},
    {"uptime", "UPTIME", true, 0, "time since it was started", get_uptime, NULL},
    {"user", "USER", false, SNAPSHOT_USER, "effective user", get_user, NULL},
    {"vsz", "VSZ", true, 0, "virtual memory (KiB in JSON)", get_vsz, NULL},
    {"vszkib", "VSZ", true, 0, "virtual memory in KiB", get_vszkib, NULL},
    {NULL, NULL, false, 0, NULL, NULL, NULL},
};

static bool name_is(const char *known, const char *name, size_t length)
{
	return strncasecmp(known, name, length) == 0 && known[length] == '\0';
}

const struct column *column_find(const char *name, size_t length)
{
	for (const struct column *column = columns; column->name; column++) {
		if (name_is(column->name, name, length))
			return column;
	}
	for (const struct column *column = columns; column->name; column++) {
		if (name_is(column->heading, name, length))
			return column;
	}
	return NULL;
}

int column_parse(const char *text, struct column_key *keys, size_t *ret_count, const char **ret_bad,
                 size_t *ret_length)
{
	size_t count = 0;

	for (;;) {
		size_t length = strcspn(text, ",");
		bool descending = *text == '-';
		size_t sign = descending || *text == '+';
		const struct column *column = column_find(text + sign, length - sign);

		if (!column || length == sign || count == COLUMN_LIST_MAX) {
			*ret_bad = text;
			*ret_length = length;
			return -EINVAL;
		}
		keys[count++] = (struct column_key){column, descending};
		text += length;
		if (*text == '\0')
			break;
		text++;
	}
	*ret_count = count;
	return 0;
}

void column_help(FILE *stream)
{
	fputs("Columns:\n", stream);
	for (const struct column *column = columns; column->name; column++)
		fprintf(stream, "  %-8s %s\n", column->name, column->help);
}
