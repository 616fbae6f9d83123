/* A process in the foreground of our terminal: our input is its input, its output is ours. */
#ifndef MUSTER_CLI_FOREGROUND_H
#define MUSTER_CLI_FOREGROUND_H

#include "cli/cmd.h"

/* All that there is of a log. */
#define FOREGROUND_LINES_ALL 1000000L

/*
 * Shows what the process writes, beginning with its last `lines` lines, and hands on what we read,
 * until it has ended for good; then its exit code, as wait_for_end(). Ctrl-C goes to the process.
 * The end of our input is the end of this where the input is a terminal; else it is waited on.
 */
enum cmd_exit foreground_run(const struct cmd_call *call, const char *name, long lines);

#endif
