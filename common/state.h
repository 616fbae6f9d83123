/*
 * The states of a supervised process, as enum and as text, shared by daemon and CLI.
 * Names and meaning are supervisord's, with WAITING added for dependencies.
 */
#ifndef MUSTER_COMMON_STATE_H
#define MUSTER_COMMON_STATE_H

#include <stdbool.h>

enum process_state {
	STATE_STOPPED,
	STATE_WAITING,
	STATE_STARTING,
	STATE_RUNNING,
	STATE_BACKOFF,
	STATE_STOPPING,
	STATE_EXITED,
	STATE_FATAL,
	STATE_COUNT
};

/* "running": as org.muster.Process spells it. */
const char *state_name(enum process_state state);

/* "RUNNING": as supervisorctl prints it. */
const char *state_title(enum process_state state);

/* The state that `name` spells, in either form and any case; -EINVAL where it is none. */
int state_parse(const char *name, enum process_state *ret_state);

/* supervisord's number for the state (0, 10, 20, 30, 40, 100, 200); WAITING shows as STARTING. */
int state_supervisord_code(enum process_state state);

/* True where a process in this state has a pid: STARTING, RUNNING, STOPPING. */
bool state_is_alive(enum process_state state);

/* True where nothing more happens by itself: STOPPED, EXITED, FATAL. */
bool state_is_ended(enum process_state state);

#endif
