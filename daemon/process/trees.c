/* Looking for what a stopped process has left behind. */
#include "daemon/process/trees.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/log.h"
#include "daemon/base/clock.h"
#include "daemon/base/crashpoint.h"
#include "daemon/base/loop.h"
#include "daemon/config/config.h"
#include "daemon/config/program.h"
#include "daemon/guardian/ledger.h"
#include "daemon/process/context.h"
#include "daemon/process/lifecycle.h"
#include "daemon/process/pids.h"
#include "daemon/process/proc.h"

/* Looks that follow each other sooner than this are put together. */
#define TREES_PAUSE_USEC USEC_PER_MSEC
/* ... and while more leaders are about to end, sooner than this. */
#define TREES_PAUSE_LONG_USEC (8 * USEC_PER_MSEC)
/* How often is looked for what is another's child, and of whose end nobody tells us. */
#define TREES_OTHERS_USEC (100 * USEC_PER_MSEC)
/* How deep a tree of strangers is signalled at once; what is deeper surfaces as its parents end. */
#define TREES_DEPTH_MAX 16

struct trees {
	const struct context *context;
	struct trees_entry *first;
	struct loop_work work;
	struct event timer;
	uint64_t looked_usec;
	unsigned expected;  /* leaders that are about to end */
	pid_t other_reaper; /* 0: there is none */
	bool sees_others;   /* in the last look: nobody reports their ends */
};

struct trees_signal {
	struct process *process;
	int signal;
	unsigned depth;
};

/* Signals what the pid meant when it was looked at, or nothing. */
static bool trees_signal_one(pid_t pid, uint64_t start_ticks, int signal)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct proc_stat now;
	bool sent = false;

	if (pidfd < 0)
		return false;
	if (proc_read_stat(pid, &now) == 0 && now.start_ticks == start_ticks)
		sent = syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) == 0;
	close(pidfd);
	return sent;
}

static void trees_signal_below(void *arg, pid_t pid)
{
	struct trees_signal *order = arg;
	struct trees_signal below = {order->process, order->signal, order->depth + 1};
	struct proc_stat status;

	if (proc_read_stat(pid, &status) < 0 || status.state == 'Z')
		return;
	if (below.depth < TREES_DEPTH_MAX)
		(void)proc_each_child(pid, trees_signal_below, &below);
	if (trees_signal_one(pid, status.start_ticks, order->signal) && order->signal == SIGKILL)
		process_tree_killed(order->process, pid);
}

/* By what it was told when its leader was started; a stranger's child has to be told of our socket.
 */
static struct trees_entry *trees_owner_told(const struct trees *trees, pid_t pid, bool of_stranger)
{
	static const char *const names[] = {
	    "SUPERVISOR_PROCESS_NAME=", "SUPERVISOR_GROUP_NAME=", "MUSTER_SOCKET=", NULL};
	const char *socket = trees->context->config->daemon.socket;
	const char *told[3];
	struct trees_entry *entry;
	char *text = proc_read_environment(pid, names, told);
	bool ours = text && told[0] && told[1] &&
	            (!of_stranger || (told[2] && strcmp(told[2], socket) == 0));

	for (entry = ours ? trees->first : NULL; entry; entry = entry->next) {
		const struct program *program = process_program(entry->process);
		if (strcmp(told[0], program->name) == 0 && strcmp(told[1], program->group) == 0)
			break;
	}
	free(text);
	return entry;
}

/* By its process group; where it has left that, by what it was told. */
static struct trees_entry *trees_owner(const struct trees *trees, pid_t pid,
                                       const struct proc_stat *status)
{
	for (struct trees_entry *entry = trees->first; entry; entry = entry->next)
		if (process_tree(entry->process) && status->group == process_tree(entry->process))
			return entry;
	return trees_owner_told(trees, pid, false);
}

static void trees_found(struct trees_entry *entry, pid_t pid)
{
	struct trees_signal order;

	entry->found++;
	order = (struct trees_signal){entry->process, process_tree_signal(entry->process), 0};
	if (!entry->told || order.signal == SIGKILL)
		trees_signal_below(&order, pid);
	crash_point(CRASH_TREE_TOLD);
}

static void trees_look_at(void *arg, pid_t pid)
{
	struct trees *trees = arg;
	struct trees_entry *entry;
	struct proc_stat status;

	if (pid == getpid() || pids_has(trees->context->pids, pid))
		return;
	if (proc_read_stat(pid, &status) < 0 || status.state == 'Z')
		return; /* its end is on its way to us */
	entry = trees_owner(trees, pid, &status);
	if (entry)
		trees_found(entry, pid);
}

/* Among the children of another, where most are nobody's business of ours and a group's number may
 * be another's by now. */
static void trees_look_at_other(void *arg, pid_t pid)
{
	struct trees *trees = arg;
	struct trees_entry *entry;
	struct proc_stat status;

	if (pids_has(trees->context->pids, pid) || pid == trees->context->guardian_pid ||
	    proc_read_stat(pid, &status) < 0 || status.state == 'Z')
		return;
	entry = trees_owner_told(trees, pid, true);
	if (!entry)
		return;
	trees_found(entry, pid);
	trees->sees_others = true;
}

static void trees_look(struct trees *trees)
{
	const struct ledger_header *header = trees->context->ledger->header;
	uint64_t exits_before = atomic_load(&header->exits_sent);
	struct trees_entry *next;
	bool sure;
	int r;

	trees->looked_usec = clock_monotonic_usec();
	for (struct trees_entry *entry = trees->first; entry; entry = entry->next)
		entry->found = 0;
	r = trees->first ? proc_each_child(trees->context->guardian_pid, trees_look_at, trees) : 0;
	trees->sees_others = false;
	if (r == 0 && trees->first && trees->other_reaper)
		(void)proc_each_child(trees->other_reaper, trees_look_at_other, trees);
	if (r < 0)
		log_warn("cannot see what stopped processes left behind: %s", strerror(-r));
	/* The kernel's list of children may miss some while others end (proc(5)): what was not seen
	 * counts as gone only where nothing has ended meanwhile. */
	sure = atomic_load(&header->exits_sent) == exits_before;
	if (!sure)
		trees_stir(trees);
	else if (trees->sees_others)
		loop_timer_set(&trees->timer, trees->looked_usec + TREES_OTHERS_USEC);
	for (struct trees_entry *entry = trees->first; entry; entry = next) {
		next = entry->next;
		if (entry->found && !entry->told)
			log_info("waiting for %u more of the tree of %s to stop", entry->found,
			         process_name(entry->process));
		entry->told |= entry->found > 0;
		if (entry->found == 0 && sure) {
			trees_remove(trees, entry);
			process_tree_gone(entry->process);
		}
	}
}

static void trees_work_run(void *arg)
{
	struct trees *trees = arg;
	uint64_t due =
	    trees->looked_usec + (trees->expected ? TREES_PAUSE_LONG_USEC : TREES_PAUSE_USEC);

	if (clock_monotonic_usec() < due)
		loop_timer_set(&trees->timer, due);
	else
		trees_look(trees);
}

static void trees_timer_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	trees_look(arg);
}

struct trees *trees_new(const struct context *context)
{
	struct trees *trees = calloc(1, sizeof(*trees));

	if (!trees)
		return NULL;
	trees->context = context;
	trees->work.run = trees_work_run;
	trees->work.arg = trees;
	loop_timer_init(context->loop, &trees->timer, trees_timer_cb, trees);
	return trees;
}

void trees_free(struct trees *trees)
{
	if (!trees)
		return;
	loop_cancel(trees->context->loop, &trees->work);
	event_del(&trees->timer);
	free(trees);
}

static void trees_unexpect(struct trees *trees, struct trees_entry *entry)
{
	trees->expected -= entry->expected;
	entry->expected = false;
}

void trees_expect(struct trees *trees, struct trees_entry *entry)
{
	trees->expected += !entry->expected;
	entry->expected = true;
}

void trees_add(struct trees *trees, struct trees_entry *entry)
{
	trees_unexpect(trees, entry);
	if (!entry->listed) {
		entry->listed = true;
		entry->told = false;
		entry->next = trees->first;
		trees->first = entry;
	}
	trees_stir(trees);
}

void trees_remove(struct trees *trees, struct trees_entry *entry)
{
	trees_unexpect(trees, entry);
	if (!entry->listed)
		return;
	for (struct trees_entry **at = &trees->first; *at; at = &(*at)->next) {
		if (*at == entry) {
			*at = entry->next;
			break;
		}
	}
	entry->listed = false;
}

void trees_add_reaper(struct trees *trees, pid_t pid)
{
	if (pid > 0 && pid != trees->context->guardian_pid)
		trees->other_reaper = pid;
}

void trees_stir(struct trees *trees)
{
	if (trees->first)
		loop_defer(trees->context->loop, &trees->work);
}
