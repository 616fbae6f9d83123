/* Bytes to messages: however the bytes are cut, whatever they are, and what the buffer costs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LIMIT 1024

static int setup(void **state)
{
	struct frame *frame = malloc(sizeof(*frame));

	if (!frame)
		return -1;
	frame_init(frame);
	*state = frame;
	return 0;
}

static int teardown(void **state)
{
	frame_done(*state);
	free(*state);
	return 0;
}

/* Bytes as a read would bring them. */
static void feed(struct frame *frame, const char *data, size_t size)
{
	char *room;
	size_t room_size;

	assert_int_equal(frame_reserve(frame, size, &room, &room_size), 0);
	assert_true(room_size >= size);
	memcpy(room, data, size);
	frame_filled(frame, size);
}

static void assert_next(struct frame *frame, const char *message, size_t size)
{
	const char *got;
	size_t got_size;

	assert_int_equal(frame_next(frame, LIMIT, &got, &got_size), 1);
	assert_int_equal(got_size, size);
	assert_memory_equal(got, message, size);
	assert_int_equal(got[got_size], '\0');
}

static void assert_no_next(struct frame *frame)
{
	const char *got = NULL;
	size_t got_size = 4711;

	assert_int_equal(frame_next(frame, LIMIT, &got, &got_size), 0);
	assert_null(got);
	assert_int_equal(got_size, 4711);
}

static void test_an_empty_frame_has_nothing(void **state)
{
	size_t size = 1;

	assert_no_next(*state);
	assert_int_equal(frame_length(*state), 0);
	assert_null(frame_peek(*state, &size));
	assert_int_equal(size, 0);
}

static void test_split_at_each_byte(void **state)
{
	static const char text[] = "first\0\0third one\0\xff\x01\0rest";
	const size_t size = sizeof(text) - 1;

	for (size_t cut = 0; cut <= size; cut++) {
		struct frame *frame = *state;
		const char *expected[] = {"first", "", "third one", "\xff\x01"};
		size_t taken = 0;

		for (unsigned part = 0; part < 2; part++) {
			const char *got;
			size_t got_size;

			feed(frame, part ? text + cut : text, part ? size - cut : cut);
			while (frame_next(frame, LIMIT, &got, &got_size) == 1) {
				assert_int_equal(got_size, strlen(expected[taken]));
				assert_memory_equal(got, expected[taken], got_size);
				taken++;
			}
		}
		assert_int_equal(taken, 4);
		assert_int_equal(frame_length(frame), 4);
		frame_consume(frame, 4);
	}
}

static void test_byte_by_byte(void **state)
{
	static const char text[] = "{\"method\":\"a.b.C\"}";

	for (unsigned round = 0; round < 1000; round++) {
		for (size_t i = 0; i < sizeof(text); i++) {
			assert_no_next(*state);
			feed(*state, text + i, 1);
		}
		assert_next(*state, text, sizeof(text) - 1);
	}
	assert_no_next(*state);
}

static void test_the_limit(void **state)
{
	struct frame *frame = *state;
	char text[LIMIT + 2];
	const char *got;
	size_t size;

	memset(text, 'x', sizeof(text));
	text[LIMIT] = '\0';
	feed(frame, text, LIMIT); /* as long as allowed, its end still to come */
	assert_no_next(frame);
	feed(frame, "", 1);
	assert_next(frame, text, LIMIT);

	text[LIMIT] = 'x';
	feed(frame, text, LIMIT + 1); /* no end within the limit */
	assert_int_equal(frame_next(frame, LIMIT, &got, &size), -EMSGSIZE);
	assert_int_equal(frame_next(frame, LIMIT, &got, &size), -EMSGSIZE);
	feed(frame, "", 1); /* an end, too late */
	assert_int_equal(frame_next(frame, LIMIT, &got, &size), -EMSGSIZE);
	assert_int_equal(frame_length(frame), LIMIT + 2); /* nothing was consumed */
}

static void test_an_empty_message_is_within_any_limit(void **state)
{
	const char *got;
	size_t size = 1;

	feed(*state, "\0x", 2);
	assert_int_equal(frame_next(*state, 0, &got, &size), 1);
	assert_int_equal(size, 0);
	assert_int_equal(frame_next(*state, 0, &got, &size), -EMSGSIZE);
}

static void test_messages_are_appended_with_their_end(void **state)
{
	struct frame *frame = *state;
	const char *data;
	size_t size;

	assert_int_equal(frame_append_message(frame, "one", 3), 0);
	assert_int_equal(frame_append_message(frame, NULL, 0), 0);
	assert_int_equal(frame_append(frame, "two", 3), 0);
	assert_int_equal(frame_append(frame, NULL, 0), 0);
	data = frame_peek(frame, &size);
	assert_int_equal(size, 8);
	assert_memory_equal(data, "one\0\0two", 8);
	frame_consume(frame, 5);
	data = frame_peek(frame, &size);
	assert_int_equal(size, 3);
	assert_memory_equal(data, "two", 3);
	frame_consume(frame, 0);
	frame_consume(frame, 3);
	assert_null(frame_peek(frame, &size));
}

static void test_memory_is_given_back(void **state)
{
	const size_t size = 1024 * 1024;
	struct frame *frame = *state;
	char *text = malloc(size);
	const char *got;
	size_t got_size;

	assert_non_null(text);
	memset(text, 'x', size);
	assert_int_equal(frame_append(frame, text, size), 0);
	assert_true(frame->size >= size);
	frame_consume(frame, size - 1);
	assert_true(frame->size >= size);
	frame_consume(frame, 1);
	assert_int_equal(frame->size, 0);

	assert_int_equal(frame_append_message(frame, text, size), 0);
	assert_int_equal(frame_next(frame, size, &got, &got_size), 1);
	assert_int_equal(got[size - 1], 'x'); /* still there: the message is being looked at */
	assert_int_equal(frame_next(frame, size, &got, &got_size), 0);
	assert_int_equal(frame->size, 0);
	free(text);
}

/* A queue that is never empty and never long must not grow, nor copy its bytes again and again. */
static void test_a_long_life_costs_no_memory(void **state)
{
	struct frame *frame = *state;

	assert_int_equal(frame_append_message(frame, "0123456789", 10), 0);
	for (unsigned i = 0; i < 100000; i++) {
		assert_int_equal(frame_append_message(frame, "0123456789", 10), 0);
		assert_next(frame, "0123456789", 10);
	}
	assert_int_equal(frame_length(frame), 11);
	assert_true(frame->size <= 4096);
}

/* 4 MiB a byte at a time, then taken message by message: quadratic work would take hours. */
static void test_work_grows_with_the_bytes_alone(void **state)
{
	const size_t size = 4 * 1024 * 1024;
	struct frame *frame = *state;
	struct timespec begin, end;
	const char *got;
	size_t got_size;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	for (size_t i = 0; i < size; i++)
		assert_int_equal(frame_append(frame, i % 2 ? "" : "x", 1), 0);
	for (size_t i = 0; i < size / 2; i++) {
		assert_int_equal(frame_next(frame, LIMIT, &got, &got_size), 1);
		if (i % 2)
			assert_int_equal(frame_append(frame, "y", 1), 0);
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	assert_int_equal(frame_length(frame), size / 4);
	assert_true(end.tv_sec - begin.tv_sec < 60);
}

/* One message that comes in many pieces is looked through once. */
static void test_no_byte_is_scanned_twice(void **state)
{
	struct frame *frame = *state;
	const char *got;
	size_t got_size;

	for (size_t i = 1; i <= 500; i++) {
		feed(frame, "x", 1);
		assert_int_equal(frame_next(frame, LIMIT, &got, &got_size), 0);
		assert_int_equal(frame->scanned, frame->used);
	}
	feed(frame, "\0y", 2);
	assert_int_equal(frame_next(frame, LIMIT, &got, &got_size), 1);
	assert_int_equal(got_size, 500);
	assert_int_equal(frame->scanned, frame->start);
}

static void test_random_cuts_agree_with_a_plain_copy(void **state)
{
	struct frame *frame = *state;
	char text[4096];
	size_t written = 0, read = 0;
	unsigned seed = 1;

	for (unsigned round = 0; round < 20000; round++) {
		size_t size = (seed = seed * 1103515245 + 12345) >> 16 & 1023;
		const char *data;
		size_t held;

		for (size_t i = 0; i < size; i++)
			text[i] = (char)((written + i) * 7);
		assert_int_equal(frame_append(frame, text, size), 0);
		written += size;
		size = (seed = seed * 1103515245 + 12345) >> 16 & 1023;
		data = frame_peek(frame, &held);
		assert_int_equal(held, written - read);
		if (size > held)
			size = held;
		for (size_t i = 0; i < size; i++)
			assert_int_equal(data[i], (char)((read + i) * 7));
		frame_consume(frame, size);
		read += size;
	}
}

static void test_absurd_sizes_are_refused(void **state)
{
	struct frame *frame = *state;
	char *room = NULL;
	size_t size = 0;

	assert_int_equal(frame_append(frame, "x", 1), 0);
	assert_int_equal(frame_reserve(frame, SIZE_MAX, &room, &size), -ENOMEM);
	assert_int_equal(frame_reserve(frame, SIZE_MAX / 2, &room, &size), -ENOMEM);
	assert_int_equal(frame_append(frame, "x", SIZE_MAX), -ENOMEM);
	assert_int_equal(frame_append_message(frame, "x", SIZE_MAX), -ENOMEM);
	assert_null(room);
	assert_int_equal(frame_length(frame), 1);
	assert_int_equal(frame_reserve(frame, 0, &room, &size), 0);
	assert_true(size > 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_an_empty_frame_has_nothing),
	    TEST(test_split_at_each_byte),
	    TEST(test_byte_by_byte),
	    TEST(test_the_limit),
	    TEST(test_an_empty_message_is_within_any_limit),
	    TEST(test_messages_are_appended_with_their_end),
	    TEST(test_memory_is_given_back),
	    TEST(test_a_long_life_costs_no_memory),
	    TEST(test_work_grows_with_the_bytes_alone),
	    TEST(test_no_byte_is_scanned_twice),
	    TEST(test_random_cuts_agree_with_a_plain_copy),
	    TEST(test_absurd_sizes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
