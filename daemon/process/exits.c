/* From the channel to the processes. */
#include "daemon/process/exits.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "daemon/base/crashpoint.h"
#include "daemon/base/loop.h"
#include "daemon/guardian/channel.h"
#include "daemon/guardian/ledger.h"
#include "daemon/process/context.h"
#include "daemon/process/lifecycle.h"
#include "daemon/process/pids.h"
#include "daemon/process/trees.h"

/* Notices taken before others have their turn. */
#define EXITS_PER_TURN 64

struct exits {
	const struct context *context;
	struct event event;
	exits_signal_cb signalled;
	void *signalled_arg;
};

static void exits_apply_exit(struct exits *exits, const struct channel_notice *notice)
{
	const struct context *context = exits->context;
	struct process *process;

	crash_point(CRASH_EXIT_PEEKED);
	process = pids_of_exit(context->pids, notice->pid, notice->serial);

	/* One that was applied by an engine which then died has left no pid in the ledger: it is
	 * as good as a stranger's. */
	if (process)
		process_exited(process, notice);
	else
		log_debug("reaped pid %d, which is no process of ours", (int)notice->pid);
	trees_stir(context->trees);
	crash_point(CRASH_EXIT_APPLIED);
}

static void exits_apply_signal(struct exits *exits, const struct channel_notice *notice)
{
	exits->signalled(exits->signalled_arg, notice->status);
	crash_point(CRASH_SIGNAL_APPLIED);
}

static void exits_apply_ping(struct exits *exits, const struct channel_notice *notice)
{
	(void)exits;
	(void)notice;
}

static void (*const appliers[])(struct exits *, const struct channel_notice *) = {
    [CHANNEL_EXIT] = exits_apply_exit,
    [CHANNEL_SIGNAL] = exits_apply_signal,
    [CHANNEL_PING] = exits_apply_ping,
};
#define APPLIER_COUNT (sizeof(appliers) / sizeof(appliers[0]))

/* True where there may be more. */
static bool exits_take_one(struct exits *exits)
{
	struct channel_notice notice;
	int r = channel_peek_notice(exits->context->channel, &notice);

	if (r == -EAGAIN)
		return false;
	if (r == -EPIPE) {
		event_del(&exits->event); /* the end of the guardian is seen to elsewhere */
		return false;
	}
	if (r < 0)
		log_error("reading what the guardian says: %s", strerror(-r));
	else if (notice.type < APPLIER_COUNT)
		appliers[notice.type](exits, &notice);
	channel_consume_notice(exits->context->channel);
	crash_point(CRASH_EXIT_CONSUMED);
	atomic_fetch_add(&exits->context->ledger->header->notices_taken, 1);
	return true;
}

static void exits_readable_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	for (int i = 0; i < EXITS_PER_TURN && exits_take_one(arg); i++)
		continue;
}

void exits_catch_up(struct exits *exits)
{
	while (exits_take_one(exits))
		continue;
}

struct exits *exits_new(const struct context *context, exits_signal_cb signalled, void *arg)
{
	struct exits *exits = calloc(1, sizeof(*exits));

	if (!exits)
		return NULL;
	exits->context = context;
	exits->signalled = signalled;
	exits->signalled_arg = arg;
	if (loop_watch(context->loop, &exits->event, context->channel, EV_READ | EV_PERSIST,
	               exits_readable_cb, exits) < 0) {
		free(exits);
		return NULL;
	}
	return exits;
}

void exits_free(struct exits *exits)
{
	if (!exits)
		return;
	event_del(&exits->event);
	free(exits);
}
