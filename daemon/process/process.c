/*
 * A process: the events of its life through the table, into the ledger, and out as signals, starts,
 * timers and notices. process_feed() is the one function that changes a state.
 */
#include "daemon/process/process.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "common/parse.h"
#include "daemon/base/bus.h"
#include "daemon/base/clock.h"
#include "daemon/base/loop.h"
#include "daemon/config/program.h"
#include "daemon/guardian/channel.h"
#include "daemon/guardian/ledger.h"
#include "daemon/process/context.h"
#include "daemon/process/environment.h"
#include "daemon/process/fsm.h"
#include "daemon/process/launcher.h"
#include "daemon/process/lifecycle.h"
#include "daemon/process/pids.h"
#include "daemon/process/proc.h"
#include "daemon/process/spawn.h"
#include "daemon/process/stdio.h"
#include "daemon/process/trees.h"

#define PROCESS_NOTE_MAX 256u

struct process {
	const struct context *context;
	const struct program *program;
	uint32_t record;
	int rank;
	int pidfd;
	struct stdio *stdio; /* NULL until its first start */
	char *note;          /* of its last stop */
	struct event timer;
	struct pids_entry pid_entry;
	struct launcher_entry launch_entry;
	struct trees_entry trees_entry;
};

static bool process_feed(struct process *process, enum fsm_event event, struct ledger_life *next);

static const struct ledger_life *process_life(const struct process *process)
{
	return ledger_life(process->context->ledger, process->record);
}

static void process_commit(struct process *process, const struct ledger_life *next)
{
	ledger_commit(process->context->ledger, process->record, next);
}

/* ---- Signals ---- */

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

static void process_note_killed(struct process *process, pid_t pid)
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

static void process_act_stop(struct process *process)
{
	const struct program *program = process->program;
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
	log_debug("killing %s (pid %d) with signal SIG%s", process_name(process), (int)pid,
	          signal_name(program->stopsignal));
	r = process_send_signal(process, program->stopsignal, program->stopasgroup);
	if (r < 0 && r != -ESRCH)
		log_error("cannot signal %s (pid %d): %s", process_name(process), (int)pid,
		          strerror(-r));
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

/* A restart that supervisord's rules ask for. */
static bool process_wants_restart(const struct process *process)
{
	const struct ledger_life *life = process_life(process);

	if (!life->wanted || process->program->broken)
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
	if (process_wants_restart(process))
		process_start_again(process);
}

static void process_act_tree(struct process *process)
{
	trees_add(process->context->trees, &process->trees_entry);
}

/* ---- The change of state ---- */

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
    [ACTION_AFTER_EXIT] = {process_prepare_rest, process_act_after_exit},
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

static void process_set_timer(struct process *process)
{
	uint64_t deadline_usec = process_life(process)->deadline_usec;

	if (deadline_usec)
		loop_timer_set(&process->timer, deadline_usec);
	else
		loop_timer_unset(&process->timer);
}

/*
 * Takes an event through the table. `prepared` is the record with what else the event changes, or
 * NULL. False where the event means nothing in the present state; then nothing is changed.
 */
static bool process_feed(struct process *process, enum fsm_event event,
                         struct ledger_life *prepared)
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
	process_commit(process, &next);
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
	if (action->act)
		action->act(process);
	return true;
}

/* What a deadline means follows from the state. */
static const struct {
	bool has;
	enum fsm_event event;
} deadline_events[STATE_COUNT] = {
    [STATE_STARTING] = {true, EVENT_UP},
    [STATE_BACKOFF] = {true, EVENT_RETRY},
    [STATE_STOPPING] = {true, EVENT_OVERDUE},
};

static void process_timer_cb(evutil_socket_t fd, short what, void *arg)
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
	if (deadline_events[state].event == EVENT_RETRY)
		next.restarts++;
	process_feed(process, deadline_events[state].event, &next);
}

/* ---- Start ---- */

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

static void process_fail_launch(struct process *process, const char *text)
{
	struct ledger_life next = *process_life(process);

	next.spawning = false;
	next.spawn_failed = true;
	snprintf(next.error, sizeof(next.error), "%s", text);
	log_info("spawnerr: %s (%s)", text, process_name(process));
	process_feed(process, EVENT_SPAWN_FAILED, &next);
}

static void process_take_child(struct process *process, pid_t pid, int pidfd)
{
	struct ledger_birth *birth = ledger_birth(process->context->ledger, process->record);
	struct ledger_life next = *process_life(process);
	struct proc_stat status = {0};

	(void)proc_read_stat(pid, &status);
	next.spawning = false;
	next.pid = pid;
	next.session = pid;
	next.exits_before = atomic_load(&birth->exits_before);
	next.start_ticks = status.start_ticks;
	next.started_usec = clock_monotonic_usec();
	next.started_wall_usec = clock_wall_usec();
	next.fingerprint = process->program->fingerprint;
	next.was_started = true;
	next.was_ended = false;
	next.spawn_failed = false;
	next.error[0] = '\0';
	next.deadline_usec = next.started_usec + process->program->startsecs_usec;
	process->pidfd = pidfd;
	process_commit(process, &next);
	pids_add(process->context->pids, &process->pid_entry, pid, next.exits_before);
	log_info("spawned: '%s' with pid %d", process_name(process), (int)pid);
	if (process->program->startsecs_usec)
		process_set_timer(process);
	else
		process_feed(process, EVENT_UP, NULL);
}

static int process_open_stdio(struct process *process, char *text, size_t size)
{
	if (process->stdio)
		return 0;
	return stdio_new(process->context, process->program, process->record, process_stored_cb,
	                 process, text, size, &process->stdio);
}

/* The ledger says that a child may come before there is one: the child enters its pid itself. */
static void process_announce_child(struct process *process, struct ledger_birth *birth)
{
	struct ledger_life next = *process_life(process);

	atomic_store(&birth->pid, 0);
	atomic_store(&birth->stage, SPAWN_STAGE_NONE);
	next.spawning = true;
	process_commit(process, &next);
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
		process_fail_launch(process, text);
		return;
	}
	stdio_child_ends(process->stdio, plan.stdio);
	result.error = spawn_find(program->argv[0], path, sizeof(path));
	if (!result.error) {
		environment = environment_for(context, program);
		plan.envp = environment;
		process_announce_child(process, birth);
		if (environment && spawn_process(context->spawner, &plan, &result) == 0) {
			process_take_child(process, result.pid, result.pidfd);
			free(environment);
			return;
		}
		if (!environment)
			result =
			    (struct spawn_result){.stage = SPAWN_STAGE_PREPARE, .error = ENOMEM};
	}
	free(environment);
	spawn_describe(program, path, result.stage, result.error, text, sizeof(text));
	process_fail_launch(process, text);
}

/* ---- Exit ---- */

static void process_let_go(struct process *process)
{
	pids_remove(process->context->pids, &process->pid_entry);
	if (process->pidfd >= 0)
		close(process->pidfd);
	process->pidfd = -1;
}

/* "exit status 1", "terminated by SIGKILL (core dumped)". */
static void process_exit_text(int status, char *text, size_t size)
{
	const char *name = WIFSIGNALED(status) ? signal_name(WTERMSIG(status)) : NULL;
	const char *core = WIFSIGNALED(status) && WCOREDUMP(status) ? " (core dumped)" : "";

	if (WIFEXITED(status))
		snprintf(text, size, "exit status %d", WEXITSTATUS(status));
	else if (name)
		snprintf(text, size, "terminated by SIG%s%s", name, core);
	else
		snprintf(text, size, "terminated by signal %d%s", WTERMSIG(status), core);
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
	snprintf(next->error, sizeof(next->error), "Bad exit code %d",
	         WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	return EVENT_EXIT_UNEXPECTED;
}

void process_exited(struct process *process, const struct channel_notice *notice)
{
	const struct ledger_life *life = process_life(process);
	uint64_t up_usec = life->started_usec + process->program->startsecs_usec;
	bool starting = life->state == STATE_STARTING;
	bool early = starting && clock_monotonic_usec() < up_usec;
	struct ledger_life next;
	enum fsm_event event;

	if (process->stdio)
		stdio_settle(process->stdio);
	if (starting && !early)
		process_feed(process, EVENT_UP, NULL);
	next = *process_life(process);
	next.pid = 0;
	next.exit_serial = notice->serial;
	next.exit_status = notice->status;
	next.ended_wall_usec = clock_wall_usec();
	next.was_ended = true;
	event = process_judge_exit(process, early, &next);
	process_let_go(process);
	process_feed(process, event, &next);
}

bool process_knows_exit(const struct process *process, uint64_t serial)
{
	return process_life(process)->exit_serial == serial;
}

/* ---- The tree ---- */

pid_t process_session(const struct process *process)
{
	return process_life(process)->session;
}

int process_tree_signal(const struct process *process)
{
	return process_life(process)->overdue ? SIGKILL : process->program->stopsignal;
}

void process_tree_killed(struct process *process, pid_t pid)
{
	log_warn("killing %d, left behind by '%s', with SIGKILL", (int)pid, process_name(process));
	process_note_killed(process, pid);
}

void process_tree_gone(struct process *process)
{
	struct ledger_life next = *process_life(process);
	bool wanted = next.wanted;

	next.session = 0;
	next.overdue = false;
	next.tries = 0;
	next.restarts = 0;
	if (process_feed(process, EVENT_GONE, &next) && wanted)
		process_feed(process, EVENT_START, NULL);
}

/* ---- What is asked of it ---- */

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

bool process_is_new(const struct process *process)
{
	const struct ledger_life *life = process_life(process);

	return life->state == STATE_STOPPED && life->wanted && !life->was_started;
}

void process_autostart(struct process *process)
{
	if (process->program->autostart && !process->program->broken)
		(void)process_start(process);
}

static int process_end(struct process *process, enum fsm_event event, bool wanted_after)
{
	struct ledger_life next = *process_life(process);
	bool stopping = next.state == STATE_STOPPING;

	next.wanted = wanted_after;
	if (process_feed(process, event, &next))
		return 0;
	if (!stopping)
		return -ESRCH;
	process_set_wanted(process, wanted_after);
	return -EALREADY;
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

/* ---- Birth, recovery and end of the record ---- */

static struct process *process_alloc(const struct context *context, const struct program *program,
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

int process_new(const struct context *context, const struct program *program,
                struct process **ret_process)
{
	struct ledger_life life = {.since_wall_usec = clock_wall_usec()};
	uint32_t record;
	int r = ledger_take(context->ledger, program->full_name, &record);

	if (r < 0)
		return r;
	life.state = program->broken ? STATE_FATAL : STATE_STOPPED;
	/* Also for an engine that finds this record before it was started. */
	life.wanted = program->autostart && !program->broken;
	ledger_commit(context->ledger, record, &life);
	*ret_process = process_alloc(context, program, record);
	if (!*ret_process) {
		ledger_release(context->ledger, record);
		return -ENOMEM;
	}
	return 0;
}

int process_adopt(const struct context *context, const struct program *program, uint32_t record,
                  struct process **ret_process)
{
	struct process *process = process_alloc(context, program, record);
	const struct ledger_life *life;
	char text[LEDGER_ERROR_SIZE];

	if (!process)
		return -ENOMEM;
	life = process_life(process);
	if (life->was_started && process_open_stdio(process, text, sizeof(text)) < 0)
		log_error("%s goes on without its logs: %s", process_name(process), text);
	if (life->pid) {
		process->pidfd = (int)syscall(SYS_pidfd_open, life->pid, 0);
		pids_add(context->pids, &process->pid_entry, life->pid, life->exits_before);
	}
	*ret_process = process;
	return 0;
}

/* The engine before died between announcing a child and entering what became of it. */
static void process_recover_birth(struct process *process)
{
	struct ledger_birth *birth = ledger_birth(process->context->ledger, process->record);
	pid_t pid = atomic_load(&birth->pid);
	int stage = atomic_load(&birth->stage);

	if (pid && stage == SPAWN_STAGE_NONE)
		process_take_child(process, pid, (int)syscall(SYS_pidfd_open, pid, 0));
	else
		launcher_add(process->context->launcher, &process->launch_entry);
}

static void process_recover_starting(struct process *process)
{
	const struct ledger_life *life = process_life(process);

	if (life->spawning)
		process_recover_birth(process);
	else if (!life->pid)
		launcher_add(process->context->launcher, &process->launch_entry);
}

static void process_recover_stopping(struct process *process)
{
	const struct ledger_life *life = process_life(process);

	/* The signal may not have been sent: once more does no harm. */
	if (life->overdue)
		process_act_kill(process);
	else
		process_act_stop(process);
}

static void process_recover_stopped(struct process *process)
{
	if (process_life(process)->wanted)
		process_feed(process, EVENT_START, NULL);
}

/* What follows a state was perhaps not done any more. */
static void (*const recoveries[STATE_COUNT])(struct process *process) = {
    [STATE_STOPPED] = process_recover_stopped, [STATE_STARTING] = process_recover_starting,
    [STATE_BACKOFF] = process_act_back_off,    [STATE_STOPPING] = process_recover_stopping,
    [STATE_EXITED] = process_act_after_exit,
};

void process_recover(struct process *process)
{
	enum process_state state = process_state(process);

	process_set_timer(process);
	if (recoveries[state])
		recoveries[state](process);
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
	}
	free(process->note);
	free(process);
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

/* ---- What others read of it ---- */

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

	if (life->pid || !life->was_ended)
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

unsigned process_restarts(const struct process *process)
{
	return process_life(process)->restarts;
}

bool process_is_done(const struct process *process)
{
	return state_is_ended(process_state(process));
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

const char *process_stop_note(const struct process *process)
{
	return process->note;
}

const char *process_logfile(const struct process *process, int stream)
{
	return process->stdio ? stdio_logfile(process->stdio, stream) : NULL;
}

/* Python's str(timedelta): "0:00:05", "1 day, 2:03:04". */
static void process_describe_uptime(const struct process *process, char *text, size_t size)
{
	uint64_t now = clock_monotonic_usec();
	uint64_t started = process_life(process)->started_usec;
	unsigned long seconds = now > started ? (now - started) / USEC_PER_SEC : 0;
	unsigned long days = seconds / 86400;
	char prefix[32] = "";

	if (days)
		snprintf(prefix, sizeof(prefix), "%lu day%s, ", days, days == 1 ? "" : "s");
	snprintf(text, size, "pid %d, uptime %s%lu:%02lu:%02lu", (int)process_pid(process), prefix,
	         seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
}

static void process_describe_failure(const struct process *process, char *text, size_t size)
{
	const char *error = process_spawn_error(process);

	if (error)
		snprintf(text, size, "%s", error);
	else
		snprintf(text, size, "unknown error (try \"tail %s\")", process_name(process));
}

static void process_describe_end(const struct process *process, char *text, size_t size)
{
	const struct ledger_life *life = process_life(process);
	time_t ended = (time_t)(life->ended_wall_usec / USEC_PER_SEC);
	struct tm local;

	if (!life->was_started || !localtime_r(&ended, &local))
		snprintf(text, size, "Not started");
	else
		strftime(text, size, "%b %d %I:%M %p", &local);
}

static void (*const descriptions_by_state[STATE_COUNT])(const struct process *, char *, size_t) = {
    [STATE_STOPPED] = process_describe_end,     [STATE_RUNNING] = process_describe_uptime,
    [STATE_BACKOFF] = process_describe_failure, [STATE_EXITED] = process_describe_end,
    [STATE_FATAL] = process_describe_failure,
};

void process_describe(const struct process *process, char *text, size_t size)
{
	enum process_state state = process_state(process);

	text[0] = '\0';
	if (descriptions_by_state[state])
		descriptions_by_state[state](process, text, size);
}
