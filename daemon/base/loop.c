/* The event loop on libevent. */
#include "daemon/base/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "common/log.h"
#include "daemon/base/clock.h"

struct loop {
	struct event_base *base;
	struct event work_event;
	struct loop_work *first;
	struct loop_work **last;
};

/*
 * Deferred work is a timer that is due at once: libevent carries out an event that is made active
 * in a callback before it looks at any descriptor again, and work that asks for ever more turns
 * would keep everybody else waiting.
 */
static void loop_wake(struct loop *loop)
{
	static const struct timeval at_once = {0};

	if (event_add(&loop->work_event, &at_once) < 0)
		event_active(&loop->work_event, EV_TIMEOUT, 0);
}

static void loop_work_cb(evutil_socket_t fd, short what, void *arg)
{
	struct loop *loop = arg;
	struct loop_work *end;

	(void)fd;
	(void)what;
	/* What is queued from now on waits for the next turn: a marker ends this one. */
	struct loop_work marker = {.queued = true};
	*loop->last = &marker;
	loop->last = &marker.next;
	end = &marker;
	while (loop->first != end) {
		struct loop_work *work = loop->first;
		loop->first = work->next;
		if (loop->last == &work->next)
			loop->last = &loop->first;
		work->next = NULL;
		work->queued = false;
		work->run(work->arg);
	}
	loop->first = marker.next;
	if (loop->last == &marker.next)
		loop->last = &loop->first;
	if (loop->first)
		loop_wake(loop);
}

static void loop_log_cb(int severity, const char *text)
{
	log_write(severity >= EVENT_LOG_WARN ? LEVEL_WARN : LEVEL_DEBUG, "libevent: %s", text);
}

struct loop *loop_new(void)
{
	struct event_config *config = NULL;
	struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return NULL;
	event_set_log_callback(loop_log_cb);
	config = event_config_new();
	if (!config)
		goto out;
	/* One thread, and nothing of the environment may change how the daemon polls. */
	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
	event_config_set_flag(config, EVENT_BASE_FLAG_IGNORE_ENV);
	/* A timer set late in a long turn must not count from the turn's beginning. */
	event_config_set_flag(config, EVENT_BASE_FLAG_NO_CACHE_TIME);
	loop->base = event_base_new_with_config(config);
	if (!loop->base)
		goto out;
	loop->last = &loop->first;
	event_assign(&loop->work_event, loop->base, -1, 0, loop_work_cb, loop);
out:
	if (config)
		event_config_free(config);
	if (!loop->base) {
		free(loop);
		return NULL;
	}
	return loop;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	event_del(&loop->work_event);
	event_base_free(loop->base);
	free(loop);
}

void loop_run(struct loop *loop)
{
	event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY);
}

void loop_stop(struct loop *loop)
{
	event_base_loopbreak(loop->base);
}

struct event_base *loop_base(struct loop *loop)
{
	return loop->base;
}

int loop_watch(struct loop *loop, struct event *event, int fd, short what, event_callback_fn run,
               void *arg)
{
	if (event_assign(event, loop->base, fd, what, run, arg) < 0)
		return -EINVAL;
	if (event_add(event, NULL) < 0)
		return errno ? -errno : -EINVAL;
	return 0;
}

void loop_timer_init(struct loop *loop, struct event *event, event_callback_fn run, void *arg)
{
	event_assign(event, loop->base, -1, 0, run, arg);
}

void loop_timer_set(struct event *event, uint64_t deadline_usec)
{
	uint64_t now = clock_monotonic_usec();
	uint64_t wait = deadline_usec > now ? deadline_usec - now : 0;
	struct timeval relative = {
	    .tv_sec = (time_t)(wait / USEC_PER_SEC),
	    .tv_usec = (suseconds_t)(wait % USEC_PER_SEC),
	};

	/* Fails only when out of memory for the heap of timers, which libevent has reserved as
	 * events were added; a lost timer would hang a process, so this is worth an abort, and
	 * the next engine takes up the deadline from the ledger. */
	if (event_add(event, &relative) < 0)
		abort();
}

void loop_timer_unset(struct event *event)
{
	event_del(event);
}

static void loop_alarm_cb(evutil_socket_t fd, short what, void *arg)
{
	struct loop_alarm *alarm = arg;
	uint64_t times;

	(void)what;
	if (read(fd, &times, sizeof(times)) == (ssize_t)sizeof(times))
		alarm->run(alarm->arg);
}

int loop_alarm_init(struct loop *loop, struct loop_alarm *alarm, void (*run)(void *arg), void *arg)
{
	alarm->run = run;
	alarm->arg = arg;
	alarm->fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (alarm->fd < 0)
		return -errno;
	event_assign(&alarm->event, loop->base, alarm->fd, EV_READ, loop_alarm_cb, alarm);
	return 0;
}

void loop_alarm_set(struct loop_alarm *alarm, uint64_t wait_usec)
{
	/* A time of 0 would unset it. */
	struct itimerspec when = {
	    .it_value = {.tv_sec = (time_t)(wait_usec / USEC_PER_SEC),
	                 .tv_nsec = (long)(wait_usec % USEC_PER_SEC * 1000u) + 1},
	};

	/* As in loop_timer_set(): an alarm that is lost would hang a process. */
	if (timerfd_settime(alarm->fd, 0, &when, NULL) < 0 || event_add(&alarm->event, NULL) < 0)
		abort();
}

void loop_alarm_done(struct loop_alarm *alarm)
{
	if (alarm->fd < 0)
		return;
	event_del(&alarm->event);
	close(alarm->fd);
	alarm->fd = -1;
}

void loop_defer(struct loop *loop, struct loop_work *work)
{
	if (work->queued)
		return;
	work->queued = true;
	work->next = NULL;
	*loop->last = work;
	loop->last = &work->next;
	loop_wake(loop);
}

void loop_cancel(struct loop *loop, struct loop_work *work)
{
	if (!work->queued)
		return;
	for (struct loop_work **at = &loop->first; *at; at = &(*at)->next) {
		if (*at != work)
			continue;
		*at = work->next;
		if (loop->last == &work->next)
			loop->last = at;
		break;
	}
	work->next = NULL;
	work->queued = false;
}
