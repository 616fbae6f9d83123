/*
 * The life of a process as a table: (state, event) gives the next state and what is to be done. No
 * I/O and no clock here; process.c feeds the events and carries out the actions.
 *
 *	            START            SPAWNED..UP          exit
 *	STOPPED ------------> STARTING ------> RUNNING ------------> EXITED --+
 *	   ^                   |     ^            |                    ^      | autorestart
 *	   |                   | too | RETRY      | STOP               |      v
 *	   | GONE              v soon|            v                    +- STARTING
 *	STOPPING <-- STOP -- BACKOFF             STOPPING
 *	                       | too many tries
 *	                       v
 *	                     FATAL
 *
 * States, times and texts are supervisord's. Two things are ours: a stop is finished by GONE, when
 * the whole tree of the process is gone and not only its leader; and WAITING, for what a process
 * depends on. What is wanted (up or not) is kept apart from the state: the leader's exit while
 * something is wanted up again, or no longer, is decided by process.c from both.
 */
#ifndef MUSTER_PROCESS_FSM_H
#define MUSTER_PROCESS_FSM_H

#include "common/state.h"

enum fsm_event {
	EVENT_START,           /* it is to be up: asked for, autostart or autorestart */
	EVENT_STOP,            /* it is to be down */
	EVENT_KILL,            /* it is to be down, now */
	EVENT_SPAWN_FAILED,    /* no process came of it */
	EVENT_UP,              /* startsecs have passed */
	EVENT_EXIT_EARLY,      /* the leader ended before that */
	EVENT_EXIT_EXPECTED,   /* the leader ended with one of exitcodes */
	EVENT_EXIT_UNEXPECTED, /* the leader ended otherwise */
	EVENT_RETRY,           /* the pause after a failed start is over */
	EVENT_GIVE_UP,         /* more than startretries starts have failed */
	EVENT_OVERDUE,         /* stopwaitsecs have passed */
	EVENT_GONE,            /* leader and tree are gone */
	EVENT_COUNT
};

enum fsm_action {
	ACTION_REFUSE, /* nothing happens in this state; the default of every cell */
	ACTION_NONE,
	ACTION_SPAWN,
	ACTION_BACK_OFF,    /* count the failure; set the pause, or give up */
	ACTION_SIGNAL_STOP, /* the stop signal, and the deadline for SIGKILL */
	ACTION_SIGNAL_KILL,
	ACTION_AFTER_EXIT, /* restart or not, by autorestart */
	ACTION_TREE,       /* the leader has ended in a stop: see to what is left of its tree */
	ACTION_COUNT
};

struct fsm_cell {
	enum process_state next; /* not looked at where action is ACTION_REFUSE */
	enum fsm_action action;
};

const struct fsm_cell *fsm_cell(enum process_state state, enum fsm_event event);

/* "start", "exit_early": for logs and tests. */
const char *fsm_event_name(enum fsm_event event);

#endif
