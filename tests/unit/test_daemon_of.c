/* fakes: fake_files */
/* daemon_of=: what it may name, and that nothing ends with itself. */
#include "tests/unit/fake_files.h"

#include <string.h>

#define PROGRAM(name, rest) "[program:" name "]\ncommand=x\n" rest

static void it_names_a_process_or_a_group(void **state)
{
	struct files *files = *state;

	files_load_text(
	    files,
	    PROGRAM("web", "") PROGRAM("log", "daemon_of=web\n") PROGRAM(
		"second", "daemon_of=%(program_name)s-of\n") PROGRAM("second-of", "daemon_of=log\n")
		PROGRAM("both", "daemon_of=g\n")
		    PROGRAM("one", "daemon_of=g:a\n") "[group:g]\nprograms=a,b\n" PROGRAM("a", "")
			PROGRAM("b", ""));
	files_expect_notes(files, NULL);
	assert_null(files_program(files, "web")->daemon_of);
	assert_string_equal(files_program(files, "log")->daemon_of, "web");
	assert_string_equal(files_program(files, "second")->daemon_of, "second-of");
	assert_null(files_program(files, "one")->broken);
}

static void a_name_that_nobody_has(void **state)
{
	struct files *files = *state;
	uint64_t fingerprint;

	files_load_text(files, PROGRAM("web", "daemon_of=wbe\n") PROGRAM("log", "daemon_of=web\n"));
	files_expect_notes(files, "main.conf:1: web: daemon_of: there is no process or group 'wbe'",
	                   NULL);
	assert_non_null(strstr(files_program(files, "web")->broken, "'wbe'"));
	assert_null(files_program(files, "log")->broken);
	fingerprint = config_find_group(files->config, "web")->fingerprint;
	files_load_text(files, PROGRAM("web", "daemon_of=wbe\n") PROGRAM("wbe", ""));
	files_expect_notes(files, NULL);
	assert_null(files_program(files, "web")->broken);
	/* What was broken and is not any more is another program. */
	assert_true(config_find_group(files->config, "web")->fingerprint != fingerprint);
}

static void circles(void **state)
{
	struct files *files = *state;

	files_load_text(files, PROGRAM("self", "daemon_of=self\n"));
	files_expect_notes(
	    files, "main.conf:1: self: daemon_of: it would end with itself: a circle", NULL);
	files_load_text(files, PROGRAM("a", "daemon_of=b\n") PROGRAM("b", "daemon_of=c\n")
	                           PROGRAM("c", "daemon_of=a\n") PROGRAM("d", "daemon_of=e\n")
	                               PROGRAM("e", ""));
	files_expect_notes(files, "main.conf:1: a: daemon_of: it would end with itself: a circle",
	                   "main.conf:4: b: daemon_of: it would end with itself: a circle",
	                   "main.conf:7: c: daemon_of: it would end with itself: a circle", NULL);
	assert_null(files_program(files, "d")->broken);
	/* By way of the group it is in. */
	files_load_text(files, "[group:g]\nprograms=a,b\n" PROGRAM("a", "daemon_of=c\n")
	                           PROGRAM("b", "") PROGRAM("c", "daemon_of=g\n"));
	files_expect_notes(files, "main.conf:3: g:a: daemon_of: it would end with itself: a circle",
	                   "main.conf:8: c: daemon_of: it would end with itself: a circle", NULL);
}

/* A process has its name before the group that it is in. */
static void a_process_comes_before_a_group(void **state)
{
	struct files *files = *state;

	files_load_text(files,
	                "[group:a]\nprograms=a,b\n" PROGRAM("a", "") PROGRAM("b", "daemon_of=a\n"));
	files_expect_notes(files, NULL);
	assert_string_equal(files_program(files, "a:b")->daemon_of, "a");
}

static void an_empty_name(void **state)
{
	files_expect_fault(*state, "command=x\ndaemon_of=\n", "daemon_of: it is empty");
}

#define FILES_TEST(name) cmocka_unit_test_setup_teardown(name, files_setup, files_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    FILES_TEST(it_names_a_process_or_a_group),
	    FILES_TEST(a_name_that_nobody_has),
	    FILES_TEST(circles),
	    FILES_TEST(a_process_comes_before_a_group),
	    FILES_TEST(an_empty_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
