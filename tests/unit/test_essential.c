/* Which end is the end of everything, and the exit code that it gives. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/state.h"
#include "daemon/config/program.h"
#include "daemon/guardian/ledger.h"
#include "daemon/process/essential.h"

/* As wait(2) has them (the kernel's layout, which W* take apart). */
#define EXITED_WITH(code) ((code) << 8)
#define KILLED_BY(signal) (signal)
#define CORE 0x80

static char broken_text[] = "m.conf:3: [program:x] user: there is no such user";

static void only_an_end_that_nobody_asked_for_is_the_end(void **state)
{
	static const bool over[STATE_COUNT] = {[STATE_EXITED] = true, [STATE_FATAL] = true};
	struct program essential = {.essential = true}, other = {.essential = false};

	(void)state;
	for (uint32_t i = 0; i < STATE_COUNT; i++) {
		struct ledger_life life = {.state = i};
		assert_int_equal(essential_is_over(&essential, &life), over[i]);
		assert_false(essential_is_over(&other, &life));
	}
}

static void a_restart_ahead_is_no_end(void **state)
{
	struct program program = {.essential = true};
	struct ledger_life life = {.state = STATE_EXITED, .deadline_usec = 1};

	(void)state;
	assert_false(essential_is_over(&program, &life));
}

static void a_section_that_is_wrong_is_no_end(void **state)
{
	struct program program = {.essential = true, .broken = broken_text};
	struct ledger_life life = {.state = STATE_FATAL};

	(void)state;
	assert_false(essential_is_over(&program, &life));
}

static void exit_codes_are_those_of_a_shell(void **state)
{
	static const struct {
		struct ledger_life life;
		int code;
	} rows[] = {
	    {{.was_ended = false}, 0},
	    {{.was_ended = true, .exit_status = EXITED_WITH(0)}, 0},
	    {{.was_ended = true, .exit_status = EXITED_WITH(3)}, 3},
	    {{.was_ended = true, .exit_status = EXITED_WITH(255)}, 255},
	    {{.was_ended = true, .exit_status = KILLED_BY(SIGTERM)}, 143},
	    {{.was_ended = true, .exit_status = KILLED_BY(SIGKILL)}, 137},
	    {{.was_ended = true, .exit_status = KILLED_BY(SIGSEGV) | CORE}, 139},
	    {{.spawn_failed = true, .exec_error = ENOENT}, 127},
	    {{.spawn_failed = true, .exec_error = ENOTDIR}, 127},
	    {{.spawn_failed = true, .exec_error = EACCES}, 126},
	    {{.spawn_failed = true, .exec_error = ENOEXEC}, 126},
	    {{.spawn_failed = true, .exec_error = 0}, 1},
	    /* The run before says nothing of a start that failed. */
	    {{.spawn_failed = true, .was_ended = true, .exit_status = EXITED_WITH(7)}, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(essential_exit_code(&rows[i].life), rows[i].code);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_an_end_that_nobody_asked_for_is_the_end),
	    cmocka_unit_test(a_restart_ahead_is_no_end),
	    cmocka_unit_test(a_section_that_is_wrong_is_no_end),
	    cmocka_unit_test(exit_codes_are_those_of_a_shell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
