/* The guardian's loop: signals, orders of the engine, and the dead. */
#include "daemon/guardian/guardian.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "daemon/guardian/channel.h"
#include "daemon/guardian/fdstore.h"
#include "daemon/guardian/handover.h"
#include "daemon/guardian/ledger-file.h"
#include "daemon/guardian/ledger.h"
#include "daemon/guardian/notify.h"
#include "daemon/guardian/pulse.h"
#include "daemon/guardian/store.h"

/* An engine that dies younger than this is started again with a pause, which doubles up to the
 * longest; one that lived longer is started again at once. */
#define GUARDIAN_YOUNG_MSEC 1000
#define GUARDIAN_PAUSE_FIRST_MSEC 100
#define GUARDIAN_PAUSE_LONGEST_MSEC 10000

/* The service manager is told so many times in the time after which it would act. */
#define GUARDIAN_WATCHDOG_SHARE 3

#define GUARDIAN_EXIT_SOFTWARE 70 /* EX_SOFTWARE of sysexits.h(3head) */

/*
 * Every signal is handed to the engine but these: SIGCHLD, which is our own, and those that the
 * kernel sends for a fault or a limit of ours, or for the job control of a shell. PID 1 gets no
 * signal that it does not wait for (pid_namespaces(7)).
 */
static const int kept_signals[] = {
    SIGCHLD, SIGSEGV, SIGBUS,  SIGFPE,  SIGILL,  SIGTRAP, SIGABRT,
    SIGSYS,  SIGPIPE, SIGXCPU, SIGXFSZ, SIGTSTP, SIGTTIN, SIGTTOU,
};
#define KEPT_COUNT (sizeof(kept_signals) / sizeof(kept_signals[0]))
#define SIGNAL_MAX 64

struct guardian {
	struct ledger ledger;
	struct store *store;
	int channel;      /* our end */
	int channel_peer; /* the engine's, kept so that nothing under way is lost with an engine */
	int signals;      /* signalfd */
	rlim_t files_before;
	int fence_before;
	pid_t engine_pid; /* 0: none is running */
	int64_t engine_started_msec;
	int64_t engine_due_msec; /* when the next one is to be started */
	int pause_msec;
	uint64_t pending_signals; /* bit n - 1: signal n is to be handed to the engine */
	bool child_ended;         /* SIGCHLD has come since the last reaping */
	bool channel_full;        /* something waits for room in the channel */
	bool engine_lost;         /* it was killed since it took nothing any more */
	struct pulse pulse;
	int64_t watchdog_msec;     /* how often the service manager is told; 0: it does not ask */
	int64_t watchdog_due_msec; /* when next */
	const struct guardian_options *options;
	char **environment; /* ours, with room for the name of a handover */
};

extern char **environ;

static uint64_t guardian_now_usec(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

static int64_t guardian_now_msec(void)
{
	return (int64_t)(guardian_now_usec() / 1000u);
}

static uint64_t guardian_wall_usec(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

static int guardian_open_signals(struct guardian *guardian)
{
	sigset_t wanted;

	sigfillset(&wanted);
	for (size_t i = 0; i < KEPT_COUNT; i++)
		sigdelset(&wanted, kept_signals[i]);
	sigaddset(&wanted, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &wanted, NULL) < 0)
		return -errno;
	/* A line of log to a closed terminal or pipe must not end us. */
	(void)signal(SIGPIPE, SIG_IGN);
	/* Nor one to a terminal that is another's now stop us. */
	(void)signal(SIGTTOU, SIG_IGN);
	guardian->signals = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
	return guardian->signals < 0 ? -errno : 0;
}

/* As many descriptors as we may have: each log pipe takes some in the store. */
static void guardian_raise_limits(struct guardian *guardian)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	guardian->files_before = limit.rlim_cur;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		log_warn("guardian: cannot raise the limit of open files: %m");
}

/* For an upgrade, in which nothing is to be allocated any more. */
static int guardian_copy_environment(struct guardian *guardian)
{
	size_t count = 0;

	while (environ[count])
		count++;
	guardian->environment = calloc(count + 2, sizeof(char *));
	if (!guardian->environment)
		return -ENOMEM;
	memcpy(guardian->environment + 1, environ, count * sizeof(char *));
	return 0;
}

/* The ledger of a guardian before, or a new one; in a file where that can be had. */
static int guardian_open_ledger(struct guardian *guardian)
{
	const struct guardian_options *options = guardian->options;
	bool found = false;
	int r = -ENOENT;

	if (options->ledger_file)
		r = ledger_file_open(&guardian->ledger, options->ledger_file, &found);
	/* Without the records nobody knows what it was. */
	if (options->fdstore)
		fdstore_put(options->fdstore, found ? &guardian->ledger : NULL, guardian->store);
	if (r == 0)
		return 0;
	errno = -r;
	if (options->ledger_file)
		log_warn("guardian: cannot use %s: %m; no process will outlive the guardian",
		         options->ledger_file);
	return ledger_create(&guardian->ledger);
}

/* What a first start makes, or finds of a guardian that has died. */
static int guardian_make(struct guardian *guardian)
{
	int r;

	guardian->fence_before = -1;
	guardian_raise_limits(guardian);
	r = guardian_open_ledger(guardian);
	if (r < 0)
		return r;
	guardian->ledger.header->guardian_pid = getpid();
	guardian->ledger.header->guardian_started_wall_usec = guardian_wall_usec();
	guardian->ledger.header->silence_msec = PULSE_LIMIT_MSEC;
	return channel_open(&guardian->channel, &guardian->channel_peer);
}

/* What an upgrade finds. */
static int guardian_take_over(struct guardian *guardian)
{
	struct handover handover;
	int r = handover_load(guardian->options->handover, &handover, guardian->store);

	if (r == 0)
		r = ledger_open(&guardian->ledger, handover.ledger);
	if (r < 0)
		return r;
	guardian->channel = handover.channel;
	guardian->channel_peer = handover.channel_peer;
	guardian->fence_before = handover.fence_before;
	guardian->files_before = handover.files_before;
	guardian->pending_signals = handover.signals;
	guardian->child_ended = true; /* while nobody looked */
	store_drop(guardian->store, STORE_BINARY);
	atomic_store(&guardian->ledger.header->engine_reason, REASON_UPGRADE);
	atomic_store(&guardian->ledger.header->phase, PHASE_RUNNING);
	return 0;
}

static int guardian_init(struct guardian *guardian, const struct guardian_options *options)
{
	int r;

	memset(guardian, 0, sizeof(*guardian));
	guardian->options = options;
	guardian->watchdog_msec = notify_watchdog_msec() / GUARDIAN_WATCHDOG_SHARE;
	guardian->watchdog_due_msec = guardian_now_msec() + guardian->watchdog_msec;
	tzset(); /* so that a line of log later reads no file */
	guardian->store = store_new();
	if (!guardian->store)
		return -ENOMEM;
	r = guardian_copy_environment(guardian);
	if (r == 0)
		r = options->handover < 0 ? guardian_make(guardian) : guardian_take_over(guardian);
	if (r < 0)
		return r;
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		return -errno;
	return guardian_open_signals(guardian);
}

static int guardian_open_pidfd(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

/* In the engine's process: lets go of what is the guardian's alone, and becomes the engine. */
static _Noreturn void guardian_become_engine(struct guardian *guardian, const int fence[2],
                                             pid_t guardian_pid)
{
	struct handoff handoff = {
	    .ledger = &guardian->ledger,
	    .store = guardian->store,
	    .channel = guardian->channel_peer,
	    .guardian_pid = guardian_pid,
	    .guardian_pidfd = guardian_open_pidfd(guardian_pid),
	    .fence_write = fence[1],
	    .fence_before = guardian->fence_before,
	    .files_before = guardian->files_before,
	};

	close(guardian->channel);
	close(guardian->signals);
	close(fence[0]);
	/* Not _exit(): under the sanitizers leaks are told at the end. */
	free(guardian->environment);
	exit(guardian->options->engine(&handoff, guardian->options->engine_arg));
}

static void guardian_plan_engine(struct guardian *guardian, int64_t now, bool at_once)
{
	bool young = now - guardian->engine_started_msec < GUARDIAN_YOUNG_MSEC;

	if (at_once || !young) {
		guardian->pause_msec = 0;
		guardian->engine_due_msec = now;
		return;
	}
	guardian->engine_due_msec = now + guardian->pause_msec;
	guardian->pause_msec =
	    guardian->pause_msec ? guardian->pause_msec * 2 : GUARDIAN_PAUSE_FIRST_MSEC;
	if (guardian->pause_msec > GUARDIAN_PAUSE_LONGEST_MSEC)
		guardian->pause_msec = GUARDIAN_PAUSE_LONGEST_MSEC;
}

static void guardian_start_engine(struct guardian *guardian)
{
	struct ledger_header *header = guardian->ledger.header;
	pid_t guardian_pid = getpid();
	int fence[2];
	pid_t pid;

	guardian->engine_started_msec = guardian_now_msec();
	if (pipe2(fence, O_CLOEXEC) < 0) {
		log_error("guardian: cannot start the engine: %m; trying again");
		guardian_plan_engine(guardian, guardian->engine_started_msec, false);
		return;
	}
	atomic_fetch_add(&header->engine_starts, 1);
	atomic_store(&header->engine_begun, 0);
	pid = fork();
	if (pid == 0)
		guardian_become_engine(guardian, fence, guardian_pid);
	close(fence[1]);
	if (pid < 0) {
		log_error("guardian: cannot start the engine: %m; trying again");
		close(fence[0]);
		guardian_plan_engine(guardian, guardian->engine_started_msec, false);
		return;
	}
	if (guardian->fence_before >= 0)
		close(guardian->fence_before);
	guardian->fence_before = fence[0];
	guardian->engine_pid = pid;
	guardian->engine_lost = false;
	pulse_begin(&guardian->pulse, guardian->engine_started_msec);
	atomic_store(&header->engine_pid, pid);
}

static void guardian_obey(struct guardian *guardian, const struct channel_order *order, int *fds,
                          uint32_t fd_count)
{
	for (uint32_t i = 0; i < order->count && order->type == CHANNEL_DROP; i++)
		store_drop(guardian->store, order->slot[i]);
	/* All of an order's descriptors or none: a process with half of its pipes is of no use. */
	bool whole = order->type == CHANNEL_KEEP && fd_count == order->count;

	if (order->type == CHANNEL_KEEP && !whole)
		log_error("guardian: out of descriptors: an order of the engine is not kept");
	for (uint32_t i = 0; i < fd_count; i++) {
		bool kept = whole && store_put(guardian->store, order->slot[i], fds[i]) == 0;
		if (!kept)
			close(fds[i]);
	}
}

static void guardian_take_orders(struct guardian *guardian)
{
	struct channel_order order;
	int fds[CHANNEL_FDS_MAX];
	uint32_t fd_count;

	while (channel_receive_order(guardian->channel, &order, fds, &fd_count) == 0)
		guardian_obey(guardian, &order, fds, fd_count);
}

/*
 * Becomes the binary that the engine has left in the store, in this very process: children, pid and
 * descriptors stay. Where that fails we are still here, and go on.
 */
static void guardian_upgrade(struct guardian *guardian)
{
	const struct handover handover = {
	    .ledger = guardian->ledger.fd,
	    .channel = guardian->channel,
	    .channel_peer = guardian->channel_peer,
	    .fence_before = guardian->fence_before,
	    .files_before = guardian->files_before,
	    .signals = guardian->pending_signals,
	};
	int binary = store_get(guardian->store, STORE_BINARY);
	char variable[sizeof(HANDOVER_VARIABLE) + 12];
	int fd, r = handover_save(&handover, guardian->store, &fd);

	if (r == 0) {
		snprintf(variable, sizeof(variable), HANDOVER_VARIABLE "%d", fd);
		guardian->environment[0] = variable;
		(void)syscall(SYS_execveat, binary, "", guardian->options->argv,
		              guardian->environment, AT_EMPTY_PATH);
		r = -errno;
		handover_undo(&handover, guardian->store, fd);
	}
	errno = -r;
	log_error("guardian: cannot become the new binary: %m; going on with the old one");
	store_drop(guardian->store, STORE_BINARY);
	atomic_store(&guardian->ledger.header->phase, PHASE_RUNNING);
}

/* True where the daemon is to end. */
static bool guardian_bury_engine(struct guardian *guardian, int status)
{
	struct ledger_header *header = guardian->ledger.header;
	bool asked = WIFEXITED(status) && WEXITSTATUS(status) == 0;

	/* What it ordered before it died is obeyed before the next one is born. */
	guardian_take_orders(guardian);
	guardian->engine_pid = 0;
	atomic_store(&header->engine_pid, 0);
	atomic_store(&header->engine_end, status);
	if (atomic_load(&header->phase) == PHASE_ENDING)
		return true;
	if (atomic_load(&header->phase) == PHASE_UPGRADING) {
		guardian_upgrade(guardian);
		asked = false;
	}
	atomic_store(&header->engine_reason, asked                   ? REASON_RELOAD
	                                     : guardian->engine_lost ? REASON_HANG
	                                                             : REASON_CRASH);
	guardian_plan_engine(guardian, guardian_now_msec(), asked);
	return false;
}

/* waitid(2) with the usage of the child, which the library's wrapper leaves out. */
static int guardian_waitid(idtype_t type, pid_t pid, siginfo_t *info, int options,
                           struct rusage *usage)
{
	memset(info, 0, sizeof(*info));
	return (int)syscall(SYS_waitid, type, pid, info, options, usage);
}

static int32_t guardian_wait_status(const siginfo_t *info)
{
	int core = info->si_code == CLD_DUMPED ? 0x80 : 0;

	return info->si_code == CLD_EXITED ? (info->si_status & 0xff) << 8
	                                   : (info->si_status & 0x7f) | core;
}

static uint64_t guardian_timeval_usec(const struct timeval *time)
{
	return (uint64_t)time->tv_sec * 1000000u + (uint64_t)time->tv_usec;
}

static int guardian_send(struct guardian *guardian, const struct channel_notice *notice)
{
	/* An engine that has taken all there was is silent from now on, not from before. */
	if (!channel_is_waiting(guardian->channel))
		guardian->pulse.since_msec = guardian_now_msec();
	return channel_send_notice(guardian->channel, notice);
}

/*
 * Reports the dead and only then reaps them: where the channel is full the zombie stays, and the
 * kernel keeps the record. The serial rises before the pid becomes free for another process.
 */
static void guardian_reap_children(struct guardian *guardian)
{
	struct ledger_header *header = guardian->ledger.header;
	struct rusage usage;
	siginfo_t info;

	while (guardian_waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT, &usage) == 0 &&
	       info.si_pid) {
		struct channel_notice notice = {
		    .type = CHANNEL_EXIT,
		    .pid = info.si_pid,
		    .status = guardian_wait_status(&info),
		    .max_rss_kb = (int32_t)usage.ru_maxrss,
		    .serial = atomic_load(&header->exits_sent) + 1,
		    .ended_usec = guardian_now_usec(),
		    .user_usec = guardian_timeval_usec(&usage.ru_utime),
		    .system_usec = guardian_timeval_usec(&usage.ru_stime),
		};
		if (info.si_pid == guardian->engine_pid)
			return; /* the next turn of the loop buries it */
		if (guardian_send(guardian, &notice) < 0) {
			guardian->channel_full = true;
			return;
		}
		atomic_store(&header->exits_sent, notice.serial);
		(void)guardian_waitid(P_PID, info.si_pid, &info, WEXITED | WNOHANG, NULL);
	}
}

/* True where the daemon is to end. */
static bool guardian_reap(struct guardian *guardian)
{
	siginfo_t info;

	/* To look walks all children in the kernel: not for every order of the engine. */
	if (!guardian->child_ended && !guardian->channel_full)
		return false;
	guardian->child_ended = false;
	guardian->channel_full = false;
	/* The engine by itself, since a full channel may keep a zombie in front of it. */
	while (guardian->engine_pid &&
	       guardian_waitid(P_PID, guardian->engine_pid, &info, WEXITED | WNOHANG, NULL) == 0 &&
	       info.si_pid) {
		if (guardian_bury_engine(guardian, guardian_wait_status(&info)))
			return true;
	}
	guardian_reap_children(guardian);
	return false;
}

static void guardian_read_signals(struct guardian *guardian)
{
	struct signalfd_siginfo info;

	while (read(guardian->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			guardian->child_ended = true;
		else if (info.ssi_signo <= SIGNAL_MAX)
			guardian->pending_signals |= 1ull << (info.ssi_signo - 1);
	}
}

static void guardian_forward_signals(struct guardian *guardian)
{
	for (int signal = 1; signal <= SIGNAL_MAX && guardian->pending_signals; signal++) {
		const uint64_t bit = 1ull << (signal - 1);
		struct channel_notice notice = {.type = CHANNEL_SIGNAL, .status = signal};
		if (!(guardian->pending_signals & bit))
			continue;
		if (guardian_send(guardian, &notice) < 0)
			guardian->channel_full = true;
		else
			guardian->pending_signals &= ~bit;
	}
}

/* A ping that finds no room needs none: what fills the channel is taken, or not, as well. */
static void guardian_ping(struct guardian *guardian)
{
	const struct channel_notice ping = {.type = CHANNEL_PING};

	if (!channel_is_waiting(guardian->channel))
		(void)guardian_send(guardian, &ping);
}

/* The service manager is told as long as the engine has taken the ping of the time before. */
static void guardian_feed_watchdog(struct guardian *guardian, int64_t now_msec)
{
	if (!guardian->watchdog_msec || now_msec < guardian->watchdog_due_msec)
		return;
	guardian->watchdog_due_msec = now_msec + guardian->watchdog_msec;
	if (guardian->engine_pid && !channel_is_waiting(guardian->channel))
		(void)notify_send("WATCHDOG=1");
	guardian_ping(guardian);
}

static uint32_t guardian_limit_msec(const struct guardian *guardian)
{
	const struct ledger_header *header = guardian->ledger.header;
	uint32_t limit_msec = atomic_load(&header->silence_msec);

	return limit_msec && !atomic_load(&header->engine_begun) ? limit_msec + PULSE_BEGIN_MSEC
	                                                         : limit_msec;
}

/* An engine that takes nothing any more holds everybody up: another is better. */
static void guardian_check_engine(struct guardian *guardian, int64_t now_msec)
{
	const struct ledger_header *header = guardian->ledger.header;
	uint32_t limit_msec = guardian_limit_msec(guardian);

	if (!guardian->engine_pid || guardian->engine_lost ||
	    !pulse_is_lost(&guardian->pulse, atomic_load(&header->notices_taken),
	                   channel_is_waiting(guardian->channel), limit_msec, now_msec))
		return;
	log_error("guardian: the engine (pid %d) has taken nothing for %u ms: killing it",
	          (int)guardian->engine_pid, limit_msec);
	guardian->engine_lost = true;
	(void)kill(guardian->engine_pid, SIGKILL); /* our child, and not reaped */
}

/* The earlier of two times, of which -1 is none. */
static int64_t guardian_sooner(int64_t a_msec, int64_t b_msec)
{
	if (a_msec < 0 || b_msec < 0)
		return a_msec < 0 ? b_msec : a_msec;
	return a_msec < b_msec ? a_msec : b_msec;
}

static int guardian_timeout_msec(const struct guardian *guardian, int64_t now_msec)
{
	uint32_t limit_msec = guardian_limit_msec(guardian);
	int64_t due_msec = -1;

	if (!guardian->engine_pid)
		due_msec = guardian->engine_due_msec;
	else if (!guardian->engine_lost)
		due_msec = pulse_due_msec(&guardian->pulse, channel_is_waiting(guardian->channel),
		                          limit_msec);
	if (guardian->engine_pid && guardian->pulse.knock_msec > now_msec)
		due_msec = guardian_sooner(due_msec, guardian->pulse.knock_msec);
	if (guardian->watchdog_msec)
		due_msec = guardian_sooner(due_msec, guardian->watchdog_due_msec);
	if (due_msec < 0)
		return -1;
	return due_msec <= now_msec ? 0 : (int)(due_msec - now_msec);
}

/* Sleeps until a child, a signal, an order, room in the channel, a client's knock, or a deadline.
 */
static void guardian_wait(struct guardian *guardian)
{
	int64_t now_msec = guardian_now_msec();
	bool listens = guardian->engine_pid && guardian->pulse.knock_msec <= now_msec;
	struct pollfd watched[] = {
	    {.fd = guardian->signals, .events = POLLIN},
	    {.fd = guardian->channel, .events = POLLIN},
	    {.fd = listens ? store_get(guardian->store, STORE_SOCKET) : -1, .events = POLLIN},
	};

	if (guardian->channel_full)
		watched[1].events |= POLLOUT;
	if (poll(watched, 3, guardian_timeout_msec(guardian, now_msec)) > 0 && watched[2].revents) {
		guardian->pulse.knock_msec = guardian_now_msec() + PULSE_KNOCK_MSEC;
		guardian_ping(guardian);
	}
}

/*
 * No engine has come as far as to take anything, and somebody wants us to end: there is nobody who
 * could stop the processes, but where there are none, or the next guardian takes them over, we can
 * go.
 */
static bool guardian_gives_up(const struct guardian *guardian)
{
	const uint64_t ends = 1ull << (SIGTERM - 1) | 1ull << (SIGINT - 1) | 1ull << (SIGQUIT - 1);
	siginfo_t info;

	if (guardian->engine_pid || !guardian->pause_msec || !(guardian->pending_signals & ends) ||
	    atomic_load(&guardian->ledger.header->engine_begun))
		return false;
	if (!ledger_lasts(&guardian->ledger) &&
	    guardian_waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT, NULL) == 0)
		return false;
	log_critical("guardian: told to end, and no engine can begin: ending as it is");
	return true;
}

/* A program that had the terminal has ended in front of it: whoever started us wants to read again.
 */
static void guardian_take_terminal_back(void)
{
	pid_t front = tcgetpgrp(STDIN_FILENO);

	if (front > 0 && front != getpgrp() && kill(-front, 0) < 0 && errno == ESRCH)
		(void)tcsetpgrp(STDIN_FILENO, getpgrp());
}

static void guardian_end(struct guardian *guardian)
{
	guardian_take_terminal_back();
	free(guardian->environment);
}

int guardian_run(const struct guardian_options *options)
{
	struct guardian guardian;
	int r = guardian_init(&guardian, options);

	if (r < 0) {
		errno = -r;
		log_critical("guardian: cannot begin: %m");
		return GUARDIAN_EXIT_SOFTWARE;
	}
	for (;;) {
		if (!guardian.engine_pid && guardian_now_msec() >= guardian.engine_due_msec)
			guardian_start_engine(&guardian);
		guardian_wait(&guardian);
		guardian_feed_watchdog(&guardian, guardian_now_msec());
		guardian_check_engine(&guardian, guardian_now_msec());
		guardian_take_orders(&guardian);
		guardian_read_signals(&guardian);
		if (guardian_gives_up(&guardian)) {
			guardian_end(&guardian);
			return GUARDIAN_EXIT_SOFTWARE;
		}
		if (guardian_reap(&guardian)) {
			guardian_end(&guardian);
			return atomic_load(&guardian.ledger.header->exit_code);
		}
		guardian_forward_signals(&guardian);
	}
}
