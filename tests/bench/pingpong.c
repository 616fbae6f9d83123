/*
 * The most calls a second that any server on a Unix stream socket could answer: an epoll loop that
 * sends back what it gets, with messages as long as a call of IsAlive.
 *
 *	pingpong SECONDS DEPTH CPU      prints round trips a second, DEPTH of them in flight;
 *	                                the server runs on that processor
 */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MESSAGE_SIZE 64
#define DEPTH_MAX 1024

static _Noreturn void pingpong_fail(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static _Noreturn void serve(int fd, int cpu)
{
	struct epoll_event event = {.events = EPOLLIN};
	char buffer[MESSAGE_SIZE * DEPTH_MAX];
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	cpu_set_t cpus;
	ssize_t got;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus) < 0)
		pingpong_fail("sched_setaffinity");
	if (epoll_fd < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		pingpong_fail("epoll");
	for (;;) {
		if (epoll_wait(epoll_fd, &event, 1, -1) < 0)
			pingpong_fail("epoll_wait");
		got = read(fd, buffer, sizeof(buffer));
		if (got <= 0)
			exit(EXIT_SUCCESS);
		if (write(fd, buffer, (size_t)got) != got)
			pingpong_fail("write");
	}
}

static double call(int fd, double seconds, size_t depth)
{
	char buffer[MESSAGE_SIZE * DEPTH_MAX];
	size_t size = MESSAGE_SIZE * depth, back;
	double start = now_s(), end = start;
	unsigned long calls = 0;
	ssize_t got;

	memset(buffer, 'x', sizeof(buffer));
	while (end - start < seconds) {
		if (write(fd, buffer, size) != (ssize_t)size)
			pingpong_fail("write");
		for (back = 0; back < size; back += (size_t)got) {
			got = read(fd, buffer, size - back);
			if (got <= 0)
				pingpong_fail("read");
		}
		calls += depth;
		end = now_s();
	}
	return (double)calls / (end - start);
}

int main(int argc, char **argv)
{
	double seconds = argc == 4 ? strtod(argv[1], NULL) : 0;
	size_t depth = argc == 4 ? strtoul(argv[2], NULL, 10) : 0;
	int cpu = argc == 4 ? atoi(argv[3]) : 0;
	int pair[2];
	pid_t pid;

	if (seconds <= 0 || depth < 1 || depth > DEPTH_MAX || cpu < 0) {
		fprintf(stderr, "usage: pingpong SECONDS DEPTH CPU\n");
		return 2;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		pingpong_fail("socketpair");
	pid = fork();
	if (pid < 0)
		pingpong_fail("fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(pair[0]);
		serve(pair[1], cpu);
	}
	close(pair[1]);
	printf("%.0f\n", call(pair[0], seconds, depth));
	close(pair[0]);
	waitpid(pid, NULL, 0);
	return 0;
}
