/*
 * A program to supervise: it does what its arguments say, one after the other, and then exits with
 * 0.
 *
 *   worker on TERM note FILE told exit 0 -- fork pidfile FILE pause -- say ready pause
 *
 * "fork", "daemon" and "on" take the actions up to the next "--": for a child, for a child that has
 * left this session and parent, and for whenever a signal comes while we pause.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/parse.h"

#define WORKER_EXIT_USAGE 64

struct action {
	const char *name;
	int arguments;
	bool takes_block;
	/* `block`: the actions up to "--". */
	void (*run)(char **arguments, char **block);
};

struct handler {
	int signal;
	char **block;
};

static void run_actions(char **words);

static _Noreturn void fail(const char *what, const char *why)
{
	fprintf(stderr, "worker: %s: %s\n", what, why);
	_exit(WORKER_EXIT_USAGE);
}

static void write_line(int fd, const char *text)
{
	/* One write: lines of several workers do not mix. */
	if (dprintf(fd, "%s\n", text) < 0)
		fail("writing", strerror(errno));
}

static void append(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);

	if (fd < 0)
		fail(path, strerror(errno));
	write_line(fd, text);
	close(fd);
}

static int number(const char *text)
{
	return (int)strtol(text, NULL, 10);
}

static int signal_of(const char *text)
{
	int value;

	if (parse_signal(text, &value) < 0)
		fail("no such signal", text);
	return value;
}

static void do_say(char **arguments, char **block)
{
	(void)block;
	write_line(STDOUT_FILENO, arguments[0]);
}

static void do_warn(char **arguments, char **block)
{
	(void)block;
	write_line(STDERR_FILENO, arguments[0]);
}

static void do_note(char **arguments, char **block)
{
	(void)block;
	append(arguments[0], arguments[1]);
}

static void do_pidfile(char **arguments, char **block)
{
	char text[16];

	(void)block;
	snprintf(text, sizeof(text), "%d", (int)getpid());
	append(arguments[0], text);
}

static void do_sleep(char **arguments, char **block)
{
	int msec = number(arguments[0]);
	struct timespec left = {msec / 1000, msec % 1000 * 1000000};

	(void)block;
	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		continue;
}

static void do_exit(char **arguments, char **block)
{
	(void)block;
	_exit(number(arguments[0]));
}

/* By a signal to itself, with its default meaning. */
static void do_die(char **arguments, char **block)
{
	(void)block;
	raise(signal_of(arguments[0]));
}

static void do_ignore(char **arguments, char **block)
{
	(void)block;
	signal(signal_of(arguments[0]), SIG_IGN);
}

/* Numbered lines, from 1. */
static void do_count(char **arguments, char **block)
{
	int count = number(arguments[0]);

	(void)block;
	for (int i = 1; i <= count; i++)
		printf("%d\n", i);
	fflush(stdout);
}

/* What on and pause share: only they look at it. */
static struct handler *handlers(void)
{
	static struct handler table[NSIG];

	return table;
}

static void do_fork(char **arguments, char **block)
{
	sigset_t none;

	(void)arguments;
	if (fork() != 0)
		return;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	memset(handlers(), 0, sizeof(struct handler) * NSIG);
	run_actions(block);
	_exit(0);
}

static void do_daemon(char **arguments, char **block)
{
	(void)arguments;
	if (fork() == 0) {
		setsid();
		do_fork(arguments, block);
		_exit(0);
	}
}

/* So many processes that have lost their parent and end at once; those of ORPHANS_AT_ONCE have one
 * parent, whose end is waited for. */
#define ORPHANS_AT_ONCE 100

static void do_orphans(char **arguments, char **block)
{
	int left = number(arguments[0]);

	(void)block;
	while (left > 0) {
		int count = left < ORPHANS_AT_ONCE ? left : ORPHANS_AT_ONCE;
		pid_t parent = fork();

		if (parent == 0) {
			for (int i = 0; i < count; i++)
				if (fork() == 0)
					_exit(0);
			_exit(0);
		}
		if (parent < 0 || waitpid(parent, NULL, 0) < 0)
			fail("making orphans", strerror(errno));
		left -= count;
	}
}

static void do_on(char **arguments, char **block)
{
	int signal = signal_of(arguments[0]);
	sigset_t set;

	handlers()[signal] = (struct handler){signal, block};
	sigemptyset(&set);
	sigaddset(&set, signal);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static void do_pause(char **arguments, char **block)
{
	sigset_t set;
	int signal;

	(void)arguments;
	(void)block;
	sigemptyset(&set);
	for (int i = 1; i < NSIG; i++)
		if (handlers()[i].signal)
			sigaddset(&set, i);
	if (sigisemptyset(&set))
		for (;;)
			pause();
	for (;;)
		if (sigwait(&set, &signal) == 0)
			run_actions(handlers()[signal].block);
}

static const struct action actions[] = {
    {"say", 1, false, do_say},       {"warn", 1, false, do_warn},
    {"note", 2, false, do_note},     {"sleep", 1, false, do_sleep},
    {"exit", 1, false, do_exit},     {"pidfile", 1, false, do_pidfile},
    {"die", 1, false, do_die},       {"count", 1, false, do_count},
    {"ignore", 1, false, do_ignore}, {"pause", 0, false, do_pause},
    {"fork", 0, true, do_fork},      {"daemon", 0, true, do_daemon},
    {"on", 1, true, do_on},          {"orphans", 1, false, do_orphans},
};

static const struct action *find(const char *name)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strcmp(actions[i].name, name) == 0)
			return &actions[i];
	fail("no such action", name);
}

static char **skip_arguments(const struct action *action, char **words)
{
	for (int i = 0; i < action->arguments; i++)
		if (!*words++)
			fail("an argument is missing", action->name);
	return words;
}

/* Behind the "--" of the block that begins here. */
static char **skip_block(char **words)
{
	while (*words && strcmp(*words, "--") != 0) {
		const struct action *action = find(*words++);

		words = skip_arguments(action, words);
		if (action->takes_block)
			words = skip_block(words);
	}
	return *words ? words + 1 : words;
}

/* Up to the end, or to the "--" of the block that the words stand in. */
static void run_actions(char **words)
{
	while (*words && strcmp(*words, "--") != 0) {
		const struct action *action = find(*words++);
		char **block = skip_arguments(action, words);

		action->run(words, block);
		words = action->takes_block ? skip_block(block) : block;
	}
}

int main(int argc, char **argv)
{
	(void)argc;
	run_actions(argv + 1);
	return 0;
}
