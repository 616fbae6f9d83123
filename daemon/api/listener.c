/*
 * Accepts connections. Where descriptors run out, one kept in reserve is given up for a moment to
 * take the next caller off the queue and close it: it sees an end at once, where it would wait, and
 * the loop does not spin on a socket that stays readable.
 */
#include "daemon/api/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "daemon/api/api.h"
#include "daemon/api/conns.h"
#include "daemon/api/socket-file.h"
#include "daemon/base/clock.h"
#include "daemon/base/loop.h"

/* Callers taken in one turn. */
#define LISTENER_TURN_ACCEPTS 64u
/* Until accepting, or making the socket anew, is tried again after a failure. */
#define LISTENER_RETRY_USEC (1u * USEC_PER_SEC)

struct listener {
	struct api *api;
	struct loop *loop;
	struct conns *conns;
	char *path;
	char *directory;
	const char *name; /* within path */
	struct socket_file file;
	bool foreign;
	listener_made_cb made;
	void *made_arg;
	int fd;
	int reserve_fd;
	int notify_fd;
	int watch; /* of inotify; -1: none */
	bool accepting;
	bool lost; /* the file is gone and could not be made anew yet */
	struct event accept_event;
	struct event notify_event;
	struct event retry_event;
};

static void listener_check(struct listener *listener);

static void listener_pause(struct listener *listener)
{
	if (listener->accepting)
		event_del(&listener->accept_event);
	listener->accepting = false;
	loop_timer_set(&listener->retry_event, clock_monotonic_usec() + LISTENER_RETRY_USEC);
}

static void listener_refill_reserve(struct listener *listener)
{
	if (listener->reserve_fd < 0)
		listener->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* No descriptor is left: turns the next caller away. False where even that cannot be done. */
static bool listener_turn_away(struct listener *listener)
{
	int fd;

	if (listener->reserve_fd < 0)
		return false;
	close(listener->reserve_fd);
	listener->reserve_fd = -1;
	fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd >= 0)
		close(fd);
	listener_refill_reserve(listener);
	return fd >= 0 && listener->reserve_fd >= 0;
}

static bool is_fault_of_caller(int error)
{
	return error == EAGAIN || error == EINTR || error == ECONNABORTED;
}

static void listener_accept_cb(evutil_socket_t unused, short what, void *arg)
{
	struct listener *listener = arg;

	(void)unused;
	(void)what;
	for (unsigned i = 0; i < LISTENER_TURN_ACCEPTS; i++) {
		int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		int error = errno;

		if (fd >= 0) {
			int ret = conns_add(listener->conns, fd);
			if (ret < 0 && api_may_complain(listener->api))
				log_warn("a client was turned away: %s", strerror(-ret));
			continue;
		}
		if (is_fault_of_caller(error))
			return;
		if (api_may_complain(listener->api))
			log_error("a client cannot be accepted: %s", strerror(error));
		if ((error != EMFILE && error != ENFILE) || !listener_turn_away(listener)) {
			listener_pause(listener);
			return;
		}
	}
}

static void listener_resume(struct listener *listener)
{
	listener_refill_reserve(listener);
	if (listener->fd < 0 || listener->accepting)
		return;
	if (loop_watch(listener->loop, &listener->accept_event, listener->fd, EV_READ | EV_PERSIST,
	               listener_accept_cb, listener) == 0)
		listener->accepting = true;
	else
		loop_timer_set(&listener->retry_event,
		               clock_monotonic_usec() + LISTENER_RETRY_USEC);
}

static void listener_retry_cb(evutil_socket_t fd, short what, void *arg)
{
	struct listener *listener = arg;

	(void)fd;
	(void)what;
	if (listener->lost)
		listener_check(listener);
	listener_resume(listener);
}

/* A connection has gone: there is a descriptor again. */
static void listener_freed_cb(void *arg)
{
	struct listener *listener = arg;

	if (!listener->accepting)
		listener_resume(listener);
}

/* Watches the directory, which is another one where it was deleted and made anew. */
static void listener_watch(struct listener *listener)
{
	if (listener->notify_fd < 0)
		return;
	if (listener->watch >= 0)
		(void)inotify_rm_watch(listener->notify_fd, listener->watch);
	listener->watch = inotify_add_watch(listener->notify_fd, listener->directory,
	                                    IN_CREATE | IN_DELETE | IN_MOVE | IN_DELETE_SELF |
	                                        IN_MOVE_SELF | IN_ONLYDIR);
	if (listener->watch < 0)
		log_warn("%s cannot be watched: %s; a deleted socket will not be noticed",
		         listener->directory, strerror(errno));
}

/* Clients reach `fd` from now on. */
static void listener_use(struct listener *listener, int fd)
{
	if (listener->accepting) {
		event_del(&listener->accept_event);
		listener->accepting = false;
	}
	if (listener->fd >= 0)
		close(listener->fd);
	listener->fd = fd;
	listener->lost = false;
	listener_watch(listener);
	listener_resume(listener);
}

int listener_open(struct listener *listener)
{
	char why[SOCKET_FILE_WHY_MAX];
	int fd;
	int ret = socket_file_listen(&listener->file, &fd, why);

	if (ret < 0) {
		log_error("%s", why);
		return ret;
	}
	listener_use(listener, fd);
	if (listener->made)
		listener->made(listener->made_arg, fd);
	return 0;
}

/* Is the file still the one we serve? Where it is not, it is made anew. */
static void listener_check(struct listener *listener)
{
	if (listener->foreign || socket_file_is_ours(&listener->file))
		return;
	if (!listener->lost)
		log_warn("socket %s was removed or replaced; making it anew", listener->path);
	listener->lost = true;
	if (listener_open(listener) == 0)
		log_info("socket %s is there again", listener->path);
	else
		loop_timer_set(&listener->retry_event,
		               clock_monotonic_usec() + LISTENER_RETRY_USEC);
}

static bool listener_concerns(const struct listener *listener, const struct inotify_event *event)
{
	return event->len == 0 || strcmp(event->name, listener->name) == 0;
}

static void listener_notify_cb(evutil_socket_t fd, short what, void *arg)
{
	_Alignas(struct inotify_event) char buffer[4096];
	struct listener *listener = arg;
	bool concerned = false;
	ssize_t size = read(fd, buffer, sizeof(buffer));

	(void)what;
	for (ssize_t at = 0; at < size;) {
		const struct inotify_event *event = (const void *)(buffer + at);

		if (event->mask & IN_IGNORED && event->wd == listener->watch)
			listener->watch = -1;
		concerned |= listener_concerns(listener, event);
		at += (ssize_t)(sizeof(*event) + event->len);
	}
	if (concerned && !listener->lost)
		listener_check(listener);
}

int listener_adopt(struct listener *listener, int fd)
{
	char why[SOCKET_FILE_WHY_MAX];
	int ret = listener->foreign ? 0 : socket_file_adopt(&listener->file, why);

	if (ret == -ENOENT || ret == -ENOTSOCK) {
		listener->fd = fd;
		listener_check(listener);
		return 0;
	}
	if (ret < 0) {
		log_error("%s", why);
		return ret;
	}
	listener_use(listener, fd);
	return 0;
}

void listener_remove(struct listener *listener)
{
	if (!listener)
		return;
	if (!listener->foreign)
		socket_file_remove(&listener->file);
	listener->foreign = true; /* from now on it is nobody's to make anew */
	if (listener->accepting)
		event_del(&listener->accept_event);
	listener->accepting = false;
	if (listener->fd >= 0)
		close(listener->fd);
	listener->fd = -1;
}

size_t listener_count(const struct listener *listener)
{
	return conns_count(listener->conns);
}

static int listener_set_path(struct listener *listener, const char *path)
{
	const char *slash;

	listener->path = strdup(path);
	if (!listener->path)
		return -ENOMEM;
	slash = strrchr(listener->path, '/');
	listener->name = slash ? slash + 1 : listener->path;
	listener->directory = !slash ? strdup(".")
	                      : slash == listener->path
	                          ? strdup("/")
	                          : strndup(path, (size_t)(slash - listener->path));
	return listener->directory ? 0 : -ENOMEM;
}

struct listener *listener_new(struct api *api, const struct listener_options *options)
{
	struct listener *listener = calloc(1, sizeof(*listener));

	if (!listener)
		return NULL;
	listener->api = api;
	listener->loop = api_loop(api);
	listener->foreign = options->foreign;
	listener->made = options->made;
	listener->made_arg = options->made_arg;
	listener->fd = listener->reserve_fd = listener->notify_fd = listener->watch = -1;
	loop_timer_init(listener->loop, &listener->retry_event, listener_retry_cb, listener);
	listener->conns = conns_new(api, listener_freed_cb, listener);
	if (!listener->conns || listener_set_path(listener, options->path) < 0)
		goto failed;
	socket_file_init(&listener->file, listener->path, options->mode, options->uid,
	                 options->gid);
	listener->notify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (listener->notify_fd < 0)
		log_warn("inotify: %s; a deleted socket will not be noticed", strerror(errno));
	else if (loop_watch(listener->loop, &listener->notify_event, listener->notify_fd,
	                    EV_READ | EV_PERSIST, listener_notify_cb, listener) < 0)
		goto failed;
	return listener;
failed:
	listener_free(listener);
	errno = ENOMEM;
	return NULL;
}

void listener_free(struct listener *listener)
{
	const int *fds[] = {&listener->fd, &listener->reserve_fd, &listener->notify_fd};

	if (!listener)
		return;
	conns_free(listener->conns);
	if (listener->accepting)
		event_del(&listener->accept_event);
	if (listener->notify_fd >= 0)
		event_del(&listener->notify_event);
	loop_timer_unset(&listener->retry_event);
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (*fds[i] >= 0)
			close(*fds[i]);
	socket_file_done(&listener->file);
	free(listener->directory);
	free(listener->path);
	free(listener);
}
