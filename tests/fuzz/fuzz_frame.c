/*
 * Frames: bytes arrive in pieces whose sizes the first input bytes tell. Whatever the pieces, the
 * messages must be those that the NUL bytes of the whole cut out.
 */
#include "tests/fuzz/fuzz.h"

#include "common/frame.h"

#include <errno.h>
#include <string.h>

#define LIMIT 256
#define PIECE_SIZES 4

/* Takes all messages there are; compares them with what is next in the whole. */
static int take_messages(struct frame *frame, const char **expected)
{
	const char *message;
	size_t size;
	int ret;

	while ((ret = frame_next(frame, LIMIT, &message, &size)) == 1) {
		FUZZ_REQUIRE(size <= LIMIT && strlen(message) == size);
		FUZZ_REQUIRE(memcmp(message, *expected, size + 1) == 0);
		*expected += size + 1;
	}
	return ret;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes, *expected;
	struct frame frame, copy;
	size_t done = 0;
	int ret = 0;

	if (size < PIECE_SIZES)
		return 0;
	bytes = expected = (const char *)data + PIECE_SIZES;
	size -= PIECE_SIZES;
	frame_init(&frame);
	frame_init(&copy);
	for (unsigned i = 0; done < size && ret == 0; i++) {
		size_t piece = data[i % PIECE_SIZES] + 1u, room_size, held;
		const char *peeked;
		char *room;

		if (piece > size - done)
			piece = size - done;
		FUZZ_REQUIRE(frame_reserve(&frame, piece, &room, &room_size) == 0 &&
		             room_size >= piece);
		memcpy(room, bytes + done, piece);
		frame_filled(&frame, piece);
		FUZZ_REQUIRE(frame_append(&copy, bytes + done, piece) == 0);
		peeked = frame_peek(&copy, &held);
		FUZZ_REQUIRE(peeked && memcmp(peeked + held - piece, bytes + done, piece) == 0);
		frame_consume(&copy, held / 2);
		done += piece;
		ret = take_messages(&frame, &expected);
	}
	/* Only a message over the limit stops it early, and nothing was taken that was not due. */
	FUZZ_REQUIRE(ret == 0 || (ret == -EMSGSIZE && frame_length(&frame) > LIMIT));
	FUZZ_REQUIRE(frame_length(&frame) == (size_t)(bytes + done - expected));
	frame_done(&frame);
	frame_done(&copy);
	return 0;
}
