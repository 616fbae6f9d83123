/*
 * For tests that need real processes: the test program becomes a guardian, and its tests run in an
 * engine of it. So children are the guardian's, their exits come over the channel, and what is
 * tried out is what the daemon does.
 */
#ifndef MUSTER_UNIT_FAKE_ENGINE_H
#define MUSTER_UNIT_FAKE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/config/config.h"
#include "daemon/process/context.h"

struct exits;
struct fake_log;
struct handoff;

struct fake_engine {
	const struct handoff *handoff;
	struct context context; /* complete, as engine.c makes it */
	struct exits *exits;
	struct config config;
	char directory[64]; /* of this test; what is in it is removed */
	char child[128]; /* the program of tests/helper/child.c, where everybody may execute it */
	struct fake_log *log;
	int signals; /* a bit for each that the guardian has forwarded */
};

/* For main(): the exit status. `run` runs the tests; no descriptor may have been opened before. */
int fake_engine_main(int (*run)(void));

/* Setup and teardown of a test; *state is a struct fake_engine. */
int fake_engine_setup(void **state);
int fake_engine_teardown(void **state);
/* Without exits: for a test whose supervisor listens itself. */
int fake_engine_setup_deaf(void **state);

/* Turns the loop until it is so; fails the test where it is not in time. */
void fake_engine_run_until(struct fake_engine *engine, bool (*is_so)(void *arg), void *arg);
/* Turns the loop as long as something is due at once. */
void fake_engine_settle(struct fake_engine *engine);

/* True where a line of the daemon's log since the test began has that in it. */
bool fake_engine_has_logged(const struct fake_engine *engine, const char *text);

/* "DIRECTORY/name", valid until the fourth call from now. */
const char *fake_engine_path(const struct fake_engine *engine, const char *name);
/* What a file holds, "" where there is none; to be freed. */
char *fake_engine_read(const char *path);

#endif
