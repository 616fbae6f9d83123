/* The last lines of a file, and what follows, across all that can happen to a log. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/process/tail.h"

struct fixture {
	char directory[64];
	char path[128];
	struct tail *tail;
};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (!fixture)
		return -1;
	snprintf(fixture->directory, sizeof(fixture->directory), "/tmp/test_tail.XXXXXX");
	if (!mkdtemp(fixture->directory))
		return -1;
	snprintf(fixture->path, sizeof(fixture->path), "%s/log", fixture->directory);
	fixture->tail = tail_new(fixture->path);
	*state = fixture;
	return fixture->tail ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;
	char path[160];

	tail_free(fixture->tail);
	unlink(fixture->path);
	for (int i = 1; i < 5; i++) {
		snprintf(path, sizeof(path), "%s.%d", fixture->path, i);
		unlink(path);
	}
	rmdir(fixture->directory);
	free(fixture);
	return 0;
}

static void put(const char *path, const char *data, size_t size, int flags)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);

	assert_true(fd >= 0);
	while (size > 0) {
		ssize_t count = write(fd, data, size);

		assert_true(count > 0);
		data += count;
		size -= (size_t)count;
	}
	close(fd);
}

static void append(struct fixture *fixture, const char *text)
{
	put(fixture->path, text, strlen(text), O_APPEND);
}

/* log.1 becomes log.2, log becomes log.1. */
static void rotate(struct fixture *fixture)
{
	char from[160];
	char to[160];

	for (int i = 3; i >= 0; i--) {
		snprintf(from, sizeof(from), i ? "%s.%d" : "%s", fixture->path, i);
		snprintf(to, sizeof(to), "%s.%d", fixture->path, i + 1);
		rename(from, to);
	}
}

static void expect_line(struct fixture *fixture, bool unfinished, const char *text)
{
	const char *line;
	size_t size;

	assert_int_equal(tail_next(fixture->tail, unfinished, &line, &size), 1);
	assert_int_equal(size, strlen(text));
	assert_memory_equal(line, text, size);
}

static void expect_none(struct fixture *fixture, bool unfinished)
{
	const char *line;
	size_t size;

	assert_int_equal(tail_next(fixture->tail, unfinished, &line, &size), 0);
}

static void the_last_lines_are_found(void **state)
{
	static const struct {
		const char *text;
		unsigned lines;
		const char *rest;
	} cases[] = {
	    {"a\nb\nc\n", 2, "b\nc\n"},
	    {"a\nb\nc\n", 3, "a\nb\nc\n"},
	    {"a\nb\nc\n", 9, "a\nb\nc\n"},
	    {"a\nb\nc\n", 1, "c\n"},
	    {"a\nb\nc\n", 0, ""},
	    {"a\nb\nc", 1, "c"},
	    {"a\nb\nc", 2, "b\nc"},
	    {"a\nb\nc", 0, ""},
	    {"", 5, ""},
	    {"\n\n\n", 2, "\n\n"},
	    {"x", 1, "x"},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *rest = cases[i].rest;

		put(fixture->path, cases[i].text, strlen(cases[i].text), O_TRUNC);
		assert_int_equal(tail_seek(fixture->tail, cases[i].lines), 0);
		while (*rest) {
			const char *line;
			size_t size;

			assert_int_equal(tail_next(fixture->tail, true, &line, &size), 1);
			assert_memory_equal(line, rest, size);
			rest += size;
		}
		expect_none(fixture, true);
	}
}

static void lines_are_found_over_many_blocks(void **state)
{
	struct fixture *fixture = *state;
	char line[128];

	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\0';
	line[sizeof(line) - 2] = '\n';
	for (int i = 0; i < 2000; i++) {
		memcpy(line, i % 2 ? "odd " : "even", 4);
		append(fixture, line);
	}
	assert_int_equal(tail_seek(fixture->tail, 1999), 0);
	memcpy(line, "odd ", 4);
	expect_line(fixture, false, line);
	for (int i = 2; i < 2000; i++) {
		memcpy(line, i % 2 ? "odd " : "even", 4);
		expect_line(fixture, false, line);
	}
	expect_none(fixture, true);
}

static void nobody_goes_back_for_ever(void **state)
{
	struct fixture *fixture = *state;
	char *text = malloc(3 * TAIL_BACK_MAX);
	size_t total = 0;
	const char *line;
	size_t size;

	assert_non_null(text);
	memset(text, 'a', 3 * TAIL_BACK_MAX);
	put(fixture->path, text, 3 * TAIL_BACK_MAX, O_TRUNC);
	free(text);
	assert_int_equal(tail_seek(fixture->tail, 1), 0);
	while (tail_next(fixture->tail, true, &line, &size) == 1) {
		assert_true(size <= TAIL_LINE_MAX);
		total += size;
	}
	assert_int_equal(total, TAIL_BACK_MAX);
}

static void a_long_line_is_cut_between_characters(void **state)
{
	struct fixture *fixture = *state;
	size_t size = TAIL_LINE_MAX * 2;
	char *text = malloc(size + 1);
	const char *line;
	size_t got;

	assert_non_null(text);
	text[0] = 'a';
	for (size_t i = 1; i + 1 < size; i += 2)
		memcpy(text + i, "\xc3\xa4", 2);
	text[size - 1] = '\n';
	put(fixture->path, text, size, O_TRUNC);
	assert_int_equal(tail_next(fixture->tail, false, &line, &got), 1);
	assert_int_equal(got, TAIL_LINE_MAX - 1);
	assert_memory_equal(line, text, got);
	assert_int_equal(tail_next(fixture->tail, false, &line, &got), 1);
	assert_int_equal((unsigned char)line[0], 0xc3);
	free(text);
}

static void what_is_added_follows(void **state)
{
	struct fixture *fixture = *state;

	append(fixture, "a\n");
	assert_int_equal(tail_seek(fixture->tail, 10), 0);
	expect_line(fixture, false, "a\n");
	expect_none(fixture, false);
	append(fixture, "b\nc");
	expect_line(fixture, false, "b\n");
	expect_none(fixture, false);
	append(fixture, "d\n");
	expect_line(fixture, false, "cd\n");
	expect_none(fixture, false);
}

static void a_file_may_come_later(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(tail_check(fixture->path), 0);
	assert_int_equal(tail_seek(fixture->tail, 10), 0);
	expect_none(fixture, true);
	append(fixture, "a\n");
	expect_line(fixture, false, "a\n");
}

static void a_rotated_file_is_read_to_its_end(void **state)
{
	struct fixture *fixture = *state;

	append(fixture, "a\n");
	expect_line(fixture, false, "a\n");
	expect_none(fixture, false);
	append(fixture, "b\n");
	rotate(fixture);
	append(fixture, "c\n");
	expect_line(fixture, false, "b\n");
	expect_line(fixture, false, "c\n");
	expect_none(fixture, false);
}

static void two_rotations_at_once_lose_nothing(void **state)
{
	struct fixture *fixture = *state;

	append(fixture, "a\n");
	expect_line(fixture, false, "a\n");
	rotate(fixture);
	append(fixture, "b\n");
	rotate(fixture);
	append(fixture, "c\n");
	rotate(fixture);
	append(fixture, "d\n");
	expect_line(fixture, false, "b\n");
	expect_line(fixture, false, "c\n");
	expect_line(fixture, false, "d\n");
	expect_none(fixture, false);
}

static void nothing_follows_a_rotation_until_it_is_there(void **state)
{
	struct fixture *fixture = *state;

	append(fixture, "a\n");
	expect_line(fixture, false, "a\n");
	rotate(fixture);
	expect_none(fixture, false);
	append(fixture, "b\n");
	expect_line(fixture, false, "b\n");
}

static void half_a_line_ends_with_its_file(void **state)
{
	struct fixture *fixture = *state;

	append(fixture, "half");
	expect_none(fixture, false);
	rotate(fixture);
	append(fixture, "whole\n");
	expect_line(fixture, false, "half");
	expect_line(fixture, false, "whole\n");
}

static void an_emptied_file_is_read_from_its_start(void **state)
{
	struct fixture *fixture = *state;

	append(fixture, "a long line\n");
	expect_line(fixture, false, "a long line\n");
	put(fixture->path, "b\n", 2, O_TRUNC);
	expect_line(fixture, false, "b\n");
	expect_none(fixture, false);
}

static void a_file_made_anew_is_read(void **state)
{
	struct fixture *fixture = *state;

	append(fixture, "a\n");
	expect_line(fixture, false, "a\n");
	unlink(fixture->path);
	append(fixture, "a\nb\n");
	expect_line(fixture, false, "a\n");
	expect_line(fixture, false, "b\n");
}

/* Opening a pipe would wait for a writer, or be the reader that one waited for. */
static void what_is_no_file_is_not_touched(void **state)
{
	struct fixture *fixture = *state;
	const char *line;
	size_t size;

	assert_int_equal(mkfifo(fixture->path, 0600), 0);
	assert_int_equal(tail_check(fixture->path), -ENOTSUP);
	assert_int_equal(tail_seek(fixture->tail, 1), -ENOTSUP);
	assert_int_equal(tail_next(fixture->tail, true, &line, &size), -ENOTSUP);
	assert_int_equal(tail_check(fixture->directory), -ENOTSUP);
	assert_int_equal(open(fixture->path, O_WRONLY | O_NONBLOCK | O_CLOEXEC), -1);
	assert_int_equal(errno, ENXIO); /* nobody has it open */
}

#define TAIL_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TAIL_TEST(the_last_lines_are_found),
	    TAIL_TEST(lines_are_found_over_many_blocks),
	    TAIL_TEST(nobody_goes_back_for_ever),
	    TAIL_TEST(a_long_line_is_cut_between_characters),
	    TAIL_TEST(what_is_added_follows),
	    TAIL_TEST(a_file_may_come_later),
	    TAIL_TEST(a_rotated_file_is_read_to_its_end),
	    TAIL_TEST(two_rotations_at_once_lose_nothing),
	    TAIL_TEST(nothing_follows_a_rotation_until_it_is_there),
	    TAIL_TEST(half_a_line_ends_with_its_file),
	    TAIL_TEST(an_emptied_file_is_read_from_its_start),
	    TAIL_TEST(a_file_made_anew_is_read),
	    TAIL_TEST(what_is_no_file_is_not_touched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
