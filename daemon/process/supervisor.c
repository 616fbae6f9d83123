/* All processes together. */
#include "daemon/process/supervisor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/log.h"
#include "common/parse.h"
#include "daemon/base/bus.h"
#include "daemon/base/clock.h"
#include "daemon/base/loop.h"
#include "daemon/config/config.h"
#include "daemon/config/diff.h"
#include "daemon/config/source.h"
#include "daemon/guardian/channel.h"
#include "daemon/guardian/ledger.h"
#include "daemon/guardian/store.h"
#include "daemon/process/context.h"
#include "daemon/process/exits.h"
#include "daemon/process/groups.h"
#include "daemon/process/lifecycle.h"
#include "daemon/process/logfile.h"
#include "daemon/process/ranks.h"
#include "daemon/process/table.h"
#include "daemon/process/update.h"

struct supervisor {
	struct context *context;
	struct supervisor_hooks hooks;
	enum supervisor_state state;
	struct process_table *table;
	struct groups *groups;
	struct exits *exits;
	struct update *update; /* the one under way */
};

static const char *const state_names[] = {
    [SUPERVISOR_STARTING] = "starting",
    [SUPERVISOR_RUNNING] = "running",
    [SUPERVISOR_RESTARTING] = "restarting",
    [SUPERVISOR_STOPPING] = "stopping",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) == SUPERVISOR_STATE_COUNT,
               "every state has a name");

const char *supervisor_state_name(enum supervisor_state state)
{
	return state_names[state];
}

enum supervisor_state supervisor_state(const struct supervisor *supervisor)
{
	return supervisor->state;
}

static void supervisor_set_state(struct supervisor *supervisor, enum supervisor_state state)
{
	struct notice notice = {
	    .type = NOTICE_MANAGER_STATE,
	    .subject = "",
	    .from = (int)supervisor->state,
	    .to = (int)state,
	};

	supervisor->state = state;
	bus_publish(supervisor->context->bus, &notice);
	supervisor->hooks.changed(supervisor->hooks.arg);
}

const struct config *supervisor_config(const struct supervisor *supervisor)
{
	return groups_in_force(supervisor->groups);
}

struct process *supervisor_at(const struct supervisor *supervisor, size_t index)
{
	return process_table_at(supervisor->table, index);
}

size_t supervisor_count(const struct supervisor *supervisor)
{
	return process_table_count(supervisor->table);
}

size_t supervisor_count_in(const struct supervisor *supervisor, int state)
{
	struct process *process;
	size_t count = 0;

	for (size_t i = 0; (process = supervisor_at(supervisor, i)); i++)
		count += (int)process_state(process) == state;
	return count;
}

struct process *supervisor_find(const struct supervisor *supervisor, const char *name)
{
	return process_table_find(supervisor->table, name);
}

int supervisor_select(const struct supervisor *supervisor, const char *selector,
                      struct process ***ret_processes, size_t *ret_count)
{
	return process_table_select(supervisor->table, selector, ret_processes, ret_count);
}

struct bus *supervisor_bus(const struct supervisor *supervisor)
{
	return supervisor->context->bus;
}

struct loop *supervisor_loop(const struct supervisor *supervisor)
{
	return supervisor->context->loop;
}

void supervisor_origin(const struct supervisor *supervisor, struct supervisor_origin *ret_origin)
{
	const struct ledger_header *header = supervisor->context->ledger->header;

	*ret_origin = (struct supervisor_origin){
	    .guardian_pid = header->guardian_pid,
	    .engine_pid = getpid(),
	    .engine_starts = atomic_load(&header->engine_starts),
	    .engine_reason = ledger_reason_name(atomic_load(&header->engine_reason)),
	    .since_usec = header->guardian_started_wall_usec,
	};
}

/* ---- The configuration ---- */

/* The configuration in force goes to the guardian, so that an engine that starts again has it and
 * not what is being edited on the disk. */
static void supervisor_remember(struct supervisor *supervisor, struct source *source)
{
	const uint32_t slot = STORE_CONFIG;
	int fd = memfd_create("muster-config", MFD_CLOEXEC);
	int r = fd < 0 ? -errno : source_save(source, fd);

	if (r == 0)
		r = channel_send_keep(supervisor->context->channel, &slot, &fd, 1);
	if (r < 0)
		log_error("cannot keep the configuration for another engine: %s", strerror(-r));
	if (fd >= 0)
		close(fd);
	source_free(source);
}

static int supervisor_read(struct supervisor *supervisor, struct config_notes *notes,
                           struct config **ret_config, struct source **ret_source)
{
	struct source *source = source_new();
	int r;

	if (!source)
		return -ENOMEM;
	r = config_load(supervisor_config(supervisor)->file, source, notes, ret_config);
	if (r == 0 && notes->error_count && (*ret_config)->daemon.strict) {
		config_free(*ret_config);
		r = -EINVAL;
	}
	if (r < 0)
		source_free(source);
	else
		*ret_source = source;
	return r;
}

int supervisor_reread(struct supervisor *supervisor, struct config_notes *notes,
                      struct config **ret_config, struct diff_entry **ret_entries,
                      size_t *ret_count)
{
	struct source *source;
	struct config *config;
	int r = supervisor_read(supervisor, notes, &config, &source);

	if (r < 0)
		return r;
	source_free(source);
	r = diff_groups(supervisor_config(supervisor), config, ret_entries, ret_count);
	if (r < 0) {
		config_free(config);
		return r;
	}
	*ret_config = config;
	return 0;
}

static void supervisor_update_finished(struct supervisor *supervisor)
{
	supervisor->update = NULL;
	supervisor->hooks.changed(supervisor->hooks.arg);
}

int supervisor_update(struct supervisor *supervisor, const char *const *groups,
                      struct config_notes *notes, update_cb report, void *arg)
{
	const struct update_place place = {
	    .supervisor = supervisor,
	    .groups = supervisor->groups,
	    .table = supervisor->table,
	    .adopted = supervisor_remember,
	    .finished = supervisor_update_finished,
	};
	struct source *source;
	struct config *config;
	int r;

	if (supervisor->update || supervisor->state != SUPERVISOR_RUNNING)
		return -EBUSY;
	r = supervisor_read(supervisor, notes, &config, &source);
	if (r < 0)
		return r;
	supervisor->update = update_new(&place, config, source, groups, report, arg);
	if (!supervisor->update)
		return -ENOMEM;
	supervisor->hooks.changed(supervisor->hooks.arg);
	return 0;
}

bool supervisor_is_updating(const struct supervisor *supervisor)
{
	return supervisor->update != NULL;
}

void supervisor_update_forget(struct supervisor *supervisor, void *arg)
{
	update_forget(supervisor->update, arg);
}

/* ---- The end ---- */

static void supervisor_gone_cb(void *arg)
{
	struct supervisor *supervisor = arg;

	supervisor->hooks.ended(supervisor->hooks.arg, supervisor->state == SUPERVISOR_RESTARTING);
}

static int supervisor_end(struct supervisor *supervisor, enum supervisor_state state)
{
	if (supervisor->state == SUPERVISOR_STOPPING || supervisor->state == SUPERVISOR_RESTARTING)
		return -EALREADY;
	update_abort(supervisor->update);
	supervisor->update = NULL;
	supervisor_set_state(supervisor, state);
	return ranks_stop_all(supervisor, supervisor_gone_cb, supervisor) ? 0 : -ENOMEM;
}

int supervisor_shutdown(struct supervisor *supervisor)
{
	return supervisor_end(supervisor, SUPERVISOR_STOPPING);
}

int supervisor_reload(struct supervisor *supervisor)
{
	return supervisor_end(supervisor, SUPERVISOR_RESTARTING);
}

static void supervisor_reopen_logs(struct supervisor *supervisor)
{
	logfiles_reopen(supervisor->context->logfiles);
}

static void supervisor_signal_shutdown(struct supervisor *supervisor)
{
	(void)supervisor_shutdown(supervisor);
}

static void supervisor_signal_reload(struct supervisor *supervisor)
{
	(void)supervisor_reload(supervisor);
}

/* supervisord's meanings of the signals. */
static const struct {
	int signal;
	const char *text;
	void (*act)(struct supervisor *supervisor);
} signal_rows[] = {
    {SIGTERM, "received SIGTERM indicating exit request", supervisor_signal_shutdown},
    {SIGINT, "received SIGINT indicating exit request", supervisor_signal_shutdown},
    {SIGQUIT, "received SIGQUIT indicating exit request", supervisor_signal_shutdown},
    {SIGHUP, "received SIGHUP indicating restart request", supervisor_signal_reload},
    {SIGUSR2, "received SIGUSR2 indicating log reopen request", supervisor_reopen_logs},
};

static void supervisor_signal_cb(void *arg, int signal)
{
	for (size_t i = 0; i < sizeof(signal_rows) / sizeof(signal_rows[0]); i++) {
		if (signal_rows[i].signal != signal)
			continue;
		log_warn("%s", signal_rows[i].text);
		signal_rows[i].act(arg);
		return;
	}
	log_info("received signal %d, which means nothing here", signal);
}

/*
 * No exit is reported any more, but a pidfd still tells that a process has ended. Every process is
 * told at once: there is nobody left whom an order would serve.
 */
void supervisor_orphaned(struct supervisor *supervisor)
{
	struct process *process;

	for (size_t i = 0; (process = supervisor_at(supervisor, i)); i++)
		(void)process_stop(process);
	for (size_t i = 0; (process = supervisor_at(supervisor, i)); i++) {
		uint64_t wait_usec = process_program(process)->stopwaitsecs_usec;
		struct pollfd end = {.fd = process_pidfd(process), .events = POLLIN};
		if (end.fd < 0 || poll(&end, 1, (int)(wait_usec / USEC_PER_MSEC)) != 0)
			continue;
		(void)process_kill(process);
	}
}

/* ---- Beginning ---- */

struct supervisor *supervisor_new(struct context *context, struct config *config,
                                  struct source *source, const struct supervisor_hooks *hooks)
{
	struct supervisor *supervisor = calloc(1, sizeof(*supervisor));

	if (!supervisor)
		return NULL;
	supervisor->context = context;
	supervisor->hooks = *hooks;
	supervisor->state = SUPERVISOR_STARTING;
	supervisor->table = process_table_new();
	if (supervisor->table)
		supervisor->groups = groups_new(context, supervisor->table, config);
	if (!supervisor->groups) {
		process_table_free(supervisor->table);
		free(supervisor);
		return NULL;
	}
	if (source)
		supervisor_remember(supervisor, source);
	return supervisor;
}

int supervisor_begin(struct supervisor *supervisor)
{
	int r = groups_populate(supervisor->groups);
	struct process *process;

	if (r == -ENOMEM)
		return r;
	for (size_t i = 0; (process = supervisor_at(supervisor, i)); i++)
		process_recover(process);
	supervisor->exits = exits_new(supervisor->context, supervisor_signal_cb, supervisor);
	if (!supervisor->exits)
		return -ENOMEM;
	supervisor_set_state(supervisor, SUPERVISOR_RUNNING);
	return 0;
}

void supervisor_free(struct supervisor *supervisor)
{
	struct process *process;

	if (!supervisor)
		return;
	update_abort(supervisor->update);
	exits_free(supervisor->exits);
	for (size_t i = 0; (process = supervisor_at(supervisor, i)); i++)
		process_free(process, process_is_done(process));
	process_table_free(supervisor->table);
	groups_free(supervisor->groups);
	free(supervisor);
}
