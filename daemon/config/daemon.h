/* What is wanted of the daemon itself: [supervisord] and [musterd], one struct. */
#ifndef MUSTER_CONFIG_DAEMON_H
#define MUSTER_CONFIG_DAEMON_H

#include <stdbool.h>
#include <stdint.h>

#include "common/log.h"
#include "daemon/config/program.h"

/* What becomes of the processes when the guardian has died. */
enum guardian_death {
	GUARDIAN_DEATH_AUTO, /* in a container they are stopped, else left */
	GUARDIAN_DEATH_STOP,
	GUARDIAN_DEATH_LEAVE
};

struct daemon_config {
	char *logfile; /* path; NULL where none is wanted (NONE) */
	uint64_t logfile_maxbytes;
	unsigned logfile_backups;
	enum log_level loglevel;
	char *pidfile;
	int umask;
	bool nodaemon;
	bool silent;
	unsigned minfds;
	unsigned minprocs;
	bool nocleanup;
	char *childlogdir; /* where AUTO logs go */
	struct user_config user;
	char *directory;
	bool strip_ansi;
	char **environment; /* "KEY=value", NULL-ended */
	char *identifier;

	char *socket; /* path of the Varlink socket */
	unsigned socket_mode;
	struct user_config socket_owner; /* name NULL: as it comes; "user:group" or "user" */
	char *run_dir;
	char *state_dir;
	uint64_t engine_timeout_usec;
	enum guardian_death on_guardian_death;
	bool keep_workers; /* a daemon that is told to end leaves its processes to the next */
	bool strict;

	/* Why the daemon must not run: a user= that cannot be had. NULL where it may. */
	char *broken;
};

#endif
