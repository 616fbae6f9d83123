/* fakes: fake_files */
/* The program of the command line, alone and beside those of a file. */
#include "tests/unit/fake_files.h"

#include <string.h>

static char *plain[] = {(char *)"/usr/bin/env", (char *)"a b", (char *)"", (char *)"%(here)s \"'$x",
                        NULL};

static void load(struct files *files, const char *file, char *const *command)
{
	config_free(files->config);
	config_notes_done(&files->notes);
	source_free(files->source);
	files->config = NULL;
	files->source = source_new();
	files->result =
	    config_load_with(file, command, files->source, &files->notes, &files->config);
	assert_int_equal(files->result, 0);
}

static void its_words_are_taken_as_they_are(void **state)
{
	struct files *files = *state;
	const struct program *program;

	load(files, NULL, plain);
	files_expect_notes(files, NULL);
	assert_int_equal(config_process_count(files->config), 1);
	program = files_program(files, "env");
	for (size_t i = 0; plain[i]; i++)
		assert_string_equal(program->argv[i], plain[i]);
	assert_null(program->argv[4]);
	assert_true(program->fingerprint != 0);
}

static void it_stands_for_the_daemon(void **state)
{
	struct files *files = *state;
	const struct program *program;

	load(files, NULL, plain);
	program = files_program(files, "env");
	assert_true(program->essential);
	assert_true(program->is_foreground);
	assert_true(program->autostart);
	assert_int_equal(program->autorestart, AUTORESTART_FALSE);
	assert_int_equal(program->startsecs_usec, 0);
	assert_int_equal(program->startretries, 0);
	assert_int_equal(program->stdout_log.kind, LOG_NONE);
	assert_int_equal(program->stderr_log.kind, LOG_NONE);
}

static void without_a_file_nothing_is_left_on_the_disk(void **state)
{
	struct files *files = *state;

	load(files, NULL, plain);
	assert_null(files->config->file);
	assert_null(files->config->daemon.logfile);
	assert_null(files->config->daemon.pidfile);
	assert_true(files->config->daemon.nocleanup);
	assert_int_equal(files->config->daemon.loglevel, LEVEL_WARN);
}

static void the_programs_of_a_file_are_beside_it(void **state)
{
	struct files *files = *state;

	files_load_text(files, "[supervisord]\nloglevel=debug\nenvironment=A=\"1\"\n"
	                       "[program:web]\ncommand=x\n");
	load(files, files->path, plain);
	files_expect_notes(files, NULL);
	assert_int_equal(config_process_count(files->config), 2);
	assert_false(files_program(files, "web")->is_foreground);
	assert_string_equal(files_program(files, "env")->environment[0], "A=1");
	assert_int_equal(files->config->daemon.loglevel, LEVEL_DEBUG);
}

static void it_keeps_a_name_that_the_file_has_too(void **state)
{
	struct files *files = *state;

	files_load_text(files, "[program:env]\ncommand=x\n");
	load(files, files->path, plain);
	files_expect_notes(files,
	                   "main.conf:1: [program:env]: a group of this name is there already; "
	                   "this one is left out",
	                   NULL);
	assert_true(files_program(files, "env")->is_foreground);
}

static void a_file_that_cannot_give_a_name_is_called_command(void **state)
{
	static char *words[] = {(char *)"/opt/a program", NULL}, *slash[] = {(char *)"/opt/", NULL};
	struct files *files = *state;

	load(files, NULL, words);
	assert_string_equal(files_program(files, "command")->argv[0], "/opt/a program");
	load(files, NULL, slash);
	assert_string_equal(files_program(files, "command")->argv[0], "/opt/");
}

/* An engine that follows has it from the command line too, and the file from its copy. */
static void a_reread_finds_no_difference(void **state)
{
	struct files *files = *state;
	uint64_t fingerprint;

	load(files, NULL, plain);
	fingerprint = files_program(files, "env")->fingerprint;
	load(files, NULL, plain);
	assert_true(files_program(files, "env")->fingerprint == fingerprint);
}

#define COMMAND_TEST(name) cmocka_unit_test_setup_teardown(name, files_setup, files_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    COMMAND_TEST(its_words_are_taken_as_they_are),
	    COMMAND_TEST(it_stands_for_the_daemon),
	    COMMAND_TEST(without_a_file_nothing_is_left_on_the_disk),
	    COMMAND_TEST(the_programs_of_a_file_are_beside_it),
	    COMMAND_TEST(it_keeps_a_name_that_the_file_has_too),
	    COMMAND_TEST(a_file_that_cannot_give_a_name_is_called_command),
	    COMMAND_TEST(a_reread_finds_no_difference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
