/*
 * The states of a supervised process as text and as supervisord's numbers: one row a state, so
 * that nothing elsewhere has to know how a state is spelled.
 */
#include "common/state.h"

#include <errno.h>
#include <stddef.h>
#include <strings.h>

struct state_row {
	const char *name;
	const char *title;
	int code;
	bool alive;
	bool ended;
};

static const struct state_row rows[] = {
    [STATE_STOPPED] = {"stopped", "STOPPED", 0, .ended = true},
    [STATE_WAITING] = {"waiting", "WAITING", 10, .alive = false},
    [STATE_STARTING] = {"starting", "STARTING", 10, .alive = true},
    [STATE_RUNNING] = {"running", "RUNNING", 20, .alive = true},
    [STATE_BACKOFF] = {"backoff", "BACKOFF", 30, .alive = false},
    [STATE_STOPPING] = {"stopping", "STOPPING", 40, .alive = true},
    [STATE_EXITED] = {"exited", "EXITED", 100, .ended = true},
    [STATE_FATAL] = {"fatal", "FATAL", 200, .ended = true},
};
_Static_assert(sizeof(rows) / sizeof(rows[0]) == STATE_COUNT, "a row for each state");

/* A number that is no state comes from damaged records: it is shown, not followed out of bounds. */
static const struct state_row unknown = {"unknown", "UNKNOWN", 1000, .alive = false};

static const struct state_row *state_row(enum process_state state)
{
	return (unsigned)state < STATE_COUNT ? &rows[state] : &unknown;
}

const char *state_name(enum process_state state)
{
	return state_row(state)->name;
}

const char *state_title(enum process_state state)
{
	return state_row(state)->title;
}

int state_parse(const char *name, enum process_state *ret_state)
{
	for (size_t i = 0; i < STATE_COUNT; i++) {
		if (strcasecmp(name, rows[i].name) == 0) {
			*ret_state = (enum process_state)i;
			return 0;
		}
	}
	return -EINVAL;
}

int state_supervisord_code(enum process_state state)
{
	return state_row(state)->code;
}

bool state_is_alive(enum process_state state)
{
	return state_row(state)->alive;
}

bool state_is_ended(enum process_state state)
{
	return state_row(state)->ended;
}
