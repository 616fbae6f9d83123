/*
 * check: has musterd read a configuration without starting anything. The program that stands
 * beside ours is taken before the one on the path, so that a build checks itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/alloc.h"
#include "cli/cmd.h"
#include "cli/session.h"
#include "common/path.h"

/* What is kept of the messages for --json. */
#define CHECK_OUTPUT_MAX (1024 * 1024)

static enum cmd_exit check_exec(const struct cmd_call *call);

const struct cmd_entry cmd_check_entry = {
    .name = "check",
    .usage = "[FILE]",
    .summary = "Check a configuration file",
    .details = "Runs `musterd --check FILE`; without FILE, on the one that musterd would read.\n",
    .words_max = 1,
    .exec = check_exec,
};

/* Becomes musterd --check. Returns where that failed, with errno. */
static void run_musterd(char *file)
{
	char path[PATH_MAX + sizeof("musterd")];
	char *arguments[] = {(char[]){"musterd"}, (char[]){"--check"}, file, NULL};
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX);
	char *slash;

	signal(SIGPIPE, SIG_DFL);
	if (length > 0 && length < PATH_MAX) {
		path[length] = '\0';
		slash = strrchr(path, '/');
		if (slash) {
			memcpy(slash + 1, "musterd", sizeof("musterd"));
			execv(path, arguments);
		}
	}
	execvp("musterd", arguments);
}

static enum cmd_exit fail(const struct cmd_call *call, int error)
{
	return session_refuse(call->session, CMD_REFUSED, SESSION_ERROR_FAILED,
	                      "cannot run musterd, neither beside muster nor on the path: %s",
	                      strerror(error));
}

/* Reads until the end; what is too much is read and let go. */
static char *read_output(int fd, size_t *ret_size)
{
	char *text = alloc_zero(CHECK_OUTPUT_MAX, 1);
	char rest[4096];
	size_t used = 0;

	for (;;) {
		bool full = used == CHECK_OUTPUT_MAX;
		ssize_t got = full ? read(fd, rest, sizeof(rest))
		                   : read(fd, text + used, CHECK_OUTPUT_MAX - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		used += full ? 0 : (size_t)got;
	}
	*ret_size = used;
	return text;
}

/* The messages as an array of lines; a line that is no UTF-8 is told as such. */
static json_t *split_lines(const char *text, size_t size)
{
	json_t *lines = alloc_json(json_array());

	while (size > 0) {
		const char *newline = memchr(text, '\n', size);
		size_t length = newline ? (size_t)(newline - text) : size;
		json_t *line = json_stringn(text, length);

		json_array_append_new(lines,
		                      line ? line : json_string("(a line that is no UTF-8)"));
		length += newline ? 1 : 0;
		text += length;
		size -= length;
	}
	return lines;
}

static enum cmd_exit tell_json(const char *file, int fd, pid_t child)
{
	size_t size;
	char *text = read_output(fd, &size);
	int status = 0;
	bool good;

	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	session_print_json(json_pack("{s:o, s:b, s:o}", "file", alloc_json_text(file), "ok",
	                             (int)good, "messages", split_lines(text, size)));
	free(text);
	return good ? CMD_DONE : CMD_REFUSED;
}

/* In a child, with its messages through a pipe, so that they can be put into one JSON value. */
static enum cmd_exit check_json(const struct cmd_call *call, char *file)
{
	enum cmd_exit code;
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return fail(call, errno);
	child = fork();
	if (child < 0) {
		code = fail(call, errno);
	} else if (child == 0) {
		if (dup2(ends[1], STDOUT_FILENO) >= 0 && dup2(ends[1], STDERR_FILENO) >= 0)
			run_musterd(file);
		dprintf(STDERR_FILENO, "muster: cannot run musterd: %s\n", strerror(errno));
		_exit(CMD_REFUSED);
	} else {
		close(ends[1]);
		ends[1] = -1;
		code = tell_json(file, ends[0], child);
	}
	close(ends[0]);
	if (ends[1] >= 0)
		close(ends[1]);
	return code;
}

static enum cmd_exit check_exec(const struct cmd_call *call)
{
	char *file = call->word_count ? alloc_text(call->words[0]) : path_find_config();
	enum cmd_exit code;

	if (!file)
		return session_refuse(call->session, CMD_REFUSED, SESSION_ERROR_FAILED,
		                      "there is no configuration in any of the usual places (the "
		                      "first is %s): name a file",
		                      path_config_places()[0]);
	if (session_json(call->session)) {
		code = check_json(call, file);
	} else {
		fflush(stdout);
		run_musterd(file);
		code = fail(call, errno);
	}
	free(file);
	return code;
}
