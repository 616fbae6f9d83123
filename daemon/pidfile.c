/* Writing and removing the pid file. */
#include "daemon/pidfile.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "common/log.h"
#include "common/parse.h"

#define PIDFILE_TEXT_MAX 16u

void pidfile_write(const char *path, pid_t pid)
{
	char text[PIDFILE_TEXT_MAX];
	int fd, n;

	if (!path)
		return;
	n = snprintf(text, sizeof(text), "%d\n", (int)pid);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
	if (fd < 0 || write(fd, text, (size_t)n) != n)
		log_error("cannot write pidfile %s: %m", path);
	if (fd >= 0)
		close(fd);
}

void pidfile_remove(const char *path, pid_t pid)
{
	char text[PIDFILE_TEXT_MAX] = "";
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;
	long held;

	if (fd < 0)
		return;
	if (read(fd, text, sizeof(text) - 1) > 0 && parse_int(text, 1, INT32_MAX, &held) == 0 &&
	    held == pid)
		(void)unlink(path);
	close(fd);
}
