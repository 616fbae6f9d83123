/* The ledger: records that read as one whole state wherever the writer was killed. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/guardian/ledger.h"
#include "tests/unit/wait.h"

#define KILL_ROUNDS 150

static int setup(void **state)
{
	struct ledger *ledger = calloc(1, sizeof(*ledger));

	*state = ledger;
	return ledger ? ledger_create(ledger) : -1;
}

static void unmap(const struct ledger *ledger)
{
	struct stat status;

	assert_int_equal(fstat(ledger->fd, &status), 0);
	munmap(ledger->header, (size_t)status.st_size);
}

static int teardown(void **state)
{
	struct ledger *ledger = *state;

	unmap(ledger);
	close(ledger->fd);
	free(ledger);
	return 0;
}

static uint32_t take(struct ledger *ledger, const char *name)
{
	uint32_t index = UINT32_MAX;

	assert_int_equal(ledger_take(ledger, name, &index), 0);
	assert_true(ledger_is_used(ledger, index));
	assert_string_equal(ledger_name(ledger, index), name);
	return index;
}

/* A life in which everything follows from one number. */
static struct ledger_life life_of(uint32_t number)
{
	struct ledger_life life = {
	    .state = number,
	    .pid = (int32_t)number,
	    .tree = (int32_t)number,
	    .exit_status = (int32_t)number,
	    .exits_before = number,
	    .exit_serial = number,
	    .deadline_usec = number,
	    .fingerprint = number,
	    .tries = number,
	    .restarts = number,
	    .wanted = number & 1,
	    .overdue = number & 1,
	};

	memset(life.error, 'a' + (int)(number % 26), sizeof(life.error) - 1);
	return life;
}

static void assert_whole(const struct ledger *ledger, uint32_t index, uint32_t number)
{
	struct ledger_life expected = life_of(number);
	const struct ledger_life *life = ledger_life(ledger, index);

	assert_int_equal(life->state, expected.state);
	assert_int_equal(life->pid, expected.pid);
	assert_int_equal(life->tree, expected.tree);
	assert_int_equal(life->exit_status, expected.exit_status);
	assert_int_equal(life->exits_before, expected.exits_before);
	assert_int_equal(life->exit_serial, expected.exit_serial);
	assert_int_equal(life->deadline_usec, expected.deadline_usec);
	assert_int_equal(life->fingerprint, expected.fingerprint);
	assert_int_equal(life->tries, expected.tries);
	assert_int_equal(life->restarts, expected.restarts);
	assert_int_equal(life->wanted, expected.wanted);
	assert_int_equal(life->overdue, expected.overdue);
	assert_memory_equal(life->error, expected.error, sizeof(life->error));
}

static void a_new_ledger_is_empty(void **state)
{
	struct ledger *ledger = *state;

	assert_int_equal(ledger->header->version, LEDGER_VERSION);
	assert_int_equal(ledger->header->process_limit, LEDGER_PROCESSES_MAX);
	assert_int_equal(ledger_high(ledger), 0);
	assert_false(ledger_is_used(ledger, 0));
	assert_int_equal(ledger->header->phase, PHASE_RUNNING);
	assert_int_equal(ledger->header->engine_reason, REASON_START);
}

static void a_commit_takes_the_place_of_the_one_before(void **state)
{
	struct ledger *ledger = *state;
	uint32_t web = take(ledger, "web");
	uint32_t db = take(ledger, "db");

	assert_int_not_equal(web, db);
	assert_int_equal(ledger_high(ledger), 2);
	assert_int_equal(ledger_life(ledger, web)->pid, 0);
	for (uint32_t number = 1; number < 10; number++) {
		struct ledger_life life = life_of(number);
		ledger_commit(ledger, web, &life);
		assert_whole(ledger, web, number);
		assert_int_equal(ledger_life(ledger, db)->pid, 0);
	}
}

/* As the engine does: the present life is read, changed in part, and put back. */
static void a_life_is_changed_in_part(void **state)
{
	struct ledger *ledger = *state;
	uint32_t web = take(ledger, "web");
	struct ledger_life life = life_of(7);

	ledger_commit(ledger, web, &life);
	life = *ledger_life(ledger, web);
	life.tries = 8;
	ledger_commit(ledger, web, &life);
	assert_int_equal(ledger_life(ledger, web)->tries, 8);
	assert_int_equal(ledger_life(ledger, web)->restarts, 7);
}

static _Noreturn void commit_for_ever(struct ledger *ledger, uint32_t index, uint32_t number)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;; number++) {
		struct ledger_life life = life_of(number);
		ledger_commit(ledger, index, &life);
	}
}

struct progress {
	const struct ledger *ledger;
	uint32_t index;
	uint32_t above;
};

/* The one field that is read while the writer is alive; any of its values will do. */
static bool has_moved(void *arg)
{
	const struct progress *progress = arg;

	return *(const volatile uint32_t *)&ledger_life(progress->ledger, progress->index)->state >
	       progress->above;
}

static void a_writer_may_be_killed_at_any_instruction(void **state)
{
	struct ledger *ledger = *state;
	uint32_t web = take(ledger, "web");
	uint32_t number = 0;
	unsigned seed = (unsigned)getpid();

	for (int round = 0; round < KILL_ROUNDS; round++) {
		struct progress progress = {ledger, web, number};
		pid_t writer = fork();

		assert_true(writer >= 0);
		if (writer == 0)
			commit_for_ever(ledger, web, number + 1);
		assert_true(wait_until(has_moved, &progress));
		for (volatile int spin = rand_r(&seed) % 50000; spin > 0; spin--)
			continue;
		assert_int_equal(kill(writer, SIGKILL), 0);
		assert_int_equal(waitpid(writer, NULL, 0), writer);
		assert_true(ledger_life(ledger, web)->state > number);
		number = ledger_life(ledger, web)->state;
		assert_whole(ledger, web, number);
	}
}

static void released_records_are_used_again_and_empty(void **state)
{
	struct ledger *ledger = *state;
	struct ledger_life life = life_of(9);
	uint32_t records[5];

	for (int i = 0; i < 5; i++) {
		char name[8];
		snprintf(name, sizeof(name), "p%d", i);
		records[i] = take(ledger, name);
		ledger_commit(ledger, records[i], &life);
		ledger_birth(ledger, records[i])->pid = 4711;
		memcpy(ledger_log_suffix(ledger, records[i], 1), "abcdef", 7);
	}
	ledger_release(ledger, records[1]);
	ledger_release(ledger, records[3]);
	assert_false(ledger_is_used(ledger, records[1]));
	assert_int_equal(ledger_high(ledger), 5);
	for (int i = 0; i < 2; i++) {
		uint32_t again = take(ledger, "again");
		assert_true(again == records[1] || again == records[3]);
		assert_int_equal(ledger_life(ledger, again)->pid, 0);
		assert_int_equal(ledger_birth(ledger, again)->pid, 0);
		assert_string_equal(ledger_log_suffix(ledger, again, 1), "");
	}
	assert_int_equal(take(ledger, "next"), 5);
	assert_whole(ledger, records[0], 9);
	assert_whole(ledger, records[4], 9);
	assert_string_equal(ledger_name(ledger, records[4]), "p4");
}

static void names_have_a_limit(void **state)
{
	struct ledger *ledger = *state;
	char name[LEDGER_NAME_SIZE + 1];
	uint32_t index = 77;

	memset(name, 'n', sizeof(name));
	name[LEDGER_NAME_SIZE] = '\0';
	assert_int_equal(ledger_take(ledger, name, &index), -ENAMETOOLONG);
	assert_int_equal(index, 77);
	name[LEDGER_NAME_SIZE - 1] = '\0';
	take(ledger, name);
	take(ledger, "");
}

static void records_have_a_limit(void **state)
{
	struct ledger *ledger = *state;
	uint32_t index;

	for (uint32_t i = 0; i < LEDGER_PROCESSES_MAX; i++)
		assert_int_equal(ledger_take(ledger, "one", &index), 0);
	index = 77;
	assert_int_equal(ledger_take(ledger, "too many", &index), -ENOSPC);
	assert_int_equal(index, 77);
	ledger_release(ledger, 12345);
	assert_int_equal(take(ledger, "room again"), 12345);
	assert_int_equal(ledger_take(ledger, "too many", &index), -ENOSPC);
}

static void each_stream_has_its_suffix(void **state)
{
	struct ledger *ledger = *state;
	uint32_t web = take(ledger, "web");

	memcpy(ledger_log_suffix(ledger, web, 1), "abcdef", 7);
	memcpy(ledger_log_suffix(ledger, web, 2), "ghijkl", 7);
	assert_string_equal(ledger_log_suffix(ledger, web, 1), "abcdef");
	assert_string_equal(ledger_log_suffix(ledger, web, 2), "ghijkl");
}

static void another_process_opens_it_through_the_descriptor(void **state)
{
	struct ledger *ledger = *state;
	uint32_t web = take(ledger, "web");
	struct ledger_life life = life_of(3);
	struct ledger other;

	ledger_commit(ledger, web, &life);
	assert_int_equal(ledger_open(&other, ledger->fd), 0);
	assert_string_equal(ledger_name(&other, web), "web");
	assert_whole(&other, web, 3);
	life = life_of(4);
	ledger_commit(&other, web, &life);
	assert_whole(ledger, web, 4);
	unmap(&other);
}

static void what_is_no_ledger_of_ours_is_not_opened(void **state)
{
	struct ledger *ledger = *state;
	struct ledger other = {.fd = 77};
	int foreign = memfd_create("foreign", MFD_CLOEXEC);
	struct stat status;

	ledger->header->version++;
	assert_int_equal(ledger_open(&other, ledger->fd), -EPROTO);
	ledger->header->version--;
	assert_int_equal(ledger_open(&other, foreign), -EPROTO); /* too short */
	assert_int_equal(fstat(ledger->fd, &status), 0);
	assert_int_equal(ftruncate(foreign, status.st_size), 0);
	assert_int_equal(ledger_open(&other, foreign), -EPROTO); /* zeros */
	assert_int_equal(ledger_open(&other, -1), -EBADF);
	assert_int_equal(other.fd, 77);
	close(foreign);
}

static void every_reason_has_a_name(void **unused)
{
	(void)unused;
	assert_string_equal(ledger_reason_name(REASON_START), "start");
	assert_string_equal(ledger_reason_name(REASON_CRASH), "crash");
	assert_string_equal(ledger_reason_name(REASON_HANG), "hang");
	assert_string_equal(ledger_reason_name(REASON_UPGRADE), "upgrade");
	assert_string_equal(ledger_reason_name(REASON_RELOAD), "reload");
	assert_string_equal(ledger_reason_name((enum ledger_reason)4711), "unknown");
}

#define LEDGER_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    LEDGER_TEST(a_new_ledger_is_empty),
	    LEDGER_TEST(a_commit_takes_the_place_of_the_one_before),
	    LEDGER_TEST(a_life_is_changed_in_part),
	    LEDGER_TEST(a_writer_may_be_killed_at_any_instruction),
	    LEDGER_TEST(released_records_are_used_again_and_empty),
	    LEDGER_TEST(names_have_a_limit),
	    LEDGER_TEST(records_have_a_limit),
	    LEDGER_TEST(each_stream_has_its_suffix),
	    LEDGER_TEST(another_process_opens_it_through_the_descriptor),
	    LEDGER_TEST(what_is_no_ledger_of_ours_is_not_opened),
	    cmocka_unit_test(every_reason_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
