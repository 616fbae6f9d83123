/* A process's end: its leader's exit, and the tree that the leader may have left. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/log.h"
#include "common/parse.h"
#include "daemon/base/clock.h"
#include "daemon/base/crashpoint.h"
#include "daemon/config/program.h"
#include "daemon/guardian/channel.h"
#include "daemon/process/process-inside.h"
#include "daemon/process/stdio.h"

#define PROCESS_NOTE_MAX 256u

void process_note_killed(struct process *process, pid_t pid)
{
	size_t used;

	if (!process->note) {
		process->note = malloc(PROCESS_NOTE_MAX);
		if (!process->note)
			return;
		snprintf(process->note, PROCESS_NOTE_MAX, "needed SIGKILL: %d", (int)pid);
		return;
	}
	used = strlen(process->note);
	snprintf(process->note + used, PROCESS_NOTE_MAX - used, ", %d", (int)pid);
}

void process_let_go(struct process *process)
{
	pids_remove(process->context->pids, &process->pid_entry);
	process_unwatch_foreign(process);
	if (process->pidfd >= 0)
		close(process->pidfd);
	process->pidfd = -1;
}

/* "exit status 1", "terminated by SIGKILL (core dumped)". */
static void process_exit_text(int status, char *text, size_t size)
{
	const char *name = WIFSIGNALED(status) ? signal_name(WTERMSIG(status)) : NULL;
	const char *core = WIFSIGNALED(status) && WCOREDUMP(status) ? " (core dumped)" : "";

	if (status == LEDGER_STATUS_UNKNOWN)
		snprintf(text, size, "exit status unknown");
	else if (WIFEXITED(status))
		snprintf(text, size, "exit status %d", WEXITSTATUS(status));
	else if (name)
		snprintf(text, size, "terminated by SIG%s%s", name, core);
	else
		snprintf(text, size, "terminated by signal %d%s", WTERMSIG(status), core);
}

void process_describe_last_end(const struct process *process, char *text, size_t size)
{
	if (process_spawn_failed(process))
		snprintf(text, size, "%s", process_life(process)->error);
	else
		process_exit_text(process_life(process)->exit_status, text, size);
}

/* Which event the end of the leader is, with its words for the record and the log. */
static enum fsm_event process_judge_exit(const struct process *process, bool early,
                                         struct ledger_life *next)
{
	int status = next->exit_status;
	bool stopping = process_state(process) == STATE_STOPPING;
	char text[64];

	process_exit_text(status, text, sizeof(text));
	next->was_expected =
	    WIFEXITED(status) && program_expects_exit(process->program, WEXITSTATUS(status));
	if (stopping) {
		log_info("stopped: %s (%s)", process_name(process), text);
		return EVENT_EXIT_EXPECTED;
	}
	if (early) {
		snprintf(next->error, sizeof(next->error),
		         "Exited too quickly (process log may have details)");
		log_info("exited: %s (%s; not expected)", process_name(process), text);
		return EVENT_EXIT_EARLY;
	}
	log_info("exited: %s (%s; %sexpected)", process_name(process), text,
	         next->was_expected ? "" : "not ");
	next->tries = 0;
	if (next->was_expected)
		return EVENT_EXIT_EXPECTED;
	if (status == LEDGER_STATUS_UNKNOWN)
		snprintf(next->error, sizeof(next->error), "Exit status unknown");
	else
		snprintf(next->error, sizeof(next->error), "Bad exit code %d",
		         WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	return EVENT_EXIT_UNEXPECTED;
}

void process_exited(struct process *process, const struct channel_notice *notice)
{
	const struct ledger_life *life = process_life(process);
	uint64_t up_usec = life->started_usec + process->program->startsecs_usec;
	bool starting = life->state == STATE_STARTING;
	uint64_t ended_usec = clock_monotonic_of(notice->ended_usec);
	bool early = starting && process->program->startsecs_usec && ended_usec < up_usec;
	struct ledger_life next;
	enum fsm_event event;

	if (process->stdio)
		stdio_settle(process->stdio);
	crash_point(CRASH_EXIT_SETTLED);
	if (starting && !early)
		process_feed(process, EVENT_UP, NULL);
	next = *process_life(process);
	next.pid = 0;
	next.exit_serial = notice->serial;
	next.exit_status = notice->status;
	next.ended_wall_usec = clock_wall_usec() - (clock_monotonic_usec() - ended_usec);
	next.was_ended = true;
	event = process_judge_exit(process, early, &next);
	process_let_go(process);
	process_feed(process, event, &next);
}

bool process_knows_exit(const struct process *process, uint64_t serial)
{
	return process_life(process)->exit_serial == serial;
}

pid_t process_tree(const struct process *process)
{
	return process_life(process)->tree;
}

int process_tree_signal(const struct process *process)
{
	return process_life(process)->overdue ? SIGKILL : process_stop_signal(process);
}

void process_tree_killed(struct process *process, pid_t pid)
{
	log_warn("killing %d, left behind by '%s', with SIGKILL", (int)pid, process_name(process));
	process_note_killed(process, pid);
}

/* What the tree wrote after its leader's end. */
static void process_settle_tree(struct process *process)
{
	if (process->stdio && stdio_has_output(process->stdio))
		stdio_settle(process->stdio);
}

/* Where a log takes nothing now, the pipes stay until the next stop. */
void process_release_pipes(struct process *process)
{
	struct stdio *stdio = process->stdio;

	if (!stdio || process->context->ending)
		return;
	process_settle_tree(process);
	if (!stdio_has_output(stdio))
		stdio_drop_pipes(stdio, process->context, process->record);
}

void process_tree_gone(struct process *process)
{
	struct ledger_life next = *process_life(process);
	bool wanted = next.wanted;

	/* First: who hears of the stop finds all of it in the log. */
	process_settle_tree(process);
	crash_point(CRASH_TREE_GONE);
	next.tree = 0;
	next.overdue = false;
	next.tries = 0;
	next.restarts = 0;
	if (!process_feed(process, EVENT_GONE, &next))
		return;
	if (wanted)
		process_feed(process, EVENT_START, NULL);
	else
		process_release_pipes(process);
}
