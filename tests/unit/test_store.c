/* The descriptor store: who closes what, and when. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/guardian/store.h"

static int setup(void **state)
{
	*state = store_new();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	return munmap(*state, STORE_SIZE * sizeof(int));
}

static int open_null(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void nothing_is_there_at_first(void **state)
{
	assert_int_equal(store_get(*state, STORE_CONFIG), -1);
	assert_int_equal(store_get(*state, STORE_SIZE - 1), -1);
	assert_int_equal(store_get(*state, STORE_SIZE), -1);
	assert_int_equal(store_get(*state, UINT32_MAX), -1);
}

static void what_is_put_is_there_until_it_is_dropped(void **state)
{
	int fd = open_null();

	assert_int_equal(store_put(*state, STORE_SIZE - 1, fd), 0);
	assert_int_equal(store_get(*state, STORE_SIZE - 1), fd);
	assert_true(is_open(fd));
	store_drop(*state, STORE_SIZE - 1);
	assert_int_equal(store_get(*state, STORE_SIZE - 1), -1);
	assert_false(is_open(fd));
	store_drop(*state, STORE_SIZE - 1);
}

static void descriptor_zero_is_a_descriptor(void **state)
{
	int before = dup(STDIN_FILENO);

	assert_true(before >= 0);
	assert_int_equal(store_put(*state, 5, STDIN_FILENO), 0);
	assert_int_equal(store_get(*state, 5), 0);
	store_drop(*state, 5);
	assert_false(is_open(STDIN_FILENO));
	assert_int_equal(dup2(before, STDIN_FILENO), STDIN_FILENO);
	close(before);
}

static void what_takes_a_place_closes_what_was_there(void **state)
{
	int first = open_null(), second = open_null();

	assert_int_equal(store_put(*state, STORE_SOCKET, first), 0);
	assert_int_equal(store_put(*state, STORE_SOCKET, first), 0); /* the same one again */
	assert_true(is_open(first));
	assert_int_equal(store_put(*state, STORE_SOCKET, second), 0);
	assert_false(is_open(first));
	assert_int_equal(store_get(*state, STORE_SOCKET), second);
	store_drop(*state, STORE_SOCKET);
}

static void numbers_beyond_the_store_are_refused(void **state)
{
	int fd = open_null();

	assert_int_equal(store_put(*state, STORE_SIZE, fd), -ERANGE);
	assert_int_equal(store_put(*state, UINT32_MAX, fd), -ERANGE);
	assert_true(is_open(fd)); /* it is still the caller's */
	store_drop(*state, STORE_SIZE);
	store_drop(*state, UINT32_MAX);
	close(fd);
}

static void no_two_pipes_have_one_number(void **unused)
{
	uint32_t last = store_process_slot(LEDGER_PROCESSES_MAX - 1, STORE_PER_PROCESS - 1);

	(void)unused;
	assert_int_equal(store_process_slot(0, STORE_STDIN_READ), STORE_FIXED_COUNT);
	assert_true(store_process_slot(1, STORE_STDIN_READ) >
	            store_process_slot(0, STORE_STDERR_WRITE));
	assert_int_equal(last, STORE_SIZE - 1);
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORE_TEST(nothing_is_there_at_first),
	    STORE_TEST(what_is_put_is_there_until_it_is_dropped),
	    STORE_TEST(descriptor_zero_is_a_descriptor),
	    STORE_TEST(what_takes_a_place_closes_what_was_there),
	    STORE_TEST(numbers_beyond_the_store_are_refused),
	    cmocka_unit_test(no_two_pipes_have_one_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
