/*
 * The life of a process: every cell of the table against the same life written down a second time,
 * as sentences. What no sentence speaks of has to be refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/process/fsm.h"

static const struct sentence {
	enum process_state state;
	enum fsm_event event;
	enum process_state next;
	enum fsm_action action;
} sentences[] = {
    /* What has ended is started again, whatever it ended as. */
    {STATE_STOPPED, EVENT_START, STATE_STARTING, ACTION_SPAWN},
    {STATE_EXITED, EVENT_START, STATE_STARTING, ACTION_SPAWN},
    {STATE_FATAL, EVENT_START, STATE_STARTING, ACTION_SPAWN},

    /* One that waits for others starts when they are there, and is down at once when told. */
    {STATE_WAITING, EVENT_START, STATE_STARTING, ACTION_SPAWN},
    {STATE_WAITING, EVENT_STOP, STATE_STOPPED, ACTION_NONE},
    {STATE_WAITING, EVENT_KILL, STATE_STOPPED, ACTION_NONE},

    /* A start succeeds after startsecs; before that any end, and no process at all, is a failure.
     */
    {STATE_STARTING, EVENT_UP, STATE_RUNNING, ACTION_NONE},
    {STATE_STARTING, EVENT_SPAWN_FAILED, STATE_BACKOFF, ACTION_BACK_OFF},
    {STATE_STARTING, EVENT_EXIT_EARLY, STATE_BACKOFF, ACTION_BACK_OFF},
    {STATE_STARTING, EVENT_STOP, STATE_STOPPING, ACTION_SIGNAL_STOP},
    {STATE_STARTING, EVENT_KILL, STATE_STOPPING, ACTION_SIGNAL_KILL},

    /* A failed start is tried again after a pause, a number of times, unless it is called off. */
    {STATE_BACKOFF, EVENT_RETRY, STATE_STARTING, ACTION_SPAWN},
    {STATE_BACKOFF, EVENT_GIVE_UP, STATE_FATAL, ACTION_NONE},
    {STATE_BACKOFF, EVENT_STOP, STATE_STOPPED, ACTION_NONE},
    {STATE_BACKOFF, EVENT_KILL, STATE_STOPPED, ACTION_NONE},

    /* A running one ends by itself, or is told to. */
    {STATE_RUNNING, EVENT_EXIT_EXPECTED, STATE_EXITED, ACTION_AFTER_EXIT},
    {STATE_RUNNING, EVENT_EXIT_UNEXPECTED, STATE_EXITED, ACTION_AFTER_EXIT},
    {STATE_RUNNING, EVENT_STOP, STATE_STOPPING, ACTION_SIGNAL_STOP},
    {STATE_RUNNING, EVENT_KILL, STATE_STOPPING, ACTION_SIGNAL_KILL},

    /* One that has ended is told nothing, unless a restart is ahead: then that is called off. */
    {STATE_EXITED, EVENT_STOP, STATE_STOPPED, ACTION_NONE},
    {STATE_EXITED, EVENT_KILL, STATE_STOPPED, ACTION_NONE},

    /* A stop that takes too long, or that somebody loses patience with, becomes SIGKILL; it is over
     * when the leader has ended, however it did, and its tree is gone. */
    {STATE_STOPPING, EVENT_KILL, STATE_STOPPING, ACTION_SIGNAL_KILL},
    {STATE_STOPPING, EVENT_OVERDUE, STATE_STOPPING, ACTION_SIGNAL_KILL},
    {STATE_STOPPING, EVENT_EXIT_EARLY, STATE_STOPPING, ACTION_TREE},
    {STATE_STOPPING, EVENT_EXIT_EXPECTED, STATE_STOPPING, ACTION_TREE},
    {STATE_STOPPING, EVENT_EXIT_UNEXPECTED, STATE_STOPPING, ACTION_TREE},
    {STATE_STOPPING, EVENT_GONE, STATE_STOPPED, ACTION_NONE},
};
#define SENTENCE_COUNT (sizeof(sentences) / sizeof(sentences[0]))

static const struct sentence *find_sentence(enum process_state state, enum fsm_event event)
{
	for (size_t i = 0; i < SENTENCE_COUNT; i++)
		if (sentences[i].state == state && sentences[i].event == event)
			return &sentences[i];
	return NULL;
}

static void every_cell_is_as_written_down(void **unused)
{
	size_t spoken_of = 0;

	(void)unused;
	for (int state = 0; state < STATE_COUNT; state++) {
		for (int event = 0; event < EVENT_COUNT; event++) {
			const struct fsm_cell *cell = fsm_cell(state, event);
			const struct sentence *sentence = find_sentence(state, event);
			enum fsm_action action = sentence ? sentence->action : ACTION_REFUSE;

			if (cell->action != action || (sentence && cell->next != sentence->next))
				fail_msg("%s in state %s: action %d, next %s",
				         fsm_event_name(event), state_name(state),
				         (int)cell->action, state_name(cell->next));
			spoken_of += sentence != NULL;
		}
	}
	/* None is written down twice. */
	assert_int_equal(spoken_of, SENTENCE_COUNT);
}

static void every_event_has_a_name_of_its_own(void **unused)
{
	(void)unused;
	for (int event = 0; event < EVENT_COUNT; event++) {
		assert_non_null(fsm_event_name(event));
		assert_true(strlen(fsm_event_name(event)) > 1);
		for (int other = 0; other < event; other++)
			assert_string_not_equal(fsm_event_name(event), fsm_event_name(other));
	}
	assert_string_equal(fsm_event_name(EVENT_START), "start");
	assert_string_equal(fsm_event_name(EVENT_EXIT_EARLY), "exit_early");
	assert_string_equal(fsm_event_name(EVENT_GONE), "gone");
}

/* Whatever is done to it, a process gets from any state to an end when it is told to stop. */
static void a_stop_is_heard_wherever_something_goes_on(void **unused)
{
	(void)unused;
	for (int state = 0; state < STATE_COUNT; state++) {
		const struct fsm_cell *kill = fsm_cell(state, EVENT_KILL);
		bool heard = kill->action != ACTION_REFUSE;

		/* An exited one may have a restart ahead. */
		assert_int_equal(heard, !state_is_ended(state) || state == STATE_EXITED);
		if (heard)
			assert_true(kill->next == STATE_STOPPED || kill->next == STATE_STOPPING);
	}
}

static void every_state_can_be_reached(void **unused)
{
	bool reached[STATE_COUNT] = {[STATE_STOPPED] = true, [STATE_WAITING] = true};

	(void)unused;
	for (int round = 0; round < STATE_COUNT; round++)
		for (int state = 0; state < STATE_COUNT; state++)
			for (int event = 0; reached[state] && event < EVENT_COUNT; event++)
				if (fsm_cell(state, event)->action != ACTION_REFUSE)
					reached[fsm_cell(state, event)->next] = true;
	for (int state = 0; state < STATE_COUNT; state++)
		assert_true(reached[state]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_cell_is_as_written_down),
	    cmocka_unit_test(every_event_has_a_name_of_its_own),
	    cmocka_unit_test(a_stop_is_heard_wherever_something_goes_on),
	    cmocka_unit_test(every_state_can_be_reached),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
