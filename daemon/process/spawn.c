/* clone(2) to execve(2). What runs in the child makes system calls and touches no library state. */
#include "daemon/process/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/crashpoint.h"
#include "daemon/config/program.h"

#define SPAWN_STACK_SIZE (64u * 1024u)
#define SPAWN_EXIT_FAILED 127

/* As rt_sigaction(2) has it: the library keeps two signals to itself, and a program that was
 * started by its posix_spawn(3) may have them ignored. */
struct kernel_sigaction {
	sighandler_t handler;
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

struct spawner {
	const struct ledger *ledger;
	char *stack;
	struct rlimit files;
	struct rlimit processes;
	int ignored[NSIG]; /* signals that we ignore, 0-ended: only these outlive an exec */
	bool sets_files;
	bool sets_processes;
};

/* What the child is given; it lives on the parent's stack while the parent is held by CLONE_VFORK.
 */
struct spawn_child {
	const struct spawner *spawner;
	const struct spawn_plan *plan;
	pid_t engine;
};

int spawn_reserve(bool keep_others)
{
	int null, r = 0;

	if (!keep_others)
		(void)syscall(SYS_close_range, LAUNCH_FIRST, ~0U, 0);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0)
		return -errno;
	/* Should 0 to 2 be closed, what we open later must not become them. */
	while (null >= 0 && null < LAUNCH_FIRST) {
		null = fcntl(null, F_DUPFD_CLOEXEC, null + 1);
		if (null < 0)
			return -errno;
	}
	for (int fd = LAUNCH_FIRST; fd < LAUNCH_END; fd++)
		if (fd != null && dup3(null, fd, O_CLOEXEC) < 0)
			r = -errno;
	if (null >= LAUNCH_END)
		close(null);
	return r;
}

static void spawner_list_ignored(struct spawner *spawner)
{
	struct kernel_sigaction now;
	int count = 0;

	for (int signal = 1; signal < NSIG; signal++)
		if (syscall(SYS_rt_sigaction, signal, NULL, &now, sizeof(now.mask)) == 0 &&
		    now.handler == SIG_IGN)
			spawner->ignored[count++] = signal;
}

struct spawner *spawner_new(const struct ledger *ledger, int fence_write)
{
	struct spawner *spawner = calloc(1, sizeof(*spawner));

	if (!spawner)
		return NULL;
	spawner->ledger = ledger;
	spawner_list_ignored(spawner);
	spawner->stack = mmap(NULL, SPAWN_STACK_SIZE, PROT_READ | PROT_WRITE,
	                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (spawner->stack == MAP_FAILED) {
		free(spawner);
		return NULL;
	}
	if (dup3(fence_write, LAUNCH_FENCE, O_CLOEXEC) < 0) {
		spawner_free(spawner);
		return NULL;
	}
	return spawner;
}

void spawner_free(struct spawner *spawner)
{
	if (!spawner)
		return;
	munmap(spawner->stack, SPAWN_STACK_SIZE);
	free(spawner);
}

static rlim_t spawn_at_least(rlim_t limit, rlim_t minimum, rlim_t most)
{
	if (limit == RLIM_INFINITY || limit >= minimum)
		return limit;
	return most != RLIM_INFINITY && most < minimum ? most : minimum;
}

void spawner_set_limits(struct spawner *spawner, rlim_t files_before, rlim_t files,
                        rlim_t processes)
{
	struct rlimit *limit = &spawner->files;

	spawner->sets_files = getrlimit(RLIMIT_NOFILE, limit) == 0;
	limit->rlim_cur = spawn_at_least(files_before, files, limit->rlim_max);
	limit = &spawner->processes;
	spawner->sets_processes = getrlimit(RLIMIT_NPROC, limit) == 0;
	limit->rlim_cur = spawn_at_least(limit->rlim_cur, processes, limit->rlim_max);
}

/* ---- In the child ---- */

static _Noreturn void child_fail(const struct spawn_child *child, enum spawn_stage stage)
{
	atomic_store(&child->plan->birth->error, errno);
	atomic_store(&child->plan->birth->stage, (int32_t)stage);
	_exit(SPAWN_EXIT_FAILED);
}

/* Raw calls: the library's wrappers would change the credentials of its threads, which are ours. */
static void child_drop_privileges(const struct spawn_child *child)
{
	const struct user_config *user = &child->plan->program->user;

	if (!user->name || syscall(SYS_geteuid) != 0)
		return;
	if (syscall(SYS_setgroups, user->group_count, user->groups) < 0)
		child_fail(child, SPAWN_STAGE_GROUPS);
	if (syscall(SYS_setresgid, user->gid, user->gid, user->gid) < 0)
		child_fail(child, SPAWN_STAGE_GID);
	if (syscall(SYS_setresuid, user->uid, user->uid, user->uid) < 0)
		child_fail(child, SPAWN_STAGE_UID);
	if (user->uid != 0 && syscall(SYS_setresuid, 0, 0, 0) == 0) {
		errno = EPERM;
		child_fail(child, SPAWN_STAGE_REGAIN);
	}
}

static void child_reset_signals(const struct spawn_child *child)
{
	static const struct kernel_sigaction standard; /* all zero: SIG_DFL */
	sigset_t none;

	for (const int *signal = child->spawner->ignored; *signal; signal++)
		(void)syscall(SYS_rt_sigaction, *signal, &standard, NULL, sizeof(standard.mask));
	sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		child_fail(child, SPAWN_STAGE_SIGNALS);
}

/*
 * The terminal of a foreground program is its own: it is read by its process group alone, and ^C is
 * for it. Only where the daemon has the terminal now, or a run before has left it. SIGTTOU is
 * blocked here (tcsetpgrp(3)).
 */
static void child_take_terminal(pid_t group_of_daemon)
{
	pid_t group = (pid_t)syscall(SYS_getpid);
	pid_t front;

	if (ioctl(STDIN_FILENO, TIOCGPGRP, &front) < 0)
		return;
	if (front == group_of_daemon ||
	    (front > 0 && syscall(SYS_kill, -front, 0) < 0 && errno == ESRCH))
		(void)ioctl(STDIN_FILENO, TIOCSPGRP, &group);
}

static void child_take_descriptors(const struct spawn_child *child)
{
	if (syscall(SYS_close_range, LAUNCH_END, ~0U, CLOSE_RANGE_UNSHARE) < 0)
		child_fail(child, SPAWN_STAGE_DESCRIPTORS);
	for (int fd = 0; fd < LAUNCH_STDIO; fd++)
		if (dup2(LAUNCH_FIRST + fd, fd) < 0)
			child_fail(child, SPAWN_STAGE_DESCRIPTORS);
	/* The pad and the fence are close-on-exec. */
}

static void child_set_limits(const struct spawn_child *child)
{
	const struct spawner *spawner = child->spawner;

	if (spawner->sets_files && setrlimit(RLIMIT_NOFILE, &spawner->files) < 0)
		child_fail(child, SPAWN_STAGE_LIMITS);
	if (spawner->sets_processes && setrlimit(RLIMIT_NPROC, &spawner->processes) < 0)
		child_fail(child, SPAWN_STAGE_LIMITS);
}

__attribute__((no_sanitize("address", "undefined"))) static int child_main(void *arg)
{
	const struct spawn_child *child = arg;
	const struct spawn_plan *plan = child->plan;
	const struct ledger_header *header = child->spawner->ledger->header;
	pid_t group_of_daemon = (pid_t)syscall(SYS_getpgid, 0);

	crash_point_of_engine(CRASH_CHILD_BORN, child->engine);
	/* exits_before first: who sees the pid must find it. */
	atomic_store(&plan->birth->exits_before, atomic_load(&header->exits_sent));
	atomic_store(&plan->birth->pid, (int32_t)syscall(SYS_getpid));
	crash_point_of_engine(CRASH_CHILD_ENTERED, child->engine);
	child_take_descriptors(child);
	/* Not a session of its own: with autogroups (sched(7)) the kernel makes a task group for
	 * each, which costs more than all the rest of a start. */
	if (!plan->program->tty && setpgid(0, 0) < 0)
		child_fail(child, SPAWN_STAGE_GROUP);
	if (plan->program->is_foreground)
		child_take_terminal(group_of_daemon);
	if (plan->program->tty && (setsid() < 0 || ioctl(STDIN_FILENO, TIOCSCTTY, 0) < 0))
		child_fail(child, SPAWN_STAGE_TERMINAL);
	child_reset_signals(child);
	child_set_limits(child);
	child_drop_privileges(child);
	if (plan->program->directory && chdir(plan->program->directory) < 0)
		child_fail(child, SPAWN_STAGE_DIRECTORY);
	umask(plan->umask);
	execve(plan->path, plan->program->argv, plan->envp);
	child_fail(child, SPAWN_STAGE_EXEC);
}

/* ---- In the parent ---- */

static int spawn_fill_pad(const struct spawn_plan *plan)
{
	for (int fd = 0; fd < LAUNCH_STDIO; fd++)
		if (dup3(plan->stdio[fd], LAUNCH_FIRST + fd, O_CLOEXEC) < 0)
			return -errno;
	return 0;
}

int spawn_process(struct spawner *spawner, const struct spawn_plan *plan,
                  struct spawn_result *ret_result)
{
	const int flags = CLONE_PARENT | CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_PIDFD;
	struct spawn_child child = {.spawner = spawner, .plan = plan, .engine = getpid()};
	struct spawn_result result = {.pidfd = -1};
	sigset_t all, before;
	int r = spawn_fill_pad(plan);

	if (r < 0) {
		*ret_result = (struct spawn_result){.stage = SPAWN_STAGE_PREPARE, .error = -r};
		return -1;
	}
	/* No handler of ours may run in the child while it has our memory. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	result.pid =
	    clone(child_main, spawner->stack + SPAWN_STACK_SIZE, flags, &child, &result.pidfd);
	result.error = errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (result.pid < 0) {
		*ret_result =
		    (struct spawn_result){.stage = SPAWN_STAGE_CLONE, .error = result.error};
		return -1;
	}
	result.stage = (enum spawn_stage)atomic_load(&plan->birth->stage);
	result.error = atomic_load(&plan->birth->error);
	if (result.stage != SPAWN_STAGE_NONE) {
		/* Its exit comes over the channel and means nothing to anyone. */
		close(result.pidfd);
		result.pidfd = -1;
	}
	*ret_result = result;
	return result.stage == SPAWN_STAGE_NONE ? 0 : -1;
}

/* What a stage was about to do, with what; a NULL noun where there is nothing to name. */
static const char *const stage_texts[] = {
    [SPAWN_STAGE_NONE] = "starting",
    [SPAWN_STAGE_PREPARE] = "preparing its descriptors",
    [SPAWN_STAGE_CLONE] = "creating the process",
    [SPAWN_STAGE_DESCRIPTORS] = "setting up its descriptors",
    [SPAWN_STAGE_GROUP] = "making it leader of a process group",
    [SPAWN_STAGE_TERMINAL] = "giving it a terminal",
    [SPAWN_STAGE_SIGNALS] = "resetting its signals",
    [SPAWN_STAGE_LIMITS] = "setting its limits",
    [SPAWN_STAGE_GROUPS] = "setting its supplementary groups",
    [SPAWN_STAGE_GID] = "setting its group",
    [SPAWN_STAGE_UID] = "setting its user",
    [SPAWN_STAGE_REGAIN] = "making sure that it cannot be root again",
    [SPAWN_STAGE_DIRECTORY] = "changing to directory",
    [SPAWN_STAGE_EXEC] = "executing",
};
_Static_assert(sizeof(stage_texts) / sizeof(stage_texts[0]) == SPAWN_STAGE_COUNT,
               "every stage has its words");

/* supervisord's words for what it checks before it forks. */
static void spawn_describe_exec(const char *path, int error, char *text, size_t size)
{
	struct stat status;
	bool exists = stat(path, &status) == 0;

	if (error == ENOENT && !exists)
		snprintf(text, size, "can't find command '%s'", path);
	else if (error == ENOENT)
		snprintf(text, size,
		         "can't execute '%s': the interpreter that its first line names "
		         "was not found",
		         path);
	else if (exists && S_ISDIR(status.st_mode))
		snprintf(text, size, "command at '%s' is a directory", path);
	else if (error == EACCES && exists && !(status.st_mode & 0111))
		snprintf(text, size, "command at '%s' is not executable", path);
	else if (error == EACCES)
		snprintf(text, size, "no permission to run command '%s'", path);
	else
		snprintf(text, size, "executing '%s': %s", path, strerror(error));
}

void spawn_describe(const struct program *program, const char *path, enum spawn_stage stage,
                    int error, char *text, size_t size)
{
	const char *what = stage < SPAWN_STAGE_COUNT ? stage_texts[stage] : "starting";

	if (stage == SPAWN_STAGE_EXEC)
		spawn_describe_exec(path, error, text, size);
	else if (stage == SPAWN_STAGE_DIRECTORY)
		snprintf(text, size, "%s %s: %s", what, program->directory, strerror(error));
	else
		snprintf(text, size, "%s: %s", what, strerror(error));
}

/* The file `word` in one directory of PATH, put into `path`: 0, or the errno of why it will not do.
 */
static int spawn_try(const char *directory, size_t length, const char *word, char *path,
                     size_t size)
{
	struct stat status;
	int n = snprintf(path, size, "%.*s/%s", (int)(length ? length : 1),
	                 length ? directory : ".", word);

	if (n < 0 || (size_t)n >= size)
		return ENAMETOOLONG;
	if (stat(path, &status) < 0 || !S_ISREG(status.st_mode))
		return ENOENT;
	return status.st_mode & 0111 ? 0 : EACCES;
}

int spawn_find(const char *word, const char *search, char *path, size_t size)
{
	const char *at = search ? search : getenv("PATH");
	const char *refused = NULL; /* the first directory with a file that may not be executed */

	if (!at || !*at)
		at = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	if (strchr(word, '/')) {
		int n = snprintf(path, size, "%s", word);
		return n < 0 || (size_t)n >= size ? ENAMETOOLONG : 0;
	}
	for (; *at; at += strcspn(at, ":"), at += *at == ':') {
		int error = spawn_try(at, strcspn(at, ":"), word, path, size);
		if (!error)
			return 0;
		if (error == EACCES && !refused)
			refused = at;
	}
	if (refused)
		return spawn_try(refused, strcspn(refused, ":"), word, path, size);
	snprintf(path, size, "%s", word);
	return ENOENT;
}
