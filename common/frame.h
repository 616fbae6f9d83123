/*
 * Bytes to messages and back: Varlink ends each message with a NUL byte. No I/O and no JSON here:
 * the daemon's connections and the blocking client both feed the same buffer.
 */
#ifndef MUSTER_COMMON_FRAME_H
#define MUSTER_COMMON_FRAME_H

#include <stddef.h>

struct frame {
	char *data;
	size_t start;   /* first byte not yet consumed */
	size_t used;    /* end of the bytes held */
	size_t size;    /* bytes allocated */
	size_t scanned; /* up to here no NUL was found */
};

void frame_init(struct frame *frame);
void frame_done(struct frame *frame);

/* Bytes held and not yet consumed. */
size_t frame_length(const struct frame *frame);

/*
 * Room for at least `wanted` more bytes, for a read to fill: *ret_room points to it and *ret_size
 * says how much there is. Then frame_filled() tells how much came. -ENOMEM.
 */
int frame_reserve(struct frame *frame, size_t wanted, char **ret_room, size_t *ret_size);
void frame_filled(struct frame *frame, size_t size);

/*
 * The next whole message, without its NUL; valid until the frame changes. 1 when there is one, 0
 * when more bytes are needed, -EMSGSIZE when the message is longer than `limit`. The message is
 * consumed: the next call gives the one after it.
 */
int frame_next(struct frame *frame, size_t limit, const char **ret_message, size_t *ret_size);

/* Appends bytes, or a message and its NUL, for sending. -ENOMEM. */
int frame_append(struct frame *frame, const char *data, size_t size);
int frame_append_message(struct frame *frame, const char *message, size_t size);

/* The bytes not yet sent, and that `size` of them have been. An emptied frame gives memory back. */
const char *frame_peek(const struct frame *frame, size_t *ret_size);
void frame_consume(struct frame *frame, size_t size);

#endif
