/* fakes: fake_engine */
/* From clone to exec: what a child is given, seen from inside; and every way in which it fails. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/guardian/channel.h"
#include "daemon/guardian/guardian.h"
#include "daemon/process/proc.h"
#include "daemon/process/spawn.h"
#include "tests/unit/fake_engine.h"
#include "tests/unit/wait.h"

#define NOBODY 65534
#define REPORT_MAX 32768

struct fixture {
	struct fake_engine *engine;
	struct program program;
	struct spawn_plan plan;
	struct ledger_birth birth;
	struct spawn_result result;
	char *argv[8];
	char *envp[4];
	int output; /* our end of its standard output */
	char report[REPORT_MAX];
};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	void *engine;
	int ends[2];

	if (!fixture || fake_engine_setup_deaf(&engine) < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	fixture->engine = engine;
	fixture->output = ends[0];
	fixture->argv[0] = fixture->engine->child;
	fixture->argv[1] = (char *)(uintptr_t) "report";
	fixture->program.argv = fixture->argv;
	fixture->program.umask = -1;
	fixture->plan = (struct spawn_plan){
	    .program = &fixture->program,
	    .path = fixture->engine->child,
	    .envp = fixture->envp,
	    .stdio = {fixture->engine->context.null_fd, ends[1], fixture->engine->context.null_fd},
	    .umask = 027,
	    .birth = &fixture->birth,
	};
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;
	void *engine = fixture->engine;

	close(fixture->output);
	close(fixture->plan.stdio[1]);
	if (fixture->result.pid && fixture->result.pidfd >= 0)
		close(fixture->result.pidfd);
	fake_engine_teardown(&engine);
	free(fixture);
	return 0;
}

static int spawn(struct fixture *fixture)
{
	return spawn_process(fixture->engine->context.spawner, &fixture->plan, &fixture->result);
}

/* The next exit that the guardian reports. */
static void take_exit(struct fixture *fixture, pid_t pid, int *ret_status)
{
	const int fd = fixture->engine->context.channel;
	struct pollfd channel = {.fd = fd, .events = POLLIN};
	struct channel_notice notice;

	do {
		assert_int_equal(poll(&channel, 1, WAIT_SECONDS * 1000), 1);
		assert_int_equal(channel_peek_notice(fd, &notice), 0);
		channel_consume_notice(fd);
	} while (notice.pid != pid);
	*ret_status = notice.status;
}

/* Runs the child to its end; all it said is then in the pipe, which has no end: the launch pad
 * keeps it open. */
static void run_report(struct fixture *fixture)
{
	size_t used = 0;
	int status;
	ssize_t n;

	assert_int_equal(spawn(fixture), 0);
	take_exit(fixture, fixture->result.pid, &status);
	assert_int_equal(status, 0);
	assert_int_equal(fcntl(fixture->output, F_SETFL, O_NONBLOCK), 0);
	fixture->report[used++] = '\n';
	while ((n = read(fixture->output, fixture->report + used, REPORT_MAX - 1 - used)) > 0)
		used += (size_t)n;
	fixture->report[used] = '\0';
}

/* The lines that begin with a word are these. */
static void expect_lines(struct fixture *fixture, const char *word, const char *expected)
{
	char found[REPORT_MAX] = "";
	char begin[64];
	size_t used = 0;

	snprintf(begin, sizeof(begin), "\n%s", word);
	for (const char *at = fixture->report; (at = strstr(at, begin)); at++) {
		size_t length = strcspn(at + 1, "\n") + 1;
		memcpy(found + used, at + 1, length);
		used += length;
	}
	assert_string_equal(found, expected);
}

static void a_child_has_three_descriptors_and_no_more(void **state)
{
	struct fixture *fixture = *state;
	/* Without close-on-exec, right behind the launch pad and far away. */
	int low = fcntl(fixture->engine->context.null_fd, F_DUPFD, LAUNCH_END);
	int high = fcntl(fixture->engine->context.null_fd, F_DUPFD, 900);

	assert_true(low >= 0 && high >= 900);
	run_report(fixture);
	expect_lines(fixture, "fd ", "fd 0\nfd 1\nfd 2\n");
	close(low);
	close(high);
}

/* The engine ignores SIGPIPE and blocks what is the guardian's. */
static void signals_are_as_at_a_login(void **state)
{
	struct fixture *fixture = *state;
	sigset_t blocked;

	/* What is ignored when the spawner is made; the daemon ignores nothing later. */
	signal(SIGUSR1, SIG_IGN);
	spawner_free(fixture->engine->context.spawner);
	fixture->engine->context.spawner =
	    spawner_new(fixture->engine->context.ledger, fixture->engine->handoff->fence_write);
	assert_non_null(fixture->engine->context.spawner);
	assert_int_equal(sigprocmask(SIG_SETMASK, NULL, &blocked), 0);
	assert_true(sigismember(&blocked, SIGTERM));
	run_report(fixture);
	signal(SIGUSR1, SIG_DFL);
	expect_lines(fixture, "blocked ", "");
	expect_lines(fixture, "ignored ", "");
	/* Ours are as before. */
	assert_int_equal(sigprocmask(SIG_SETMASK, NULL, &blocked), 0);
	assert_true(sigismember(&blocked, SIGTERM));
	assert_false(sigismember(&blocked, SIGSEGV));
	assert_true(signal(SIGPIPE, SIG_IGN) == SIG_IGN);
}

static void a_child_leads_a_group_in_our_session(void **state)
{
	struct fixture *fixture = *state;

	run_report(fixture);
	expect_lines(fixture, "session ", "session inherited\n");
	expect_lines(fixture, "group ", "group own\n");
}

static void directory_umask_and_environment_are_the_plans(void **state)
{
	struct fixture *fixture = *state;
	char directory[PATH_MAX], expected[PATH_MAX + 16];

	assert_non_null(realpath("/tmp", directory));
	snprintf(expected, sizeof(expected), "directory %s\n", directory);
	fixture->program.directory = (char *)(uintptr_t) "/tmp";
	fixture->envp[0] = (char *)(uintptr_t) "A=1";
	fixture->envp[1] = (char *)(uintptr_t) "B=two words";
	run_report(fixture);
	expect_lines(fixture, "directory ", expected);
	expect_lines(fixture, "umask ", "umask 0027\n");
	expect_lines(fixture, "environment ", "environment A=1\nenvironment B=two words\n");
}

/* It is known before it runs: who it is, whose child, and how many exits there were before it. */
static void a_child_enters_itself_in_the_ledger(void **state)
{
	struct fixture *fixture = *state;
	struct ledger_header *header = fixture->engine->context.ledger->header;
	uint64_t exits = atomic_load(&header->exits_sent);
	struct proc_stat status;
	struct pollfd end;
	int wait_status;

	fixture->argv[1] = (char *)(uintptr_t) "wait";
	assert_int_equal(spawn(fixture), 0);
	assert_true(fixture->result.pid > 0);
	assert_int_equal(fixture->birth.pid, fixture->result.pid);
	assert_true(fixture->birth.exits_before >= exits);
	assert_int_equal(fixture->birth.stage, SPAWN_STAGE_NONE);
	assert_true(fcntl(fixture->result.pidfd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(proc_read_stat(fixture->result.pid, &status), 0);
	assert_int_equal(status.parent, fixture->engine->context.guardian_pid);
	assert_int_equal(status.group, fixture->result.pid);
	end = (struct pollfd){.fd = fixture->result.pidfd, .events = POLLIN};
	assert_int_equal(poll(&end, 1, 0), 0);
	assert_int_equal(syscall(SYS_pidfd_send_signal, fixture->result.pidfd, SIGTERM, NULL, 0),
	                 0);
	assert_int_equal(poll(&end, 1, WAIT_SECONDS * 1000), 1);
	take_exit(fixture, fixture->result.pid, &wait_status);
	assert_true(WIFSIGNALED(wait_status));
	assert_int_equal(WTERMSIG(wait_status), SIGTERM);
}

/* ---- Limits ---- */

static void the_limit_of_files_is_the_one_before_but_enough(void **state)
{
	struct fixture *fixture = *state;
	struct spawner *spawner = fixture->engine->context.spawner;

	spawner_set_limits(spawner, 300, 100, 0);
	run_report(fixture);
	expect_lines(fixture, "files ", "files 300\n");
}

static void a_limit_that_is_too_low_is_raised(void **state)
{
	struct fixture *fixture = *state;

	spawner_set_limits(fixture->engine->context.spawner, 100, 300, 0);
	run_report(fixture);
	expect_lines(fixture, "files ", "files 300\n");
}

static void no_limit_is_raised_above_what_is_allowed(void **state)
{
	struct fixture *fixture = *state;
	char expected[64];
	struct rlimit most;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &most), 0);
	snprintf(expected, sizeof(expected), "files %lld\n", (long long)most.rlim_max);
	spawner_set_limits(fixture->engine->context.spawner, 100, RLIM_INFINITY - 1, 0);
	run_report(fixture);
	expect_lines(fixture, "files ", expected);
}

static void the_limit_of_processes_is_kept_where_it_will_do(void **state)
{
	struct fixture *fixture = *state;
	char expected[64];
	struct rlimit now;

	assert_int_equal(getrlimit(RLIMIT_NPROC, &now), 0);
	snprintf(expected, sizeof(expected), "processes %lld\n", (long long)now.rlim_cur);
	spawner_set_limits(fixture->engine->context.spawner, 300, 100, 1);
	run_report(fixture);
	expect_lines(fixture, "processes ", expected);
}

/* ---- Users ---- */

static void a_user_is_dropped_to_for_good(void **state)
{
	struct fixture *fixture = *state;
	gid_t groups[] = {NOBODY, 12345, 23456};

	if (geteuid() != 0) {
		print_message("[  NOTE    ] only root can become somebody else\n");
		skip();
	}
	fixture->program.user = (struct user_config){
	    .name = (char *)(uintptr_t) "nobody",
	    .uid = NOBODY,
	    .gid = NOBODY,
	    .groups = groups,
	    .group_count = 3,
	};
	run_report(fixture);
	expect_lines(fixture, "uid ", "uid 65534 65534\n");
	expect_lines(fixture, "gid ", "gid 65534 65534\n");
	expect_lines(fixture, "groups", "groups 12345 23456 65534\n");
	assert_int_equal(geteuid(), 0); /* we are who we were */
}

static void without_a_user_a_child_is_who_we_are(void **state)
{
	struct fixture *fixture = *state;
	char expected[64];

	snprintf(expected, sizeof(expected), "uid %d %d\n", (int)getuid(), (int)geteuid());
	run_report(fixture);
	expect_lines(fixture, "uid ", expected);
}

/* ---- Failures ---- */

static void expect_failure(struct fixture *fixture, enum spawn_stage stage, int error,
                           const char *text)
{
	char found[512];

	assert_int_equal(spawn(fixture), -1);
	assert_int_equal(fixture->result.stage, stage);
	assert_int_equal(fixture->result.error, error);
	spawn_describe(&fixture->program, fixture->plan.path, fixture->result.stage,
	               fixture->result.error, found, sizeof(found));
	assert_string_equal(found, text);
	if (stage > SPAWN_STAGE_CLONE) {
		/* There was a child; it has said why and is gone. */
		int status;
		take_exit(fixture, fixture->birth.pid, &status);
		assert_int_equal(WEXITSTATUS(status), 127);
		assert_int_equal(fixture->result.pidfd, -1);
	}
	fixture->result = (struct spawn_result){0};
	fixture->birth = (struct ledger_birth){0};
}

static void a_directory_that_is_not_there_is_named(void **state)
{
	struct fixture *fixture = *state;

	fixture->program.directory = (char *)(uintptr_t) "/nowhere";
	expect_failure(fixture, SPAWN_STAGE_DIRECTORY, ENOENT,
	               "changing to directory /nowhere: No such file or directory");
}

static void make_file(const struct fixture *fixture, const char *name, mode_t mode,
                      const char *text)
{
	const char *path = fake_engine_path(fixture->engine, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void what_cannot_be_executed_is_named(void **state)
{
	struct fixture *fixture = *state;
	char text[512];

	fixture->plan.path = fake_engine_path(fixture->engine, "missing");
	snprintf(text, sizeof(text), "can't find command '%s'", fixture->plan.path);
	expect_failure(fixture, SPAWN_STAGE_EXEC, ENOENT, text);

	fixture->plan.path = fixture->engine->directory;
	snprintf(text, sizeof(text), "command at '%s' is a directory", fixture->plan.path);
	expect_failure(fixture, SPAWN_STAGE_EXEC, EACCES, text);

	make_file(fixture, "plain", 0644, "text");
	fixture->plan.path = fake_engine_path(fixture->engine, "plain");
	snprintf(text, sizeof(text), "command at '%s' is not executable", fixture->plan.path);
	expect_failure(fixture, SPAWN_STAGE_EXEC, EACCES, text);

	make_file(fixture, "script", 0755, "#!/no/interpreter\n");
	fixture->plan.path = fake_engine_path(fixture->engine, "script");
	snprintf(text, sizeof(text),
	         "can't execute '%s': the interpreter that its first line names was not found",
	         fixture->plan.path);
	expect_failure(fixture, SPAWN_STAGE_EXEC, ENOENT, text);

	make_file(fixture, "garbage", 0755, "\001\002\003");
	fixture->plan.path = fake_engine_path(fixture->engine, "garbage");
	snprintf(text, sizeof(text), "executing '%s': Exec format error", fixture->plan.path);
	expect_failure(fixture, SPAWN_STAGE_EXEC, ENOEXEC, text);
}

/* It could be executed, but not by the user that it is to run as. */
static void a_command_that_the_user_may_not_run_is_named(void **state)
{
	struct fixture *fixture = *state;
	gid_t group = NOBODY;

	if (geteuid() != 0) {
		print_message("[  NOTE    ] only root can become somebody else\n");
		skip();
	}
	make_file(fixture, "private", 0700, "#!/bin/sh\n");
	fixture->plan.path = fake_engine_path(fixture->engine, "private");
	fixture->program.user = (struct user_config){.name = (char *)(uintptr_t) "nobody",
	                                             .uid = NOBODY,
	                                             .gid = NOBODY,
	                                             .groups = &group,
	                                             .group_count = 1};
	char text[512];
	snprintf(text, sizeof(text), "no permission to run command '%s'", fixture->plan.path);
	expect_failure(fixture, SPAWN_STAGE_EXEC, EACCES, text);
}

static void descriptors_that_are_none_are_told(void **state)
{
	struct fixture *fixture = *state;

	fixture->plan.stdio[0] = 987654;
	expect_failure(fixture, SPAWN_STAGE_PREPARE, EBADF,
	               "preparing its descriptors: Bad file descriptor");
	assert_null(spawner_new(fixture->engine->context.ledger, 987654));
	spawner_free(NULL);
}

static void limits_that_cannot_be_set_are_told(void **state)
{
	struct fixture *fixture = *state;
	struct rlimit most;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &most), 0);
	if (most.rlim_max == RLIM_INFINITY) {
		print_message("[  NOTE    ] there is no limit here\n");
		skip();
	}
	spawner_set_limits(fixture->engine->context.spawner, RLIM_INFINITY, 0, 0);
	expect_failure(fixture, SPAWN_STAGE_LIMITS, EINVAL, "setting its limits: Invalid argument");
}

/* In a process that gives up what is needed first; its exit status says what came of the spawn. */
static void expect_failure_after(struct fixture *fixture, void (*give_up)(void),
                                 enum spawn_stage stage, int error)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		give_up();
		if (spawn(fixture) != -1)
			_exit(1);
		if (fixture->result.stage != stage)
			_exit(100 + (int)fixture->result.stage);
		_exit(fixture->result.error == error ? 0 : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	/* Its child was ours: CLONE_PARENT. */
	while (waitpid(-1, NULL, WNOHANG) > 0)
		continue;
}

static void give_up_processes(void)
{
	struct rlimit none = {0, 0};

	if (geteuid() == 0 && setresuid(NOBODY, NOBODY, NOBODY) < 0)
		_exit(99);
	if (setrlimit(RLIMIT_NPROC, &none) < 0)
		_exit(98);
}

static void a_process_too_many_is_told(void **state)
{
	struct fixture *fixture = *state;
	char text[128];

	expect_failure_after(fixture, give_up_processes, SPAWN_STAGE_CLONE, EAGAIN);
	spawn_describe(&fixture->program, "x", SPAWN_STAGE_CLONE, EAGAIN, text, sizeof(text));
	assert_string_equal(text, "creating the process: Resource temporarily unavailable");
}

static void give_up_capability(int capability)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) < 0)
		_exit(97);
	data[0].effective &= ~(1u << capability);
	data[0].permitted &= ~(1u << capability);
	if (syscall(SYS_capset, &header, data) < 0)
		_exit(96);
}

static void give_up_groups(void)
{
	give_up_capability(CAP_SETGID);
}

static void give_up_users(void)
{
	give_up_capability(CAP_SETUID);
}

/* root in a container that may not change users: no start, rather than one as root. */
static void a_user_that_cannot_be_dropped_to_means_no_start(void **state)
{
	struct fixture *fixture = *state;
	gid_t group = NOBODY;

	if (geteuid() != 0) {
		print_message("[  NOTE    ] only root can become somebody else\n");
		skip();
	}
	fixture->program.user = (struct user_config){.name = (char *)(uintptr_t) "nobody",
	                                             .uid = NOBODY,
	                                             .gid = NOBODY,
	                                             .groups = &group,
	                                             .group_count = 1};
	expect_failure_after(fixture, give_up_groups, SPAWN_STAGE_GROUPS, EPERM);
	fixture->birth = (struct ledger_birth){0};
	expect_failure_after(fixture, give_up_users, SPAWN_STAGE_UID, EPERM);
}

static void every_stage_has_its_words(void **unused)
{
	struct program program = {.directory = (char *)(uintptr_t) "/srv"};
	char text[256], other[256];

	(void)unused;
	for (int stage = 0; stage < SPAWN_STAGE_COUNT; stage++) {
		spawn_describe(&program, "/bin/x", stage, EPERM, text, sizeof(text));
		assert_non_null(strstr(text, "Operation not permitted"));
		for (int before = 0; before < stage; before++) {
			spawn_describe(&program, "/bin/x", before, EPERM, other, sizeof(other));
			assert_string_not_equal(text, other);
		}
	}
	spawn_describe(&program, "/bin/x", SPAWN_STAGE_REGAIN, EPERM, text, sizeof(text));
	assert_string_equal(text,
	                    "making sure that it cannot be root again: Operation not permitted");
	spawn_describe(&program, "/bin/x", (enum spawn_stage)99, EPERM, text, sizeof(text));
	assert_string_equal(text, "starting: Operation not permitted");
}

/* ---- PATH ---- */

static void a_word_is_looked_for_in_path(void **state)
{
	struct fixture *fixture = *state;
	char *before = strdup(getenv("PATH"));
	char path[PATH_MAX], value[512];

	assert_int_equal(mkdir(fake_engine_path(fixture->engine, "empty"), 0755), 0);
	assert_int_equal(mkdir(fake_engine_path(fixture->engine, "folder"), 0755), 0);
	make_file(fixture, "tool", 0755, "#!/bin/sh\n");
	make_file(fixture, "text", 0644, "");
	snprintf(value, sizeof(value), "/nowhere:%s:%s/empty", fixture->engine->directory,
	         fixture->engine->directory);
	assert_int_equal(setenv("PATH", value, 1), 0);

	assert_int_equal(spawn_find("tool", NULL, path, sizeof(path)), 0);
	assert_string_equal(path, fake_engine_path(fixture->engine, "tool"));
	/* What is there and will not do is named, though others were looked at after it. */
	assert_int_equal(spawn_find("text", NULL, path, sizeof(path)), EACCES);
	assert_string_equal(path, fake_engine_path(fixture->engine, "text"));
	assert_int_equal(spawn_find("folder", NULL, path, sizeof(path)), ENOENT);
	assert_int_equal(spawn_find("missing", NULL, path, sizeof(path)), ENOENT);
	assert_string_equal(path, "missing");
	/* With a slash nothing is looked for; exec says what is wrong with it. */
	assert_int_equal(spawn_find("./missing", NULL, path, sizeof(path)), 0);
	assert_string_equal(path, "./missing");
	assert_int_equal(spawn_find("/a/long/name", NULL, path, 4), ENAMETOOLONG);
	assert_int_equal(spawn_find("tool", NULL, path, 4), ENOENT);

	/* No PATH, or an empty one: where programs usually are; an empty part is where we are. */
	assert_int_equal(unsetenv("PATH"), 0);
	assert_int_equal(spawn_find("sh", NULL, path, sizeof(path)), 0);
	assert_int_equal(path[0], '/');
	assert_int_equal(setenv("PATH", ":/nowhere", 1), 0);
	assert_int_equal(chdir(fixture->engine->directory), 0);
	assert_int_equal(spawn_find("tool", NULL, path, sizeof(path)), 0);
	assert_string_equal(path, "./tool");
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(setenv("PATH", before, 1), 0);
	free(before);
}

#define SPAWN_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static int run(void)
{
	const struct CMUnitTest tests[] = {
	    SPAWN_TEST(a_child_has_three_descriptors_and_no_more),
	    SPAWN_TEST(signals_are_as_at_a_login),
	    SPAWN_TEST(a_child_leads_a_group_in_our_session),
	    SPAWN_TEST(directory_umask_and_environment_are_the_plans),
	    SPAWN_TEST(a_child_enters_itself_in_the_ledger),
	    SPAWN_TEST(the_limit_of_files_is_the_one_before_but_enough),
	    SPAWN_TEST(a_limit_that_is_too_low_is_raised),
	    SPAWN_TEST(no_limit_is_raised_above_what_is_allowed),
	    SPAWN_TEST(the_limit_of_processes_is_kept_where_it_will_do),
	    SPAWN_TEST(a_user_is_dropped_to_for_good),
	    SPAWN_TEST(without_a_user_a_child_is_who_we_are),
	    SPAWN_TEST(a_directory_that_is_not_there_is_named),
	    SPAWN_TEST(what_cannot_be_executed_is_named),
	    SPAWN_TEST(a_command_that_the_user_may_not_run_is_named),
	    SPAWN_TEST(descriptors_that_are_none_are_told),
	    SPAWN_TEST(limits_that_cannot_be_set_are_told),
	    SPAWN_TEST(a_process_too_many_is_told),
	    SPAWN_TEST(a_user_that_cannot_be_dropped_to_means_no_start),
	    cmocka_unit_test(every_stage_has_its_words),
	    SPAWN_TEST(a_word_is_looked_for_in_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return fake_engine_main(run);
}
