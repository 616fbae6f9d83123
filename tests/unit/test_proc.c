/* What /proc tells, held against what is known of our own children. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/process/proc.h"
#include "tests/unit/wait.h"

/* A child that waits for its end, in a process group of its own. */
static pid_t start_child(const char *name)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, name);
		for (;;)
			pause();
	}
	assert_int_equal(setpgid(pid, pid), 0);
	return pid;
}

static void end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void a_process_is_read(void **unused)
{
	struct proc_stat own, status;
	pid_t pid = start_child("plain");

	(void)unused;
	assert_int_equal(proc_read_stat(getpid(), &own), 0);
	assert_int_equal(own.state, 'R');
	assert_int_equal(own.parent, getppid());
	assert_int_equal(own.group, getpgrp());
	assert_int_equal(proc_read_stat(pid, &status), 0);
	assert_int_equal(status.parent, getpid());
	assert_int_equal(status.group, pid);
	assert_true(status.start_ticks >= own.start_ticks);
	end_child(pid);
}

struct named {
	pid_t pid;
	char state;
};

static bool is_in_state(void *arg)
{
	const struct named *named = arg;
	struct proc_stat status;

	return proc_read_stat(named->pid, &status) == 0 && status.state == named->state;
}

/* The name stands in the line unquoted. */
static void a_name_may_hold_anything(void **unused)
{
	static const char *const names[] = {"a b", ") R 1 1", "((", "x) Z 0 0 0", "\n"};

	(void)unused;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct named named = {start_child(names[i]), 'S'};
		struct proc_stat status;
		assert_true(wait_until(is_in_state, &named));
		assert_int_equal(proc_read_stat(named.pid, &status), 0);
		assert_int_equal(status.parent, getpid());
		assert_int_equal(status.group, named.pid);
		end_child(named.pid);
	}
}

static void a_zombie_is_seen_as_one_and_then_as_nothing(void **unused)
{
	struct named named = {start_child("short"), 'Z'};
	struct proc_stat status = {.parent = 77};

	(void)unused;
	kill(named.pid, SIGKILL);
	assert_true(wait_until(is_in_state, &named));
	assert_int_equal(waitpid(named.pid, NULL, 0), named.pid);
	assert_int_equal(proc_read_stat(named.pid, &status), -ESRCH);
	assert_int_equal(status.parent, 77);
	assert_int_equal(proc_each_child(named.pid, NULL, NULL), -ESRCH);
}

struct children {
	pid_t pids[64];
	int count;
};

static void take_child(void *arg, pid_t pid)
{
	struct children *children = arg;

	assert_true(children->count < 64);
	children->pids[children->count++] = pid;
}

static void every_child_is_found_once(void **unused)
{
	struct children found = {.count = 0};
	pid_t pids[40];

	(void)unused;
	for (int i = 0; i < 40; i++)
		pids[i] = start_child("one of many");
	assert_int_equal(proc_each_child(getpid(), take_child, &found), 0);
	assert_int_equal(found.count, 40);
	for (int i = 0; i < 40; i++) {
		int seen = 0;
		for (int k = 0; k < found.count; k++)
			seen += found.pids[k] == pids[i];
		assert_int_equal(seen, 1);
		end_child(pids[i]);
	}
	found.count = 0;
	assert_int_equal(proc_each_child(getpid(), take_child, &found), 0);
	assert_int_equal(found.count, 0);
}

static bool runs_sleep(void *arg)
{
	char path[64], text[64] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)*(const pid_t *)arg);
	file = fopen(path, "re");
	if (!file)
		return false;
	(void)!fgets(text, sizeof(text), file);
	fclose(file);
	return strcmp(text, "sleep\n") == 0;
}

static void the_environment_it_was_started_with_is_read(void **unused)
{
	static const char *const names[] = {"NAME=", "EMPTY=", "NONE=", NULL};
	char *arguments[] = {(char *)(uintptr_t) "sleep", (char *)(uintptr_t) "100", NULL};
	char *environment[] = {(char *)(uintptr_t) "XNAME=no", (char *)(uintptr_t) "NAME=a=b",
	                       (char *)(uintptr_t) "EMPTY=", NULL};
	const char *values[3];
	char *text;
	pid_t pid;

	(void)unused;
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execve("/bin/sleep", arguments, environment);
		_exit(127);
	}
	assert_true(wait_until(runs_sleep, &pid));
	text = proc_read_environment(pid, names, values);
	assert_non_null(text);
	assert_string_equal(values[0], "a=b");
	assert_string_equal(values[1], "");
	assert_null(values[2]);
	free(text);
	end_child(pid);
	assert_null(proc_read_environment(pid, names, values));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_process_is_read),
	    cmocka_unit_test(a_name_may_hold_anything),
	    cmocka_unit_test(a_zombie_is_seen_as_one_and_then_as_nothing),
	    cmocka_unit_test(every_child_is_found_once),
	    cmocka_unit_test(the_environment_it_was_started_with_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
