/*
 * Looking at the binary that is to take our place. It is opened once, and what was looked at is
 * what will be executed, whatever becomes of its name meanwhile. It has to run, and to say that it
 * reads our ledger; where it does not, we stay.
 */
#ifndef MUSTER_PROCESS_UPGRADE_H
#define MUSTER_PROCESS_UPGRADE_H

#include <stdbool.h>

#include "daemon/process/supervisor.h"

struct context;
struct upgrade;

/* Begins to look; `report` is called from the loop, once. -errno. */
int upgrade_new(const struct context *context, upgrade_cb report, void *arg,
                struct upgrade **ret_upgrade);
void upgrade_free(struct upgrade *upgrade);

bool upgrade_is_asked_by(const struct upgrade *upgrade, const void *arg);

/* Leaves the binary to the guardian. -ENOENT while it was not found good; -errno. */
int upgrade_hand_over(const struct upgrade *upgrade);

#endif
