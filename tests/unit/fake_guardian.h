/*
 * A guardian in a process of its own, with engines that are a few lines each, for the tests of the
 * guardian. What engines have seen is in memory that all of them share with the test.
 */
#ifndef MUSTER_UNIT_FAKE_GUARDIAN_H
#define MUSTER_UNIT_FAKE_GUARDIAN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "daemon/guardian/channel.h"
#include "daemon/guardian/guardian.h"

#define CHILDREN_MAX 2000
#define NOTICES_MAX (CHILDREN_MAX + 16)
#define STARTS_MAX 16

/* What engines tell the test, and remember for the next engine. */
struct shared {
	_Atomic int starts;
	int64_t started_msec[STARTS_MAX];
	uint32_t reason[STARTS_MAX];
	int32_t end_before[STARTS_MAX];
	_Atomic int engine_pid;
	struct channel_notice notices[NOTICES_MAX]; /* as they were consumed */
	_Atomic int notice_count;
	struct channel_notice seen; /* one that was looked at and left */
	int child_pids[CHILDREN_MAX];
	_Atomic int children;
	_Atomic int gate; /* opened by the test or an engine */
	_Atomic int mark; /* whatever the engine has to say */
	_Atomic int complaints;
	rlim_t processes_again; /* at a complaint the guardian's limit becomes this; 0: it stays */
	char text[16];
	rlim_t files_before, files_now;
	int (*run)(const struct handoff *handoff, struct shared *shared, int start);
};

struct fake_guardian {
	struct shared *shared;
	pid_t guardian;
};

/* One life of an engine; `start` counts from 0. */
typedef int (*fake_guardian_run)(const struct handoff *handoff, struct shared *shared, int start);

int fake_guardian_setup(void **state);
int fake_guardian_teardown(void **state);

/* Starts the guardian; its engines do `run`. */
void fake_guardian_start(struct fake_guardian *fixture, fake_guardian_run run);
/* For a guardian that a test starts itself: what it does, and the sink of its log. */
int fake_guardian_become(struct shared *shared);
void fake_guardian_count_complaint(void *arg, const char *line, size_t size);

/* Asserts that it ends with that exit status. */
void fake_guardian_expect_end(struct fake_guardian *fixture, int exit_code);
/* Of a struct shared, for wait_until(). */
bool fake_guardian_is_marked(void *arg);

/* ---- What engines are made of ---- */

/* The daemon is to end with this engine: the value for run() to return. */
int engine_end_daemon(const struct handoff *handoff, int exit_code);
/* SIGKILL; does not return, whatever its type says. */
int engine_die(void);

/* Looks at the next notice, with a deadline. */
bool engine_peek(const struct handoff *handoff, struct channel_notice *ret_notice);
/* Writes notices down and then consumes them, as the real engine does, until there are `count`. */
void engine_take_many(const struct handoff *handoff, struct shared *shared, int count);

/* What a child of the guardian does: `run`, with memory of its own, or it just ends. */
struct child_order {
	const struct handoff *handoff;
	struct shared *shared;
	int (*run)(const struct handoff *handoff, struct shared *shared);
	int status;
};

/* A child of the guardian, as the engine makes workers. */
pid_t engine_spawn(const struct child_order *order);
pid_t engine_spawn_exit(int status);

#endif
