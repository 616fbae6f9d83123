/* What is taken of what a service manager hands over, and what is not. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/guardian/fdstore.h"
#include "daemon/guardian/ledger.h"
#include "daemon/guardian/store.h"

struct fixture {
	struct ledger ledger;
	struct store *store;
	struct fdstore fdstore;
	uint32_t record;
};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (!fixture || ledger_create(&fixture->ledger) < 0)
		return -1;
	fixture->store = store_new();
	fixture->fdstore.fds = calloc(8, sizeof(int));
	*state = fixture;
	return ledger_take(&fixture->ledger, "web", &fixture->record);
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static uint64_t inode_of(int fd)
{
	struct stat status;

	assert_int_equal(fstat(fd, &status), 0);
	return status.st_ino;
}

/* A pipe whose blocking read end came by the manager; what is written to the other end is seen. */
static int hand_over_pipe(struct fixture *fixture, int *ret_write_end)
{
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	fixture->fdstore.fds[fixture->fdstore.count++] = ends[0];
	*ret_write_end = ends[1];
	return ends[0];
}

static int stored(const struct fixture *fixture, enum store_pipe pipe)
{
	return store_get(fixture->store, store_process_slot(fixture->record, pipe));
}

static void a_pipe_that_the_ledger_knows_is_opened_anew(void **state)
{
	struct fixture *fixture = *state;
	int write_end, came = hand_over_pipe(fixture, &write_end);
	char text[8];

	ledger_pipes(&fixture->ledger, fixture->record)[1] = inode_of(came);
	fdstore_put(&fixture->fdstore, &fixture->ledger, fixture->store);
	assert_int_equal(fcntl(came, F_GETFD), -1);
	assert_int_equal(write(write_end, "hello", 5), 5);
	assert_int_equal(read(stored(fixture, STORE_STDOUT_READ), text, sizeof(text)), 5);
	/* Not the descriptor that came, which others may make a blocking one. */
	assert_true(fcntl(stored(fixture, STORE_STDOUT_READ), F_GETFL) & O_NONBLOCK);
	assert_int_equal(read(stored(fixture, STORE_STDOUT_READ), text, sizeof(text)), -1);
	assert_int_equal(fcntl(stored(fixture, STORE_STDOUT_WRITE), F_GETFL) & O_ACCMODE, O_RDWR);
	close(write_end);
}

/* A process may send anything in the name of its unit. */
static void what_the_ledger_does_not_know_is_nobodys(void **state)
{
	struct fixture *fixture = *state;
	int write_end, came = hand_over_pipe(fixture, &write_end);
	int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	ledger_pipes(&fixture->ledger, fixture->record)[1] = inode_of(came) + 1;
	ledger_pipes(&fixture->ledger, fixture->record)[2] = inode_of(file);
	fixture->fdstore.fds[fixture->fdstore.count++] = file;
	fixture->fdstore.fds[fixture->fdstore.count++] = -1;
	fdstore_put(&fixture->fdstore, &fixture->ledger, fixture->store);
	for (uint32_t slot = 0; slot < STORE_SIZE; slot++)
		assert_int_equal(store_get(fixture->store, slot), -1);
	assert_int_equal(fcntl(file, F_GETFD), -1);
	assert_int_equal(fcntl(came, F_GETFD), -1);
	close(write_end);
}

static void half_of_what_a_process_has_is_nothing(void **state)
{
	struct fixture *fixture = *state;
	int write_end, came = hand_over_pipe(fixture, &write_end);

	ledger_pipes(&fixture->ledger, fixture->record)[0] = 4711;
	ledger_pipes(&fixture->ledger, fixture->record)[1] = inode_of(came);
	fdstore_put(&fixture->fdstore, &fixture->ledger, fixture->store);
	assert_int_equal(stored(fixture, STORE_STDOUT_READ), -1);
	close(write_end);
}

static void without_a_ledger_everything_is_closed(void **state)
{
	struct fixture *fixture = *state;
	int write_end, came = hand_over_pipe(fixture, &write_end);

	fdstore_put(&fixture->fdstore, NULL, fixture->store);
	assert_int_equal(fcntl(came, F_GETFD), -1);
	assert_int_equal(fixture->fdstore.count, 0);
	close(write_end);
}

static void nonsense_in_the_environment_is_nothing(void **state)
{
	static const char *const counts[] = {"-1", "99999999", "x", ""};
	struct fdstore fdstore = {0};
	char pid[16];

	(void)state;
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		setenv("LISTEN_PID", pid, 1);
		setenv("LISTEN_FDS", counts[i], 1);
		(void)fdstore_take(&fdstore);
		assert_int_equal(fdstore.count, 0);
		assert_null(getenv("LISTEN_FDS"));
	}
	setenv("LISTEN_PID", "1", 1);
	setenv("LISTEN_FDS", "1", 1);
	assert_int_equal(fdstore_take(&fdstore), 0);
	assert_int_equal(fdstore.count, 0);
}

#define FDSTORE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    FDSTORE_TEST(a_pipe_that_the_ledger_knows_is_opened_anew),
	    FDSTORE_TEST(what_the_ledger_does_not_know_is_nobodys),
	    FDSTORE_TEST(half_of_what_a_process_has_is_nothing),
	    FDSTORE_TEST(without_a_ledger_everything_is_closed),
	    cmocka_unit_test(nonsense_in_the_environment_is_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
