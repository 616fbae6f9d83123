/* fakes: fake_files */
/* Groups: of one section, of several, of listeners and FastCGI programs; order and names. */
#include "tests/unit/fake_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The groups in order, each with its processes: "g(x y) h()". */
static const char *outline(const struct files *files)
{
	static char text[1024];
	size_t used = 0;

	text[0] = '\0';
	assert_int_equal(files->result, 0);
	for (size_t i = 0; i < files->config->group_count; i++) {
		const struct group_config *group = files->config->groups[i];

		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s(", i ? " " : "",
		                         group->name);
		for (size_t k = 0; k < group->program_count; k++)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s",
			                         k ? " " : "", group->programs[k]->full_name);
		used += (size_t)snprintf(text + used, sizeof(text) - used, ")");
	}
	return text;
}

static void programs_move_into_their_group(void **state)
{
	struct files *files = *state;

	files_load_text(files,
	                "[group:g]\nprograms=b, a\n[program:a]\ncommand=/bin/a %(group_name)s\n"
	                "[program:b]\ncommand=/bin/b\n[program:c]\ncommand=/bin/c\n");
	files_expect_notes(files, NULL);
	assert_string_equal(outline(files), "c(c) g(g:b g:a)");
	assert_string_equal(files_program(files, "g:a")->command, "/bin/a g");
	assert_string_equal(files_program(files, "g:a")->name, "a");
	assert_string_equal(files_program(files, "g:a")->group, "g");
	assert_int_equal(config_find_group(files->config, "g")->kind, PROGRAM_PLAIN);
	assert_null(config_find_group(files->config, "a"));
}

static void a_group_may_have_its_programs_name(void **state)
{
	struct files *files = *state;

	files_load_text(
	    files, "[group:a]\nprograms=a,b\n[program:a]\ncommand=x\n[program:b]\ncommand=x\n");
	files_expect_notes(files, NULL);
	assert_string_equal(outline(files), "a(a a:b)");
}

static void a_program_may_be_in_two_groups(void **state)
{
	struct files *files = *state;

	files_load_text(files,
	                "[group:g]\nprograms=a\n[group:h]\nprograms=a\n[program:a]\ncommand=x\n");
	files_expect_notes(files, NULL);
	assert_string_equal(outline(files), "g(g:a) h(h:a)");
}

static void order_is_by_priority(void **state)
{
	struct files *files = *state;

	files_load_text(files,
	                "[program:late]\ncommand=x\npriority=1000\n[program:b]\ncommand=x\n"
	                "[program:a]\ncommand=x\n[program:early]\ncommand=x\npriority=-3\n"
	                "[group:g]\nprograms=second,first,also\npriority=5\n"
	                "[program:first]\ncommand=x\npriority=1\n[program:second]\ncommand=x\n"
	                "[program:also]\ncommand=x\nnumprocs=3\nnumprocs_start=9\n"
	                "process_name=n%(process_num)d\n");
	files_expect_notes(files, NULL);
	/* Within one section by name, so n10 before n9, as supervisord has it. */
	assert_string_equal(outline(files),
	                    "early(early) g(g:first g:second g:n10 g:n11 g:n9) a(a) "
	                    "b(b) late(late)");
}

static void group_faults(void **state)
{
	struct files *files = *state;

	files_load_text(files,
	                "[group:g]\npriority=1\nprograms=a,nope,,a\n[program:a]\ncommand=x\n"
	                "[group:empty]\n[group:bad name]\nprograms=a\n[group:p]\npriority=q\n"
	                "programs=both\n[program:both]\ncommand=x\n[fcgi-program:both]\n"
	                "command=x\nsocket=tcp://h:1\n");
	files_expect_notes(
	    files, "warning: main.conf:3: [group:g] programs: a is named twice",
	    "main.conf:3: [group:g] programs: there is no [program:x] or [fcgi-program:x] named ''",
	    "main.conf:3: [group:g] programs: there is no [program:x] or [fcgi-program:x] named "
	    "'nope'",
	    "warning: main.conf:6: [group:empty]: it names no programs",
	    "main.conf:7: [group:bad name]: a name must not hold white space or control characters",
	    "main.conf:10: [group:p] priority: 'q' is not a whole number",
	    "main.conf:11: [group:p] programs: 'both' is both a program and an fcgi-program",
	    "main.conf:14: [fcgi-program:both]: a group of this name is there already; this one is "
	    "left out",
	    NULL);
	assert_string_equal(outline(files), "g(g:a) both(both) empty() p()");
}

static void two_of_one_name(void **state)
{
	struct files *files = *state;

	files_load_text(files,
	                "[program:a]\ncommand=/bin/program\n[group:a]\nprograms=b\n[program:b]\n"
	                "command=/bin/b\n[group:g]\nprograms=c,d\n[program:c]\ncommand=/bin/c\n"
	                "process_name=same\n[program:d]\ncommand=/bin/d\nprocess_name=same\n");
	files_expect_notes(
	    files,
	    "main.conf:1: [program:a]: a group of this name is there already; this one is left out",
	    "main.conf:12: [program:d]: a process g:same is there already; this one is left out",
	    NULL);
	assert_string_equal(outline(files), "a(a:b) g(g:same)");
	assert_string_equal(files_program(files, "g:same")->command, "/bin/c");
	assert_int_equal(config_process_count(files->config), 2);
}

static void listeners(void **state)
{
	struct files *files = *state;
	const struct group_config *group;

	files_load_text(files, "[program:a]\ncommand=x\npriority=0\n[eventlistener:l]\ncommand=x\n"
	                       "events=process_state,Tick_5\n");
	files_expect_notes(files, NULL);
	/* Its group starts first; the process has the priority of any. */
	assert_string_equal(outline(files), "l(l) a(a)");
	group = config_find_group(files->config, "l");
	assert_int_equal(group->priority, -1);
	assert_int_equal(group->kind, PROGRAM_EVENTLISTENER);
	assert_int_equal(group->programs[0]->kind, PROGRAM_EVENTLISTENER);
	assert_int_equal(group->programs[0]->priority, 999);
	assert_int_equal(group->listener->buffer_size, 10);
	assert_string_equal(group->listener->events[0], "PROCESS_STATE");
	assert_string_equal(group->listener->events[1], "TICK_5");
	assert_null(group->listener->events[2]);
	assert_null(group->fcgi);
	files_load_text(files, "[eventlistener:l]\ncommand=x\n[eventlistener:m]\ncommand=x\n"
	                       "events=PROCESS_STAT\nbuffer_size=0\nredirect_stderr=true\n"
	                       "result_handler=mine\n");
	files_expect_notes(
	    files, "main.conf:1: [eventlistener:l]: events= is missing",
	    "main.conf:5: [eventlistener:m] events: there is no event 'PROCESS_STAT'; did you mean "
	    "PROCESS_STATE?",
	    "main.conf:6: [eventlistener:m] buffer_size: '0' is not between 1 and 2147483647",
	    "main.conf:7: [eventlistener:m] redirect_stderr: it must be false: standard output "
	    "carries the protocol of event listeners",
	    "warning: main.conf:8: [eventlistener:m] result_handler: only the default is there; it "
	    "is "
	    "used instead",
	    NULL);
	assert_non_null(files_program(files, "l")->broken);
}

static void fcgi_programs(void **state)
{
	struct files *files = *state;
	const struct group_config *group;

	files_load_text(files,
	                "[fcgi-program:f]\ncommand=x\nsocket=unix:///tmp/%(program_name)s.sock\n"
	                "socket_mode=0666\nsocket_owner=root:root\nsocket_backlog=5\n"
	                "[fcgi-program:t]\ncommand=x\nsocket=tcp://h:9000\n");
	files_expect_notes(files, NULL);
	group = config_find_group(files->config, "f");
	assert_int_equal(group->kind, PROGRAM_FCGI);
	assert_string_equal(group->fcgi->socket, "unix:///tmp/f.sock");
	assert_int_equal(group->fcgi->mode, 0666);
	assert_int_equal(group->fcgi->backlog, 5);
	assert_int_equal(group->fcgi->owner.uid, 0);
	assert_null(group->listener);
	files_load_text(files, "[fcgi-program:a]\ncommand=x\n[fcgi-program:b]\ncommand=x\n"
	                       "socket=tcp://h:1\nsocket_owner=root\nsocket_mode=0700\n"
	                       "[fcgi-program:c]\ncommand=x\nsocket=unix://relative\n"
	                       "[fcgi-program:d]\ncommand=x\nsocket=tcp://h:0\n");
	files_expect_notes(
	    files, "main.conf:1: [fcgi-program:a]: socket= is missing",
	    "main.conf:6: [fcgi-program:b] socket_owner: it is for a Unix socket only",
	    "main.conf:7: [fcgi-program:b] socket_mode: it is for a Unix socket only",
	    "main.conf:10: [fcgi-program:c] socket: 'unix://relative' is not "
	    "unix:///an/absolute/path "
	    "or tcp://host:port",
	    "main.conf:13: [fcgi-program:d] socket: 'tcp://h:0' is not unix:///an/absolute/path or "
	    "tcp://host:port",
	    NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(programs_move_into_their_group, files_setup,
	                                    files_teardown),
	    cmocka_unit_test_setup_teardown(a_group_may_have_its_programs_name, files_setup,
	                                    files_teardown),
	    cmocka_unit_test_setup_teardown(a_program_may_be_in_two_groups, files_setup,
	                                    files_teardown),
	    cmocka_unit_test_setup_teardown(order_is_by_priority, files_setup, files_teardown),
	    cmocka_unit_test_setup_teardown(group_faults, files_setup, files_teardown),
	    cmocka_unit_test_setup_teardown(two_of_one_name, files_setup, files_teardown),
	    cmocka_unit_test_setup_teardown(listeners, files_setup, files_teardown),
	    cmocka_unit_test_setup_teardown(fcgi_programs, files_setup, files_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
