/*
 * The least a supervisor can do: start N programs, watch them through pidfds and epoll, start
 * again at once what ends. No logs, no states, no control. What it costs is what the kernel costs.
 *
 *	floor COUNT PROGRAM
 *
 * SIGTERM ends the programs, then floor.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT_MAX 65536
#define EVENTS_MAX 64
#define STACK_SIZE (64 * 1024)
#define EXIT_NO_EXEC 127

struct floor {
	int epoll_fd;
	int signal_fd;
	int *pidfds;
	size_t count;
	size_t running;
	int stopping;
	char **argv;
	char *stack;
};

extern char **environ;

static _Noreturn void floor_fail(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

/* In the child, on a stack of its own, with the parent's memory: nothing but system calls. */
static int floor_exec(void *arg)
{
	char **argv = arg;
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execve(argv[0], argv, environ);
	_exit(EXIT_NO_EXEC);
}

static void floor_start(struct floor *floor, size_t index)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = index};
	int flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD;
	int pidfd;

	if (clone(floor_exec, floor->stack + STACK_SIZE, flags, floor->argv, &pidfd) < 0)
		floor_fail("clone");
	if (epoll_ctl(floor->epoll_fd, EPOLL_CTL_ADD, pidfd, &event) < 0)
		floor_fail("epoll_ctl");
	floor->pidfds[index] = pidfd;
	floor->running++;
}

static void floor_ended(struct floor *floor, size_t index)
{
	siginfo_t info;

	if (waitid(P_PIDFD, (id_t)floor->pidfds[index], &info, WEXITED) < 0)
		floor_fail("waitid");
	close(floor->pidfds[index]);
	floor->pidfds[index] = -1;
	floor->running--;
	if (info.si_code == CLD_EXITED && info.si_status == EXIT_NO_EXEC) {
		fprintf(stderr, "floor: cannot execute %s\n", floor->argv[0]);
		exit(EXIT_FAILURE);
	}
	if (!floor->stopping)
		floor_start(floor, index);
}

static void floor_stop(struct floor *floor)
{
	size_t i;

	floor->stopping = 1;
	for (i = 0; i < floor->count; i++) {
		if (floor->pidfds[i] >= 0)
			syscall(SYS_pidfd_send_signal, floor->pidfds[i], SIGTERM, NULL, 0);
	}
}

static void floor_loop(struct floor *floor)
{
	struct epoll_event events[EVENTS_MAX];
	int count, i;

	while (!floor->stopping || floor->running > 0) {
		count = epoll_wait(floor->epoll_fd, events, EVENTS_MAX, -1);
		if (count < 0 && errno != EINTR)
			floor_fail("epoll_wait");
		for (i = 0; i < count; i++) {
			if (events[i].data.u64 == UINT64_MAX) {
				struct signalfd_siginfo info;

				if (read(floor->signal_fd, &info, sizeof(info)) > 0)
					floor_stop(floor);
			} else {
				floor_ended(floor, (size_t)events[i].data.u64);
			}
		}
	}
}

static void floor_watch_signals(struct floor *floor)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = UINT64_MAX};
	sigset_t term;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	floor->signal_fd = signalfd(-1, &term, SFD_CLOEXEC | SFD_NONBLOCK);
	if (floor->signal_fd < 0 ||
	    epoll_ctl(floor->epoll_fd, EPOLL_CTL_ADD, floor->signal_fd, &event) < 0)
		floor_fail("signalfd");
}

int main(int argc, char **argv)
{
	struct floor floor = {0};
	size_t i;

	if (argc < 3 || (floor.count = strtoul(argv[1], NULL, 10)) > COUNT_MAX) {
		fprintf(stderr, "usage: floor COUNT PROGRAM\n");
		return 2;
	}
	floor.argv = argv + 2;
	floor.pidfds = calloc(floor.count + 1, sizeof(*floor.pidfds));
	floor.stack = aligned_alloc(16, STACK_SIZE);
	floor.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (!floor.pidfds || !floor.stack || floor.epoll_fd < 0)
		floor_fail("floor");
	floor_watch_signals(&floor);
	for (i = 0; i < floor.count; i++)
		floor_start(&floor, i);
	floor_loop(&floor);
	free(floor.pidfds);
	free(floor.stack);
	return 0;
}
