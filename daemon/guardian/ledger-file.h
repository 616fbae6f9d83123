/*
 * A ledger that outlives the guardian too: a file in place of a memfd, locked by whoever maps it.
 * The next guardian finds there which processes the one before had.
 */
#ifndef MUSTER_GUARDIAN_LEDGER_FILE_H
#define MUSTER_GUARDIAN_LEDGER_FILE_H

#include <stdbool.h>

#include "daemon/guardian/ledger.h"

/* How long the engine of a guardian that has died may take to let go of it. */
#define LEDGER_FILE_WAIT_MSEC 5000

/*
 * Opens, or makes, the ledger at `path`, whose directory is there. *ret_found tells whether it is
 * one that another guardian has left since the machine was booted; then every process in it is
 * marked as foreign, and what was under way (a shutdown, an upgrade) is forgotten. -EBUSY while
 * another daemon has it; -EPERM for a file that is not ours alone; -errno.
 */
int ledger_file_open(struct ledger *ledger, const char *path, bool *ret_found);

/* ---- What ledger.c has for it ---- */

/* A new ledger in an empty file. -errno. */
int ledger_make(struct ledger *ledger, int fd);
void ledger_unmap(struct ledger *ledger);
/* It was another guardian's: its processes are foreign from now on. */
void ledger_inherit(struct ledger *ledger);

#endif
