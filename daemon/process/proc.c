/* Reading /proc. */
#include "daemon/process/proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* An environment longer than this is not looked at further. */
#define PROC_ENVIRONMENT_MAX (128u * 1024u)
#define PROC_STAT_MAX 1024u

static int proc_open(pid_t pid, const char *file)
{
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	return fd;
}

/* The line of numbers that begins behind the name; the name may hold anything, parentheses too. */
static int proc_read_numbers(pid_t pid, char *text, size_t size, const char **ret_numbers)
{
	int fd = proc_open(pid, "stat");
	const char *after;
	ssize_t n;

	if (fd < 0)
		return fd;
	n = read(fd, text, size - 1);
	close(fd);
	if (n <= 0)
		return -ESRCH;
	text[n] = '\0';
	after = strrchr(text, ')');
	if (!after)
		return -EBADMSG;
	*ret_numbers = after + 1;
	return 0;
}

int proc_read_stat(pid_t pid, struct proc_stat *ret_stat)
{
	char text[PROC_STAT_MAX];
	struct proc_stat found = {0};
	int parent, group;
	unsigned long long start;
	const char *numbers;
	int r = proc_read_numbers(pid, text, sizeof(text), &numbers);

	if (r < 0)
		return r;
	if (sscanf(numbers,
	           " %c %d %d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d "
	           "%*d %*d %*d %*d %llu",
	           &found.state, &parent, &group, &start) != 4)
		return -EBADMSG;
	found.parent = parent;
	found.group = group;
	found.start_ticks = start;
	*ret_stat = found;
	return 0;
}

int proc_read_exit(pid_t pid, int *ret_status)
{
	char text[PROC_STAT_MAX];
	const char *numbers, *last;
	int status, r = proc_read_numbers(pid, text, sizeof(text), &numbers);

	if (r < 0)
		return r;
	if (numbers[0] != ' ' || numbers[1] != 'Z')
		return -EAGAIN;
	/* The last one, which is 0 for who may not know it. */
	last = strrchr(numbers, ' ');
	if (geteuid() != 0)
		return -EPERM;
	if (sscanf(last, "%d", &status) != 1)
		return -EBADMSG;
	*ret_status = status;
	return 0;
}

/* The file is a list of numbers, each followed by a space; it may be longer than one read. */
static void proc_read_children(int fd, void (*each)(void *arg, pid_t child), void *arg)
{
	char text[4096];
	pid_t pid = 0;
	ssize_t n;

	while ((n = read(fd, text, sizeof(text))) > 0) {
		for (ssize_t i = 0; i < n; i++) {
			if (text[i] >= '0' && text[i] <= '9') {
				pid = pid * 10 + (text[i] - '0');
			} else if (pid) {
				each(arg, pid);
				pid = 0;
			}
		}
	}
}

int proc_each_child(pid_t pid, void (*each)(void *arg, pid_t child), void *arg)
{
	char path[64];
	struct dirent *entry;
	DIR *threads;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	threads = opendir(path);
	if (!threads)
		return errno == ENOENT ? -ESRCH : -errno;
	while ((entry = readdir(threads))) {
		int fd;
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "task/%.20s/children", entry->d_name);
		fd = proc_open(pid, path);
		if (fd < 0)
			continue;
		proc_read_children(fd, each, arg);
		close(fd);
	}
	closedir(threads);
	return 0;
}

static void proc_find_values(char *text, size_t size, const char *const *names, const char **values)
{
	for (size_t k = 0; names[k]; k++)
		values[k] = NULL;
	for (size_t i = 0; i < size; i += strlen(text + i) + 1)
		for (size_t k = 0; names[k]; k++)
			if (strncmp(text + i, names[k], strlen(names[k])) == 0)
				values[k] = text + i + strlen(names[k]);
}

char *proc_read_environment(pid_t pid, const char *const *names, const char **values)
{
	int fd = proc_open(pid, "environ");
	char *text = fd >= 0 ? malloc(PROC_ENVIRONMENT_MAX + 1) : NULL;
	size_t used = 0;
	ssize_t n;

	if (text) {
		while (used < PROC_ENVIRONMENT_MAX &&
		       (n = read(fd, text + used, PROC_ENVIRONMENT_MAX - used)) > 0)
			used += (size_t)n;
		text[used] = '\0';
		proc_find_values(text, used, names, values);
	}
	if (fd >= 0)
		close(fd);
	return text;
}
