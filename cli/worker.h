/* The daemon's view of its processes: the reply of org.muster.Process.List as structs. */
#ifndef MUSTER_CLI_WORKER_H
#define MUSTER_CLI_WORKER_H

#include <jansson.h>
#include <stdbool.h>

#include "common/state.h"

/* Texts are borrowed from the reply; those that may be missing are NULL. */
struct worker {
	const char *name;
	const char *group;
	const char *description;
	const char *health;
	const char *stdout_logfile;
	const char *stderr_logfile;
	const char *state_name;   /* as the daemon spells it */
	enum process_state state; /* STATE_COUNT: one that this program does not know */
	json_t *command;
	int pid; /* 0: none */
	bool has_exitcode;
	int exitcode;
	long long restarts;
	long long started_usec; /* 0: never */
	long long state_since_usec;
};

/* The processes of a reply, owned by the caller; members that are missing are left out. */
struct worker *worker_decode(json_t *reply, size_t *ret_count);

/* "RUNNING", or what the daemon said where it is a state of a newer one. */
const char *worker_state_title(const struct worker *worker);

/* The colour of a state as a terminal sequence; NULL: none. */
const char *worker_state_color(const struct worker *worker);

#endif
