/* fakes: fake_server */
/* libmuster: the words of multiprocessing.Process, what they make of replies good and bad. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/muster.h"
#include "tests/unit/fake_server.h"

#include <errno.h>
#include <unistd.h>

static struct muster *connection(void **state)
{
	return ((struct server *)*state)->muster;
}

static void assert_echo(struct muster *muster, int n)
{
	json_t *reply = NULL;

	assert_int_equal(muster_call(muster, "test.Echo", json_pack("{s:i}", "n", n), &reply), 0);
	assert_int_equal(json_integer_value(json_object_get(reply, "n")), n);
	json_decref(reply);
}

static void test_process_words(void **state)
{
	struct muster *muster = connection(state);
	bool alive = false, has = true;
	int pid = -1, exitcode = 0;

	assert_int_equal(muster_process_is_alive(muster, "web", &alive), 0);
	assert_true(alive);
	assert_int_equal(muster_process_is_alive(muster, "ended", &alive), 0);
	assert_false(alive);
	assert_int_equal(muster_process_pid(muster, "web", &pid), 0);
	assert_int_equal(pid, 4711);
	assert_int_equal(muster_process_pid(muster, "ended", &pid), 0);
	assert_int_equal(pid, 0);
	assert_int_equal(muster_process_exitcode(muster, "web", &has, &exitcode), 0);
	assert_false(has);
	assert_int_equal(muster_process_exitcode(muster, "ended", &has, &exitcode), 0);
	assert_true(has);
	assert_int_equal(exitcode, -9);
	assert_int_equal(muster_process_join(muster, "ended", -1, &alive, &has, &exitcode), 0);
	assert_false(alive);
	assert_true(has);
	assert_int_equal(exitcode, 3);
	assert_int_equal(muster_process_join(muster, "web", 0.25, &alive, &has, &exitcode), 0);
	assert_true(alive);
	assert_false(has);
	assert_int_equal(muster_process_start(muster, "web"), 0);
	assert_int_equal(muster_process_start(muster, "none"), 0);
	assert_int_equal(muster_process_terminate(muster, "web"), 0);
}

static void test_process_refusals(void **state)
{
	struct muster *muster = connection(state);
	bool alive = true;
	int ret, pid = -1;

	ret = muster_process_is_alive(muster, "nobody", &alive);
	assert_int_equal(ret, MUSTER_REFUSED);
	assert_string_equal(muster_strerror(muster, ret), "no such process: nobody");
	assert_true(alive);
	assert_int_equal(muster_process_pid(muster, "nobody", &pid), MUSTER_REFUSED);
	assert_int_equal(pid, -1);
	assert_int_equal(muster_process_exitcode(muster, "nobody", &alive, &pid), MUSTER_REFUSED);
	assert_int_equal(muster_process_join(muster, "nobody", 1, &alive, &alive, &pid),
	                 MUSTER_REFUSED);
	ret = muster_process_start(muster, "all");
	assert_int_equal(ret, MUSTER_REFUSED);
	assert_string_equal(muster_error_name(muster), "org.muster.Process.SpawnError");
	assert_string_equal(muster_strerror(muster, ret), "b: no such file: /x");
	ret = muster_process_start(muster, "full");
	assert_int_equal(ret, MUSTER_REFUSED);
	assert_string_equal(muster_error_name(muster), "org.muster.Process.NotRunning");
	ret = muster_process_kill(muster, "web");
	assert_int_equal(ret, MUSTER_REFUSED);
	assert_string_equal(muster_strerror(muster, ret), "not running: web");
	assert_int_equal(muster_process_kill(muster, "nobody"), MUSTER_REFUSED);
}

static void test_process_replies_that_are_none(void **state)
{
	struct muster *muster = connection(state);
	bool flag;
	int number;

	assert_int_equal(muster_process_is_alive(muster, "odd", &flag), -EBADMSG);
	assert_int_equal(muster_process_is_alive(muster, "lacking", &flag), -EBADMSG);
	assert_int_equal(muster_process_pid(muster, "odd", &number), -EBADMSG);
	assert_int_equal(muster_process_exitcode(muster, "odd", &flag, &number), -EBADMSG);
	assert_int_equal(muster_process_join(muster, "odd", 0, &flag, &flag, &number), -EBADMSG);
	assert_int_equal(muster_process_start(muster, "odd"), -EBADMSG);
	assert_int_equal(muster_process_start(muster, "odder"), -EBADMSG);
	assert_int_equal(muster_process_start(muster, "oddest"), -EBADMSG);
	assert_int_equal(muster_process_is_alive(muster, "\xff", &flag), -EINVAL);
	assert_int_equal(muster_process_pid(muster, "\xff", &number), -EINVAL);
	assert_int_equal(muster_process_exitcode(muster, "\xff", &flag, &number), -EINVAL);
	assert_int_equal(muster_process_join(muster, "\xff", 0, &flag, &flag, &number), -EINVAL);
	assert_int_equal(
	    muster_process_join(muster, "web", __builtin_nan(""), &flag, &flag, &number), -EINVAL);
	assert_int_equal(muster_process_kill(muster, "\xff"), -EINVAL);
	assert_echo(muster, 14);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, server_setup, server_teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_process_words),
	    TEST(test_process_refusals),
	    TEST(test_process_replies_that_are_none),
	};

	alarm(SERVER_HANG_S);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
