/*
 * A program for the tests to supervise: it does what its first argument says, so that a test sees
 * from inside what a worker is given and decides how it ends.
 *
 *	report          tells what it sees, one "key value" a line, and ends
 *	exit N          ends with status N
 *	wait            says "ready" and waits for a signal that ends it
 *	ignore          the same, but SIGTERM does not end it
 *	cat             copies its standard input to its standard output
 *	lines N         writes N numbered lines and ends
 *	tree WORD...    makes a child that goes on by WORD..., says its pid, then waits
 *	leave WORD...   the same, but ends once the child is there
 *	group WORD...   goes on by WORD... in a process group of its own
 *	session WORD... goes on by WORD... in a session of its own and without an environment
 *
 * No mode outlives CHILD_SECONDS_MAX: what a broken test leaves behind goes away by itself.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHILD_SECONDS_MAX 120

extern char **environ;

static int child_dispatch(char **words);

static void report_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	struct dirent *entry;

	if (!directory)
		return;
	while ((entry = readdir(directory)))
		if (entry->d_name[0] != '.' && atoi(entry->d_name) != dirfd(directory))
			printf("fd %s\n", entry->d_name);
	closedir(directory);
}

static void report_signals(void)
{
	struct sigaction action;
	sigset_t mask;

	sigprocmask(SIG_SETMASK, NULL, &mask);
	for (int number = 1; number < NSIG; number++) {
		if (sigismember(&mask, number) == 1)
			printf("blocked %d\n", number);
		if (sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
			printf("ignored %d\n", number);
	}
}

static void report_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		printf("files %lld\n", (long long)limit.rlim_cur);
	if (getrlimit(RLIMIT_NPROC, &limit) == 0)
		printf("processes %lld\n", (long long)limit.rlim_cur);
}

static void report_user(void)
{
	gid_t groups[64];
	int count = getgroups(64, groups);

	printf("uid %d %d\ngid %d %d\ngroups", (int)getuid(), (int)geteuid(), (int)getgid(),
	       (int)getegid());
	for (int i = 0; i < count; i++)
		printf(" %d", (int)groups[i]);
	printf("\n");
}

static int child_report(char **words)
{
	char directory[4096];
	mode_t mask = umask(0);

	(void)words;
	report_descriptors();
	report_signals();
	report_limits();
	report_user();
	printf("session %s\n", getsid(0) == getpid() ? "own" : "inherited");
	printf("group %s\n", getpgrp() == getpid() ? "own" : "inherited");
	printf("directory %s\n", getcwd(directory, sizeof(directory)) ? directory : "?");
	printf("umask %04o\n", (unsigned)mask);
	for (char **entry = environ; *entry; entry++)
		printf("environment %s\n", *entry);
	return 0;
}

static int child_exit(char **words)
{
	return words[0] ? atoi(words[0]) : 0;
}

static int child_wait(char **words)
{
	(void)words;
	printf("ready\n");
	fflush(stdout);
	while (pause() < 0 && errno == EINTR)
		continue;
	return 1;
}

static int child_ignore(char **words)
{
	signal(SIGTERM, SIG_IGN);
	return child_wait(words);
}

static int child_cat(char **words)
{
	char buffer[4096];
	ssize_t n;

	(void)words;
	while ((n = read(STDIN_FILENO, buffer, sizeof(buffer))) > 0)
		if (write(STDOUT_FILENO, buffer, (size_t)n) != n)
			return 1;
	return 0;
}

static int child_lines(char **words)
{
	long count = words[0] ? atol(words[0]) : 0;

	for (long i = 0; i < count; i++)
		printf("%07ld\n", i);
	return 0;
}

static pid_t child_fork(char **words)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		alarm(CHILD_SECONDS_MAX);
		_exit(child_dispatch(words));
	}
	if (pid > 0)
		printf("child %d\n", (int)pid);
	fflush(stdout);
	return pid;
}

static int child_tree(char **words)
{
	return child_fork(words) < 0 ? 1 : child_wait(words);
}

static int child_leave(char **words)
{
	return child_fork(words) < 0 ? 1 : 0;
}

static int child_group(char **words)
{
	return setpgid(0, 0) < 0 ? 1 : child_dispatch(words);
}

/* Executed anew, so that nothing of the environment is left for /proc to show. */
static int child_session(char **words)
{
	char *empty[] = {NULL};
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n < 0 || setsid() < 0)
		return 1;
	self[n] = '\0';
	words[-1] = self;
	execve(self, words - 1, empty);
	return 1;
}

static const struct {
	const char *word;
	int (*run)(char **words);
} modes[] = {
    {"report", child_report},   {"exit", child_exit},   {"wait", child_wait},
    {"ignore", child_ignore},   {"cat", child_cat},     {"lines", child_lines},
    {"tree", child_tree},       {"leave", child_leave}, {"group", child_group},
    {"session", child_session},
};

static int child_dispatch(char **words)
{
	for (size_t i = 0; words[0] && i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strcmp(words[0], modes[i].word) == 0)
			return modes[i].run(words + 1);
	fprintf(stderr, "child: what is to be done?\n");
	return 2;
}

int main(int argc, char **argv)
{
	(void)argc;
	alarm(CHILD_SECONDS_MAX);
	return child_dispatch(argv + 1);
}
