/* fakes: fake_files */
/* The files as a whole: includes, the daemon's own sections, notes, what cannot be read. */
#include "tests/unit/fake_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/config/check.h"

static void empty_is_legal(void **state)
{
	struct files *files = *state;

	files_load_text(files, "");
	assert_int_equal(files->result, 0);
	assert_int_equal(config_process_count(files->config), 0);
	files_expect_notes(files, "warning: main.conf: there is nothing in it: nothing will run",
	                   NULL);
}

static void defaults_are_supervisords(void **state)
{
	struct files *files = *state;
	const struct daemon_config *daemon;
	char cwd[256], logfile[300];

	unsetenv("TMPDIR");
	files_load_text(files, "[supervisord]\n");
	files_expect_notes(files, NULL);
	daemon = &files->config->daemon;
	assert_non_null(getcwd(cwd, sizeof(cwd)));
	(void)snprintf(logfile, sizeof(logfile), "%s/supervisord.log", cwd);
	assert_string_equal(daemon->logfile, logfile);
	assert_int_equal(daemon->logfile_maxbytes, 50 << 20);
	assert_int_equal(daemon->logfile_backups, 10);
	assert_int_equal(daemon->loglevel, LEVEL_INFO);
	assert_int_equal(daemon->umask, 022);
	assert_false(daemon->nodaemon || daemon->silent || daemon->nocleanup || daemon->strict);
	assert_int_equal(daemon->minfds, 1024);
	assert_int_equal(daemon->minprocs, 200);
	assert_string_equal(daemon->childlogdir, "/tmp");
	assert_string_equal(daemon->identifier, "supervisor");
	assert_null(daemon->environment[0]);
	assert_null(daemon->user.name);
	assert_null(daemon->directory);
	assert_null(daemon->broken);
	assert_int_equal(daemon->socket_mode, 0600);
	assert_non_null(strstr(daemon->socket, "/musterd.sock"));
	assert_string_equal(files->config->ctl.serverurl, "http://localhost:9001");
	assert_false(files->config->unix_http.present || files->config->inet_http.present);
}

static void musterd_section(void **state)
{
	struct files *files = *state;

	files_load_text(files, "[musterd]\nsocket=%(here)s/a/../s\nsocket_mode=0660\n"
	                       "socket_owner=root:root\nrun_dir=/r\nstate_dir=/s/\nstrict=yes\n"
	                       "[supervisord]\nlogfile=none\nidentifier=me\n");
	files_expect_notes(files, NULL);
	assert_string_equal(files->config->daemon.socket, files_path(files, "s"));
	assert_int_equal(files->config->daemon.socket_mode, 0660);
	assert_string_equal(files->config->daemon.socket_owner.name, "root:root");
	assert_string_equal(files->config->daemon.run_dir, "/r");
	assert_string_equal(files->config->daemon.state_dir, "/s");
	assert_true(files->config->daemon.strict);
	assert_null(files->config->daemon.logfile);
	assert_string_equal(files->config->daemon.identifier, "me");
}

static void bad_values_fall_back(void **state)
{
	struct files *files = *state;

	files_load_text(files, "[supervisord]\nloglevel=loud\nminfds=many\nlogfile=/no/such/x\n"
	                       "childlogdir=/no/such\numask=9\n[musterd]\nstrict=perhaps\n");
	assert_int_equal(files->result, 0);
	assert_int_equal(files->notes.error_count, 6);
	files_expect_notes(
	    files,
	    "main.conf:2: [supervisord] loglevel: 'loud' is not one of critical, error, warn, "
	    "info, "
	    "debug, trace, blather",
	    "main.conf:3: [supervisord] minfds: 'many' is not a whole number",
	    "main.conf:4: [supervisord] logfile: the directory /no/such does not exist; create it "
	    "first",
	    "main.conf:5: [supervisord] childlogdir: '/no/such' is not an existing directory",
	    "main.conf:6: [supervisord] umask: '9' is not an octal number such as 0700",
	    "main.conf:8: [musterd] strict: 'perhaps' is not true or false", NULL);
	assert_int_equal(files->config->daemon.loglevel, LEVEL_INFO);
	assert_int_equal(files->config->daemon.minfds, 1024);
	assert_non_null(strstr(files->config->daemon.logfile, "/supervisord.log"));
	assert_int_equal(files->config->daemon.umask, 022);
	assert_null(files->config->daemon.broken);
}

/* To run on as root would be the worst of answers. */
static void a_user_that_is_not_there_breaks_the_daemon(void **state)
{
	struct files *files = *state;

	files_load_text(files, "[supervisord]\nloglevel=loud\nuser=no-such-user\n");
	assert_int_equal(files->notes.error_count, 2);
	assert_null(files->config->daemon.user.name);
	assert_non_null(strstr(files->config->daemon.broken,
	                       ":3: [supervisord] user: no such user: 'no-such-user'"));
}

static void servers_and_client(void **state)
{
	struct files *files = *state;
	const struct http_config *http;

	files_load_text(files, "[unix_http_server]\nfile=/run/x.sock\nchmod=0770\nchown=root\n"
	                       "[inet_http_server]\nport=LocalHost:9001\nusername=a\npassword=b\n"
	                       "[supervisorctl]\nserverurl=unix:///run/x.sock\nprompt=p\n"
	                       "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = "
	                       "supervisor.rpcinterface:make_main_rpcinterface\n");
	files_expect_notes(files, NULL);
	http = &files->config->unix_http;
	assert_true(http->present);
	assert_string_equal(http->file, "/run/x.sock");
	assert_int_equal(http->chmod, 0770);
	assert_int_equal(http->chown.uid, 0);
	assert_int_equal(http->chown.gid, (gid_t)-1);
	http = &files->config->inet_http;
	assert_true(http->present);
	assert_string_equal(http->host, "localhost");
	assert_int_equal(http->port, 9001);
	assert_string_equal(http->username, "a");
	assert_string_equal(files->config->ctl.prompt, "p");
	files_load_text(files, "[inet_http_server]\nport=*:80\n");
	assert_null(files->config->inet_http.host);
	assert_int_equal(files->config->inet_http.port, 80);
}

static void server_faults(void **state)
{
	struct files *files = *state;

	files_load_text(files, "[unix_http_server]\n[inet_http_server]\nport=x:0\nusername=a\n"
	                       "[rpcinterface:y]\nsupervisor.rpcinterface_factory=a:b\n");
	files_expect_notes(
	    files, "main.conf:1: [unix_http_server]: file= is missing",
	    "main.conf:3: [inet_http_server] port: 'x:0' is not host:port with a port of 1 to "
	    "65535",
	    "main.conf:4: [inet_http_server] username: username= and password= go together",
	    "warning: main.conf:6: [rpcinterface:y] supervisor.rpcinterface_factory: interfaces in "
	    "Python are not supported; it is left out",
	    NULL);
	assert_false(files->config->unix_http.present);
	assert_false(files->config->inet_http.present);
}

/* supervisord does not read it; its faults must not keep the daemon down. */
static void client_faults_are_warnings(void **state)
{
	struct files *files = *state;

	files_load_text(files, "[supervisorctl]\nhistory_file=%(ENV_NO_SUCH_VARIABLE)s\n");
	assert_int_equal(files->notes.error_count, 0);
	files_expect_notes(files,
	                   "warning: main.conf:2: [supervisorctl] history_file: there is no "
	                   "variable NO_SUCH_VARIABLE in the environment",
	                   NULL);
}

static void unknown_names_are_warned_of(void **state)
{
	struct files *files = *state;

	files_load_text(files, "[progam:x]\ncommand=/bin/x\n[program:y]\ncommand=/bin/y\ncomand=z\n"
	                       "depends_on=x\n[program]\n[supervisord:x]\n[zzz]\n[program:]\n");
	assert_int_equal(files->notes.error_count, 0);
	files_expect_notes(
	    files,
	    "warning: main.conf:1: [progam:x]: there is no such section; did you mean [program:x]?",
	    "warning: main.conf:5: [program:y] comand: there is no such key; did you mean command?",
	    "warning: main.conf:6: [program:y] depends_on: there is no such key",
	    "warning: main.conf:7: [program]: it is not read: it needs a name behind a colon",
	    "warning: main.conf:8: [supervisord:x]: it is not read: write [supervisord], there is "
	    "only one",
	    "warning: main.conf:9: [zzz]: there is no such section",
	    "warning: main.conf:10: [program:]: it is not read: the name behind the colon is "
	    "missing",
	    NULL);
	assert_int_equal(config_process_count(files->config), 1);
}

static void includes_are_relative_to_their_file(void **state)
{
	struct files *files = *state;

	files_write(files, "one/a.conf",
	            "[program:a]\ncommand=/bin/a %(here)s\n[include]\nfiles=*.more\n");
	files_write(files, "one/b.conf", "[program:b]\ncommand=/bin/b\n[program:a]\npriority=7\n");
	files_write(files, "one/c.more", "[program:c]\ncommand=/bin/c %(here)s\n");
	files_load_text(files,
	                "[include]\nfiles=one/b.conf nothing*\n %(here)s/one/a.conf\n"
	                "[program:m]\ncommand=/bin/m %(here)s\n[program:a]\ncommand=/bin/no\n");
	files_expect_notes(
	    files, "warning: main.conf:2: [include] files: no file matches #/nothing*", NULL);
	assert_int_equal(config_process_count(files->config), 4);
	/* What is included comes later and wins. */
	assert_string_equal(files_program(files, "a")->command + strlen("/bin/a "),
	                    files_path(files, "one"));
	assert_int_equal(files_program(files, "a")->priority, 7);
	assert_string_equal(files_program(files, "a")->file, files_path(files, "main.conf"));
	assert_string_equal(files_program(files, "c")->command + strlen("/bin/c "),
	                    files_path(files, "one"));
	assert_string_equal(files_program(files, "m")->command + strlen("/bin/m "),
	                    files->directory);
}

static void include_faults(void **state)
{
	struct files *files = *state;

	files_write(files, "d/x.conf",
	            "[include]\nfiles=../main.conf\n[program:x]\ncommand=/bin/x\n");
	files_write_bytes(files, "d/binary.conf", "a\0b", 3);
	assert_int_equal(mkdir(files_path(files, "d/folder.conf"), 0755), 0);
	assert_int_equal(mkfifo(files_path(files, "d/pipe.conf"), 0644), 0);
	assert_int_equal(symlink("/no/such", files_path(files, "d/dangling.conf")), 0);
	files_load_text(files, "[include]\nfiles=d/*.conf\n");
	files_expect_notes(
	    files, "d/binary.conf:1: this is no text file (it has a NUL byte)",
	    "d/dangling.conf: cannot read it: No such file or directory",
	    "d/folder.conf: cannot read it: this is a directory, not a file",
	    "d/pipe.conf: cannot read it: this is no regular file",
	    "d/x.conf:2: [include] files: #/main.conf includes itself; it is not read again", NULL);
	assert_int_equal(config_process_count(files->config), 1);
	files_load_text(files, "[include]\n");
	files_expect_notes(
	    files, "main.conf:1: [include]: it has no files= that says what to include", NULL);
	files_load_text(files, "[include]\nfiles=%(nope)s\n");
	assert_int_equal(files->notes.error_count, 1);
}

static void includes_end(void **state)
{
	struct files *files = *state;

	/* Each file includes the next twice: 2^n readings, if nobody counted. */
	for (int i = 0; i < 20; i++) {
		char name[32], text[128];

		(void)snprintf(name, sizeof(name), "f%d", i);
		(void)snprintf(text, sizeof(text), "[include]\nfiles=f%d f%d\n", i + 1, i + 1);
		files_write(files, name, text);
	}
	files_load(files, "f0");
	assert_int_equal(files->result, 0);
	assert_true(files->notes.error_count > 0);
	assert_non_null(strstr(files->notes.items[0].text, "is not read"));
}

static void unreadable_is_told(void **state)
{
	struct files *files = *state;

	files_load(files, "missing.conf");
	assert_int_equal(files->result, -ENOENT);
	files_expect_notes(files, "missing.conf: cannot read it: No such file or directory", NULL);
	files_load(files, ".");
	assert_int_equal(files->result, -EISDIR);
	files_write_bytes(files, "binary",
	                  "\x7f"
	                  "ELF\0\0",
	                  6);
	files_load(files, "binary");
	assert_int_equal(files->result, -EINVAL);
	files_expect_notes(files, "binary:1: this is no text file (it has a NUL byte)", NULL);
	files_write(files, "huge", "");
	assert_int_equal(truncate(files_path(files, "huge"), SOURCE_FILE_MAX + 1), 0);
	files_load(files, "huge");
	assert_int_equal(files->result, -EFBIG);
}

/* The line may have been the user=: what it stands in does not run without it. */
static void a_line_that_cannot_be_read_holds_its_section(void **state)
{
	struct files *files = *state;

	files_load_text(files, "[program:a]\ncommand=/bin/a\nuser nobody\n"
	                       "[program:b]\ncommand=/bin/b\n");
	assert_non_null(files_program(files, "a")->broken);
	assert_non_null(strstr(files_program(files, "a")->broken, "main.conf:3"));
	assert_null(files_program(files, "b")->broken);
	assert_null(files->config->daemon.broken);
	files_load_text(files, "[supervisord]\nuser nobody\n[program:b]\ncommand=/bin/b\n");
	assert_non_null(files->config->daemon.broken);
}

static void notes_are_sorted_and_said_once(void **state)
{
	struct files *files = *state;

	files_write(files, "a.inc", "[program:b]\npriority=x\n");
	files_load_text(files,
	                "[program:z]\ncommand=/bin/z\npriority=y\n[include]\nfiles=a.inc\n"
	                "[program:b]\ncommand=/bin/b\nprocess_name=%(process_num)d\nnumprocs=9\n"
	                "autostart=z\n");
	files_expect_notes(files, "a.inc:2: [program:b] priority: 'x' is not a whole number",
	                   "main.conf:3: [program:z] priority: 'y' is not a whole number",
	                   "main.conf:10: [program:b] autostart: 'z' is not true or false", NULL);
	assert_int_equal(files->notes.error_count, 3);
	assert_string_equal(files->notes.items[0].file, files_path(files, "a.inc"));
	assert_int_equal(files->notes.items[0].line, 2);
}

static void values_in_notes_are_harmless(void **state)
{
	struct files *files = *state;
	char text[2000] = "[program:x]\ncommand=/bin/x\npriority=\x1b[2J\x07";
	size_t used = strlen(text);

	memset(text + used, 'v', 1000);
	files_load_text(files, text);
	assert_int_equal(files->notes.count, 1);
	assert_non_null(strstr(files->notes.items[0].text, "'\\x1b[2J\\x07vvv"));
	assert_non_null(strstr(files->notes.items[0].text, "vvv...' is not"));
	assert_true(strlen(files->notes.items[0].text) < 700);
}

static void check_prints_it(void **state)
{
	struct files *files = *state;
	char *text = NULL, wanted[512];
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	files_write(files, "main.conf",
	            "[program:x]\ncommand=/bin/x\nnumprocs=2\nprocess_name="
	            "x%(process_num)d\nnope=1\n[program:y]\ncommand=y\n");
	assert_int_equal(config_check(files_path(files, "main.conf"), out), 0);
	assert_int_equal(fflush(out), 0);
	(void)snprintf(wanted, sizeof(wanted),
	               "warning: %s/main.conf:5: [program:x] nope: there is no such key\n"
	               "%s/main.conf: ok, 2 programs, 3 processes\n",
	               files->directory, files->directory);
	assert_string_equal(text, wanted);
	files_write(files, "main.conf", "[program:x]\npriority=1\n");
	assert_int_equal(config_check(files_path(files, "main.conf"), out), 1);
	assert_int_equal(config_check(files_path(files, "missing"), out), 1);
	(void)fclose(out);
	assert_non_null(strstr(text, "main.conf: 1 error\n"));
	assert_non_null(strstr(text, "missing: 1 error\n"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(empty_is_legal, files_setup, files_teardown),
	    cmocka_unit_test_setup_teardown(defaults_are_supervisords, files_setup, files_teardown),
	    cmocka_unit_test_setup_teardown(musterd_section, files_setup, files_teardown),
	    cmocka_unit_test_setup_teardown(bad_values_fall_back, files_setup, files_teardown),
	    cmocka_unit_test_setup_teardown(a_user_that_is_not_there_breaks_the_daemon, files_setup,
	                                    files_teardown),
	    cmocka_unit_test_setup_teardown(servers_and_client, files_setup, files_teardown),
	    cmocka_unit_test_setup_teardown(server_faults, files_setup, files_teardown),
	    cmocka_unit_test_setup_teardown(client_faults_are_warnings, files_setup,
	                                    files_teardown),
	    cmocka_unit_test_setup_teardown(unknown_names_are_warned_of, files_setup,
	                                    files_teardown),
	    cmocka_unit_test_setup_teardown(includes_are_relative_to_their_file, files_setup,
	                                    files_teardown),
	    cmocka_unit_test_setup_teardown(include_faults, files_setup, files_teardown),
	    cmocka_unit_test_setup_teardown(includes_end, files_setup, files_teardown),
	    cmocka_unit_test_setup_teardown(unreadable_is_told, files_setup, files_teardown),
	    cmocka_unit_test_setup_teardown(a_line_that_cannot_be_read_holds_its_section,
	                                    files_setup, files_teardown),
	    cmocka_unit_test_setup_teardown(notes_are_sorted_and_said_once, files_setup,
	                                    files_teardown),
	    cmocka_unit_test_setup_teardown(values_in_notes_are_harmless, files_setup,
	                                    files_teardown),
	    cmocka_unit_test_setup_teardown(check_prints_it, files_setup, files_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
