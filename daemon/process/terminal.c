/* Either the master is watched for bytes, or, while the pipe is full, the pipe for room. */
#include "daemon/process/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/log.h"
#include "daemon/base/loop.h"

/* In one call; and calls in one turn, before others have theirs. */
#define TERMINAL_SPLICE_SIZE (64u * 1024u)
#define TERMINAL_PER_TURN 16

/* What it says it is until somebody says otherwise. */
static const struct winsize standard_size = {.ws_row = 24, .ws_col = 80};

struct terminal {
	struct loop *loop;
	int master;
	int pipe;
	struct event event;
	bool is_full; /* the pipe: its room is waited for */
};

int terminal_open(uid_t uid, int *ret_master, int *ret_slave)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	int slave = -1;
	int r;

	if (master < 0)
		return -errno;
	/* TIOCGPTPEER, not by name: /dev/pts may be another one's. */
	if (unlockpt(master) < 0 ||
	    (slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0 ||
	    ioctl(master, TIOCSWINSZ, &standard_size) < 0 ||
	    (uid != (uid_t)-1 && fchown(slave, uid, (gid_t)-1) < 0)) {
		r = -errno;
		if (slave >= 0)
			close(slave);
		close(master);
		return r;
	}
	*ret_master = master;
	*ret_slave = slave;
	return 0;
}

bool terminal_flush(struct terminal *terminal)
{
	bool moved = false;

	for (int i = 0; i < TERMINAL_PER_TURN; i++) {
		ssize_t n = splice(terminal->master, NULL, terminal->pipe, NULL,
		                   TERMINAL_SPLICE_SIZE, SPLICE_F_NONBLOCK);
		if (n <= 0)
			break;
		moved = true;
	}
	return moved;
}

static bool has_room(const struct terminal *terminal)
{
	struct pollfd polled = {.fd = terminal->pipe, .events = POLLOUT};

	return poll(&polled, 1, 0) > 0;
}

static void terminal_cb(evutil_socket_t fd, short what, void *arg);

static int terminal_watch(struct terminal *terminal)
{
	int fd = terminal->is_full ? terminal->pipe : terminal->master;
	short what = terminal->is_full ? EV_WRITE : EV_READ;

	return loop_watch(terminal->loop, &terminal->event, fd, (short)(what | EV_PERSIST),
	                  terminal_cb, terminal);
}

static void terminal_cb(evutil_socket_t fd, short what, void *arg)
{
	struct terminal *terminal = arg;
	bool was_full = terminal->is_full;

	(void)fd;
	(void)what;
	(void)terminal_flush(terminal);
	terminal->is_full = !has_room(terminal);
	if (terminal->is_full == was_full)
		return;
	event_del(&terminal->event);
	if (terminal_watch(terminal) < 0)
		log_error("a terminal cannot be waited for: its process will");
}

struct terminal *terminal_new(struct loop *loop, int master, int pipe)
{
	struct terminal *terminal = calloc(1, sizeof(*terminal));

	if (!terminal)
		return NULL;
	terminal->loop = loop;
	terminal->master = master;
	terminal->pipe = pipe;
	if (terminal_watch(terminal) < 0) {
		free(terminal);
		return NULL;
	}
	return terminal;
}

void terminal_free(struct terminal *terminal)
{
	if (!terminal)
		return;
	event_del(&terminal->event);
	free(terminal);
}
