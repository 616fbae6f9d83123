/* A program and a process of it, for tests that run real ones. */
#ifndef MUSTER_UNIT_FAKE_PROGRAM_H
#define MUSTER_UNIT_FAKE_PROGRAM_H

#include "common/state.h"
#include "daemon/config/program.h"
#include "daemon/process/process.h"
#include "tests/unit/fake_engine.h"

#define FAKE_STATES_MAX 64

/* Runs tests/helper/child.c. */
struct fake_program {
	struct program program;
	struct process *process;
	struct fake_engine *engine;
	struct bus_subscription *subscription;
	char *argv[8];
	int states[FAKE_STATES_MAX]; /* every state that was entered */
	int state_count;
};

/*
 * A program of that name that does `words` (as in child.c, separated by blanks), and a process of
 * it that was never started. By default it is up at once, is not restarted, has three seconds to
 * stop, and both its streams go to "DIRECTORY/NAME.out" and ".err"; change what is to be otherwise
 * before it starts.
 */
struct fake_program *fake_program_new(struct fake_engine *engine, const char *name,
                                      const char *words);
void fake_program_free(struct fake_program *fake);

/* A process for the same record in place of the present one: what another engine would have. */
void fake_program_adopt(struct fake_program *fake);

/* Turns the loop until it is in that state. */
void fake_program_await(struct fake_program *fake, enum process_state state);
/* Turns the loop until its standard output has that text. */
void fake_program_await_output(struct fake_program *fake, const char *text);
/* The number behind `word` in its output, "child 4711". */
int fake_program_number(const struct fake_program *fake, const char *word);

/* Turns the loop until these states were entered since the last call of this or the next: "starting
 * running". For those that pass within one turn. */
void fake_program_await_states(struct fake_program *fake, const char *states);
/* Asserts which states were entered since. */
void fake_program_expect(struct fake_program *fake, const char *states);

#endif
