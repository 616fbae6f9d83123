/* A new binary, asked for its version. */
#include "daemon/process/upgrade.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/log.h"
#include "daemon/base/clock.h"
#include "daemon/base/loop.h"
#include "daemon/guardian/channel.h"
#include "daemon/guardian/ledger.h"
#include "daemon/guardian/store.h"
#include "daemon/process/context.h"

/* How long it may take to say its version. */
#define UPGRADE_LOOK_USEC (5 * USEC_PER_SEC)
/* Its version, a blank, and that of its ledger. */
#define UPGRADE_ANSWER_MAX 128
#define UPGRADE_VERSION_MAX 64

struct upgrade {
	const struct context *context;
	upgrade_cb report;
	void *arg;
	int binary;
	int output; /* of the one that is asked */
	int pidfd;
	pid_t pid;
	struct event ended;
	struct event timer;
	bool good;
};

static void upgrade_refuse(struct upgrade *upgrade, const char *why)
{
	log_error("upgrade refused: %s", why);
	upgrade->report(upgrade->arg, why, NULL);
}

/* "VERSION LEDGER\n", the whole of it. */
static int upgrade_parse(const char *answer, char version[UPGRADE_VERSION_MAX],
                         unsigned *ret_ledger)
{
	int end = 0;

	if (sscanf(answer, "%63s %u%n", version, ret_ledger, &end) != 2 || end == 0)
		return -EBADMSG;
	return strcmp(answer + end, "\n") == 0 ? 0 : -EBADMSG;
}

static void upgrade_judge(struct upgrade *upgrade, int status, const char *answer)
{
	char version[UPGRADE_VERSION_MAX], why[PATH_MAX + 128];
	const char *path = upgrade->context->binary;
	unsigned ledger;

	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		snprintf(why, sizeof(why), "%s cannot be run (%s %d)", path,
		         WIFEXITED(status) ? "exit status" : "signal",
		         WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	else if (upgrade_parse(answer, version, &ledger) < 0)
		snprintf(why, sizeof(why), "%s does not say which ledger it reads", path);
	else if (ledger != LEDGER_VERSION)
		snprintf(why, sizeof(why),
		         "%s is version %s and reads ledgers of version %u; ours is of version "
		         "%u: shut the daemon down and start it again",
		         path, version, ledger, LEDGER_VERSION);
	else
		upgrade->good = true;
	if (!upgrade->good) {
		upgrade_refuse(upgrade, why);
		return;
	}
	log_info("%s is version %s and can take over", path, version);
	upgrade->report(upgrade->arg, NULL, version);
}

static void upgrade_ended_cb(evutil_socket_t fd, short what, void *arg)
{
	struct upgrade *upgrade = arg;
	char answer[UPGRADE_ANSWER_MAX + 1];
	int status = 0;
	ssize_t n;

	(void)fd;
	(void)what;
	loop_timer_unset(&upgrade->timer);
	if (waitpid(upgrade->pid, &status, 0) != upgrade->pid)
		status = SIGKILL;
	upgrade->pid = 0;
	n = read(upgrade->output, answer, UPGRADE_ANSWER_MAX);
	answer[n > 0 ? n : 0] = '\0';
	upgrade_judge(upgrade, status, answer);
}

/* Its end comes by the pidfd. */
static void upgrade_timer_cb(evutil_socket_t fd, short what, void *arg)
{
	const struct upgrade *upgrade = arg;

	(void)fd;
	(void)what;
	log_error("%s does not say its version in time", upgrade->context->binary);
	(void)syscall(SYS_pidfd_send_signal, upgrade->pidfd, SIGKILL, NULL, 0);
}

static int upgrade_spawn(struct upgrade *upgrade, int write_end)
{
	const struct context *context = upgrade->context;
	char path[32];
	char *argv[] = {(char *)(uintptr_t)context->binary, (char *)(uintptr_t) "--ledger-version",
	                NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int r;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", upgrade->binary);
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	r = posix_spawn_file_actions_adddup2(&actions, context->null_fd, 0);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, write_end, 1);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, context->null_fd, 2);
	if (r == 0)
		r = posix_spawn(&upgrade->pid, path, &actions, &attributes, argv,
		                context->environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

/* A script would be run by another program, which is not the one that was looked at. */
static int upgrade_open(struct upgrade *upgrade)
{
	char magic[SELFMAG];

	upgrade->binary = open(upgrade->context->binary, O_RDONLY | O_CLOEXEC);
	if (upgrade->binary < 0)
		return -errno;
	if (pread(upgrade->binary, magic, sizeof(magic), 0) != (ssize_t)sizeof(magic) ||
	    memcmp(magic, ELFMAG, SELFMAG) != 0)
		return -ENOEXEC;
	return 0;
}

static int upgrade_ask(struct upgrade *upgrade)
{
	int ends[2];
	int r = upgrade_open(upgrade);

	if (r < 0)
		return r;
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	upgrade->output = ends[0];
	r = upgrade_spawn(upgrade, ends[1]);
	close(ends[1]);
	if (r < 0)
		return r;
	upgrade->pidfd = (int)syscall(SYS_pidfd_open, upgrade->pid, 0);
	if (upgrade->pidfd < 0)
		return -errno;
	return loop_watch(upgrade->context->loop, &upgrade->ended, upgrade->pidfd, EV_READ,
	                  upgrade_ended_cb, upgrade);
}

int upgrade_new(const struct context *context, upgrade_cb report, void *arg,
                struct upgrade **ret_upgrade)
{
	struct upgrade *upgrade = calloc(1, sizeof(*upgrade));
	int r;

	if (!upgrade)
		return -ENOMEM;
	upgrade->context = context;
	upgrade->report = report;
	upgrade->arg = arg;
	upgrade->binary = upgrade->output = upgrade->pidfd = -1;
	loop_timer_init(context->loop, &upgrade->timer, upgrade_timer_cb, upgrade);
	r = upgrade_ask(upgrade);
	if (r < 0) {
		log_error("cannot look at %s: %s", context->binary, strerror(-r));
		upgrade_free(upgrade);
		return r;
	}
	loop_timer_set(&upgrade->timer, clock_monotonic_usec() + UPGRADE_LOOK_USEC);
	*ret_upgrade = upgrade;
	return 0;
}

static void upgrade_close(int fd)
{
	if (fd >= 0)
		close(fd);
}

void upgrade_free(struct upgrade *upgrade)
{
	if (!upgrade)
		return;
	loop_timer_unset(&upgrade->timer);
	if (event_initialized(&upgrade->ended))
		event_del(&upgrade->ended);
	/* Our child, and not reaped. */
	if (upgrade->pid > 0) {
		(void)kill(upgrade->pid, SIGKILL);
		(void)waitpid(upgrade->pid, NULL, 0);
	}
	upgrade_close(upgrade->pidfd);
	upgrade_close(upgrade->output);
	upgrade_close(upgrade->binary);
	free(upgrade);
}

bool upgrade_is_asked_by(const struct upgrade *upgrade, const void *arg)
{
	return upgrade && upgrade->arg == arg;
}

int upgrade_hand_over(const struct upgrade *upgrade)
{
	const uint32_t slot = STORE_BINARY;

	if (!upgrade || !upgrade->good)
		return -ENOENT;
	return channel_send_keep(upgrade->context->channel, &slot, &upgrade->binary, 1);
}
