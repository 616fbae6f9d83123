/* fakes: fake_files */
/* What counts as a change, and how changes are listed. */
#include "tests/unit/fake_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config/diff.h"
#include "daemon/config/table.h"

/* "added:x changed:y" of two texts; the first may be NULL. */
static const char *compare(struct files *files, const char *before, const char *after)
{
	static char text[512];
	struct config *old = NULL;
	struct diff_entry *entries;
	size_t count, used = 0;

	if (before) {
		files_load_text(files, before);
		assert_int_equal(files->result, 0);
		old = files->config;
		files->config = NULL;
	}
	files_load_text(files, after);
	assert_int_equal(files->result, 0);
	assert_int_equal(diff_groups(old, files->config, &entries, &count), 0);
	text[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		const struct group_config *group =
		    entries[i].after ? entries[i].after : entries[i].before;

		assert_true(!entries[i].before == (entries[i].change == DIFF_ADDED));
		assert_true(!entries[i].after == (entries[i].change == DIFF_REMOVED));
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s:%s", i ? " " : "",
		                         diff_change_name(entries[i].change), group->name);
	}
	free(entries);
	config_free(old);
	return text;
}

#define X "[program:x]\ncommand=/bin/x\n"
#define Y "[program:y]\ncommand=/bin/y\n"

static void nothing_changed(void **state)
{
	struct files *files = *state;

	assert_string_equal(compare(files, X Y, X Y), "");
	/* Where and how it is written is nothing. */
	assert_string_equal(compare(files, X Y,
	                            "; c\n" Y "\n\n[program:x]\nautostart : true\n"
	                            "COMMAND = /bin/x ; c\n"),
	                    "");
	/* Nor is what is the daemon's own. */
	assert_string_equal(compare(files, X, X "[supervisord]\nloglevel=debug\n"), "");
}

static void order_is_kind_then_name(void **state)
{
	struct files *files = *state;

	assert_string_equal(compare(files, NULL, Y X), "added:x added:y");
	assert_string_equal(
	    compare(files, X Y "[program:b]\ncommand=b\n[program:a]\ncommand=a\n",
	            "[program:new]\ncommand=n\n[program:y]\ncommand=/bin/other\n"
	            "[program:b]\ncommand=b\n[program:first]\ncommand=f\n[program:a]\ncommand=c\n"),
	    "added:first added:new changed:a changed:y removed:x");
}

static void every_key_of_a_program_counts(void **state)
{
	struct files *files = *state;
	static const char *const lines[] = {
	    "command=/bin/other",
	    "process_name=other",
	    "numprocs=0",
	    "directory=/tmp",
	    "user=root",
	    "umask=0",
	    "environment=A=1",
	    "serverurl=http://x",
	    "priority=1",
	    "autostart=false",
	    "autorestart=true",
	    "startsecs=2",
	    "startretries=2",
	    "exitcodes=0,1",
	    "stopsignal=INT",
	    "stopwaitsecs=1",
	    "stopasgroup=true",
	    "killasgroup=true",
	    "essential=true",
	    "tty=true",
	    "redirect_stderr=true",
	    "stdout_logfile=NONE",
	    "stdout_logfile_maxbytes=1",
	    "stdout_logfile_backups=1",
	    "stdout_capture_maxbytes=1",
	    "stdout_events_enabled=true",
	    "stdout_syslog=true",
	    "stderr_logfile=/tmp/x",
	    "stderr_logfile_maxbytes=1",
	    "stderr_logfile_backups=1",
	    "stderr_capture_maxbytes=1",
	    "stderr_events_enabled=true",
	    "stderr_syslog=true",
	};
	size_t count = sizeof(lines) / sizeof(lines[0]);

	for (size_t i = 0; i < count; i++) {
		char text[256];

		(void)snprintf(text, sizeof(text), X "%s\n", lines[i]);
		if (strcmp(compare(files, X, text), "changed:x") != 0)
			fail_msg("%s is no change", lines[i]);
		assert_int_equal(files->notes.error_count, 0);
	}
	/* It names another. */
	assert_string_equal(compare(files, X Y, X "daemon_of=y\n" Y), "changed:x");
	/* All but numprocs_start, which shows only where something uses it. */
	assert_int_equal(count + 2, table_rows(SECTION_PROGRAM));
}

static void environment_of_the_daemon_counts(void **state)
{
	struct files *files = *state;

	assert_string_equal(compare(files, X Y, X Y "[supervisord]\nenvironment=A=1\n"),
	                    "changed:x changed:y");
	/* What the program says itself hides it. */
	assert_string_equal(compare(files, "[supervisord]\nenvironment=A=1\n" X "environment=A=3\n",
	                            "[supervisord]\nenvironment=A=2\n" X "environment=A=3\n"),
	                    "");
}

static void groups_count(void **state)
{
	struct files *files = *state;

	assert_string_equal(compare(files, X Y, X Y "[group:g]\nprograms=x\n"),
	                    "added:g removed:x");
	assert_string_equal(
	    compare(files, X Y "[group:g]\nprograms=x\n", X Y "[group:g]\nprograms=x,y\n"),
	    "changed:g removed:y");
	assert_string_equal(compare(files, X Y "[group:g]\nprograms=x,y\n",
	                            X Y "[group:g]\nprograms=x,y\npriority=1\n"),
	                    "changed:g");
	assert_string_equal(compare(files, "[eventlistener:l]\ncommand=l\nevents=TICK_5\n",
	                            "[eventlistener:l]\ncommand=l\nevents=TICK_60\n"),
	                    "changed:l");
	assert_string_equal(compare(files, "[fcgi-program:l]\ncommand=l\nsocket=tcp://h:1\n",
	                            "[fcgi-program:l]\ncommand=l\nsocket=tcp://h:2\n"),
	                    "changed:l");
}

static void broken_and_mended_are_changes(void **state)
{
	struct files *files = *state;

	assert_string_equal(compare(files, X, X "priority=high\n"), "changed:x");
	assert_string_equal(compare(files, X "priority=high\n", X), "changed:x");
	assert_string_equal(compare(files, X "priority=high\n", X "priority=high\n"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(nothing_changed, files_setup, files_teardown),
	    cmocka_unit_test_setup_teardown(order_is_kind_then_name, files_setup, files_teardown),
	    cmocka_unit_test_setup_teardown(every_key_of_a_program_counts, files_setup,
	                                    files_teardown),
	    cmocka_unit_test_setup_teardown(environment_of_the_daemon_counts, files_setup,
	                                    files_teardown),
	    cmocka_unit_test_setup_teardown(groups_count, files_setup, files_teardown),
	    cmocka_unit_test_setup_teardown(broken_and_mended_are_changes, files_setup,
	                                    files_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
