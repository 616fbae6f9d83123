/* What became of each process that a verb was carried out on, in supervisorctl's words. */
#ifndef MUSTER_CLI_OUTCOME_H
#define MUSTER_CLI_OUTCOME_H

#include <jansson.h>

#include "cli/cmd.h"

/* The words of one verb: "web: started", "web: ERROR (already started)". */
struct outcome_words {
	const char *done;
	const char *already;
};

/*
 * What to exit with for a status of org.muster.Process.Outcome; and its line on standard output.
 * A process that was so already is told as an error and counts as done, as in supervisorctl.
 */
enum cmd_exit outcome_code(json_t *outcome);
void outcome_print(json_t *outcome, const struct outcome_words *words);

/*
 * A call whose reply is outcomes, waited for as a whole and printed; `parameters` is taken over.
 * What to exit with.
 */
enum cmd_exit outcome_call(const struct cmd_call *call, const char *method, json_t *parameters,
                           const struct outcome_words *words);

/* The words of a command line from `first` on, as a JSON array of strings. */
json_t *outcome_selectors(const struct cmd_call *call, size_t first);

#endif
