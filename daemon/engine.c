/* Putting the engine together. Starting, and starting again after a crash, are one path. */
#include "daemon/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/log.h"
#include "common/state.h"
#include "daemon/api/api.h"
#include "daemon/api/listener.h"
#include "daemon/base/bus.h"
#include "daemon/base/clock.h"
#include "daemon/base/crashpoint.h"
#include "daemon/base/loop.h"
#include "daemon/config/config.h"
#include "daemon/config/note.h"
#include "daemon/config/source.h"
#include "daemon/guardian/channel.h"
#include "daemon/guardian/fdstore.h"
#include "daemon/guardian/guardian.h"
#include "daemon/guardian/ledger.h"
#include "daemon/guardian/notify.h"
#include "daemon/guardian/store.h"
#include "daemon/ownlog.h"
#include "daemon/pidfile.h"
#include "daemon/process/autolog.h"
#include "daemon/process/context.h"
#include "daemon/process/environment.h"
#include "daemon/process/keeper.h"
#include "daemon/process/launcher.h"
#include "daemon/process/lifecycle.h"
#include "daemon/process/logfile.h"
#include "daemon/process/output.h"
#include "daemon/process/pids.h"
#include "daemon/process/remember.h"
#include "daemon/process/spawn.h"
#include "daemon/process/supervisor.h"
#include "daemon/process/trees.h"

#define ENGINE_EXIT_CONFIG 2
#define ENGINE_EXIT_SOFTWARE 70
#define ENGINE_EXIT_TEMPORARY 75 /* EX_TEMPFAIL of sysexits.h(3head): another daemon is there */

/* Descriptors that processes leave to clients and to the engine's own work. */
#define ENGINE_FDS_KEPT 64
#define ENGINE_FDS_SHARE 4 /* ... but no more than the fourth part of all */

/* How long children of an engine before may take from clone to exec until they are given up. */
#define ENGINE_FENCE_WAIT_MSEC 10000

struct engine {
	const struct handoff *handoff;
	const struct engine_options *options;
	struct context context;
	struct ownlog *ownlog;
	struct supervisor *supervisor;
	struct api *api;
	struct listener *listener;
	struct event guardian_event;
	struct loop_work status_work;
	struct bus_subscription *status_subscription;
	bool updating; /* as told */
	enum supervisor_end end;
	struct loop_work stop_work;
};

extern char **environ;

/* Ends the whole daemon, not only this engine. */
static int engine_refuse(const struct engine *engine, int exit_code)
{
	struct ledger_header *header = engine->handoff->ledger->header;

	atomic_store(&header->exit_code, exit_code);
	atomic_store(&header->phase, PHASE_ENDING);
	return exit_code;
}

/* An engine that cannot begin ends the daemon where nothing runs yet; else the guardian tries
 * another, for as long as it takes: the workers are not to pay for it. */
static int engine_fail(const struct engine *engine, int error)
{
	const struct ledger_header *header = engine->handoff->ledger->header;
	uint32_t reason = atomic_load(&header->engine_reason);

	if (reason != REASON_START && reason != REASON_RELOAD)
		return ENGINE_EXIT_SOFTWARE;
	return engine_refuse(engine,
	                     error == -EADDRINUSE ? ENGINE_EXIT_TEMPORARY : ENGINE_EXIT_CONFIG);
}

/* Until the children that an engine before was starting have entered themselves in the ledger. */
static void engine_wait_for_fence(const struct handoff *handoff)
{
	struct pollfd fence = {.fd = handoff->fence_before, .events = POLLIN};

	if (handoff->fence_before < 0)
		return;
	if (poll(&fence, 1, ENGINE_FENCE_WAIT_MSEC) == 0)
		log_error("a child of the engine before is still on its way; it is given up");
	close(handoff->fence_before);
}

/* The configuration in force where there is one, else the one on the disk. *ret_source is what was
 * read from the disk, NULL where nothing was. */
static int engine_load_config(const struct engine *engine, struct config_notes *notes,
                              struct config **ret_config, struct source **ret_source)
{
	int fd = store_get(engine->handoff->store, STORE_CONFIG);
	struct source *source = NULL;
	int r = 0;

	if (fd >= 0)
		r = source_restore(fd, &source);
	if (r < 0)
		log_error("the configuration in force is lost (%s): reading it again",
		          strerror(-r));
	if (!source) {
		fd = -1;
		source = source_new();
	}
	if (!source)
		return -ENOMEM;
	r = config_load_with(engine->options->config_file, engine->options->command, source, notes,
	                     ret_config);
	if (r == 0 && notes->error_count && (*ret_config)->daemon.strict) {
		config_free(*ret_config);
		r = -EINVAL;
	}
	*ret_source = NULL;
	if (r == 0 && fd < 0)
		*ret_source = source;
	else
		source_free(source);
	return r;
}

static int engine_make_context(struct engine *engine)
{
	const struct handoff *handoff = engine->handoff;
	struct context *context = &engine->context;
	struct rlimit limit;

	context->ledger = handoff->ledger;
	context->store = handoff->store;
	context->channel = handoff->channel;
	context->guardian_pid = handoff->guardian_pid;
	context->umask = engine->options->umask;
	context->binary = engine->options->binary;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		context->fd_limit = limit.rlim_cur > INT_MAX ? INT_MAX : (int)limit.rlim_cur;
	context->fd_limit -= context->fd_limit / ENGINE_FDS_SHARE < ENGINE_FDS_KEPT
	                         ? context->fd_limit / ENGINE_FDS_SHARE
	                         : ENGINE_FDS_KEPT;
	context->null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	context->loop = loop_new();
	context->bus = bus_new(&handoff->ledger->header->notices);
	context->logfiles = logfiles_new();
	context->pids = pids_new();
	context->spawner = spawner_new(handoff->ledger, handoff->fence_write);
	context->environment = environment_of_daemon(environ);
	close(handoff->fence_write);
	if (context->null_fd < 0 || !context->loop || !context->bus || !context->logfiles ||
	    !context->pids || !context->spawner || !context->environment)
		return -ENOMEM;
	context->pump = pump_new(context->loop);
	context->launcher = launcher_new(context->loop, process_prepare, process_launch);
	context->keeper = keeper_new(context);
	context->trees = trees_new(context);
	return context->pump && context->launcher && context->trees && context->keeper ? 0
	                                                                               : -ENOMEM;
}

/* ---- What the service manager and the log are told ---- */

static void engine_status_run(void *arg)
{
	const struct engine *engine = arg;
	char text[160] = "";
	size_t used = 0;

	for (int state = 0; state < STATE_COUNT; state++) {
		size_t count = supervisor_count_in(engine->supervisor, state);
		if (count && used < sizeof(text))
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%zu %s",
			                         used ? ", " : "", count,
			                         state_name((enum process_state)state));
	}
	(void)notify_send("STATUS=%s: %s",
	                  supervisor_state_name(supervisor_state(engine->supervisor)),
	                  used ? text : "no processes");
}

/* One message for all that changes in a turn; none where nobody listens. */
static void engine_notice_cb(void *arg, const struct notice *notice)
{
	struct engine *engine = arg;

	(void)notice;
	loop_defer(engine->context.loop, &engine->status_work);
}

static int engine_watch_status(struct engine *engine)
{
	engine->status_work = (struct loop_work){.run = engine_status_run, .arg = engine};
	if (!getenv("NOTIFY_SOCKET"))
		return 0;
	engine->status_subscription = bus_subscribe(
	    engine->context.bus, (1u << NOTICE_PROCESS_STATE) | (1u << NOTICE_MANAGER_STATE),
	    engine_notice_cb, engine);
	return engine->status_subscription ? 0 : -ENOMEM;
}

static void engine_say_ready(const struct engine *engine)
{
	const struct ledger_header *header = engine->handoff->ledger->header;

	(void)notify_send("READY=1\nMAINPID=%d", (int)engine->handoff->guardian_pid);
	ownlog_end_early(engine->ownlog);
	if (engine->options->ready_fd >= 0) {
		if (write(engine->options->ready_fd, "", 1) < 0 && errno != EPIPE)
			log_warn("cannot tell that the daemon is ready: %m");
		close(engine->options->ready_fd);
	}
	if (atomic_load(&header->engine_starts) == 1)
		log_info("musterd started with pid %d", (int)engine->handoff->guardian_pid);
	else
		log_warn("engine started again as pid %d (%s): %zu processes go on", (int)getpid(),
		         ledger_reason_name(atomic_load(&header->engine_reason)),
		         supervisor_count(engine->supervisor));
}

/* An update is what a service manager calls a reload (sd_notify(3)). */
static void engine_changed_cb(void *arg)
{
	struct engine *engine = arg;
	bool updating = supervisor_is_updating(engine->supervisor);

	if (supervisor_state(engine->supervisor) == SUPERVISOR_STOPPING)
		(void)notify_send("STOPPING=1");
	else if (updating && !engine->updating)
		(void)notify_send("RELOADING=1\nMONOTONIC_USEC=%llu",
		                  (unsigned long long)clock_monotonic_usec());
	else if (engine->updating && !updating)
		(void)notify_send("READY=1");
	engine->updating = updating;
}

static bool engine_log_is_unserved(const struct log_config *log)
{
	return log->kind == LOG_SYSLOG || log->syslog || log->capture_maxbytes ||
	       log->events_enabled;
}

static void engine_log_unserved_group(const struct group_config *group)
{
	if (group->kind == PROGRAM_EVENTLISTENER)
		log_warn("[eventlistener:%s] gets no events yet", group->name);
	if (group->kind == PROGRAM_FCGI)
		log_warn("[fcgi-program:%s] gets no socket yet", group->name);
	for (size_t i = 0; i < group->program_count; i++) {
		const struct program *program = group->programs[i];
		if (engine_log_is_unserved(&program->stdout_log) ||
		    engine_log_is_unserved(&program->stderr_log))
			log_warn("%s: capture, log events and syslog are not served yet; what goes "
			         "to syslog goes to an AUTO log",
			         program->full_name);
	}
}

/* What is read and checked, and served by a later version. */
static void engine_log_unserved(const struct config *config)
{
	if (config->unix_http.present)
		log_warn("[unix_http_server] is not served yet: supervisorctl cannot connect");
	if (config->inet_http.present)
		log_warn("[inet_http_server] is not served yet: supervisorctl cannot connect");
	if (config->daemon.strip_ansi)
		log_warn("[supervisord] strip_ansi is not served yet: logs are kept as they come");
	for (size_t i = 0; i < config->group_count; i++)
		engine_log_unserved_group(config->groups[i]);
}

/* ---- The socket ---- */

static void engine_socket_made_cb(void *arg, int fd)
{
	const struct engine *engine = arg;
	const uint32_t slot = STORE_SOCKET;
	int r;

	crash_point(CRASH_SOCKET_MADE);
	r = channel_send_keep(engine->context.channel, &slot, &fd, 1);
	crash_point(CRASH_SOCKET_KEPT);
	if (r < 0)
		log_error("cannot keep the socket for another engine: %s", strerror(-r));
}

static int engine_listen(struct engine *engine, const struct daemon_config *config)
{
	bool owned = config->socket_owner.name != NULL;
	struct listener_options options = {
	    .path = config->socket,
	    .mode = config->socket_mode,
	    .uid = owned ? config->socket_owner.uid : (uid_t)-1,
	    .gid = owned ? config->socket_owner.gid : (gid_t)-1,
	    .made = engine_socket_made_cb,
	    .made_arg = engine,
	};
	int fd = store_get(engine->handoff->store, STORE_SOCKET);

	engine->api = api_new(engine->context.loop, engine->supervisor);
	if (!engine->api)
		return -ENOMEM;
	engine->listener = listener_new(engine->api, &options);
	if (!engine->listener)
		return -ENOMEM;
	return fd >= 0 ? listener_adopt(engine->listener, fd) : listener_open(engine->listener);
}

/* A command is run also where nothing can be written: nobody may have wanted to talk to us. */
static int engine_do_without_socket(struct engine *engine)
{
	log_warn("going on without a socket: muster cannot connect");
	listener_free(engine->listener);
	engine->listener = NULL;
	return 0;
}

/* ---- Run and end ---- */

static void engine_stop_run(void *arg)
{
	const struct engine *engine = arg;

	loop_stop(engine->context.loop);
}

/* In the next turn: what clients are told goes out with this one. */
static void engine_ended_cb(void *arg, enum supervisor_end end)
{
	struct engine *engine = arg;

	if (engine->stop_work.run)
		return; /* what comes meanwhile is in the ledger, for the engine after us */
	engine->end = end;
	engine->stop_work = (struct loop_work){.run = engine_stop_run, .arg = engine};
	loop_defer(engine->context.loop, &engine->stop_work);
}

/* Nothing is left that the next daemon could take over. */
static void engine_remove_ledger(const struct engine *engine)
{
	const struct ledger *ledger = engine->handoff->ledger;
	char name[32], path[PATH_MAX];
	ssize_t n;

	if (!ledger_lasts(ledger))
		return;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", ledger->fd);
	n = readlink(name, path, sizeof(path) - 1);
	if (n <= 0)
		return;
	path[n] = '\0';
	if (unlink(path) < 0 && errno != ENOENT)
		log_warn("cannot remove %s: %m", path);
}

/* Where a service manager keeps them nothing is lost of what a process writes before its end. */
static void engine_leave_descriptors(const struct engine *engine)
{
	int r = fdstore_leave(engine->handoff->ledger, engine->handoff->store);

	if (r < 0)
		log_error("the service manager does not keep our descriptors: %s", strerror(-r));
	else if (r > 0)
		log_info("the service manager keeps %d descriptors", r);
}

static bool engine_may_leave(const struct engine *engine)
{
	const struct daemon_config *daemon = &supervisor_config(engine->supervisor)->daemon;

	return ledger_lasts(engine->handoff->ledger) &&
	       daemon->on_guardian_death == GUARDIAN_DEATH_LEAVE;
}

static void engine_guardian_cb(evutil_socket_t fd, short what, void *arg)
{
	struct engine *engine = arg;

	(void)fd;
	(void)what;
	if (engine_may_leave(engine)) {
		log_critical(
		    "the guardian has died: every process runs on, for the next musterd to "
		    "take over");
		engine_leave_descriptors(engine);
		_exit(ENGINE_EXIT_SOFTWARE);
	}
	log_critical("the guardian has died: stopping every process");
	event_del(&engine->guardian_event);
	supervisor_orphaned(engine->supervisor);
	listener_remove(engine->listener);
	engine_remove_ledger(engine);
	_exit(ENGINE_EXIT_SOFTWARE);
}

/* What the guardian is to know of the configuration stands in the ledger. */
static void engine_set_silence(const struct engine *engine, const struct daemon_config *daemon)
{
	uint64_t limit_msec = daemon->engine_timeout_usec / USEC_PER_MSEC;

	atomic_store(&engine->handoff->ledger->header->silence_msec,
	             limit_msec < INT32_MAX ? (uint32_t)limit_msec : INT32_MAX);
}

/* True where processes of a guardian before run, with logs that this one has not opened yet. */
static bool engine_adopts(const struct engine *engine)
{
	return atomic_load(&engine->handoff->ledger->header->engine_reason) == REASON_ADOPT;
}

static int engine_begin(struct engine *engine, struct config *config, struct source *source)
{
	const struct supervisor_hooks hooks = {
	    .ended = engine_ended_cb,
	    .changed = engine_changed_cb,
	    .arg = engine,
	};
	bool source_is_new = source != NULL;
	int r = engine_make_context(engine);

	if (r < 0)
		return r;
	engine->ownlog = ownlog_new(engine->context.logfiles, &config->daemon,
	                            engine->options->foreground, engine->options->ready_fd);
	spawner_set_limits(engine->context.spawner, engine->handoff->files_before,
	                   config->daemon.minfds, config->daemon.minprocs);
	engine->supervisor = supervisor_new(&engine->context, config, source, &hooks);
	if (!engine->supervisor || !engine->ownlog)
		return -ENOMEM;
	/* The socket comes before the first start: where another daemon has it, nothing is run. */
	r = engine_listen(engine, &config->daemon);
	if (r < 0 && r != -ENOMEM && !config->file)
		r = engine_do_without_socket(engine);
	if (r == 0)
		r = engine_watch_status(engine);
	if (r < 0)
		return r;
	crash_point(CRASH_ENGINE_LISTENING);
	/* A first start, or one afresh; else the logs of the processes that run are among them. */
	if (source_is_new && !config->daemon.nocleanup && !engine_adopts(engine))
		autolog_clean(&config->daemon);
	engine_set_silence(engine, &config->daemon);
	pidfile_write(config->daemon.pidfile, engine->handoff->guardian_pid);
	if (engine->handoff->guardian_pidfd >= 0)
		(void)loop_watch(engine->context.loop, &engine->guardian_event,
		                 engine->handoff->guardian_pidfd, EV_READ, engine_guardian_cb,
		                 engine);
	return supervisor_begin(engine->supervisor);
}

/* The process ends after this and its memory with it; but what is not freed here is a leak that the
 * sanitizers are to see. */
static void engine_free(struct engine *engine)
{
	struct context *context = &engine->context;

	listener_free(engine->listener);
	api_free(engine->api);
	supervisor_free(engine->supervisor);
	bus_unsubscribe(engine->status_subscription);
	ownlog_free(engine->ownlog);
	trees_free(context->trees);
	launcher_free(context->launcher);
	keeper_free(context->keeper);
	pump_free(context->pump);
	free(context->environment);
	spawner_free(context->spawner);
	pids_free(context->pids);
	logfiles_free(context->logfiles);
	bus_free(context->bus);
	loop_free(context->loop);
}

static int engine_end_of_all(struct engine *engine)
{
	const struct daemon_config *daemon = &supervisor_config(engine->supervisor)->daemon;
	const struct ledger_header *header = engine->handoff->ledger->header;

	listener_remove(engine->listener);
	crash_point(CRASH_SOCKET_REMOVED);
	pidfile_remove(daemon->pidfile, engine->handoff->guardian_pid);
	engine_remove_ledger(engine);
	log_info("musterd has stopped");
	return engine_refuse(engine, atomic_load(&header->exit_code));
}

static int engine_end_again(struct engine *engine)
{
	log_info("starting afresh");
	forget_everything(&engine->context);
	crash_point(CRASH_CONFIG_FORGOTTEN);
	return 0;
}

static int engine_end_for_upgrade(struct engine *engine)
{
	log_info("making room for the new binary");
	atomic_store(&engine->context.ledger->header->phase, PHASE_UPGRADING);
	return 0;
}

static int engine_end_leaving(struct engine *engine)
{
	const struct daemon_config *daemon = &supervisor_config(engine->supervisor)->daemon;

	engine_leave_descriptors(engine);
	pidfile_remove(daemon->pidfile, engine->handoff->guardian_pid);
	log_info("musterd goes, and every process runs on for the next one to take over");
	return engine_refuse(engine, 0);
}

static int (*const engine_ends[])(struct engine *engine) = {
    [END_OF_ALL] = engine_end_of_all,
    [END_AGAIN] = engine_end_again,
    [END_FOR_UPGRADE] = engine_end_for_upgrade,
    [END_LEAVING] = engine_end_leaving,
};

/* What a signal to the daemon means is the guardian's to hand on; a stray one to the engine must
 * not end it. */
static void engine_ignore_signals(void)
{
	static const int ignored[] = {SIGPIPE, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		(void)signal(ignored[i], SIG_IGN);
}

/* Which of the two a line of ps, or of top, speaks of. */
static void engine_set_title(const struct engine_options *options)
{
	static const char title[] = "musterd: engine";

	(void)prctl(PR_SET_NAME, title);
	if (options->title_size >= sizeof(title)) {
		memset(options->title, 0, options->title_size);
		memcpy(options->title, title, sizeof(title));
	}
}

int engine_main(const struct handoff *handoff, void *arg)
{
	struct engine engine = {.handoff = handoff, .options = arg};
	struct config_notes notes = {0};
	struct config *config;
	struct source *source;
	int r;

	engine_set_title(arg);
	engine_ignore_signals();
	engine_wait_for_fence(handoff);
	crash_point(CRASH_ENGINE_FENCED);
	r = engine_load_config(&engine, &notes, &config, &source);
	if (r < 0) {
		note_log(&notes);
		config_notes_done(&notes);
		log_critical("cannot use configuration %s: %s",
		             engine.options->config_file ? engine.options->config_file
		                                         : "of the command line",
		             strerror(-r));
		return engine_fail(&engine, r);
	}
	crash_point(CRASH_ENGINE_CONFIGURED);
	r = engine_begin(&engine, config, source);
	note_log(&notes);
	config_notes_done(&notes);
	if (r < 0) {
		log_critical("cannot begin: %s", strerror(-r));
		engine_free(&engine);
		return engine_fail(&engine, r);
	}
	engine_log_unserved(config);
	atomic_store(&handoff->ledger->header->engine_begun, 1);
	engine_say_ready(&engine);
	loop_run(engine.context.loop);
	r = engine_ends[engine.end](&engine);
	engine_free(&engine);
	crash_point(CRASH_RECORDS_RELEASED);
	/* Last: until everything is forgotten, an engine that follows has to go on with it. */
	if (engine.end == END_AGAIN)
		atomic_store(&handoff->ledger->header->intent, 0);
	return r;
}
