/*
 * The descriptor store: descriptors that outlive the engine (log pipes, stdin pipes, sockets,
 * memfds), held by the guardian under a number. The engine is forked from the guardian and so is
 * born with all of them under the same descriptor numbers; nothing has to be handed back.
 */
#ifndef MUSTER_GUARDIAN_STORE_H
#define MUSTER_GUARDIAN_STORE_H

#include <stdint.h>

#include "daemon/guardian/ledger.h"

/* The numbers: some of fixed meaning, then STORE_PER_PROCESS for each record of the ledger. */
enum store_slot {
	STORE_CONFIG, /* memfd: the configuration in force, as it was read */
	STORE_SOCKET, /* the listening Varlink socket */
	/* An update under way, and updates of some groups only that came after STORE_CONFIG: two
	 * memfds each, what was read and the names of the groups. */
	STORE_UPDATE,
	STORE_LAYERS = STORE_UPDATE + 2,
	STORE_LAYERS_MAX = 16,
	STORE_BINARY = STORE_LAYERS + STORE_LAYERS_MAX * 2, /* what an upgrade executes */
	STORE_FIXED_COUNT = 64
};

enum store_pipe {
	STORE_STDIN_READ,
	STORE_STDIN_WRITE,
	STORE_STDOUT_READ,
	STORE_STDOUT_WRITE,
	STORE_STDERR_READ,
	STORE_STDERR_WRITE,
	STORE_PIPES_COUNT,
	STORE_AD_HOC = STORE_PIPES_COUNT, /* memfd: what Run was asked for */
	STORE_PER_PROCESS = 8
};

/* The ends of each pipe of a process, by the descriptor the process has it under. */
struct store_ends {
	enum store_pipe ours;
	enum store_pipe childs;
	int flags; /* to open ours anew, as open(2) has them; the child's is open both ways */
};
extern const struct store_ends store_ends[LEDGER_PIPES];

#define STORE_SIZE (STORE_FIXED_COUNT + LEDGER_PROCESSES_MAX * STORE_PER_PROCESS)

struct store;

static inline uint32_t store_process_slot(uint32_t record, enum store_pipe pipe)
{
	return STORE_FIXED_COUNT + record * STORE_PER_PROCESS + (uint32_t)pipe;
}

/* The one store of this process; pages are touched as they are used. NULL when out of memory. */
struct store *store_new(void);

/* The descriptor under a number, or -1. */
int store_get(const struct store *store, uint32_t slot);

/* Puts a descriptor under a number; what was there is closed, unless it is the same. -ERANGE. */
int store_put(struct store *store, uint32_t slot, int fd);

/* Takes the number's entry away and closes the descriptor. */
void store_drop(struct store *store, uint32_t slot);

#endif
