/*
 * A child from clone to exec. The child is the guardian's (CLONE_PARENT), shares our memory until
 * it has executed (CLONE_VM|CLONE_VFORK), and makes system calls only. It enters itself in the
 * ledger before anything else, so that no engine can lose it.
 *
 * Its descriptors come by way of the launch pad: numbers from LAUNCH_FIRST on, reserved when the
 * program starts, into which the parent puts what the child is to have. The child then takes a
 * private table with nothing above the pad (close_range(2) with CLOSE_RANGE_UNSHARE), which costs
 * the same with ten descriptors in the engine as with ten thousand.
 */
#ifndef MUSTER_PROCESS_SPAWN_H
#define MUSTER_PROCESS_SPAWN_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "daemon/guardian/ledger.h"

#define LAUNCH_FIRST 3
#define LAUNCH_STDIO 3 /* stdin, stdout, stderr of the child */
#define LAUNCH_FENCE (LAUNCH_FIRST + LAUNCH_STDIO)
#define LAUNCH_END (LAUNCH_FENCE + 1)

enum spawn_stage {
	SPAWN_STAGE_NONE,
	SPAWN_STAGE_PREPARE, /* in the parent: memory, descriptors */
	SPAWN_STAGE_CLONE,
	SPAWN_STAGE_DESCRIPTORS,
	SPAWN_STAGE_GROUP,
	SPAWN_STAGE_TERMINAL,
	SPAWN_STAGE_SIGNALS,
	SPAWN_STAGE_LIMITS,
	SPAWN_STAGE_GROUPS,
	SPAWN_STAGE_GID,
	SPAWN_STAGE_UID,
	SPAWN_STAGE_REGAIN,
	SPAWN_STAGE_DIRECTORY,
	SPAWN_STAGE_EXEC,
	SPAWN_STAGE_COUNT
};

struct program;
struct spawner;

/* What a child is made from; all borrowed. */
struct spawn_plan {
	const struct program *program;
	const char *path;  /* to execute */
	char *const *envp; /* NULL-ended */
	int stdio[LAUNCH_STDIO];
	mode_t umask;
	struct ledger_birth *birth;
};

struct spawn_result {
	pid_t pid;
	int pidfd;
	enum spawn_stage stage; /* where it failed */
	int error;              /* errno of that */
};

/*
 * Reserves the launch pad; called first thing in main(), before any descriptor is opened. What the
 * caller left open is closed, unless it is a handover of our own that comes with them. -errno.
 */
int spawn_reserve(bool keep_others);

/* A spawner with its stack, made after the engine has chosen which signals it ignores; fence_write
 * is kept open in each child until it has executed. NULL when out of memory or descriptors. */
struct spawner *spawner_new(const struct ledger *ledger, int fence_write);
void spawner_free(struct spawner *spawner);

/*
 * The limits of children: the soft limit of files that the daemon was started with (the guardian
 * has raised its own), but at least `files` (minfds); of processes at least `processes` (minprocs).
 */
void spawner_set_limits(struct spawner *spawner, rlim_t files_before, rlim_t files,
                        rlim_t processes);

/* 0, or -1 with stage and error of *ret_result set; then there is no process. */
int spawn_process(struct spawner *spawner, const struct spawn_plan *plan,
                  struct spawn_result *ret_result);

/* "changing to directory /x: No such file or directory", in supervisord's words where it has some.
 */
void spawn_describe(const struct program *program, const char *path, enum spawn_stage stage,
                    int error, char *text, size_t size);

/*
 * The file that a program's first word names, looked for in `search` (NULL: our PATH) where it has
 * no slash. 0, or the errno of why not; the path is put into `path` in any case.
 */
int spawn_find(const char *word, const char *search, char *path, size_t size);

#endif
