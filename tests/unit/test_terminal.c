/* A pair of terminals: what is written to the slave comes out at the pipe, and none of it is lost.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/base/loop.h"
#include "daemon/process/terminal.h"
#include "tests/unit/wait.h"

struct fixture {
	struct loop *loop;
	struct terminal *terminal;
	int master, slave;
	int pipe[2];
};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (!fixture || terminal_open((uid_t)-1, &fixture->master, &fixture->slave) < 0 ||
	    pipe2(fixture->pipe, O_CLOEXEC) < 0)
		return -1;
	fixture->loop = loop_new();
	fixture->terminal = terminal_new(fixture->loop, fixture->master, fixture->pipe[1]);
	*state = fixture;
	return fixture->terminal ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	terminal_free(fixture->terminal);
	loop_free(fixture->loop);
	close(fixture->master);
	close(fixture->slave);
	close(fixture->pipe[0]);
	close(fixture->pipe[1]);
	free(fixture);
	return 0;
}

static void turn(const struct fixture *fixture)
{
	event_base_loop(loop_base(fixture->loop), EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

static size_t held(const struct fixture *fixture)
{
	int size = 0;

	assert_int_equal(ioctl(fixture->pipe[0], FIONREAD, &size), 0);
	return (size_t)size;
}

static void it_is_a_terminal_of_a_size(void **state)
{
	struct fixture *fixture = *state;
	struct winsize size;

	assert_true(isatty(fixture->slave));
	assert_int_equal(ioctl(fixture->slave, TIOCGWINSZ, &size), 0);
	assert_int_equal(size.ws_row, 24);
	assert_int_equal(size.ws_col, 80);
	assert_true(fcntl(fixture->master, F_GETFL) & O_NONBLOCK);
	assert_false(fcntl(fixture->slave, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fixture->slave, F_GETFD) & FD_CLOEXEC);
}

static void it_belongs_to_who_uses_it(void **state)
{
	struct stat status;
	int master, slave;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(terminal_open(4711, &master, &slave), 0);
	assert_int_equal(fstat(slave, &status), 0);
	assert_int_equal(status.st_uid, 4711);
	close(master);
	close(slave);
}

static bool has_line(void *arg)
{
	turn(arg);
	return held(arg) == 7;
}

static void what_is_written_comes_out(void **state)
{
	struct fixture *fixture = *state;
	char text[16] = "";

	assert_int_equal(write(fixture->slave, "hello\n", 6), 6);
	/* The kernel may tell the loop a moment later. */
	assert_true(wait_until(has_line, fixture));
	assert_int_equal(read(fixture->pipe[0], text, sizeof(text)), 7);
	assert_string_equal(text, "hello\r\n");
	assert_false(terminal_flush(fixture->terminal));
}

/* The writer waits while nobody takes it, and no byte goes by. */
static void a_full_pipe_holds_the_writer_up(void **state)
{
	struct fixture *fixture = *state;
	size_t written = 0, taken = 0;
	char text[4096];
	ssize_t n;

	memset(text, 'x', sizeof(text));
	assert_int_equal(fcntl(fixture->slave, F_SETFL, O_NONBLOCK), 0);
	while ((n = write(fixture->slave, text, sizeof(text))) > 0 || held(fixture) == 0 ||
	       terminal_flush(fixture->terminal)) {
		written += n > 0 ? (size_t)n : 0;
		turn(fixture);
	}
	assert_true(held(fixture) > 0);
	for (int i = 0; i < 100000 && taken < written; i++) {
		turn(fixture);
		(void)terminal_flush(fixture->terminal);
		while (held(fixture) && (n = read(fixture->pipe[0], text, sizeof(text))) > 0) {
			for (ssize_t k = 0; k < n; k++)
				assert_int_equal(text[k], 'x');
			taken += (size_t)n;
		}
	}
	assert_int_equal(taken, written);
}

#define TERMINAL_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TERMINAL_TEST(it_is_a_terminal_of_a_size),
	    TERMINAL_TEST(it_belongs_to_who_uses_it),
	    TERMINAL_TEST(what_is_written_comes_out),
	    TERMINAL_TEST(a_full_pipe_holds_the_writer_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
