/* fakes: fake_files */
/* [program:x] and its kin: every key, what several of them make together, what is broken. */
#include "tests/unit/fake_files.h"

#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A uid that no user has. */
#define NOBODY 54321

static void defaults_are_supervisords(void **state)
{
	struct files *files = *state;
	const struct program *program = files_one_program(files, "");

	assert_int_equal(program->kind, PROGRAM_PLAIN);
	assert_string_equal(program->name, "x");
	assert_string_equal(program->group, "x");
	assert_string_equal(program->full_name, "x");
	assert_int_equal(program->line, 1);
	assert_null(program->broken);
	assert_string_equal(program->argv[0], "/bin/x");
	assert_null(program->argv[1]);
	assert_null(program->directory);
	assert_null(program->user.name);
	assert_int_equal(program->umask, -1);
	assert_null(program->environment[0]);
	assert_null(program->serverurl);
	assert_int_equal(program->priority, 999);
	assert_true(program->autostart);
	assert_int_equal(program->autorestart, AUTORESTART_UNEXPECTED);
	assert_int_equal(program->startsecs_usec, 1000000);
	assert_int_equal(program->startretries, 3);
	assert_true(program_expects_exit(program, 0));
	assert_false(program_expects_exit(program, 1));
	assert_int_equal(program->stopsignal, SIGTERM);
	assert_int_equal(program->stopwaitsecs_usec, 10000000);
	assert_false(program->stopasgroup || program->killasgroup || program->redirect_stderr);
	assert_int_equal(program->stdout_log.kind, LOG_AUTO);
	assert_int_equal(program->stdout_log.maxbytes, 50 << 20);
	assert_int_equal(program->stdout_log.backups, 10);
	assert_int_equal(program->stdout_log.capture_maxbytes, 0);
	assert_int_equal(program->stderr_log.kind, LOG_AUTO);
	assert_int_not_equal(program->fingerprint, 0);
}

static void every_key_is_read(void **state)
{
	struct files *files = *state;
	const struct program *program = files_one_program(
	    files, "command=/bin/sh -c 'echo \"a b\"' x\\ y\nprocess_name=%(program_name)s-1\n"
		   "directory=/tmp\numask=027\nenvironment=A=\"1\"\nserverurl=http://h:1\n"
		   "priority=-5\nautostart=off\nautorestart=TRUE\nstartsecs=0.25\nstartretries=0\n"
		   "exitcodes=1, 255,64\nstopsignal=sigusr1\nstopwaitsecs=3\nkillasgroup=yes\n"
		   "stdout_logfile=%(here)s/%(program_name)s.log\nstdout_logfile_maxbytes=1KB\n"
		   "stdout_logfile_backups=0\nstdout_capture_maxbytes=2MB\n"
		   "stdout_events_enabled=1\nstdout_syslog=1\nstderr_logfile=NONE\n"
		   "stderr_logfile_maxbytes=0\nstderr_logfile_backups=1\n"
		   "stderr_capture_maxbytes=1\nstderr_events_enabled=true\nstderr_syslog=on\n");

	assert_string_equal(program->full_name, "x:x-1");
	assert_string_equal(program->argv[2], "echo \"a b\"");
	assert_string_equal(program->argv[3], "x y");
	assert_string_equal(program->command, "/bin/sh -c 'echo \"a b\"' x\\ y");
	assert_string_equal(program->directory, "/tmp");
	assert_int_equal(program->umask, 027);
	assert_string_equal(program->environment[0], "A=1");
	assert_string_equal(program->serverurl, "http://h:1");
	assert_int_equal(program->priority, -5);
	assert_false(program->autostart);
	assert_int_equal(program->autorestart, AUTORESTART_TRUE);
	assert_int_equal(program->startsecs_usec, 250000);
	assert_int_equal(program->startretries, 0);
	assert_true(program_expects_exit(program, 1) && program_expects_exit(program, 64) &&
	            program_expects_exit(program, 255));
	assert_false(program_expects_exit(program, 0) || program_expects_exit(program, 256) ||
	             program_expects_exit(program, -1));
	assert_int_equal(program->stopsignal, SIGUSR1);
	assert_int_equal(program->stopwaitsecs_usec, 3000000);
	assert_true(program->killasgroup);
	assert_int_equal(program->stdout_log.kind, LOG_PATH);
	assert_string_equal(program->stdout_log.path, files_path(files, "x.log"));
	assert_int_equal(program->stdout_log.maxbytes, 1024);
	assert_int_equal(program->stdout_log.backups, 0);
	assert_int_equal(program->stdout_log.capture_maxbytes, 2 << 20);
	assert_true(program->stdout_log.events_enabled && program->stdout_log.syslog);
	assert_int_equal(program->stderr_log.kind, LOG_NONE);
	assert_int_equal(program->stderr_log.maxbytes, 0);
	assert_int_equal(program->stderr_log.backups, 1);
	assert_int_equal(program->stderr_log.capture_maxbytes, 1);
	assert_true(program->stderr_log.events_enabled && program->stderr_log.syslog);
}

static void stopasgroup_implies_killasgroup(void **state)
{
	struct files *files = *state;

	assert_true(files_one_program(files, "stopasgroup=true\n")->killasgroup);
	files_expect_fault(files, "stopasgroup=true\nkillasgroup=false\n",
	                   "killasgroup: it must not be false where stopasgroup is true");
}

static void logs(void **state)
{
	struct files *files = *state;
	const struct program *program =
	    files_one_program(files, "stdout_logfile=/dev/stdout\nstdout_logfile_maxbytes=0\n"
	                             "stderr_logfile=off\n");

	assert_int_equal(program->stdout_log.kind, LOG_PATH);
	assert_string_equal(program->stdout_log.path, "/dev/stdout");
	assert_int_equal(program->stderr_log.kind, LOG_NONE);
	setenv("HOME", files->directory, 1);
	program = files_one_program(files, "stdout_logfile=~/x.log\nredirect_stderr=true\n");
	assert_string_equal(program->stdout_log.path, files_path(files, "x.log"));
	assert_int_equal(program->stderr_log.kind, LOG_NONE);
	/* A % that supervisord would trip over when it expands a second time. */
	program = files_one_program(files, "stdout_logfile=/tmp/100%%.log\n");
	assert_string_equal(program->stdout_log.path, "/tmp/100%.log");
	files_expect_fault(
	    files, "stderr_logfile=/no/such/dir/x\n",
	    "stderr_logfile: the directory /no/such/dir does not exist; create it first");
	files_expect_fault(files, "stderr_logfile=\n",
	                   "stderr_logfile: it is empty; write NONE for no log");
}

static void odd_logs_are_warned_of(void **state)
{
	struct files *files = *state;

	files_load_text(files, "[program:x]\ncommand=/bin/x\nstdout_logfile=syslog\n"
	                       "stderr_logfile_maxbytes=0\n[program:y]\ncommand=/bin/y\n"
	                       "redirect_stderr=1\nstderr_logfile=/tmp/y\n");
	files_expect_notes(files,
	                   "warning: main.conf:1: [program:x] stderr_logfile: an AUTO log without "
	                   "rotation may fill "
	                   "the disk: set stderr_logfile_maxbytes above 0",
	                   "warning: main.conf:3: [program:x] stdout_logfile: the word syslog is "
	                   "obsolete here; use "
	                   "stdout_syslog or stderr_syslog",
	                   "warning: main.conf:8: [program:y] stderr_logfile: it is ignored "
	                   "because redirect_stderr "
	                   "is true",
	                   NULL);
	assert_int_equal(files_program(files, "x")->stdout_log.kind, LOG_SYSLOG);
	assert_true(files_program(files, "x")->stdout_log.syslog);
}

static void environments_merge(void **state)
{
	struct files *files = *state;
	const struct program *program;

	setenv("MUSTER_TEST", "outer", 1);
	files_load_text(files, "[supervisord]\nenvironment=A=\"d%%\",B=\"%(ENV_MUSTER_TEST)s\"\n"
	                       "[program:x]\ncommand=/bin/x %(ENV_A)s %(ENV_C)s\n"
	                       "environment=A=\"own\",C=\"%(ENV_A)s\"\n"
	                       "[program:y]\ncommand=/bin/y %(ENV_A)s\n");
	unsetenv("MUSTER_TEST");
	files_expect_notes(files, NULL);
	program = files_program(files, "x");
	assert_string_equal(program->command, "/bin/x own d%");
	assert_string_equal(program->environment[0], "A=own");
	assert_string_equal(program->environment[1], "B=outer");
	assert_string_equal(program->environment[2], "C=d%");
	assert_null(program->environment[3]);
	program = files_program(files, "y");
	assert_string_equal(program->command, "/bin/y d%");
	/* Who has none of its own shares the daemon's. */
	assert_ptr_equal(program->environment, files->config->daemon.environment);
}

/* user= is resolved before the section's own environment: it must not choose who it is. */
static void own_environment_does_not_choose_the_user(void **state)
{
	struct files *files = *state;

	files_expect_fault(files, "environment=WHO=\"root\"\nuser=%(ENV_WHO)s\n",
	                   "user: there is no variable WHO in the environment");
}

static void users_are_resolved(void **state)
{
	struct files *files = *state;
	struct passwd *self = getpwuid(getuid());
	const struct program *program;
	char lines[128];

	assert_non_null(self);
	(void)snprintf(lines, sizeof(lines), "user=%s\n", self->pw_name);
	program = files_one_program(files, lines);
	assert_string_equal(program->user.name, self->pw_name);
	assert_int_equal(program->user.uid, self->pw_uid);
	assert_int_equal(program->user.gid, self->pw_gid);
	assert_true(program->user.group_count > 0);
	assert_int_equal(program->user.groups[0], self->pw_gid);
	(void)snprintf(lines, sizeof(lines), "user=%lu\n", (unsigned long)self->pw_uid);
	assert_int_equal(files_one_program(files, lines)->user.uid, self->pw_uid);
	files_expect_fault(files, "user=no-such-user\n", "user: no such user: 'no-such-user'");
	files_expect_fault(files, "user=54321\n", "user: no such user: '54321'");
	files_expect_fault(files, "user=-1\n", "user: no such user: '-1'");
	files_expect_fault(files, "user=\n", "user: no such user: ''");
}

/* Only root becomes somebody else. Needs root to become nobody in the first place. */
static void another_user_needs_root(void **state)
{
	struct files *files = *state;
	int status;
	pid_t pid;

	if (getuid() != 0)
		skip();
	files_write(files, "main.conf", "[program:x]\ncommand=/bin/x\nuser=daemon\n");
	assert_int_equal(chown(files->directory, NOBODY, NOBODY), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
			_exit(2);
		files_load(files, "main.conf");
		_exit(
		    files->notes.error_count == 1 && files_program(files, "x")->broken &&
			    strstr(files_program(files, "x")->broken,
		                   "musterd runs as user 54321 and cannot start anything as daemon")
			? 0
			: 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void bad_values_break_the_program(void **state)
{
	struct files *files = *state;
	static const struct {
		const char *line, *fault;
	} rows[] = {
	    {"priority=high\n", "priority: 'high' is not a whole number"},
	    {"autostart=maybe\n", "autostart: 'maybe' is not true or false"},
	    {"autorestart=x\n", "autorestart: 'x' is not true, false or unexpected"},
	    {"startsecs=-1\n", "startsecs: '-1' is not a number of seconds, 0 or more"},
	    {"startretries=-1\n", "startretries: '-1' is not between 0 and 2147483647"},
	    {"exitcodes=0,256\n", "exitcodes: '0,256' is not a list of exit codes (0 to 255)"},
	    {"exitcodes=0,,1\n", "exitcodes: '0,,1' is not a list of exit codes (0 to 255)"},
	    {"stopsignal=STOPPED\n",
	     "stopsignal: 'STOPPED' is not a signal such as TERM, HUP or 15"},
	    {"umask=8\n", "umask: '8' is not an octal number such as 0700"},
	    {"stdout_logfile_maxbytes=1TB\n",
	     "stdout_logfile_maxbytes: '1TB' is not a size such as 1024, 500KB, 50MB or 1GB"},
	    {"directory=\n", "directory: it is empty"},
	    {"command=\n", "command: it is empty"},
	    {"command=\"\n", "command: can't parse command '\"': No closing quotation"},
	    {"command=/bin/sh -c 'unclosed\n",
	     "command: can't parse command \"/bin/sh -c 'unclosed\": No closing quotation"},
	    {"command=x \\\n", "command: can't parse command 'x \\\\': No escaped character"},
	    {"environment=A\n",
	     "environment: unexpected end of KEY=value pairs: quote a value that "
	     "holds more than letters, digits and _/.+-():"},
	    {"numprocs=-1\n", "numprocs: '-1' is not between 0 and 32768"},
	    {"process_name=a b\n",
	     "process_name: 'a b': a name must not hold white space or control characters"},
	    {"process_name=%(nope)s\n", "process_name: %(nope) is not known here (known are here, "
	                                "host_node_name, program_name, "
	                                "group_name, process_num, numprocs, ENV_x)"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		files_expect_fault(files, rows[i].line, rows[i].fault);
}

static void a_broken_one_keeps_what_is_right(void **state)
{
	struct files *files = *state;
	const struct program *program;

	files_load_text(files,
	                "[program:x]\ncommand=/bin/x a\npriority=high\nstartsecs=7\nuser=no-one\n"
	                "[program:y]\ncommand=/bin/y\n[program:z]\n");
	files_expect_notes(files, "main.conf:3: [program:x] priority: 'high' is not a whole number",
	                   "main.conf:5: [program:x] user: no such user: 'no-one'",
	                   "main.conf:8: [program:z]: command= is missing", NULL);
	program = files_program(files, "x");
	assert_string_equal(program->broken, files->notes.items[0].text);
	assert_string_equal(program->argv[1], "a");
	assert_int_equal(program->priority, 999);
	assert_int_equal(program->startsecs_usec, 7000000);
	assert_null(program->user.name);
	assert_null(files_program(files, "y")->broken);
	assert_null(files_program(files, "z")->argv);
	assert_non_null(files_program(files, "z")->broken);
}

static void numprocs(void **state)
{
	struct files *files = *state;
	const struct program *program;

	files_load_text(files,
	                "[program:x]\ncommand=/bin/x %(process_num)d/%(numprocs)d\nnumprocs=12\n"
	                "numprocs_start=5\nprocess_name=%(program_name)s_%(process_num)02d\n"
	                "priority=%(process_num)d\n[program:none]\ncommand=x\nnumprocs=0\n");
	files_expect_notes(files, NULL);
	assert_int_equal(config_process_count(files->config), 12);
	program = files_program(files, "x:x_16");
	assert_string_equal(program->command, "/bin/x 16/12");
	assert_int_equal(program->priority, 16);
	assert_int_equal(config_find_group(files->config, "none")->program_count, 0);
	files_expect_fault(
	    files, "numprocs=2\n",
	    "numprocs: process_name must hold %(process_num) where numprocs is above 1");
	files_load_text(files, "[program:x]\ncommand=/bin/x\nnumprocs=3\n"
	                       "process_name=%(process_num).0s%(program_name)s\n");
	assert_int_equal(config_process_count(files->config), 1);
	files_expect_notes(
	    files, "main.conf:1: [program:x]: a process x is there already; this one is left out",
	    NULL);
}

static void too_many_processes(void **state)
{
	struct files *files = *state;

	files_load_text(files,
	                "[program:a]\ncommand=x\nnumprocs=32768\nprocess_name=%(process_num)d\n"
	                "[program:b]\ncommand=x\n");
	files_expect_notes(
	    files,
	    "main.conf:5: [program:b] numprocs: that makes more than 32768 processes together",
	    NULL);
	assert_int_equal(config_process_count(files->config), CONFIG_PROCESSES_MAX);
}

static void names_are_checked(void **state)
{
	struct files *files = *state;
	char text[600], name[PROGRAM_NAME_MAX + 2];

	files_load_text(files, "[program:a:b]\ncommand=x\n[program:a/b]\ncommand=x\n[program:a b]\n"
	                       "command=x\n[program:\xff]\ncommand=x\n[program: ok ]\ncommand=x\n"
	                       "[program:gr\xc3\xbc\xc3\x9f"
	                       "e]\ncommand=x\n");
	files_expect_notes(
	    files, "main.conf:1: [program:a:b]: a name must not hold ':' or '/'",
	    "main.conf:3: [program:a/b]: a name must not hold ':' or '/'",
	    "main.conf:5: [program:a b]: a name must not hold white space or control characters",
	    "main.conf:7: [program:\xff]: a name must be UTF-8", NULL);
	assert_int_equal(config_process_count(files->config), 2);
	assert_string_equal(files_program(files, "ok")->command, "x");
	memset(name, 'n', sizeof(name));
	name[PROGRAM_NAME_MAX] = '\0';
	(void)snprintf(text, sizeof(text), "[program:%s]\ncommand=x\n", name);
	files_load_text(files, text);
	files_expect_notes(files, NULL);
	(void)snprintf(text, sizeof(text), "[program:%s]\ncommand=x\nprocess_name=y\n", name);
	files_load_text(files, text);
	assert_int_equal(files->notes.error_count, 1);
	assert_non_null(strstr(files->notes.items[0].text, "has 193 bytes; 191 are allowed"));
	assert_non_null(files_program(files, name)->broken);
}

static void default_section(void **state)
{
	struct files *files = *state;

	files_load_text(files,
	                "[DEFAULT]\nstartsecs=9\nuser=no-one\nnope=1\n[program:x]\ncommand=/bin/x\n"
	                "user=root\n[program:y]\ncommand=/bin/y\n");
	assert_int_equal(files_program(files, "x")->startsecs_usec, 9000000);
	assert_int_equal(files_program(files, "y")->startsecs_usec, 9000000);
	assert_non_null(strstr(files_program(files, "y")->broken, "main.conf:3: [program:y] user"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(defaults_are_supervisords, files_setup, files_teardown),
	    cmocka_unit_test_setup_teardown(every_key_is_read, files_setup, files_teardown),
	    cmocka_unit_test_setup_teardown(stopasgroup_implies_killasgroup, files_setup,
	                                    files_teardown),
	    cmocka_unit_test_setup_teardown(logs, files_setup, files_teardown),
	    cmocka_unit_test_setup_teardown(odd_logs_are_warned_of, files_setup, files_teardown),
	    cmocka_unit_test_setup_teardown(environments_merge, files_setup, files_teardown),
	    cmocka_unit_test_setup_teardown(own_environment_does_not_choose_the_user, files_setup,
	                                    files_teardown),
	    cmocka_unit_test_setup_teardown(users_are_resolved, files_setup, files_teardown),
	    cmocka_unit_test_setup_teardown(another_user_needs_root, files_setup, files_teardown),
	    cmocka_unit_test_setup_teardown(bad_values_break_the_program, files_setup,
	                                    files_teardown),
	    cmocka_unit_test_setup_teardown(a_broken_one_keeps_what_is_right, files_setup,
	                                    files_teardown),
	    cmocka_unit_test_setup_teardown(numprocs, files_setup, files_teardown),
	    cmocka_unit_test_setup_teardown(too_many_processes, files_setup, files_teardown),
	    cmocka_unit_test_setup_teardown(names_are_checked, files_setup, files_teardown),
	    cmocka_unit_test_setup_teardown(default_section, files_setup, files_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
