/* Crash points: the table of names, and dying. Empty but in test builds. */
#include "daemon/base/crashpoint.h"

#ifdef MUSTER_CRASH_POINTS

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CRASH_ORDER_MAX 64

/* How long a child is kept from going on after its engine's death. */
#define CRASH_CHILD_NSEC (50 * 1000 * 1000)

static const char *const point_names[CRASH_POINT_COUNT] = {
#define CRASH_POINT_NAME(value, name) [CRASH_##value] = name,
    CRASH_POINTS(CRASH_POINT_NAME)
#undef CRASH_POINT_NAME
};

/* True where this passage is the one; one that is not is counted off in the file. It makes system
 * calls only: a child between clone and exec asks too. */
static bool crash_is_due(enum crash_point point)
{
	const char *path = getenv("MUSTER_CRASH_POINT");
	size_t length = strlen(point_names[point]);
	char order[CRASH_ORDER_MAX] = "";
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	bool due = false;

	if (fd < 0)
		return false;
	if (read(fd, order, sizeof(order) - 1) > (ssize_t)length + 1 &&
	    memcmp(order, point_names[point], length) == 0 && order[length] == ' ') {
		char *passages = &order[length + 1];
		due = *passages == '1';
		*passages = (char)(*passages - 1);
		if (due)
			(void)unlink(path);
		else
			(void)!pwrite(fd, passages, 1, (off_t)length + 1);
	}
	close(fd);
	return due;
}

void crash_point(enum crash_point point)
{
	if (crash_is_due(point))
		(void)kill(getpid(), SIGKILL);
}

void crash_point_of_engine(enum crash_point point, pid_t engine)
{
	struct timespec moment = {.tv_nsec = CRASH_CHILD_NSEC};

	if (!crash_is_due(point))
		return;
	(void)kill(engine, SIGKILL);
	(void)nanosleep(&moment, NULL);
}

#endif
