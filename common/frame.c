/*
 * A byte queue that knows messages. Bytes are taken from the front by moving an index; what is left
 * is moved only when at least as much has been consumed, or the buffer grows to twice of it, so a
 * byte is copied a constant number of times however the messages are cut.
 */
#include "common/frame.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* An emptied buffer larger than this is freed: thousands of idle connections must cost little. */
#define FRAME_KEEP_SIZE 4096
#define FRAME_FIRST_SIZE 512

void frame_init(struct frame *frame)
{
	*frame = (struct frame){0};
}

void frame_done(struct frame *frame)
{
	free(frame->data);
	frame_init(frame);
}

size_t frame_length(const struct frame *frame)
{
	return frame->used - frame->start;
}

static void frame_empty(struct frame *frame)
{
	if (frame->size > FRAME_KEEP_SIZE) {
		frame_done(frame);
		return;
	}
	frame->start = 0;
	frame->used = 0;
	frame->scanned = 0;
}

/* The indices after the bytes held were moved to the front. */
static void frame_moved(struct frame *frame)
{
	frame->scanned = frame->scanned > frame->start ? frame->scanned - frame->start : 0;
	frame->used -= frame->start;
	frame->start = 0;
}

static int frame_grow(struct frame *frame, size_t needed)
{
	size_t length = frame_length(frame), size = needed;
	char *data;

	if (size < FRAME_FIRST_SIZE)
		size = FRAME_FIRST_SIZE;
	if (length <= SIZE_MAX / 2 && size < length * 2)
		size = length * 2;
	data = malloc(size);
	if (!data)
		return -ENOMEM;
	if (length > 0)
		memcpy(data, frame->data + frame->start, length);
	free(frame->data);
	frame->data = data;
	frame->size = size;
	frame_moved(frame);
	return 0;
}

int frame_reserve(struct frame *frame, size_t wanted, char **ret_room, size_t *ret_size)
{
	size_t length = frame_length(frame);

	if (wanted == 0)
		wanted = 1;
	/* Half of what can be counted is more than there is memory, and sums below stay in range.
	 */
	if (wanted > SIZE_MAX / 2 || length > SIZE_MAX / 2 - wanted)
		return -ENOMEM;
	if (wanted > frame->size - frame->used) {
		if (length + wanted <= frame->size && frame->start >= length) {
			memmove(frame->data, frame->data + frame->start, length);
			frame_moved(frame);
		} else if (frame_grow(frame, length + wanted) < 0) {
			return -ENOMEM;
		}
	}
	*ret_room = frame->data + frame->used;
	*ret_size = frame->size - frame->used;
	return 0;
}

void frame_filled(struct frame *frame, size_t size)
{
	assert(size <= frame->size - frame->used);
	frame->used += size;
}

int frame_next(struct frame *frame, size_t limit, const char **ret_message, size_t *ret_size)
{
	const char *message, *end;

	/* The message given out last is no longer looked at. */
	if (frame->start == frame->used) {
		frame_empty(frame);
		return 0;
	}
	if (frame->scanned < frame->start)
		frame->scanned = frame->start;
	message = frame->data + frame->start;
	end = memchr(frame->data + frame->scanned, '\0', frame->used - frame->scanned);
	if (!end) {
		frame->scanned = frame->used;
		return frame_length(frame) > limit ? -EMSGSIZE : 0;
	}
	if ((size_t)(end - message) > limit) {
		frame->scanned = (size_t)(end - frame->data);
		return -EMSGSIZE;
	}
	*ret_message = message;
	*ret_size = (size_t)(end - message);
	frame->start = (size_t)(end - frame->data) + 1;
	frame->scanned = frame->start;
	return 1;
}

static int frame_put(struct frame *frame, const char *data, size_t size, size_t end_size)
{
	char *room;
	size_t room_size;

	if (size > SIZE_MAX - end_size)
		return -ENOMEM;
	if (size + end_size == 0)
		return 0;
	if (frame_reserve(frame, size + end_size, &room, &room_size) < 0)
		return -ENOMEM;
	if (size > 0)
		memcpy(room, data, size);
	if (end_size > 0)
		memset(room + size, 0, end_size);
	frame_filled(frame, size + end_size);
	return 0;
}

int frame_append(struct frame *frame, const char *data, size_t size)
{
	return frame_put(frame, data, size, 0);
}

int frame_append_message(struct frame *frame, const char *message, size_t size)
{
	return frame_put(frame, message, size, 1);
}

const char *frame_peek(const struct frame *frame, size_t *ret_size)
{
	*ret_size = frame_length(frame);
	return *ret_size > 0 ? frame->data + frame->start : NULL;
}

void frame_consume(struct frame *frame, size_t size)
{
	assert(size <= frame_length(frame));
	frame->start += size;
	if (frame->start == frame->used)
		frame_empty(frame);
}
