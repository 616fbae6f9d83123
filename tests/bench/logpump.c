/*
 * The least that log capture can cost: one program's standard output, moved from its pipe to a
 * file, without rotation or anything else.
 *
 *	logpump MODE FILE PROGRAM
 *
 * The modes are the rows of a table below.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MIB (1024 * 1024)

struct pump {
	const char *name;
	int pipe_size;      /* 0: as the kernel makes it */
	size_t buffer_size; /* 0: splice(2), no buffer */
};

static const struct pump pumps[] = {
    {.name = "cat", .buffer_size = 128 * 1024},
    {.name = "rw", .pipe_size = MIB, .buffer_size = MIB},
    {.name = "splice", .pipe_size = MIB},
};

static _Noreturn void pump_fail(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static void pump_splice(int from, int to)
{
	ssize_t moved;

	while ((moved = splice(from, NULL, to, NULL, MIB, SPLICE_F_MOVE)) != 0) {
		if (moved < 0 && errno != EINTR)
			pump_fail("splice");
	}
}

static void pump_copy(int from, int to, size_t buffer_size)
{
	char *buffer = malloc(buffer_size);
	ssize_t got, put, done;

	if (!buffer)
		pump_fail("malloc");
	while ((got = read(from, buffer, buffer_size)) != 0) {
		if (got < 0 && errno != EINTR)
			pump_fail("read");
		for (done = 0; done < got; done += put) {
			put = write(to, buffer + done, (size_t)(got - done));
			if (put < 0)
				pump_fail("write");
		}
	}
	free(buffer);
}

static void pump_run(const struct pump *pump, const char *path, char **argv)
{
	int ends[2];
	int to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	pid_t pid;

	if (to < 0 || pipe2(ends, O_CLOEXEC) < 0)
		pump_fail(path);
	if (pump->pipe_size && fcntl(ends[1], F_SETPIPE_SZ, pump->pipe_size) < 0)
		pump_fail("F_SETPIPE_SZ");
	pid = fork();
	if (pid < 0)
		pump_fail("fork");
	if (pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		execv(argv[0], argv);
		_exit(127);
	}
	close(ends[1]);
	if (pump->buffer_size)
		pump_copy(ends[0], to, pump->buffer_size);
	else
		pump_splice(ends[0], to);
}

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; argc > 3 && i < sizeof(pumps) / sizeof(pumps[0]); i++) {
		if (strcmp(pumps[i].name, argv[1]) == 0) {
			pump_run(&pumps[i], argv[2], argv + 3);
			return 0;
		}
	}
	fprintf(stderr, "usage: logpump cat|rw|splice FILE PROGRAM\n");
	return 2;
}
