/*
 * Runs a command again and again, its output to /dev/null, and prints for each run how long it
 * took in nanoseconds and its exit status. In C since starting a process from Python takes longer
 * than some of the commands do.
 *
 *	repeat COUNT SECONDS COMMAND [ARGUMENT...]      until either limit is reached
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S 1000000000ull

extern char **environ;

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static int repeat_once(const posix_spawn_file_actions_t *actions, char **argv)
{
	int status, result;
	pid_t pid;

	result = posix_spawnp(&pid, argv[0], actions, NULL, argv, environ);
	if (result != 0) {
		fprintf(stderr, "repeat: %s: %s\n", argv[0], strerror(result));
		exit(EXIT_FAILURE);
	}
	if (waitpid(pid, &status, 0) < 0) {
		perror("waitpid");
		exit(EXIT_FAILURE);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	posix_spawn_file_actions_t actions;
	unsigned long count, i;
	uint64_t begin, end, until;

	if (argc < 4) {
		fprintf(stderr, "usage: repeat COUNT SECONDS COMMAND [ARGUMENT...]\n");
		return 2;
	}
	count = strtoul(argv[1], NULL, 10);
	end = now_ns();
	until = end + (uint64_t)(strtod(argv[2], NULL) * (double)NS_PER_S);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	for (i = 0; i < count && end < until; i++) {
		int status;

		begin = now_ns();
		status = repeat_once(&actions, argv + 3);
		end = now_ns();
		printf("%llu %d\n", (unsigned long long)(end - begin), status);
	}
	posix_spawn_file_actions_destroy(&actions);
	return 0;
}
