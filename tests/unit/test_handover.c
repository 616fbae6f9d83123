/* What a guardian leaves to itself across execve(2), and what it does not take for that. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/guardian/handover.h"
#include "daemon/guardian/store.h"

static const uint32_t slots[] = {STORE_CONFIG, STORE_SOCKET, STORE_FIXED_COUNT + 12345,
                                 STORE_SIZE - 1};
#define SLOT_COUNT (sizeof(slots) / sizeof(slots[0]))

static int some_fd(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static struct handover some_handover(void)
{
	return (struct handover){some_fd(), some_fd(), some_fd(), -1, 4711, 1u << 14};
}

static struct store *some_store(void)
{
	struct store *store = store_new();

	assert_non_null(store);
	for (size_t i = 0; i < SLOT_COUNT; i++)
		assert_int_equal(store_put(store, slots[i], some_fd()), 0);
	return store;
}

static void expect_cloexec(const struct handover *handover, const struct store *store, int flag)
{
	assert_int_equal(fcntl(handover->ledger, F_GETFD), flag);
	assert_int_equal(fcntl(handover->channel, F_GETFD), flag);
	assert_int_equal(fcntl(handover->channel_peer, F_GETFD), flag);
	for (size_t i = 0; i < SLOT_COUNT; i++)
		assert_int_equal(fcntl(store_get(store, slots[i]), F_GETFD), flag);
}

static void all_of_it_comes_to_the_next(void **state)
{
	struct handover handover = some_handover(), loaded = {0};
	struct store *store = some_store(), *next = store_new();
	int fd;

	(void)state;
	assert_int_equal(handover_save(&handover, store, &fd), 0);
	expect_cloexec(&handover, store, 0);
	assert_int_equal(fcntl(fd, F_GETFD), 0);
	assert_int_equal(handover_load(fd, &loaded, next), 0);
	assert_memory_equal(&loaded, &handover, sizeof(loaded));
	for (uint32_t slot = 0; slot < STORE_SIZE; slot++)
		assert_int_equal(store_get(next, slot), store_get(store, slot));
	expect_cloexec(&handover, next, FD_CLOEXEC);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void one_that_failed_leaves_no_trace(void **state)
{
	struct handover handover = some_handover();
	struct store *store = some_store();
	int fd;

	(void)state;
	assert_int_equal(handover_save(&handover, store, &fd), 0);
	handover_undo(&handover, store, fd);
	expect_cloexec(&handover, store, FD_CLOEXEC);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

/* Each byte of its head is looked at, and so is its length. */
static void what_is_none_is_refused(void **state)
{
	struct handover handover = some_handover(), loaded;
	struct store *store = some_store();
	char bytes[256];
	ssize_t size;
	int fd;

	(void)state;
	assert_int_equal(handover_save(&handover, store, &fd), 0);
	size = pread(fd, bytes, sizeof(bytes), 0);
	assert_true(size > 16);
	for (off_t at = 0; at < 12; at++) {
		char other = (char)~bytes[at];
		assert_int_equal(pwrite(fd, &other, 1, at), 1);
		assert_int_equal(handover_load(fd, &loaded, store_new()), -EPROTO);
		assert_int_equal(pwrite(fd, &bytes[at], 1, at), 1);
	}
	assert_int_equal(ftruncate(fd, size - 1), 0);
	assert_int_equal(handover_load(fd, &loaded, store_new()), -EPROTO);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(handover_load(fd, &loaded, store_new()), -EPROTO);
	assert_int_equal(handover_load(-1, &loaded, store_new()), -EPROTO);
}

static void the_environment_names_it_once(void **state)
{
	static const char *const nonsense[] = {"", "x", "12x", "-1", "99999999999", " "};

	(void)state;
	unsetenv("MUSTER_HANDOVER");
	assert_int_equal(handover_find(), -1);
	setenv("MUSTER_HANDOVER", "12", 1);
	assert_int_equal(handover_find(), 12);
	assert_null(getenv("MUSTER_HANDOVER"));
	for (size_t i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
		setenv("MUSTER_HANDOVER", nonsense[i], 1);
		assert_int_equal(handover_find(), -1);
		assert_null(getenv("MUSTER_HANDOVER"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_of_it_comes_to_the_next),
	    cmocka_unit_test(one_that_failed_leaves_no_trace),
	    cmocka_unit_test(what_is_none_is_refused),
	    cmocka_unit_test(the_environment_names_it_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
