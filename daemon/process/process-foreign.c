/*
 * A process that a guardian before ours has started: it runs on, but nobody reports its end to us.
 * It is ours where the ledger says what it is and the kernel says that it is still the same; else
 * it is not touched. Its end is seen by its pidfd.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/log.h"
#include "daemon/base/clock.h"
#include "daemon/config/config.h"
#include "daemon/config/program.h"
#include "daemon/guardian/channel.h"
#include "daemon/process/identity.h"
#include "daemon/process/proc.h"
#include "daemon/process/process-inside.h"

/* Its parent may take a moment to reap it, and until then nobody can tell how it ended. */
#define FOREIGN_REAP_PAUSE_USEC (20 * USEC_PER_MSEC)
#define FOREIGN_REAP_TRIES 50

static void foreign_ended(struct process *process, int status)
{
	struct channel_notice notice = {
	    .type = CHANNEL_EXIT,
	    .pid = process_pid(process),
	    .status = status,
	    .ended_usec = clock_monotonic_usec(),
	};

	if (status == LEDGER_STATUS_UNKNOWN)
		log_warn("%s (pid %d) has ended, and nobody can tell how", process_name(process),
		         (int)notice.pid);
	process_exited(process, &notice);
}

static void foreign_watch_cb(evutil_socket_t fd, short what, void *arg)
{
	struct process *process = arg;
	int status = LEDGER_STATUS_UNKNOWN;
	int r = identity_read_exit(process->pidfd, &status);

	(void)fd;
	(void)what;
	/* Until it is reaped it is in /proc, and its pid is its own. */
	if (r < 0 && proc_read_exit(process_pid(process), &status) == 0)
		r = 0;
	if (r == -EAGAIN && process->foreign_tries++ < FOREIGN_REAP_TRIES) {
		loop_timer_init(process->context->loop, &process->foreign_event, foreign_watch_cb,
		                process);
		loop_timer_set(&process->foreign_event,
		               clock_monotonic_usec() + FOREIGN_REAP_PAUSE_USEC);
		return;
	}
	foreign_ended(process, status);
}

void process_watch_foreign(struct process *process)
{
	struct proc_stat status;
	int r;

	if (process->pidfd < 0)
		return;
	/* Who has become its parent has its orphans too. */
	if (proc_read_stat(process_pid(process), &status) == 0)
		trees_add_reaper(process->context->trees, status.parent);
	r = loop_watch(process->context->loop, &process->foreign_event, process->pidfd, EV_READ,
	               foreign_watch_cb, process);
	if (r < 0)
		log_error("the end of %s (pid %d) will not be seen: %s", process_name(process),
		          (int)process_pid(process), strerror(-r));
	log_info("took over '%s' with pid %d", process_name(process), (int)process_pid(process));
}

void process_unwatch_foreign(struct process *process)
{
	if (event_initialized(&process->foreign_event))
		event_del(&process->foreign_event);
}

void process_recover_foreign(struct process *process)
{
	const struct ledger_life *life = process_life(process);

	if (life->foreign && life->pid && process->pidfd < 0)
		foreign_ended(process, LEDGER_STATUS_UNKNOWN);
}

int process_find_foreign(const struct process *process)
{
	const struct ledger_life *life = process_life(process);
	int pidfd = (int)syscall(SYS_pidfd_open, life->pid, 0);

	if (pidfd < 0)
		return -1;
	if (life->identity && identity_of(life->pid, pidfd) == life->identity)
		return pidfd;
	log_warn("pid %d, which %s had, is another process: it is left alone", (int)life->pid,
	         process_name(process));
	close(pidfd);
	return -1;
}

/* A child that had entered its pid, and nothing more was noted: what it was told at its birth tells
 * whose it is. */
bool process_is_told_as(const struct process *process, pid_t pid)
{
	static const char *const names[] = {
	    "SUPERVISOR_PROCESS_NAME=", "SUPERVISOR_GROUP_NAME=", "MUSTER_SOCKET=", NULL};
	const char *told[3] = {NULL, NULL, NULL};
	char *text = proc_read_environment(pid, names, told);
	const struct program *program = process->program;
	bool is = text && told[0] && told[1] && told[2] && strcmp(told[0], program->name) == 0 &&
	          strcmp(told[1], program->group) == 0 &&
	          strcmp(told[2], process->context->config->daemon.socket) == 0;

	free(text);
	return is;
}
