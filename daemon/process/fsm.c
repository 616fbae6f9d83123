/* The table of a process's life. Every cell is asserted by tests/unit/test_fsm.c. */
#include "daemon/process/fsm.h"

static const struct fsm_cell table[STATE_COUNT][EVENT_COUNT] =
    {
	[STATE_STOPPED] =
	    {
		[EVENT_START] = {STATE_STARTING, ACTION_SPAWN},
	    },
	[STATE_WAITING] =
	    {
		[EVENT_START] = {STATE_STARTING, ACTION_SPAWN},
		[EVENT_STOP] = {STATE_STOPPED, ACTION_NONE},
		[EVENT_KILL] = {STATE_STOPPED, ACTION_NONE},
	    },
	[STATE_STARTING] =
	    {
		[EVENT_STOP] = {STATE_STOPPING, ACTION_SIGNAL_STOP},
		[EVENT_KILL] = {STATE_STOPPING, ACTION_SIGNAL_KILL},
		[EVENT_SPAWN_FAILED] = {STATE_BACKOFF, ACTION_BACK_OFF},
		[EVENT_UP] = {STATE_RUNNING, ACTION_NONE},
		[EVENT_EXIT_EARLY] = {STATE_BACKOFF, ACTION_BACK_OFF},
	    },
	[STATE_RUNNING] =
	    {
		[EVENT_STOP] = {STATE_STOPPING, ACTION_SIGNAL_STOP},
		[EVENT_KILL] = {STATE_STOPPING, ACTION_SIGNAL_KILL},
		[EVENT_EXIT_EXPECTED] = {STATE_EXITED, ACTION_AFTER_EXIT},
		[EVENT_EXIT_UNEXPECTED] = {STATE_EXITED, ACTION_AFTER_EXIT},
	    },
	[STATE_BACKOFF] =
	    {
		[EVENT_STOP] = {STATE_STOPPED, ACTION_NONE},
		[EVENT_KILL] = {STATE_STOPPED, ACTION_NONE},
		[EVENT_RETRY] = {STATE_STARTING, ACTION_SPAWN},
		[EVENT_GIVE_UP] = {STATE_FATAL, ACTION_NONE},
	    },
	[STATE_STOPPING] =
	    {
		[EVENT_KILL] = {STATE_STOPPING, ACTION_SIGNAL_KILL},
		[EVENT_EXIT_EARLY] = {STATE_STOPPING, ACTION_TREE},
		[EVENT_EXIT_EXPECTED] = {STATE_STOPPING, ACTION_TREE},
		[EVENT_EXIT_UNEXPECTED] = {STATE_STOPPING, ACTION_TREE},
		[EVENT_OVERDUE] = {STATE_STOPPING, ACTION_SIGNAL_KILL},
		[EVENT_GONE] = {STATE_STOPPED, ACTION_NONE},
	    },
	[STATE_EXITED] =
	    {
		[EVENT_START] = {STATE_STARTING, ACTION_SPAWN},
		/* While a restart is ahead. */
		[EVENT_STOP] = {STATE_STOPPED, ACTION_NONE},
		[EVENT_KILL] = {STATE_STOPPED, ACTION_NONE},
	    },
	[STATE_FATAL] =
	    {
		[EVENT_START] = {STATE_STARTING, ACTION_SPAWN},
	    },
};

static const char *const event_names[] = {
    [EVENT_START] = "start",
    [EVENT_STOP] = "stop",
    [EVENT_KILL] = "kill",
    [EVENT_SPAWN_FAILED] = "spawn_failed",
    [EVENT_UP] = "up",
    [EVENT_EXIT_EARLY] = "exit_early",
    [EVENT_EXIT_EXPECTED] = "exit_expected",
    [EVENT_EXIT_UNEXPECTED] = "exit_unexpected",
    [EVENT_RETRY] = "retry",
    [EVENT_GIVE_UP] = "give_up",
    [EVENT_OVERDUE] = "overdue",
    [EVENT_GONE] = "gone",
};
_Static_assert(sizeof(event_names) / sizeof(event_names[0]) == EVENT_COUNT,
               "every event has a name");

const struct fsm_cell *fsm_cell(enum process_state state, enum fsm_event event)
{
	return &table[state][event];
}

const char *fsm_event_name(enum fsm_event event)
{
	return event_names[event];
}
