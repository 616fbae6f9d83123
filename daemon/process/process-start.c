/* A process's start: its pipes, its child, and what the record says of both. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "daemon/base/bus.h"
#include "daemon/base/clock.h"
#include "daemon/base/crashpoint.h"
#include "daemon/config/program.h"
#include "daemon/process/environment.h"
#include "daemon/process/identity.h"
#include "daemon/process/keeper.h"
#include "daemon/process/process-inside.h"
#include "daemon/process/spawn.h"
#include "daemon/process/stdio.h"

static void process_stored_cb(void *arg)
{
	struct process *process = arg;
	struct notice notice = {
	    .type = NOTICE_PROCESS_LOG,
	    .subject = process_name(process),
	    .object = process,
	};

	bus_publish(process->context->bus, &notice);
}

/* exec_error: of a file that could not be found or executed; 0 where something else failed. */
static void process_fail_launch(struct process *process, const char *text, int exec_error)
{
	struct ledger_life next = *process_life(process);

	next.spawning = false;
	next.spawn_failed = true;
	next.exec_error = exec_error;
	snprintf(next.error, sizeof(next.error), "%s", text);
	log_info("spawnerr: %s (%s)", text, process_name(process));
	process_feed(process, EVENT_SPAWN_FAILED, &next);
}

/* No exit that the guardian reports is that of a process which is not its child. */
void process_enter_pid(struct process *process)
{
	const struct ledger_life *life = process_life(process);

	pids_add(process->context->pids, &process->pid_entry, life->pid,
	         life->foreign ? UINT64_MAX : life->exits_before);
}

void process_take_child(struct process *process, pid_t pid, int pidfd)
{
	struct ledger_birth *birth = ledger_birth(process->context->ledger, process->record);
	struct ledger_life next = *process_life(process);

	next.spawning = false;
	next.pid = pid;
	next.tree = pid;
	next.exits_before = atomic_load(&birth->exits_before);
	next.started_usec = clock_monotonic_usec();
	next.started_wall_usec = clock_wall_usec();
	next.fingerprint = process->program->fingerprint;
	next.was_started = true;
	next.was_ended = false;
	next.identity = ledger_lasts(process->context->ledger) ? identity_of(pid, pidfd) : 0;
	next.signalled = false;
	next.stop_signal = 0;
	next.spawn_failed = false;
	next.error[0] = '\0';
	next.deadline_usec = next.started_usec + process->program->startsecs_usec;
	process->pidfd = pidfd;
	process_commit(process, &next);
	crash_point(CRASH_CHILD_TAKEN);
	process_enter_pid(process);
	log_info("spawned: '%s' with pid %d", process_name(process), (int)pid);
	if (process->program->startsecs_usec)
		process_set_timer(process);
	else
		process_feed(process, EVENT_UP, NULL);
}

int process_open_stdio(struct process *process, char *text, size_t size)
{
	bool is_new = !process->stdio;
	int r = 0;

	if (is_new)
		r = stdio_new(process->context, process->program, process->record, text, size,
		              &process->stdio);
	if (r < 0)
		return r;
	if (process_life(process)->foreign && process->pidfd >= 0)
		stdio_find_pipes(process->stdio, process->context, process->program,
		                 process->record, process_pid(process));
	r = stdio_open_pipes(process->stdio, process->context, process->program, process->record,
	                     process_stored_cb, process);
	if (r < 0)
		snprintf(text, size, "making its pipes: %s", strerror(-r));
	if (r < 0 && is_new) {
		stdio_free(process->stdio);
		process->stdio = NULL;
	}
	return r;
}

/* The ledger says that a child may come before there is one: the child enters its pid itself. */
static void process_announce_child(struct process *process, struct ledger_birth *birth)
{
	struct ledger_life next = *process_life(process);

	atomic_store(&birth->pid, 0);
	atomic_store(&birth->stage, SPAWN_STAGE_NONE);
	next.spawning = true;
	next.foreign = false;
	process_commit(process, &next);
	crash_point(CRASH_SPAWN_ANNOUNCED);
}

/* What goes wrong here goes wrong again, and is told, when it is launched. */
void process_prepare(struct process *process)
{
	char text[LEDGER_ERROR_SIZE];

	(void)process_open_stdio(process, text, sizeof(text));
}

void process_launch(struct process *process)
{
	const struct context *context = process->context;
	const struct program *program = process->program;
	struct ledger_birth *birth = ledger_birth(context->ledger, process->record);
	char text[LEDGER_ERROR_SIZE];
	char path[PATH_MAX];
	struct spawn_result result = {.stage = SPAWN_STAGE_EXEC};
	struct spawn_plan plan = {
	    .program = program,
	    .path = path,
	    .umask = program->umask < 0 ? context->umask : (mode_t)program->umask,
	    .birth = birth,
	};
	char **environment = NULL;

	if (process_open_stdio(process, text, sizeof(text)) < 0) {
		process_fail_launch(process, text, 0);
		return;
	}
	stdio_child_ends(process->stdio, plan.stdio);
	result.error = spawn_find(program->argv[0], program->search_path, path, sizeof(path));
	if (!result.error) {
		environment = environment_for(context, program);
		plan.envp = environment;
		keeper_flush(context->keeper);
		crash_point(CRASH_PIPES_KEPT);
		process_announce_child(process, birth);
		if (environment && spawn_process(context->spawner, &plan, &result) == 0) {
			crash_point(CRASH_CHILD_CLONED);
			process_take_child(process, result.pid, result.pidfd);
			free(environment);
			return;
		}
		if (!environment)
			result =
			    (struct spawn_result){.stage = SPAWN_STAGE_PREPARE, .error = ENOMEM};
	}
	crash_point(CRASH_SPAWN_FAILED);
	free(environment);
	spawn_describe(program, path, result.stage, result.error, text, sizeof(text));
	process_fail_launch(process, text, result.stage == SPAWN_STAGE_EXEC ? result.error : 0);
}

int process_start_now(struct process *process)
{
	int r = process_start(process);

	if (r < 0)
		return r;
	launcher_remove(process->context->launcher, &process->launch_entry);
	process_launch(process);
	return 0;
}
