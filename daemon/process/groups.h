/*
 * The groups in force: which configuration each came from, and its processes. After an update of
 * some groups only, they come from different ones.
 */
#ifndef MUSTER_PROCESS_GROUPS_H
#define MUSTER_PROCESS_GROUPS_H

#include <stdbool.h>

#include "daemon/config/config.h"

struct context;
struct groups;
struct process_table;

/* Takes over the configuration. NULL when out of memory. */
struct groups *groups_new(struct context *context, struct process_table *table,
                          struct config *config);
void groups_free(struct groups *groups);

/* What is in force, as one configuration. */
const struct config *groups_in_force(const struct groups *groups);

/* Makes the processes of every group: those that the ledger knows go on, others are new. The ad-hoc
 * processes are there already. */
int groups_populate(struct groups *groups);

/*
 * Puts the groups that `chosen` names (NULL: all) of another configuration, which is taken over, in
 * force, and starts what is new; the processes of those that changed or are gone must have ended.
 * -ENOMEM, and then some may be missing.
 */
int groups_replace(struct groups *groups, struct config *config, const char *const *chosen);

/* The same for configurations alone, before there are processes. -ENOMEM. */
int groups_lay_over(struct groups *groups, struct config *config, const char *const *chosen);

/* Takes those groups out of a configuration that is not in force yet whose name an ad-hoc process
 * has; they are noted as errors, or logged where notes is NULL. -ENOMEM. */
int groups_leave_out(const struct groups *groups, struct config *config,
                     struct config_notes *notes);

/* True where `chosen` is NULL or names the group. */
bool groups_is_chosen(const char *const *chosen, const char *name);

#endif
