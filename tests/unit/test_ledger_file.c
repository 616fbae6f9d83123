/* A ledger in a file: whose it is, and what another guardian finds in it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/log.h"
#include "daemon/guardian/ledger-file.h"

struct fixture {
	char directory[64];
	char path[96];
};

static void discard(void *arg, const char *line, size_t size)
{
	(void)arg;
	(void)line;
	(void)size;
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (!fixture)
		return -1;
	log_set_sink(discard, NULL);
	snprintf(fixture->directory, sizeof(fixture->directory), "/tmp/test_ledger_file.XXXXXX");
	if (!mkdtemp(fixture->directory))
		return -1;
	snprintf(fixture->path, sizeof(fixture->path), "%s/ledger", fixture->directory);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	unlink(fixture->path);
	rmdir(fixture->directory);
	free(fixture);
	log_set_sink(NULL, NULL);
	return 0;
}

static void expect_open(const struct fixture *fixture, struct ledger *ledger, bool found)
{
	bool was_found;

	assert_int_equal(ledger_file_open(ledger, fixture->path, &was_found), 0);
	assert_int_equal(was_found, found);
	assert_true(ledger_lasts(ledger));
}

static void let_go(struct ledger *ledger)
{
	ledger_unmap(ledger);
	close(ledger->fd);
}

static void put(struct ledger *ledger, const char *name, pid_t pid)
{
	struct ledger_life life = {.pid = pid, .identity = 4711, .restarts = 3};
	uint32_t index;

	assert_int_equal(ledger_take(ledger, name, &index), 0);
	ledger_commit(ledger, index, &life);
}

static void the_next_guardian_finds_what_was_there(void **state)
{
	struct fixture *fixture = *state;
	struct ledger ledger;

	expect_open(fixture, &ledger, false);
	put(&ledger, "web", 12);
	put(&ledger, "off", 0);
	atomic_store(&ledger.header->exits_sent, 99);
	atomic_store(&ledger.header->phase, PHASE_UPGRADING);
	atomic_store(&ledger.header->engine_starts, 5);
	let_go(&ledger);
	expect_open(fixture, &ledger, true);
	assert_int_equal(ledger.header->engine_reason, REASON_ADOPT);
	assert_int_equal(ledger.header->engine_starts, 0);
	assert_int_equal(ledger.header->phase, PHASE_RUNNING);
	assert_int_equal(ledger.header->exits_sent, 99);
	assert_string_equal(ledger_name(&ledger, 0), "web");
	assert_int_equal(ledger_life(&ledger, 0)->pid, 12);
	assert_int_equal(ledger_life(&ledger, 0)->identity, 4711);
	assert_int_equal(ledger_life(&ledger, 0)->restarts, 3);
	assert_true(ledger_life(&ledger, 0)->foreign);
	assert_true(ledger_is_used(&ledger, 1));
	let_go(&ledger);
}

/* Whoever starts a daemon after a shutdown that was cut off wants everything up. */
static void a_shutdown_that_was_cut_off_is_forgotten(void **state)
{
	struct fixture *fixture = *state;
	struct ledger ledger;

	expect_open(fixture, &ledger, false);
	put(&ledger, "stopping", 12);
	put(&ledger, "stopped", 0);
	atomic_store(&ledger.header->intent, 3);
	atomic_store(&ledger.header->exit_code, 7);
	let_go(&ledger);
	expect_open(fixture, &ledger, true);
	assert_int_equal(ledger.header->intent, 0);
	assert_int_equal(ledger.header->exit_code, 0);
	assert_true(ledger_life(&ledger, 0)->wanted);
	assert_false(ledger_is_used(&ledger, 1));
	let_go(&ledger);
}

static void one_of_another_boot_or_version_begins_anew(void **state)
{
	struct fixture *fixture = *state;
	struct ledger ledger;

	expect_open(fixture, &ledger, false);
	put(&ledger, "web", 12);
	ledger.header->boot_id[0] ^= 1;
	let_go(&ledger);
	expect_open(fixture, &ledger, false);
	assert_int_equal(ledger_high(&ledger), 0);
	put(&ledger, "web", 12);
	ledger.header->version++;
	let_go(&ledger);
	expect_open(fixture, &ledger, false);
	assert_int_equal(ledger_high(&ledger), 0);
	let_go(&ledger);
	assert_int_equal(truncate(fixture->path, 100), 0);
	expect_open(fixture, &ledger, false);
	let_go(&ledger);
}

static void one_that_is_in_use_is_not_taken(void **state)
{
	struct fixture *fixture = *state;
	struct ledger ledger, second;
	bool found;

	expect_open(fixture, &ledger, false);
	put(&ledger, "web", 12);
	assert_int_equal(ledger_file_open(&second, fixture->path, &found), -EBUSY);
	assert_int_equal(ledger_life(&ledger, 0)->pid, 12);
	let_go(&ledger);
}

/* A daemon that ends removes its ledger and lets go of it, while the next waits for it. */
static void one_that_is_removed_meanwhile_is_not_used(void **state)
{
	struct fixture *fixture = *state;
	struct stat ours, there;
	struct ledger ledger;
	pid_t holder;
	int ends[2];
	char ready;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	holder = fork();
	if (holder == 0) {
		bool found;
		if (ledger_file_open(&ledger, fixture->path, &found) < 0 ||
		    write(ends[1], "", 1) != 1)
			_exit(1);
		/* Long enough for the other to have begun to wait; it is right also where it has
		 * not.
		 */
		(void)poll(NULL, 0, 100);
		_exit(unlink(fixture->path) < 0);
	}
	assert_int_equal(read(ends[0], &ready, 1), 1);
	expect_open(fixture, &ledger, false);
	assert_int_equal(fstat(ledger.fd, &ours), 0);
	assert_int_equal(stat(fixture->path, &there), 0);
	assert_int_equal(ours.st_ino, there.st_ino);
	assert_int_equal(waitpid(holder, NULL, 0), holder);
	let_go(&ledger);
}

static void what_others_may_have_written_is_not_believed(void **state)
{
	struct fixture *fixture = *state;
	char link_path[128];
	struct ledger ledger;
	bool found;

	expect_open(fixture, &ledger, false);
	let_go(&ledger);
	assert_int_equal(chmod(fixture->path, 0620), 0);
	assert_int_equal(ledger_file_open(&ledger, fixture->path, &found), -EPERM);
	assert_int_equal(chmod(fixture->path, 0600), 0);
	snprintf(link_path, sizeof(link_path), "%s/other", fixture->directory);
	assert_int_equal(link(fixture->path, link_path), 0);
	assert_int_equal(ledger_file_open(&ledger, fixture->path, &found), -EPERM);
	assert_int_equal(unlink(fixture->path), 0);
	assert_int_equal(symlink(link_path, fixture->path), 0);
	assert_int_equal(ledger_file_open(&ledger, fixture->path, &found), -ELOOP);
	assert_int_equal(unlink(link_path), 0);
	assert_int_equal(unlink(fixture->path), 0);
	assert_int_equal(mkdir(fixture->path, 0700), 0);
	assert_int_equal(ledger_file_open(&ledger, fixture->path, &found), -EISDIR);
	assert_int_equal(rmdir(fixture->path), 0);
}

#define LEDGER_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    LEDGER_TEST(the_next_guardian_finds_what_was_there),
	    LEDGER_TEST(a_shutdown_that_was_cut_off_is_forgotten),
	    LEDGER_TEST(one_of_another_boot_or_version_begins_anew),
	    LEDGER_TEST(one_that_is_in_use_is_not_taken),
	    LEDGER_TEST(one_that_is_removed_meanwhile_is_not_used),
	    LEDGER_TEST(what_others_may_have_written_is_not_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
