/*
 * A first look at the configuration, before anything is started: what is wrong with it is said
 * where the caller can see it, and main learns the little that it has to do itself. It happens in a
 * child, so that the guardian, which this process becomes, carries nothing of it.
 */
#ifndef MUSTER_DAEMON_PREFLIGHT_H
#define MUSTER_DAEMON_PREFLIGHT_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#define PREFLIGHT_USER_MAX 64

struct preflight {
	bool usable; /* false: what is wrong has been said */
	bool nodaemon;
	int umask;
	char directory[PATH_MAX]; /* "" for none */
	char run_dir[PATH_MAX];
	char ledger[PATH_MAX];         /* a ledger that outlives the guardian; "" for none */
	char user[PREFLIGHT_USER_MAX]; /* to become before all else; "" for none */
	uid_t uid;
	gid_t gid;
};

/* `foreground`: the daemon is to stay there. 0, or -errno where not even the look was possible. */
int preflight_run(const char *config_file, bool foreground, struct preflight *ret_preflight);

#endif
