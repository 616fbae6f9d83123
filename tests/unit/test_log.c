/* Log lines: the format, the levels, and that nothing logged can forge or break a line. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STAMP "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2},[0-9]{3} "
#define STAMP_SIZE 24

struct sink {
	char *line;
	size_t size;
	unsigned calls;
};

static void keep_line(void *arg, const char *line, size_t size)
{
	struct sink *sink = arg;

	free(sink->line);
	sink->line = strndup(line, size);
	sink->size = size;
	sink->calls++;
}

static int setup(void **state)
{
	struct sink *sink = calloc(1, sizeof(*sink));

	log_set_level(LEVEL_INFO);
	log_set_sink(keep_line, sink);
	*state = sink;
	return sink ? 0 : -1;
}

static int teardown(void **state)
{
	struct sink *sink = *state;

	log_set_sink(NULL, NULL);
	log_set_level(LEVEL_INFO);
	free(sink->line);
	free(sink);
	return 0;
}

/* What stands behind the time stamp. */
static const char *rest(const struct sink *sink)
{
	assert_non_null(sink->line);
	assert_true(strlen(sink->line) == sink->size && sink->size > STAMP_SIZE);
	return sink->line + STAMP_SIZE;
}

static void test_line_has_supervisords_form(void **state)
{
	struct sink *sink = *state;
	regex_t form;

	log_info("spawned: '%s' with pid %d", "web", 4711);
	assert_int_equal(regcomp(&form, STAMP "INFO spawned: 'web' with pid 4711\n$", REG_EXTENDED),
	                 0);
	assert_int_equal(regexec(&form, sink->line, 0, NULL, 0), 0);
	regfree(&form);
	assert_int_equal(sink->calls, 1);
}

static void test_each_level_has_its_tag(void **state)
{
	static const char *const tags[] = {"CRIT x\n", "ERRO x\n", "WARN x\n", "INFO x\n",
	                                   "DEBG x\n", "TRAC x\n", "BLAT x\n"};
	struct sink *sink = *state;

	log_set_level(LEVEL_BLATHER);
	for (unsigned level = 0; level < LEVEL_COUNT; level++) {
		log_write(level, "x");
		assert_string_equal(rest(sink), tags[level]);
	}
}

static void test_level_filters(void **state)
{
	struct sink *sink = *state;

	log_set_level(LEVEL_WARN);
	log_info("not this");
	log_debug("nor this");
	log_write(LEVEL_COUNT, "nor what is no level");
	assert_int_equal(sink->calls, 0);
	assert_false(log_enabled(LEVEL_INFO));
	assert_true(log_enabled(LEVEL_WARN));
	log_warn("this");
	log_error("this");
	log_critical("this");
	assert_int_equal(sink->calls, 3);
}

static void test_errno_is_shown_and_kept(void **state)
{
	struct sink *sink = *state;

	errno = ENOENT;
	log_info("opening %s: %m", "/x");
	assert_string_equal(rest(sink), "INFO opening /x: No such file or directory\n");
	assert_int_equal(errno, ENOENT);
	errno = EACCES;
	log_info("opening\n%s: %m", "/x");
	assert_string_equal(rest(sink), "INFO opening\\n/x: Permission denied\n");
	assert_int_equal(errno, EACCES);
}

static void test_control_characters_are_shown(void **state)
{
	struct sink *sink = *state;

	log_info("%s", "a\nb\rc\x1b[2J\x7f\td");
	assert_string_equal(rest(sink), "INFO a\\nb\\rc\\x1b[2J\\x7f\td\n");
	log_info("%s", "\xc2\x9b"
	               "2J \xc3\xa9 \xc2\xa0 \xff \xc2");
	assert_string_equal(rest(sink), "INFO \\xc2\\x9b"
	                                "2J \xc3\xa9 \xc2\xa0 \xff \xc2\n");
}

static void test_every_length_around_the_stack_buffer(void **state)
{
	struct sink *sink = *state;
	char text[1201];

	memset(text, 'x', sizeof(text));
	for (size_t size = 900; size < sizeof(text); size++) {
		log_info("%.*s", (int)size, text);
		assert_int_equal(sink->size, STAMP_SIZE + strlen("INFO ") + size + 1);
		assert_int_equal(sink->line[sink->size - 1], '\n');
		assert_int_equal(sink->line[sink->size - 2], 'x');
	}
}

static void test_a_huge_message_is_cut_with_a_mark(void **state)
{
	const size_t size = 10 * 1024 * 1024;
	struct sink *sink = *state;
	char *text = malloc(size + 1);

	assert_non_null(text);
	memset(text, '\n', size);
	text[size] = '\0';
	log_info("%s", text);
	assert_int_equal(sink->calls, 1);
	assert_in_range(sink->size, 2 * 64 * 1024, 2 * 64 * 1024 + 100);
	assert_string_equal(sink->line + sink->size - 9, "\\n [cut]\n");
	assert_ptr_equal(strchr(sink->line, '\n'), sink->line + sink->size - 1);
	free(text);
}

static void test_level_names(void **state)
{
	static const struct {
		const char *text;
		enum log_level level;
	} good[] = {
	    {"critical", LEVEL_CRITICAL}, {"crit", LEVEL_CRITICAL},   {"error", LEVEL_ERROR},
	    {"erro", LEVEL_ERROR},        {"warn", LEVEL_WARN},       {"info", LEVEL_INFO},
	    {"debug", LEVEL_DEBUG},       {"debg", LEVEL_DEBUG},      {"trace", LEVEL_TRACE},
	    {"trac", LEVEL_TRACE},        {"blather", LEVEL_BLATHER}, {"BLAT", LEVEL_BLATHER},
	    {"Info", LEVEL_INFO},
	};
	enum log_level level = LEVEL_COUNT;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(log_level_parse(good[i].text, &level), 0);
		assert_int_equal(level, good[i].level);
	}
	assert_int_equal(log_level_parse("verbose", &level), -EINVAL);
	assert_int_equal(log_level_parse("", &level), -EINVAL);
	assert_int_equal(level, LEVEL_INFO);
}

/* Puts a pipe in standard error's place; returns its reading end. */
static int stderr_to_pipe(int *ret_stderr)
{
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	*ret_stderr = dup(STDERR_FILENO);
	assert_true(*ret_stderr >= 0);
	assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
	close(ends[1]);
	return ends[0];
}

static void test_without_a_sink_it_is_standard_error(void **state)
{
	char line[256];
	int saved, end;
	ssize_t got;

	(void)state;
	log_set_sink(NULL, &saved);
	end = stderr_to_pipe(&saved);
	log_warn("to stderr");
	dup2(saved, STDERR_FILENO);
	close(saved);
	got = read(end, line, sizeof(line) - 1);
	assert_true(got > STAMP_SIZE);
	line[got] = '\0';
	assert_string_equal(line + STAMP_SIZE, "WARN to stderr\n");
	close(end);
}

static void test_a_closed_standard_error_is_survived(void **state)
{
	int saved = dup(STDERR_FILENO);

	(void)state;
	assert_true(saved >= 0);
	log_set_sink(NULL, NULL);
	close(STDERR_FILENO);
	errno = EILSEQ;
	log_warn("nowhere");
	assert_int_equal(errno, EILSEQ);
	dup2(saved, STDERR_FILENO);
	close(saved);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_line_has_supervisords_form, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_each_level_has_its_tag, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_level_filters, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_errno_is_shown_and_kept, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_control_characters_are_shown, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_every_length_around_the_stack_buffer, setup,
	                                    teardown),
	    cmocka_unit_test_setup_teardown(test_a_huge_message_is_cut_with_a_mark, setup,
	                                    teardown),
	    cmocka_unit_test_setup_teardown(test_level_names, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_without_a_sink_it_is_standard_error, setup,
	                                    teardown),
	    cmocka_unit_test_setup_teardown(test_a_closed_standard_error_is_survived, setup,
	                                    teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
