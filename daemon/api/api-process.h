/* What the files of org.muster.Process share. */
#ifndef MUSTER_API_API_PROCESS_H
#define MUSTER_API_API_PROCESS_H

#include <jansson.h>
#include <stddef.h>

struct api_call;
struct api_method;
struct process;
struct writer;

/*
 * What one call may select by, so that no call keeps the others waiting: selectors in all and the
 * bytes of each; and of those that are held against every process, how many, the stars in each, and
 * their bytes together.
 */
#define SELECTORS_MAX 4096u
#define SELECTOR_SIZE_MAX 512u
#define SELECTOR_PATTERNS_MAX 64u
#define SELECTOR_PATTERN_STARS_MAX 8u
#define SELECTOR_PATTERNS_SIZE_MAX 1024u

extern const struct api_method api_process_join;
extern const struct api_method api_process_kill;
extern const struct api_method api_process_list;
extern const struct api_method api_process_logs;
extern const struct api_method api_process_remove;
extern const struct api_method api_process_restart;
extern const struct api_method api_process_run;
extern const struct api_method api_process_start;
extern const struct api_method api_process_terminate;

/*
 * The one process that `name` means: its full name, or a group of one. NULL where there is none;
 * then the call has been answered.
 */
struct process *api_process_find(struct api_call *call, const char *name);

/*
 * The processes that an array of selectors names, each once, in the order given; NULL selectors
 * mean all. *ret_processes is for the caller to free. -E2BIG over the limits above, -ENOENT,
 * -ENOMEM: then the call has been answered.
 */
int api_process_select(struct api_call *call, json_t *selectors, struct process ***ret_processes,
                       size_t *ret_count);

/* One Outcome, as a value of the array that is open. message may be NULL. */
void api_process_write_outcome(struct writer *writer, const char *name, const char *status,
                               const char *message);

#endif
