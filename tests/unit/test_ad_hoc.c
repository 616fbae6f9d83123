/* What Run is asked for, read as a [program:x]: values, faults, who it runs as. */
#include <grp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/config/ad-hoc.h"

static const char *const words[] = {"printf", "%(x)s\\n 'a b' #", "", NULL};
static gid_t groups[] = {4, 24};

/* As the daemon's own user, unless a test says otherwise. */
static struct ad_hoc wanted_with(const char *const *options)
{
	return (struct ad_hoc){
	    .name = "job",
	    .argv = words,
	    .options = options,
	    .caller = {.uid = geteuid(), .gid = 77, .groups = groups, .group_count = 2},
	};
}

static struct config *load(const struct ad_hoc *wanted, struct ad_hoc_fault *fault)
{
	static char shown[] = "SHOWN=1";
	static char *environment[] = {shown, NULL};
	struct config *config;

	assert_int_equal(config_load_ad_hoc(wanted, environment, fault, &config), 0);
	assert_int_equal(config->group_count, 1);
	return config;
}

/* The one process of what has no fault. */
static const struct program *program_of(const struct config *config)
{
	assert_int_equal(config->groups[0]->program_count, 1);
	return config->groups[0]->programs[0];
}

static void its_words_stay_what_they_are(void **state)
{
	struct ad_hoc wanted = wanted_with(NULL);
	struct ad_hoc_fault fault;
	struct config *config = load(&wanted, &fault);
	const struct program *program = program_of(config);

	(void)state;
	assert_null(fault.why);
	assert_null(program->broken);
	assert_true(program->is_ad_hoc);
	for (int i = 0; i < 3; i++)
		assert_string_equal(program->argv[i], words[i]);
	assert_null(program->argv[3]);
	assert_string_equal(program->full_name, "job");
	assert_string_equal(program->group, "job");
	assert_string_equal(config->groups[0]->name, "job");
	config_free(config);
}

static void it_is_not_restarted_and_is_up_at_once(void **state)
{
	struct ad_hoc wanted = wanted_with(NULL);
	struct ad_hoc_fault fault;
	struct config *config = load(&wanted, &fault);
	const struct program *program = program_of(config);

	(void)state;
	assert_int_equal(program->autorestart, AUTORESTART_FALSE);
	assert_int_equal(program->startsecs_usec, 0);
	assert_true(program->autostart);
	assert_int_equal(program->stdout_log.kind, LOG_AUTO);
	assert_int_equal(program->stopsignal, SIGTERM);
	assert_null(program->directory);
	config_free(config);
}

static void options_are_those_of_a_section(void **state)
{
	static const char *const options[] = {"autorestart",
	                                      "true",
	                                      "startsecs",
	                                      "2",
	                                      "stopsignal",
	                                      "INT",
	                                      "priority",
	                                      "5",
	                                      "directory",
	                                      "/",
	                                      "umask",
	                                      "027",
	                                      "exitcodes",
	                                      "0,3",
	                                      "stdout_logfile",
	                                      "/tmp/100%(here)s.log",
	                                      "redirect_stderr",
	                                      "yes",
	                                      NULL};
	struct ad_hoc wanted = wanted_with(options);
	struct ad_hoc_fault fault;
	struct config *config = load(&wanted, &fault);
	const struct program *program = program_of(config);

	(void)state;
	assert_null(fault.why);
	assert_int_equal(program->autorestart, AUTORESTART_TRUE);
	assert_int_equal(program->startsecs_usec, 2000000);
	assert_int_equal(program->stopsignal, SIGINT);
	assert_int_equal(config->groups[0]->priority, 5);
	assert_string_equal(program->directory, "/");
	assert_int_equal(program->umask, 027);
	assert_true(program_expects_exit(program, 3));
	assert_string_equal(program->stdout_log.path, "/tmp/100%(here)s.log");
	assert_true(program->redirect_stderr);
	config_free(config);
}

static void what_is_wrong_is_named(void **state)
{
	static const struct {
		const char *key;
		const char *value;
		const char *option;
		const char *why;
	} cases[] = {
	    {"autorestrat", "true", "autorestrat", "did you mean autorestart?"},
	    {"no_such_thing_at_all", "1", "no_such_thing_at_all", "there is no such key"},
	    {"", "1", "", "there is no such key"},
	    {"AUTORESTART", "true", "AUTORESTART", "there is no such key"},
	    {"autorestart", "perhaps", "autorestart", "'perhaps'"},
	    {"startsecs", "-1", "startsecs", "'-1'"},
	    {"startretries", "99999999999999999999", "startretries", "9999"},
	    {"stopsignal", "SIGNOTHING", "stopsignal", "NOTHING"},
	    {"user", "no-such-user-here", "user", "no such user"},
	    {"environment", "A", "environment", "unexpected end"},
	    {"umask", "9", "umask", "9"},
	    {"stdout_logfile", "/no/such/folder/x.log", "stdout_logfile", "does not exist"},
	    {"command", "ls", "command", "that a file names only"},
	    {"process_name", "x", "process_name", "that a file names only"},
	    {"numprocs", "2", "numprocs", "that a file names only"},
	    {"numprocs_start", "2", "numprocs_start", "that a file names only"},
	    {"autostart", "false", "autostart", "that a file names only"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *const options[] = {cases[i].key, cases[i].value, NULL};
		struct ad_hoc wanted = wanted_with(options);
		struct ad_hoc_fault fault;
		struct config *config = load(&wanted, &fault);

		assert_non_null(fault.why);
		assert_string_equal(fault.option, cases[i].option);
		assert_non_null(strstr(fault.why, cases[i].why));
		assert_non_null(program_of(config)->broken);
		config_free(config);
	}
}

static void stopasgroup_and_killasgroup_go_together(void **state)
{
	static const char *const options[] = {"stopasgroup", "true", "killasgroup", "false", NULL};
	struct ad_hoc wanted = wanted_with(options);
	struct ad_hoc_fault fault;
	struct config *config = load(&wanted, &fault);

	(void)state;
	assert_string_equal(fault.option, "killasgroup");
	config_free(config);
}

static void names_and_commands_that_are_none(void **state)
{
	static const char *const names[] = {"", "a b", "a:b", "a/b", "\n", "\xff"};
	static const char *const none[] = {NULL};
	static const char *const empty[] = {"", "x", NULL};
	struct ad_hoc wanted = wanted_with(NULL);
	struct ad_hoc_fault fault;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		wanted.name = names[i];
		config_free(load(&wanted, &fault));
		assert_string_equal(fault.option, "name");
	}
	wanted.name = "job";
	wanted.argv = none;
	config_free(load(&wanted, &fault));
	assert_string_equal(fault.option, "command");
	wanted.argv = empty;
	config_free(load(&wanted, &fault));
	assert_string_equal(fault.option, "command");
}

/* Under it the daemon's [supervisord], over it the option. */
static void its_environment_is_laid_over(void **state)
{
	static const char *const given[] = {"A=x\"y'z\n%s", "B=2", "B=3", "PATH=/opt/bin", NULL};
	static const char *const options[] = {"environment", "C=\"4\",A2=5", NULL};
	static const char *const all[] = {"SHOWN=1",       "A=x\"y'z\n%s", "B=3",
	                                  "PATH=/opt/bin", "C=4",          "A2=5"};
	struct ad_hoc wanted = wanted_with(options);
	struct ad_hoc_fault fault;
	struct config *config;

	(void)state;
	wanted.environment = given;
	config = load(&wanted, &fault);
	assert_null(fault.why);
	for (int i = 0; i < 6; i++)
		assert_string_equal(program_of(config)->environment[i], all[i]);
	assert_null(program_of(config)->environment[6]);
	assert_string_equal(program_of(config)->search_path, "/opt/bin");
	config_free(config);
}

static void variables_that_are_none(void **state)
{
	static const char *const bad[][2] = {{"A", NULL}, {"=x", NULL}, {"", NULL}};
	const char **many = calloc(AD_HOC_ENVIRONMENT_MAX + 2, sizeof(*many));
	struct ad_hoc wanted = wanted_with(NULL);
	struct ad_hoc_fault fault;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		wanted.environment = bad[i];
		config_free(load(&wanted, &fault));
		assert_string_equal(fault.option, "environment");
	}
	for (size_t i = 0; i <= AD_HOC_ENVIRONMENT_MAX; i++)
		many[i] = "A=1";
	wanted.environment = many;
	config_free(load(&wanted, &fault));
	assert_string_equal(fault.option, "environment");
	many[AD_HOC_ENVIRONMENT_MAX] = NULL;
	config_free(load(&wanted, &fault));
	assert_null(fault.why);
	free(many);
}

static void it_runs_as_the_caller(void **state)
{
	struct ad_hoc wanted = wanted_with(NULL);
	struct ad_hoc_fault fault;
	struct config *config;
	const struct user_config *user;

	(void)state;
	wanted.caller.uid = geteuid() + 4711;
	config = load(&wanted, &fault);
	user = &program_of(config)->user;
	assert_null(fault.why);
	assert_non_null(user->name);
	assert_int_equal(user->uid, geteuid() + 4711);
	assert_int_equal(user->gid, 77);
	assert_int_equal(user->group_count, 2);
	assert_memory_equal(user->groups, groups, sizeof(groups));
	config_free(config);
}

/* Somebody with the right to run, who is neither root nor the daemon. */
static void a_stranger_gets_nothing_of_the_daemons(void **state)
{
	static const char *const other[] = {"user", "root", NULL};
	static const char *const file[] = {"stdout_logfile", "/tmp/x.log", NULL};
	static const char *const error_file[] = {"stderr_logfile", "/dev/stderr", NULL};
	static const char *const none[] = {"stdout_logfile", "NONE", NULL};
	struct ad_hoc wanted = wanted_with(NULL);
	struct ad_hoc_fault fault;
	struct config *config;

	(void)state;
	wanted.caller.uid = geteuid() + 4711;
	config = load(&wanted, &fault);
	assert_true(program_of(config)->is_stranger);
	assert_null(program_of(config)->environment[0]);
	config_free(config);
	wanted.options = other;
	config_free(load(&wanted, &fault));
	assert_string_equal(fault.option, "user");
	wanted.options = file;
	config_free(load(&wanted, &fault));
	assert_string_equal(fault.option, "stdout_logfile");
	wanted.options = error_file;
	config_free(load(&wanted, &fault));
	assert_string_equal(fault.option, "stderr_logfile");
	wanted.options = none;
	config_free(load(&wanted, &fault));
	assert_null(fault.why);
}

static void root_may_choose_the_user(void **state)
{
	static const char *const other[] = {"user", "nobody", NULL};
	struct ad_hoc wanted = wanted_with(other);
	struct ad_hoc_fault fault;
	struct config *config;

	(void)state;
	if (geteuid() != 0)
		skip();
	config = load(&wanted, &fault);
	assert_null(fault.why);
	assert_string_equal(program_of(config)->user.name, "nobody");
	assert_int_not_equal(program_of(config)->user.uid, 0);
	config_free(config);
}

static void a_name_is_made_of_the_command(void **state)
{
	static const struct {
		const char *word;
		const char *name;
	} cases[] = {
	    {"sleep", "sleep"},
	    {"/usr/bin/env", "env"},
	    {"./a b:c\t", "a_b_c_"},
	    {"/", "run"},
	    {"", "run"},
	    {"dir/", "dir"},
	    {"\x01", "_"},
	    {"a\x7f", "a_"},
	    {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
	    {"0123456789012345678901234567890123456789012345678901234567890123456789",
	     "012345678901234567890123456789012345678901234567890123456789012"},
	    {"01234567890123456789012345678901234567890123456789012345678901\xc3\xbc",
	     "01234567890123456789012345678901234567890123456789012345678901"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char name[AD_HOC_NAME_SIZE];

		ad_hoc_make_name(cases[i].word, name);
		assert_string_equal(name, cases[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(its_words_stay_what_they_are),
	    cmocka_unit_test(it_is_not_restarted_and_is_up_at_once),
	    cmocka_unit_test(options_are_those_of_a_section),
	    cmocka_unit_test(what_is_wrong_is_named),
	    cmocka_unit_test(stopasgroup_and_killasgroup_go_together),
	    cmocka_unit_test(names_and_commands_that_are_none),
	    cmocka_unit_test(its_environment_is_laid_over),
	    cmocka_unit_test(variables_that_are_none),
	    cmocka_unit_test(it_runs_as_the_caller),
	    cmocka_unit_test(a_stranger_gets_nothing_of_the_daemons),
	    cmocka_unit_test(root_may_choose_the_user),
	    cmocka_unit_test(a_name_is_made_of_the_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
