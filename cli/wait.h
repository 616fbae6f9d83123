/* Waiting for the end of a process whose exit status becomes our own. */
#ifndef MUSTER_CLI_WAIT_H
#define MUSTER_CLI_WAIT_H

#include <jansson.h>

#include "cli/cmd.h"

/* What a shell would exit with for a reply of Join: the exit status, or 128+N for signal N. Where
 * there is none the failure is told. */
enum cmd_exit wait_exit_code(struct session *session, const char *name, json_t *reply);

/* Waits without an eye on Ctrl-C for what has ended, or is about to: as wait_for_end(). */
enum cmd_exit wait_end_code(struct session *session, const char *name);

/*
 * Waits until the process has ended for good, and gives its exit code. The first Ctrl-C, which
 * session_hold_interrupt() holds, terminates it, the second kills it, a third ends us. An engine of
 * the daemon that dies meanwhile does not end the wait.
 */
enum cmd_exit wait_for_end(struct session *session, const char *name);

#endif
