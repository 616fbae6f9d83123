/* Taking up a process that an engine before us had, at whatever instruction that engine died. */
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/log.h"
#include "daemon/config/program.h"
#include "daemon/process/process-inside.h"
#include "daemon/process/spawn.h"
#include "daemon/process/stdio.h"

/*
 * The handle of a pid that an engine before us knew. It may be another process's by now; but the
 * guardian reaps nothing that it has not reported, and every exit that it reported before the pid
 * was looked up is applied (exits_catch_up()) before anything is signalled. Where no handle is to
 * be had the process has been reaped, and its exit is among these.
 */
static int process_find_child(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

/* The engine before died between announcing a child and entering what became of it. */
static void process_adopt_birth(struct process *process)
{
	struct ledger_birth *birth = ledger_birth(process->context->ledger, process->record);
	bool foreign = process_life(process)->foreign;
	pid_t pid = atomic_load(&birth->pid);

	if (!pid || atomic_load(&birth->stage) != SPAWN_STAGE_NONE)
		return;
	if (foreign && !process_is_told_as(process, pid)) {
		log_warn("pid %d may be %s, which cannot be proved: it is left alone", (int)pid,
		         process_name(process));
		return;
	}
	process_take_child(process, pid, process_find_child(pid));
	if (foreign)
		process_watch_foreign(process);
}

/* One that was stopped has given its pipes back, or was about to. */
static int process_adopt_stdio(struct process *process, char *text, size_t size)
{
	if (process_state(process) == STATE_STOPPED &&
	    !stdio_is_stored(process->context, process->record))
		return stdio_new(process->context, process->program, process->record, text, size,
		                 &process->stdio);
	return process_open_stdio(process, text, size);
}

static void process_adopt_pid(struct process *process)
{
	const struct ledger_life *life = process_life(process);

	process_enter_pid(process);
	if (life->foreign)
		process_watch_foreign(process);
}

int process_adopt(const struct context *context, const struct program *program, uint32_t record,
                  struct process **ret_process)
{
	struct process *process = process_alloc(context, program, record);
	const struct ledger_life *life;
	char text[LEDGER_ERROR_SIZE];
	bool spawning;

	if (!process)
		return -ENOMEM;
	life = process_life(process);
	/* Taken by an engine that died before it wrote anything: as new. */
	if (!life->since_wall_usec)
		process_begin_record(process);
	spawning = life->spawning;
	if (!life->spawning && life->pid)
		process->pidfd =
		    life->foreign ? process_find_foreign(process) : process_find_child(life->pid);
	/* Its pipes are found by way of itself. */
	if (spawning && life->foreign)
		process_adopt_birth(process);
	/* A child of a first start may be there before that is noted. */
	if ((spawning || process_life(process)->was_started) &&
	    process_adopt_stdio(process, text, sizeof(text)) < 0)
		log_error("%s goes on without its logs: %s", process_name(process), text);
	if (spawning && !life->foreign)
		process_adopt_birth(process);
	else if (!spawning && life->pid)
		process_adopt_pid(process);
	*ret_process = process;
	return 0;
}

static enum fsm_action process_recover_starting(struct process *process)
{
	bool is_ahead = !process_pid(process) && !process->context->ending;

	return is_ahead ? ACTION_SPAWN : ACTION_NONE;
}

/* The signal may not have been sent: once more does no harm. */
static enum fsm_action process_recover_stopping(struct process *process)
{
	return process_life(process)->overdue ? ACTION_SIGNAL_KILL : ACTION_SIGNAL_STOP;
}

static enum fsm_action process_recover_stopped(struct process *process)
{
	if (process_life(process)->wanted && !process->context->ending)
		process_feed(process, EVENT_START, NULL);
	else
		process_release_pipes(process);
	return ACTION_NONE;
}

static enum fsm_action process_recover_backoff(struct process *process)
{
	(void)process;
	return ACTION_BACK_OFF;
}

static enum fsm_action process_recover_exited(struct process *process)
{
	return process->context->ending ? ACTION_NONE : ACTION_AFTER_EXIT;
}

/* What follows a state was perhaps not done any more: the action to do again. */
static enum fsm_action (*const recoveries[STATE_COUNT])(struct process *process) = {
    [STATE_STOPPED] = process_recover_stopped, [STATE_STARTING] = process_recover_starting,
    [STATE_BACKOFF] = process_recover_backoff, [STATE_STOPPING] = process_recover_stopping,
    [STATE_EXITED] = process_recover_exited,
};

void process_recover(struct process *process)
{
	enum process_state state;

	process_recover_foreign(process);
	state = process_state(process);
	process_set_timer(process);
	if (recoveries[state])
		process_act(process, recoveries[state](process));
}
