/*
 * A process's life: the events through the table, into the ledger, and out as signals, starts,
 * timers and notices. process_feed() is the one function that changes a state.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/log.h"
#include "common/parse.h"
#include "daemon/base/bus.h"
#include "daemon/base/clock.h"
#include "daemon/base/crashpoint.h"
#include "daemon/config/program.h"
#include "daemon/process/process-inside.h"
#include "daemon/process/stdio.h"

/* From Linux 6.9 on a pidfd can stand for the process group: no pid is looked up then. */
#define PROCESS_PIDFD_GROUP (1u << 2)

static int process_send_signal(const struct process *process, int signal, bool group)
{
	pid_t pid = process_pid(process);
	long r;

	if (!pid || process->pidfd < 0)
		return -ESRCH;
	r = syscall(SYS_pidfd_send_signal, process->pidfd, signal, NULL,
	            group ? PROCESS_PIDFD_GROUP : 0);
	if (r < 0 && group && errno == EINVAL) {
		/* The group's number is the leader's pid and cannot be another's while the leader
		 * is there. */
		r = syscall(SYS_pidfd_send_signal, process->pidfd, 0, NULL, 0);
		r = r < 0 ? r : kill(-pid, signal);
	}
	return r < 0 ? -errno : 0;
}

int process_stop_signal(const struct process *process)
{
	int signal = process_life(process)->stop_signal;

	return signal ? signal : process->program->stopsignal;
}

void process_set_stop_signal(struct process *process, int signal)
{
	struct ledger_life next = *process_life(process);

	next.stop_signal = signal;
	process_commit(process, &next);
}

static void process_act_stop(struct process *process)
{
	const struct program *program = process->program;
	struct ledger_life next = *process_life(process);
	int signal = process_stop_signal(process);
	pid_t pid = process_pid(process);
	int r;

	free(process->note);
	process->note = NULL;
	if (!pid) {
		/* Its start was still to come, or its leader has gone already. */
		launcher_remove(process->context->launcher, &process->launch_entry);
		trees_add(process->context->trees, &process->trees_entry);
		return;
	}
	if (next.signalled)
		return; /* by the engine before: some programs take a second one for "at once" */
	log_debug("killing %s (pid %d) with signal SIG%s", process_name(process), (int)pid,
	          signal_name(signal));
	trees_expect(process->context->trees, &process->trees_entry);
	r = process_send_signal(process, signal, program->stopasgroup);
	if (r < 0 && r != -ESRCH)
		log_error("cannot signal %s (pid %d): %s", process_name(process), (int)pid,
		          strerror(-r));
	crash_point(CRASH_STOP_SIGNALLED);
	next.signalled = true;
	process_commit(process, &next);
}

static void process_act_kill(struct process *process)
{
	pid_t pid = process_pid(process);

	if (!pid) {
		launcher_remove(process->context->launcher, &process->launch_entry);
		trees_add(process->context->trees, &process->trees_entry);
		return;
	}
	log_warn("killing '%s' (%d) with SIGKILL", process_name(process), (int)pid);
	process_note_killed(process, pid);
	(void)process_send_signal(process, SIGKILL, process->program->killasgroup);
	crash_point(CRASH_KILL_SIGNALLED);
}

static void process_act_launch(struct process *process)
{
	launcher_add(process->context->launcher, &process->launch_entry);
}

static void process_act_back_off(struct process *process)
{
	if (process_life(process)->tries > process->program->startretries)
		process_feed(process, EVENT_GIVE_UP, NULL);
}

/*
 * A restart that supervisord's rules ask for. supervisord looks once a second; here it comes at
 * once, but no sooner than a second after the start before: a program that ends as soon as it is
 * started must not eat the machine.
 */
#define PROCESS_RESTART_PAUSE_USEC USEC_PER_SEC

static bool process_wants_restart(const struct process *process, const struct ledger_life *life)
{
	if (!life->wanted || process->program->broken || process->context->ending)
		return false;
	return process->program->autorestart == AUTORESTART_TRUE ||
	       (process->program->autorestart == AUTORESTART_UNEXPECTED && !life->was_expected);
}

static void process_start_again(struct process *process)
{
	struct ledger_life next = *process_life(process);

	next.restarts++;
	process_feed(process, EVENT_START, &next);
}

static void process_act_after_exit(struct process *process)
{
	uint64_t deadline_usec = process_life(process)->deadline_usec;

	if (deadline_usec && deadline_usec <= clock_monotonic_usec())
		process_start_again(process);
}

static void process_act_tree(struct process *process)
{
	trees_add(process->context->trees, &process->trees_entry);
}

static void process_prepare_spawn(const struct process *process, struct ledger_life *next)
{
	(void)process;
	next->wanted = true;
	next->deadline_usec = 0;
	next->overdue = false;
	next->spawning = false;
}

/* The n-th pause is n seconds long. */
static void process_prepare_back_off(const struct process *process, struct ledger_life *next)
{
	(void)process;
	next->tries++;
	next->deadline_usec = clock_monotonic_usec() + (uint64_t)next->tries * USEC_PER_SEC;
}

static void process_prepare_stop(const struct process *process, struct ledger_life *next)
{
	next->overdue = false;
	next->signalled = false;
	next->deadline_usec = clock_monotonic_usec() + process->program->stopwaitsecs_usec;
}

static void process_prepare_kill(const struct process *process, struct ledger_life *next)
{
	(void)process;
	next->overdue = true;
	next->deadline_usec = 0;
}

static void process_prepare_tree(const struct process *process, struct ledger_life *next)
{
	(void)process;
	(void)next; /* the deadline of the stop goes on */
}

/* The restart ahead stands in the record with the exit itself: who waits for the end sees it. */
static void process_prepare_after_exit(const struct process *process, struct ledger_life *next)
{
	uint64_t now_usec = clock_monotonic_usec();
	uint64_t due_usec = next->started_usec + PROCESS_RESTART_PAUSE_USEC;

	next->deadline_usec = 0;
	if (process_wants_restart(process, next))
		next->deadline_usec = due_usec > now_usec ? due_usec : now_usec;
}

static void process_prepare_rest(const struct process *process, struct ledger_life *next)
{
	(void)process;
	next->deadline_usec = 0;
}

/* What an action changes in the record, in the same commit as the state; and what it then does. */
static const struct process_action {
	void (*prepare)(const struct process *process, struct ledger_life *next);
	void (*act)(struct process *process);
} actions[ACTION_COUNT] = {
    [ACTION_NONE] = {process_prepare_rest, NULL},
    [ACTION_SPAWN] = {process_prepare_spawn, process_act_launch},
    [ACTION_BACK_OFF] = {process_prepare_back_off, process_act_back_off},
    [ACTION_SIGNAL_STOP] = {process_prepare_stop, process_act_stop},
    [ACTION_SIGNAL_KILL] = {process_prepare_kill, process_act_kill},
    [ACTION_AFTER_EXIT] = {process_prepare_after_exit, process_act_after_exit},
    [ACTION_TREE] = {process_prepare_tree, process_act_tree},
};

/* What is said in the log when a state is entered; NULL: nothing. %s is the name. */
static void process_log_entry(const struct process *process, enum process_state state)
{
	if (state == STATE_RUNNING)
		log_info("success: %s entered RUNNING state, process has stayed up for > than %llu "
		         "seconds (startsecs)",
		         process_name(process),
		         (unsigned long long)(process->program->startsecs_usec / USEC_PER_SEC));
	if (state == STATE_FATAL)
		log_info("gave up: %s entered FATAL state, too many start retries too quickly",
		         process_name(process));
}

void process_set_timer(struct process *process)
{
	uint64_t deadline_usec = process_life(process)->deadline_usec;

	if (deadline_usec)
		loop_timer_set(&process->timer, deadline_usec);
	else
		loop_timer_unset(&process->timer);
}

bool process_feed(struct process *process, enum fsm_event event, const struct ledger_life *prepared)
{
	struct ledger_life next = prepared ? *prepared : *process_life(process);
	enum process_state from = process_state(process);
	const struct fsm_cell *cell = fsm_cell(from, event);
	const struct process_action *action = &actions[cell->action];

	if (cell->action == ACTION_REFUSE)
		return false;
	next.state = cell->next;
	if (cell->next != from)
		next.since_wall_usec = clock_wall_usec();
	if (cell->next == STATE_RUNNING)
		next.tries = 0;
	action->prepare(process, &next);
	crash_point(CRASH_STATE_WRITTEN);
	process_commit(process, &next);
	crash_point(CRASH_STATE_COMMITTED);
	process_set_timer(process);
	if (cell->next != from) {
		struct notice notice = {
		    .type = NOTICE_PROCESS_STATE,
		    .subject = process_name(process),
		    .object = process,
		    .from = (int)from,
		    .to = (int)cell->next,
		};
		process_log_entry(process, cell->next);
		bus_publish(process->context->bus, &notice);
	}
	process_act(process, cell->action);
	return true;
}

void process_act(struct process *process, enum fsm_action action)
{
	if (actions[action].act)
		actions[action].act(process);
}

/* What a deadline means follows from the state. */
static const struct {
	bool has;
	enum fsm_event event;
	bool is_start; /* by itself: not while the daemon ends */
} deadline_events[STATE_COUNT] = {
    [STATE_STARTING] = {true, EVENT_UP, false},
    [STATE_BACKOFF] = {true, EVENT_RETRY, true},
    [STATE_STOPPING] = {true, EVENT_OVERDUE, false},
    [STATE_EXITED] = {true, EVENT_START, true},
};

void process_timer_cb(evutil_socket_t fd, short what, void *arg)
{
	struct process *process = arg;
	enum process_state state = process_state(process);
	struct ledger_life next = *process_life(process);

	(void)fd;
	(void)what;
	if (!deadline_events[state].has || !next.deadline_usec)
		return;
	if (clock_monotonic_usec() < next.deadline_usec) {
		process_set_timer(process);
		return;
	}
	if (deadline_events[state].is_start && process->context->ending) {
		(void)process_stop(process);
		return;
	}
	crash_point(CRASH_DEADLINE_COME);
	next.restarts += deadline_events[state].is_start;
	process_feed(process, deadline_events[state].event, &next);
}

static void process_set_wanted(struct process *process, bool wanted)
{
	struct ledger_life next = *process_life(process);

	if (next.wanted == wanted)
		return;
	next.wanted = wanted;
	process_commit(process, &next);
}

int process_start(struct process *process)
{
	struct ledger_life next = *process_life(process);

	if (process->program->broken)
		return -ECANCELED;
	if (next.state == STATE_STOPPING) {
		process_set_wanted(process, true);
		return 0;
	}
	next.wanted = true;
	next.tries = 0;
	next.restarts = 0;
	return process_feed(process, EVENT_START, &next) ? 0 : -EALREADY;
}

static int process_end(struct process *process, enum fsm_event event, bool wanted_after)
{
	struct ledger_life next = *process_life(process);
	bool stopping = next.state == STATE_STOPPING;

	if (process_is_done(process))
		return -ESRCH;
	next.wanted = wanted_after;
	if (process_feed(process, event, &next))
		return 0;
	/* In a stop that is under way, or in a pause before a start that nobody has begun. */
	process_set_wanted(process, wanted_after);
	return stopping ? -EALREADY : -ESRCH;
}

int process_stop(struct process *process)
{
	return process_end(process, EVENT_STOP, false);
}

int process_kill(struct process *process)
{
	return process_end(process, EVENT_KILL, false);
}

int process_restart(struct process *process)
{
	enum process_state state = process_state(process);

	if (process->program->broken)
		return -ECANCELED;
	if (!state_is_alive(state))
		(void)process_end(process, EVENT_STOP, true); /* BACKOFF */
	else if (process_end(process, EVENT_STOP, true) != -ESRCH)
		return 0;
	return process_start(process);
}

int process_signal(struct process *process, int signal)
{
	return process_send_signal(process, signal, false);
}

int process_send(struct process *process, const char *data, size_t size)
{
	if (!process_pid(process) || !process->stdio)
		return -ESRCH;
	return stdio_send(process->stdio, data, size);
}

void process_flush_logs(struct process *process)
{
	if (process->stdio)
		stdio_flush(process->stdio);
}

int process_clear_logs(struct process *process)
{
	return process->stdio ? stdio_clear(process->stdio) : -ENOENT;
}
