/* on_exit(3) hands the state to the handler: no variable has to be shared with it. */
#include "cli/raw.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "cli/alloc.h"

struct raw {
	struct termios before;
	sigset_t signals;
	int signal_fd;
	bool is_on;
};

static void restore(struct raw *raw)
{
	if (raw->is_on)
		(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &raw->before);
	raw->is_on = false;
}

static void restore_at_exit(int status, void *arg)
{
	(void)status;
	restore(arg);
	free(arg);
}

struct raw *raw_begin(void)
{
	struct raw *raw = alloc_zero(1, sizeof(*raw));
	struct termios raw_mode;

	if (tcgetattr(STDIN_FILENO, &raw->before) < 0 || on_exit(restore_at_exit, raw) != 0) {
		free(raw);
		return NULL;
	}
	sigemptyset(&raw->signals);
	sigaddset(&raw->signals, SIGTERM);
	sigaddset(&raw->signals, SIGHUP);
	sigaddset(&raw->signals, SIGQUIT);
	sigprocmask(SIG_BLOCK, &raw->signals, NULL);
	raw->signal_fd = signalfd(-1, &raw->signals, SFD_CLOEXEC | SFD_NONBLOCK);
	raw_mode = raw->before;
	cfmakeraw(&raw_mode);
	raw->is_on = true;
	(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &raw_mode);
	return raw;
}

void raw_end(struct raw *raw)
{
	if (!raw)
		return;
	restore(raw);
	if (raw->signal_fd >= 0)
		close(raw->signal_fd);
	raw->signal_fd = -1;
	sigprocmask(SIG_UNBLOCK, &raw->signals, NULL);
}

int raw_signal_fd(const struct raw *raw)
{
	return raw ? raw->signal_fd : -1;
}

void raw_die(struct raw *raw)
{
	struct signalfd_siginfo signals;
	int number = SIGTERM;

	if (read(raw->signal_fd, &signals, sizeof(signals)) == sizeof(signals))
		number = (int)signals.ssi_signo;
	raw_end(raw);
	signal(number, SIG_DFL);
	raise(number);
	_exit(128 + number);
}
