/* A process: its record, and what others read of it. */
#include "daemon/process/process.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/crashpoint.h"
#include "daemon/config/program.h"
#include "daemon/process/essential.h"
#include "daemon/process/process-inside.h"
#include "daemon/process/stdio.h"

const struct ledger_life *process_life(const struct process *process)
{
	return ledger_life(process->context->ledger, process->record);
}

void process_commit(struct process *process, const struct ledger_life *next)
{
	ledger_commit(process->context->ledger, process->record, next);
}

struct process *process_alloc(const struct context *context, const struct program *program,
                              uint32_t record)
{
	struct process *process = calloc(1, sizeof(*process));

	if (!process)
		return NULL;
	process->context = context;
	process->program = program;
	process->record = record;
	process->pidfd = -1;
	process->pid_entry.process = process;
	process->launch_entry.process = process;
	process->trees_entry.process = process;
	loop_timer_init(context->loop, &process->timer, process_timer_cb, process);
	return process;
}

void process_begin_record(struct process *process)
{
	const struct program *program = process->program;
	struct ledger_life life = {
	    .state = program->broken ? STATE_FATAL : STATE_STOPPED,
	    .since_wall_usec = clock_wall_usec(),
	    /* Also for an engine that finds this record before it was started. */
	    .wanted = program->autostart && !program->broken,
	};

	process_commit(process, &life);
}

int process_new(const struct context *context, const struct program *program,
                struct process **ret_process)
{
	struct process *process;
	uint32_t record;
	int r = ledger_take(context->ledger, program->full_name, &record);

	if (r < 0)
		return r;
	crash_point(CRASH_RECORD_TAKEN);
	process = process_alloc(context, program, record);
	if (!process) {
		ledger_release(context->ledger, record);
		return -ENOMEM;
	}
	process_begin_record(process);
	*ret_process = process;
	return 0;
}

void process_free(struct process *process, bool forget)
{
	const struct context *context;

	if (!process)
		return;
	context = process->context;
	launcher_remove(context->launcher, &process->launch_entry);
	trees_remove(context->trees, &process->trees_entry);
	loop_timer_unset(&process->timer);
	process_let_go(process);
	stdio_free(process->stdio);
	if (forget) {
		stdio_forget(context, process->record);
		ledger_release(context->ledger, process->record);
		crash_point(CRASH_RECORD_RELEASED);
	}
	free(process->note);
	free(process);
}

bool process_has_survived(const struct process *process, const struct process *other)
{
	const struct ledger_life *life = process_life(process);
	const struct ledger_life *end = process_life(other);

	if (!life->was_started || !(end->was_started || end->spawn_failed))
		return false;
	return end->exit_serial > life->exits_before ||
	       end->since_wall_usec >= life->started_wall_usec;
}

uint32_t process_record(const struct process *process)
{
	return process->record;
}

void process_set_rank(struct process *process, int rank)
{
	process->rank = rank;
}

int process_rank(const struct process *process)
{
	return process->rank;
}

void process_set_program(struct process *process, const struct program *program)
{
	process->program = program;
}

const struct program *process_program(const struct process *process)
{
	return process->program;
}

const char *process_name(const struct process *process)
{
	return process->program->full_name;
}

const char *process_group(const struct process *process)
{
	return process->program->group;
}

enum process_state process_state(const struct process *process)
{
	return (enum process_state)process_life(process)->state;
}

pid_t process_pid(const struct process *process)
{
	return process_life(process)->pid;
}

int process_pidfd(const struct process *process)
{
	return process->pidfd;
}

uint64_t process_fingerprint(const struct process *process)
{
	return process_life(process)->fingerprint;
}

bool process_exitcode(const struct process *process, int *ret_exitcode)
{
	const struct ledger_life *life = process_life(process);

	if (life->pid || !life->was_ended || life->exit_status == LEDGER_STATUS_UNKNOWN)
		return false;
	*ret_exitcode = WIFEXITED(life->exit_status) ? WEXITSTATUS(life->exit_status)
	                                             : -WTERMSIG(life->exit_status);
	return true;
}

uint64_t process_state_since_usec(const struct process *process)
{
	return process_life(process)->since_wall_usec;
}

uint64_t process_started_usec(const struct process *process)
{
	return process_life(process)->started_wall_usec;
}

bool process_was_started_since(const struct process *process, uint64_t monotonic_usec)
{
	const struct ledger_life *life = process_life(process);

	return life->was_started && life->started_usec >= monotonic_usec;
}

unsigned process_restarts(const struct process *process)
{
	return process_life(process)->restarts;
}

bool process_is_done(const struct process *process)
{
	const struct ledger_life *life = process_life(process);

	if (life->state == STATE_STOPPED)
		return !life->wanted;
	if (life->state == STATE_EXITED)
		return !life->deadline_usec;
	return state_is_ended((enum process_state)life->state);
}

const char *process_spawn_error(const struct process *process)
{
	const struct ledger_life *life = process_life(process);

	if (process->program->broken)
		return process->program->broken;
	return life->error[0] ? life->error : NULL;
}

bool process_is_wanted(const struct process *process)
{
	return process_life(process)->wanted;
}

bool process_spawn_failed(const struct process *process)
{
	return process_life(process)->spawn_failed;
}

bool process_ends_all(const struct process *process)
{
	return essential_is_over(process->program, process_life(process));
}

int process_shell_code(const struct process *process)
{
	return essential_exit_code(process_life(process));
}

const char *process_stop_note(const struct process *process)
{
	return process->note;
}

const char *process_logfile(const struct process *process, int stream)
{
	return process->stdio ? stdio_logfile(process->stdio, stream) : NULL;
}
