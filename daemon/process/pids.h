/*
 * From pid to process. Two records may have the same pid for a moment: one whose exit is still on
 * its way, and a new one that got the number. So an exit is looked up by pid and serial: see struct
 * ledger_birth.
 */
#ifndef MUSTER_PROCESS_PIDS_H
#define MUSTER_PROCESS_PIDS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct pids;
struct process;

/* Embedded in the process. */
struct pids_entry {
	struct pids_entry *next;
	struct process *process;
	uint64_t exits_before;
	pid_t pid; /* 0: not in the table */
};

struct pids *pids_new(void);
void pids_free(struct pids *pids);

void pids_add(struct pids *pids, struct pids_entry *entry, pid_t pid, uint64_t exits_before);
void pids_remove(struct pids *pids, struct pids_entry *entry);

/* The process whose exit that is, or NULL for a stranger's. */
struct process *pids_of_exit(const struct pids *pids, pid_t pid, uint64_t serial);

/* True where some process has that pid. */
bool pids_has(const struct pids *pids, pid_t pid);

#endif
