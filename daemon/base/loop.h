/*
 * The event loop: libevent's, with deadlines on our clock, and work put off until the callbacks of
 * this turn are done. There is one priority: what may take long does a bounded piece in each turn
 * and asks for another, so that nothing starves and control is answered between the pieces.
 */
#ifndef MUSTER_BASE_LOOP_H
#define MUSTER_BASE_LOOP_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdint.h>

struct loop;

/*
 * Something to be done once, from the loop, after the callbacks that are running now: freeing what
 * a caller up the stack may still use, or one pass over what many asked for. Embed it; zero it but
 * for `run` and `arg`. A loop_work belongs to whoever embeds it and must be cancelled before that
 * goes away.
 */
struct loop_work {
	void (*run)(void *arg);
	void *arg;
	struct loop_work *next;
	bool queued;
};

/* NULL when out of memory; libevent ends the process where there is no descriptor left for it. */
struct loop *loop_new(void);
void loop_free(struct loop *loop);

/* Runs until loop_stop(). */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* For event_assign() of descriptors. */
struct event_base *loop_base(struct loop *loop);

/* Watches a descriptor; the event must not be pending. EV_READ, EV_WRITE, EV_PERSIST. event_del()
 * it before the descriptor is closed: the guardian may hold a duplicate, and epoll would go on. */
int loop_watch(struct loop *loop, struct event *event, int fd, short what, event_callback_fn run,
               void *arg);

/*
 * A timer, set to a monotonic deadline (one that has passed fires in the next turn), or unset.
 * libevent reads a clock that is some milliseconds coarse: the timer may fire that much early, and
 * whoever must not act before the deadline looks and sets it again.
 */
void loop_timer_init(struct loop *loop, struct event *event, event_callback_fn run, void *arg);
void loop_timer_set(struct event *event, uint64_t deadline_usec);
void loop_timer_unset(struct event *event);

/*
 * A timer of some hundred microseconds, which fires no sooner than asked and hardly later: a
 * descriptor of its own (timerfd_create(2)), for the few that need it. -errno.
 */
struct loop_alarm {
	struct event event;
	int fd;
	void (*run)(void *arg);
	void *arg;
};
int loop_alarm_init(struct loop *loop, struct loop_alarm *alarm, void (*run)(void *arg), void *arg);
void loop_alarm_set(struct loop_alarm *alarm, uint64_t wait_usec);
void loop_alarm_done(struct loop_alarm *alarm);

/* Work that is queued already stays where it is. Work queued while work runs waits a turn. */
void loop_defer(struct loop *loop, struct loop_work *work);
void loop_cancel(struct loop *loop, struct loop_work *work);

#endif
