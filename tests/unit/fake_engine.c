/* Guardian, engine and context for tests; see the header. */
#include "tests/unit/fake_engine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/log.h"
#include "daemon/base/bus.h"
#include "daemon/base/clock.h"
#include "daemon/base/loop.h"
#include "daemon/guardian/channel.h"
#include "daemon/guardian/guardian.h"
#include "daemon/guardian/ledger.h"
#include "daemon/process/environment.h"
#include "daemon/process/exits.h"
#include "daemon/process/keeper.h"
#include "daemon/process/launcher.h"
#include "daemon/process/lifecycle.h"
#include "daemon/process/logfile.h"
#include "daemon/process/output.h"
#include "daemon/process/pids.h"
#include "daemon/process/spawn.h"
#include "daemon/process/trees.h"
#include "tests/unit/wait.h"

#define LOG_MAX (256u * 1024u)

extern char **environ;

struct fake_log {
	size_t used;
	char text[LOG_MAX];
};

/* Of the engine that the tests run in; cmocka hands nothing to a setup. */
static const struct handoff *the_handoff;

/* Under a sanitizer: what is leaked so far is told, and 1. */
int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

static int run_as_engine(const struct handoff *handoff, void *arg)
{
	int (*const *run)(void) = arg;
	struct ledger_header *header = handoff->ledger->header;
	int failed = 1;

	/* No test outlives the program, and an engine that crashed is not tried again. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	the_handoff = handoff;
	if (atomic_load(&header->engine_starts) == 1)
		failed = (*run)();
	else
		fprintf(stderr, "the tests have crashed: wait status %d\n",
		        (int)atomic_load(&header->engine_end));
	if (__lsan_do_recoverable_leak_check && __lsan_do_recoverable_leak_check())
		failed = 1;
	atomic_store(&header->exit_code, failed ? 1 : 0);
	atomic_store(&header->phase, PHASE_ENDING);
	return failed;
}

int fake_engine_main(int (*run)(void))
{
	if (spawn_reserve(false) < 0)
		return 1;
	fflush(NULL);
	return guardian_run(&(struct guardian_options){
	    .handover = -1, .engine = run_as_engine, .engine_arg = (void *)&run});
}

static void take_line(void *arg, const char *line, size_t size)
{
	struct fake_log *log = arg;

	if (log->used + size >= LOG_MAX)
		return;
	memcpy(log->text + log->used, line, size);
	log->used += size;
}

bool fake_engine_has_logged(const struct fake_engine *engine, const char *text)
{
	return strstr(engine->log->text, text) != NULL;
}

static void signalled_cb(void *arg, int signal)
{
	struct fake_engine *engine = arg;

	engine->signals |= 1 << signal;
}

static int make_context(struct fake_engine *engine)
{
	const struct handoff *handoff = engine->handoff;
	struct context *context = &engine->context;

	context->ledger = handoff->ledger;
	context->store = handoff->store;
	context->channel = handoff->channel;
	context->guardian_pid = handoff->guardian_pid;
	context->umask = 022;
	context->fd_limit = INT_MAX;
	context->config = &engine->config;
	context->null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	context->loop = loop_new();
	context->bus = bus_new(&handoff->ledger->header->notices);
	context->logfiles = logfiles_new();
	context->pids = pids_new();
	context->spawner = spawner_new(handoff->ledger, handoff->fence_write);
	context->environment = environment_of_daemon(environ);
	if (context->null_fd < 0 || !context->loop || !context->bus || !context->logfiles ||
	    !context->pids || !context->spawner || !context->environment)
		return -1;
	context->pump = pump_new(context->loop);
	context->launcher = launcher_new(context->loop, process_prepare, process_launch);
	context->keeper = keeper_new(context);
	context->trees = trees_new(context);
	return context->pump && context->launcher && context->trees && context->keeper ? 0 : -1;
}

/* Beside the test program, unless the environment says otherwise. */
static int find_child(char path[PATH_MAX])
{
	const char *build = getenv("MUSTER_BUILD");
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 32);
	char *slash;

	if (build)
		return snprintf(path, PATH_MAX, "%s/helper/child", build) < PATH_MAX ? 0 : -1;
	if (n < 0)
		return -1;
	path[n] = '\0';
	for (int i = 0; i < 2 && (slash = strrchr(path, '/')); i++)
		*slash = '\0';
	memcpy(path + strlen(path), "/helper/child", sizeof("/helper/child"));
	return 0;
}

/* A copy, since another user may not reach into where we were built. */
static int copy_child(struct fake_engine *engine)
{
	char path[PATH_MAX];
	struct stat status;
	off_t done = 0;
	int from, to;

	if (find_child(path) < 0)
		return -1;
	snprintf(engine->child, sizeof(engine->child), "%s/child", engine->directory);
	from = open(path, O_RDONLY | O_CLOEXEC);
	to = open(engine->child, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	if (from < 0 || to < 0 || fstat(from, &status) < 0) {
		fprintf(stderr, "%s is missing: make it first\n", path);
		return -1;
	}
	while (done < status.st_size &&
	       sendfile(to, from, &done, (size_t)(status.st_size - done)) > 0)
		continue;
	close(from);
	close(to);
	return done == status.st_size ? chmod(engine->child, 0755) : -1;
}

/* What a test that has failed left in the ledger is not the next one's. */
static void release_records(struct ledger *ledger)
{
	for (uint32_t record = 0; record < ledger_high(ledger); record++)
		if (ledger_is_used(ledger, record))
			ledger_release(ledger, record);
}

int fake_engine_setup_deaf(void **state)
{
	struct fake_engine *engine = calloc(1, sizeof(*engine));

	if (!engine || !(engine->log = calloc(1, sizeof(*engine->log))))
		return -1;
	engine->handoff = the_handoff;
	release_records(the_handoff->ledger);
	snprintf(engine->directory, sizeof(engine->directory), "/tmp/test_engine.XXXXXX");
	if (!mkdtemp(engine->directory) || chmod(engine->directory, 0755) < 0)
		return -1;
	engine->config.daemon.childlogdir = engine->directory;
	engine->config.daemon.identifier = (char *)(uintptr_t) "test";
	log_set_sink(take_line, engine->log);
	log_set_level(LEVEL_TRACE);
	*state = engine;
	return copy_child(engine) < 0 ? -1 : make_context(engine);
}

int fake_engine_setup(void **state)
{
	struct fake_engine *engine;

	if (fake_engine_setup_deaf(state) < 0)
		return -1;
	engine = *state;
	engine->exits = exits_new(&engine->context, signalled_cb, engine);
	return engine->exits ? 0 : -1;
}

static void remove_directory(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;

	while (directory && (entry = readdir(directory)))
		if (entry->d_name[0] != '.')
			(void)unlinkat(dirfd(directory), entry->d_name,
			               entry->d_type == DT_DIR ? AT_REMOVEDIR : 0);
	if (directory)
		closedir(directory);
	rmdir(path);
}

int fake_engine_teardown(void **state)
{
	struct fake_engine *engine = *state;
	struct context *context = &engine->context;

	exits_free(engine->exits);
	trees_free(context->trees);
	keeper_free(context->keeper);
	launcher_free(context->launcher);
	pump_free(context->pump);
	spawner_free(context->spawner);
	pids_free(context->pids);
	logfiles_free(context->logfiles);
	bus_free(context->bus);
	loop_free(context->loop);
	free(context->environment);
	close(context->null_fd);
	log_set_sink(NULL, NULL);
	remove_directory(engine->directory);
	free(engine->log);
	free(engine);
	return 0;
}

static void guard_cb(evutil_socket_t fd, short what, void *arg)
{
	bool *late = arg;

	(void)fd;
	(void)what;
	*late = true;
}

void fake_engine_run_until(struct fake_engine *engine, bool (*is_so)(void *arg), void *arg)
{
	struct event guard;
	bool late = false;

	loop_timer_init(engine->context.loop, &guard, guard_cb, &late);
	loop_timer_set(&guard, clock_monotonic_usec() + WAIT_SECONDS * USEC_PER_SEC);
	while (!is_so(arg) && !late)
		event_base_loop(loop_base(engine->context.loop), EVLOOP_ONCE);
	loop_timer_unset(&guard);
	if (late)
		print_error("%s", engine->log->text);
	assert_false(late);
}

void fake_engine_settle(struct fake_engine *engine)
{
	for (int i = 0; i < 20; i++)
		event_base_loop(loop_base(engine->context.loop), EVLOOP_NONBLOCK);
}

const char *fake_engine_path(const struct fake_engine *engine, const char *name)
{
	static char paths[4][160];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", engine->directory, name);
	return path;
}

char *fake_engine_read(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status = {0};
	ssize_t n = 0;
	char *text;

	if (fd >= 0)
		assert_int_equal(fstat(fd, &status), 0);
	text = calloc(1, (size_t)status.st_size + 1);
	assert_non_null(text);
	if (fd >= 0)
		n = read(fd, text, (size_t)status.st_size);
	assert_true(n >= 0);
	if (fd >= 0)
		close(fd);
	return text;
}
