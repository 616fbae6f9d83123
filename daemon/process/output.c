/* Pipes to log files: watched, napping, at once again, or stalled. */
#include "daemon/process/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "daemon/base/clock.h"
#include "daemon/base/loop.h"
#include "daemon/process/logfile.h"

/* As little as this was all that the pipe held, but for what has come meanwhile. */
#define OUTPUT_LAST_SIZE 4096
/* What is moved from one pipe before others have their turn. */
#define OUTPUT_TURN_SIZE (256u * 1024u)
/* The kernel's size of a new pipe, and what a flooding one grows to (pipe(7): the most that a
 * process without privilege may ask for). */
#define OUTPUT_PIPE_SIZE (64u * 1024u)
#define OUTPUT_PIPE_SIZE_MAX (1024u * 1024u)

/* What an output waits for; each kind but `watch` is a list in the pump. */
enum output_mode {
	MODE_WATCH, /* the first byte */
	MODE_AGAIN, /* the next turn of the loop: the pipe was found rather full */
	MODE_NAP,   /* a short nap: some kilobytes came during the last */
	MODE_DOZE,  /* a longer one: a few lines came */
	MODE_STALL, /* the file to take bytes again */
	MODE_COUNT
};

static const uint64_t mode_pause_usec[MODE_COUNT] = {
    [MODE_NAP] = 1 * USEC_PER_MSEC,
    [MODE_DOZE] = 25 * USEC_PER_MSEC,
    [MODE_STALL] = USEC_PER_SEC,
};

struct output {
	struct pump *pump;
	struct output *next;
	struct output **at; /* the pointer that points here, while in a list */
	struct event event;
	struct logfile *file;
	output_cb stored;
	void *stored_arg;
	uint64_t stalls;
	uint64_t began_usec; /* when the last pause began ... */
	uint64_t came;       /* ... and how many bytes have come since */
	int pipe;
	unsigned pipe_size;
	enum output_mode mode;
	bool pipe_grown; /* or cannot */
	bool stalled;    /* said */
};

struct pump_list {
	struct pump *pump;
	struct output *first;
	struct loop_alarm alarm;
	struct loop_work work; /* in place of the alarm, for MODE_AGAIN */
	enum output_mode mode;
};

struct pump {
	struct loop *loop;
	struct pump_list lists[MODE_COUNT];
};

static void output_set_mode(struct output *output, enum output_mode mode);

static void output_unlist(struct output *output)
{
	if (!output->at)
		return;
	*output->at = output->next;
	if (output->next)
		output->next->at = output->at;
	output->at = NULL;
}

static void output_grow_pipe(struct output *output)
{
	int size;

	if (output->pipe_grown)
		return;
	/* Not allowed (the user's share is used up): it stays as it is, and is not asked again. */
	output->pipe_grown = true;
	size = fcntl(output->pipe, F_SETPIPE_SZ, OUTPUT_PIPE_SIZE_MAX);
	if (size > 0)
		output->pipe_size = (unsigned)size;
}

/*
 * The longest pause in which the pipe stays less than half full, by what came since the last pause
 * began: a single look may have come right after another, or after the writer was stopped by a full
 * pipe.
 */
static enum output_mode output_pace(struct output *output, size_t moved)
{
	static const enum output_mode longest_first[] = {MODE_DOZE, MODE_NAP};
	uint64_t now_usec = clock_monotonic_usec();
	uint64_t since_usec = now_usec - output->began_usec;
	enum output_mode mode = MODE_AGAIN;

	output->came += moved;
	for (size_t i = 0; i < 2 && mode == MODE_AGAIN; i++)
		if (output->came * mode_pause_usec[longest_first[i]] <
		    output->pipe_size / 2 * since_usec)
			mode = longest_first[i];
	/* Kilobytes at once may be the beginning of more, whatever was before. */
	if (mode == MODE_DOZE && moved >= OUTPUT_LAST_SIZE)
		mode = MODE_NAP;
	if (moved >= output->pipe_size / 2)
		mode = MODE_AGAIN;
	if (mode != MODE_AGAIN || since_usec > mode_pause_usec[MODE_DOZE]) {
		output->came = 0;
		output->began_usec = now_usec;
	}
	return mode;
}

static void output_stall(struct output *output, int error)
{
	output->stalls++;
	if (output->stalled || error == -EAGAIN)
		return;
	output->stalled = true;
	log_error("cannot write log %s: %s; trying again, what is written waits in the pipe",
	          logfile_path(output->file), strerror(-error));
}

static void output_recovered(struct output *output)
{
	output->stalled = false;
	log_info("log %s takes bytes again", logfile_path(output->file));
}

/*
 * Moves up to `limit` bytes; what is to be waited for then follows from how much came. `whole`:
 * till the pipe says that it is empty, since nobody may look again.
 */
static enum output_mode output_move(struct output *output, size_t limit, bool whole)
{
	size_t moved = 0;
	ssize_t n = 0;
	enum output_mode mode;

	while (moved < limit) {
		n = logfile_splice(output->file, output->pipe, limit - moved);
		if (n <= 0)
			break;
		moved += (size_t)n;
		if (n < OUTPUT_LAST_SIZE && !whole)
			break;
	}
	if (moved && output->stalled)
		output_recovered(output);
	if (moved && output->stored)
		output->stored(output->stored_arg);
	if (n < 0) {
		output_stall(output, (int)n);
		return n == -EAGAIN ? MODE_DOZE : MODE_STALL;
	}
	if (!moved)
		return MODE_WATCH;
	mode = output_pace(output, moved);
	if (moved >= limit)
		mode = MODE_AGAIN;
	if (mode == MODE_AGAIN)
		output_grow_pipe(output);
	return mode;
}

static void output_readable_cb(evutil_socket_t fd, short what, void *arg)
{
	struct output *output = arg;

	(void)fd;
	(void)what;
	output_set_mode(output, output_move(output, OUTPUT_TURN_SIZE, false));
}

static void pump_run_list(struct pump_list *list)
{
	struct output *batch = list->first;

	/* Those that come to the same mode again belong to the next round. */
	list->first = NULL;
	if (batch)
		batch->at = &batch;
	while (batch) {
		struct output *output = batch;
		output_unlist(output);
		output_set_mode(output, output_move(output, OUTPUT_TURN_SIZE, false));
	}
}

static void pump_run(void *arg)
{
	pump_run_list(arg);
}

static void pump_list_arm(struct pump_list *list)
{
	uint64_t pause_usec = mode_pause_usec[list->mode];

	if (pause_usec)
		loop_alarm_set(&list->alarm, pause_usec);
	else
		loop_defer(list->pump->loop, &list->work);
}

static void output_set_mode(struct output *output, enum output_mode mode)
{
	struct pump_list *list = &output->pump->lists[mode];

	output_unlist(output);
	output->mode = mode;
	if (mode == MODE_WATCH) {
		event_add(&output->event, NULL);
		return;
	}
	if (!list->first)
		pump_list_arm(list);
	output->next = list->first;
	if (output->next)
		output->next->at = &output->next;
	list->first = output;
	output->at = &list->first;
}

struct pump *pump_new(struct loop *loop)
{
	struct pump *pump = calloc(1, sizeof(*pump));
	bool failed = false;

	if (!pump)
		return NULL;
	pump->loop = loop;
	for (int mode = 0; mode < MODE_COUNT; mode++) {
		struct pump_list *list = &pump->lists[mode];
		list->pump = pump;
		list->mode = (enum output_mode)mode;
		list->work.run = pump_run;
		list->work.arg = list;
		list->alarm.fd = -1;
		if (mode_pause_usec[mode] &&
		    loop_alarm_init(loop, &list->alarm, pump_run, list) < 0)
			failed = true;
	}
	if (failed) {
		pump_free(pump);
		return NULL;
	}
	return pump;
}

void pump_free(struct pump *pump)
{
	if (!pump)
		return;
	for (int mode = 0; mode < MODE_COUNT; mode++) {
		loop_alarm_done(&pump->lists[mode].alarm);
		loop_cancel(pump->loop, &pump->lists[mode].work);
	}
	free(pump);
}

struct output *output_new(struct pump *pump, int pipe, struct logfile *file, output_cb stored,
                          void *arg)
{
	struct output *output = calloc(1, sizeof(*output));
	int size;

	if (!output)
		return NULL;
	output->pump = pump;
	output->pipe = pipe;
	size = fcntl(pipe, F_GETPIPE_SZ); /* smaller where the user has many (pipe(7)) */
	output->pipe_size = size > 0 ? (unsigned)size : OUTPUT_PIPE_SIZE;
	output->file = file;
	output->stored = stored;
	output->stored_arg = arg;
	/* Not persistent: after its first byte it is drained, and then napped for. */
	if (loop_watch(pump->loop, &output->event, pipe, EV_READ, output_readable_cb, output) < 0) {
		free(output);
		return NULL;
	}
	return output;
}

void output_free(struct output *output)
{
	if (!output)
		return;
	output_unlist(output);
	event_del(&output->event);
	free(output);
}

void output_flush(struct output *output)
{
	enum output_mode mode = output_move(output, OUTPUT_PIPE_SIZE_MAX, true);

	/* Watched and empty, as at most exits: it is watched already. */
	if (mode == MODE_WATCH && output->mode == MODE_WATCH)
		return;
	event_del(&output->event);
	output_set_mode(output, mode);
}

uint64_t output_stalls(const struct output *output)
{
	return output->stalls;
}
