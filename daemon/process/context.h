/* What all of the process room works with: made once by main, borrowed by everyone. */
#ifndef MUSTER_PROCESS_CONTEXT_H
#define MUSTER_PROCESS_CONTEXT_H

#include <stdbool.h>
#include <sys/types.h>

struct bus;
struct config;
struct keeper;
struct ledger;
struct logfiles;
struct loop;
struct pump;
struct spawner;
struct store;
struct pids;
struct launcher;
struct trees;

struct context {
	struct loop *loop;
	struct bus *bus;
	struct ledger *ledger;
	struct store *store;
	int channel; /* the engine's end */
	pid_t guardian_pid;
	struct logfiles *logfiles;
	struct pump *pump;
	struct spawner *spawner;
	struct keeper *keeper;
	struct launcher *launcher;
	struct pids *pids;
	struct trees *trees;
	int fd_limit;       /* numbers from here on are kept for clients, not for processes */
	bool ending;        /* nothing is started by itself any more */
	int null_fd;        /* /dev/null, for reading and writing */
	mode_t umask;       /* of the daemon: what children get that ask for none */
	const char *binary; /* absolute path of what is executed; by now it may be another */
	char **environment; /* what the daemon was started with, less what is the daemon's own */
	const struct config *config; /* in force; set by the supervisor */
};

#endif
