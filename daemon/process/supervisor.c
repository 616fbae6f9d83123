/* All processes together. */
#include "daemon/process/supervisor.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/parse.h"
#include "daemon/base/bus.h"
#include "daemon/base/clock.h"
#include "daemon/base/crashpoint.h"
#include "daemon/base/loop.h"
#include "daemon/config/config.h"
#include "daemon/config/diff.h"
#include "daemon/config/note.h"
#include "daemon/config/source.h"
#include "daemon/guardian/ledger.h"
#include "daemon/guardian/store.h"
#include "daemon/process/ad-hoc.h"
#include "daemon/process/context.h"
#include "daemon/process/daemons.h"
#include "daemon/process/essential.h"
#include "daemon/process/exits.h"
#include "daemon/process/groups.h"
#include "daemon/process/lifecycle.h"
#include "daemon/process/ranks.h"
#include "daemon/process/remember.h"
#include "daemon/process/signals.h"
#include "daemon/process/table.h"
#include "daemon/process/update.h"
#include "daemon/process/upgrade.h"

struct supervisor {
	struct context *context;
	struct supervisor_hooks hooks;
	enum supervisor_state state;
	struct process_table *table;
	struct groups *groups;
	struct ad_hocs *ad_hocs;
	struct daemons *daemons;
	struct exits *exits;
	struct essential *essential;
	struct update *update;   /* the one under way */
	struct upgrade *upgrade; /* the binary that is looked at, or was last */
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

struct process *supervisor_foreground(const struct supervisor *supervisor)
{
	struct process *process;

	for (size_t i = 0; (process = supervisor_at(supervisor, i)); i++)
		if (process_program(process)->is_foreground)
			return process;
	return NULL;
}

struct ad_hocs *supervisor_ad_hocs(const struct supervisor *supervisor)
{
	return supervisor->ad_hocs;
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

static int supervisor_read(struct supervisor *supervisor, struct config_notes *notes,
                           struct config **ret_config, struct source **ret_source)
{
	struct source *source = source_new();
	int r;

	if (!source)
		return -ENOMEM;
	r = config_load_with(supervisor_config(supervisor)->file,
	                     supervisor_config(supervisor)->command, source, notes, ret_config);
	if (r == 0)
		(void)groups_leave_out(supervisor->groups, *ret_config, notes);
	if (r == 0 && notes->error_count && (*ret_config)->daemon.strict) {
		config_free(*ret_config);
		r = -EINVAL;
	}
	if (r < 0)
		source_free(source);
	else
		*ret_source = source;
	note_log(notes);
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

static int supervisor_begin_update(struct supervisor *supervisor, struct config *config,
                                   struct remembered *read, bool known, update_cb report, void *arg)
{
	const struct update_place place = {
	    .context = supervisor->context,
	    .supervisor = supervisor,
	    .groups = supervisor->groups,
	    .table = supervisor->table,
	    .finished = supervisor_update_finished,
	};

	supervisor->update = update_new(&place, config, read, known, report, arg);
	if (!supervisor->update)
		return -ENOMEM;
	supervisor->hooks.changed(supervisor->hooks.arg);
	return 0;
}

int supervisor_update(struct supervisor *supervisor, const char *const *groups,
                      struct config_notes *notes, update_cb report, void *arg)
{
	struct remembered read = {0};
	struct config *config;
	int r;

	if (supervisor->update || supervisor->state != SUPERVISOR_RUNNING)
		return -EBUSY;
	if (groups && !remember_has_room(supervisor->context)) {
		struct place place = {.file = supervisor_config(supervisor)->file};
		(void)note_add(notes, true, &place,
		               "%d updates of single groups have come since the last of all: "
		               "update all groups once",
		               STORE_LAYERS_MAX);
		return -EINVAL;
	}
	r = supervisor_read(supervisor, notes, &config, &read.source);
	if (r < 0)
		return r;
	if (groups && !(read.chosen = remember_copy_names(groups))) {
		config_free(config);
		remembered_done(&read);
		return -ENOMEM;
	}
	return supervisor_begin_update(supervisor, config, &read, false, report, arg);
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

/* In place of an exit code: that of the foreground program, which is known when it has ended. */
#define EXIT_OF_FOREGROUND (-1)

static void supervisor_gone_cb(void *arg)
{
	struct supervisor *supervisor = arg;
	struct ledger_header *header = supervisor->context->ledger->header;
	const struct process *foreground = supervisor_foreground(supervisor);

	if (atomic_load(&header->exit_code) == EXIT_OF_FOREGROUND)
		atomic_store(&header->exit_code, foreground ? process_shell_code(foreground) : 0);
	crash_point(CRASH_END_STOPPED);
	supervisor->hooks.ended(supervisor->hooks.arg, supervisor->state == SUPERVISOR_RESTARTING
	                                                   ? END_AGAIN
	                                                   : END_OF_ALL);
}

/* exit_code: of the whole daemon, where this is its end. */
static int supervisor_end(struct supervisor *supervisor, enum supervisor_state state, int exit_code)
{
	struct ledger_header *header = supervisor->context->ledger->header;

	bool stops_already = supervisor->state == SUPERVISOR_RESTARTING;

	if (supervisor->state == SUPERVISOR_STOPPING || supervisor->state == state)
		return -EALREADY;
	update_abort(supervisor->update);
	supervisor->update = NULL;
	/* An engine that dies in the middle is followed by one that goes on with it: the intent
	 * comes last. */
	atomic_store(&header->exit_code, exit_code);
	atomic_store(&header->intent, state);
	crash_point(CRASH_END_INTENDED);
	supervisor->context->ending = true;
	supervisor_set_state(supervisor, state);
	/* What began as a restart ends as the end where that is asked for on the way. */
	if (stops_already)
		return 0;
	return ranks_stop_all(supervisor, supervisor_gone_cb, supervisor) ? 0 : -ENOMEM;
}

int supervisor_shutdown(struct supervisor *supervisor)
{
	int exit_code = supervisor_foreground(supervisor) ? EXIT_OF_FOREGROUND : 0;

	return supervisor_end(supervisor, SUPERVISOR_STOPPING, exit_code);
}

int supervisor_reload(struct supervisor *supervisor)
{
	return supervisor_end(supervisor, SUPERVISOR_RESTARTING, 0);
}

/* An end that is under way goes on as it was begun. */
static void supervisor_essential_cb(void *arg)
{
	struct supervisor *supervisor = arg;
	int exit_code;

	if (!atomic_load(&supervisor->context->ledger->header->intent) &&
	    essential_find(supervisor, &exit_code))
		(void)supervisor_end(supervisor, SUPERVISOR_STOPPING, exit_code);
}

int supervisor_leave(struct supervisor *supervisor)
{
	if (supervisor->state == SUPERVISOR_STOPPING || supervisor->state == SUPERVISOR_RESTARTING)
		return -EALREADY;
	if (!ledger_lasts(supervisor->context->ledger))
		return -ENOTSUP;
	supervisor->hooks.ended(supervisor->hooks.arg, END_LEAVING);
	return 0;
}

/* ---- Another binary ---- */

int supervisor_look_at_upgrade(struct supervisor *supervisor, upgrade_cb report, void *arg)
{
	if (supervisor->upgrade || supervisor->update || supervisor->state != SUPERVISOR_RUNNING)
		return -EBUSY;
	return upgrade_new(supervisor->context, report, arg, &supervisor->upgrade);
}

void supervisor_forget_upgrade(struct supervisor *supervisor, void *arg)
{
	if (!upgrade_is_asked_by(supervisor->upgrade, arg))
		return;
	upgrade_free(supervisor->upgrade);
	supervisor->upgrade = NULL;
}

int supervisor_upgrade(struct supervisor *supervisor)
{
	int r = -EBUSY;

	if (!supervisor->update && supervisor->state == SUPERVISOR_RUNNING)
		r = upgrade_hand_over(supervisor->upgrade);
	if (r == 0)
		supervisor->hooks.ended(supervisor->hooks.arg, END_FOR_UPGRADE);
	return r;
}

/* ---- Signals ---- */

static void supervisor_signal_cb(void *arg, int signal)
{
	struct supervisor *supervisor = arg;

	signals_act(supervisor, supervisor->context, signal);
}

/*
 * No exit is reported any more, but a pidfd still tells that a process has ended. Every process is
 * told at once: there is nobody left whom an order would serve.
 */
void supervisor_orphaned(struct supervisor *supervisor)
{
	uint64_t told_usec = clock_monotonic_usec();
	struct process *process;

	for (size_t i = 0; (process = supervisor_at(supervisor, i)); i++)
		(void)process_stop(process);
	for (size_t i = 0; (process = supervisor_at(supervisor, i)); i++) {
		uint64_t due_usec = told_usec + process_program(process)->stopwaitsecs_usec;
		uint64_t now_usec = clock_monotonic_usec();
		uint64_t left_msec =
		    due_usec > now_usec ? (due_usec - now_usec) / USEC_PER_MSEC : 0;
		struct pollfd end = {.fd = process_pidfd(process), .events = POLLIN};
		int wait_msec = left_msec < INT_MAX ? (int)left_msec : INT_MAX;
		if (end.fd >= 0 && poll(&end, 1, wait_msec) == 0)
			(void)process_kill(process);
	}
}

/* ---- Beginning ---- */

static int supervisor_load_remembered(const struct supervisor *supervisor,
                                      const struct remembered *remembered,
                                      struct config **ret_config)
{
	struct config_notes notes = {0};
	const struct config *config = supervisor_config(supervisor);
	int r =
	    config_load_with(config->file, config->command, remembered->source, &notes, ret_config);

	if (r == 0)
		(void)groups_leave_out(supervisor->groups, *ret_config, &notes);
	config_notes_done(&notes); /* said when it was read from the disk */
	return r;
}

/* Updates of some groups that came after what is in force as a whole. */
static int supervisor_recall_layers(struct supervisor *supervisor)
{
	struct remembered layer;
	int r = 0;

	for (size_t i = 0; r == 0 && recall_layer(supervisor->context, i, &layer) == 0; i++) {
		struct config *config;
		r = supervisor_load_remembered(supervisor, &layer, &config);
		if (r == 0)
			r = groups_lay_over(supervisor->groups, config,
			                    (const char *const *)layer.chosen);
		remembered_done(&layer);
	}
	return r;
}

/* The engine before died in the middle of an update: it goes on, without its asker. */
static void supervisor_resume_update(struct supervisor *supervisor)
{
	struct remembered update;
	struct config *config;
	int r = recall_update(supervisor->context, &update);

	if (r == -ENOENT)
		return;
	log_info("going on with an update that was cut off");
	if (r == 0) {
		r = supervisor_load_remembered(supervisor, &update, &config);
		if (r < 0)
			remembered_done(&update);
	}
	if (r == 0)
		r = supervisor_begin_update(supervisor, config, &update, true, NULL, NULL);
	if (r < 0)
		log_error("cannot go on with it: %s", strerror(-r));
}

struct supervisor *supervisor_new(struct context *context, struct config *config,
                                  struct source *source, const struct supervisor_hooks *hooks)
{
	struct supervisor *supervisor = calloc(1, sizeof(*supervisor));
	int r;

	if (!supervisor)
		return NULL;
	supervisor->context = context;
	supervisor->hooks = *hooks;
	supervisor->state = SUPERVISOR_STARTING;
	supervisor->table = process_table_new();
	if (supervisor->table)
		supervisor->ad_hocs = ad_hocs_new(context, supervisor->table);
	if (supervisor->ad_hocs)
		supervisor->daemons = daemons_new(context, supervisor->table);
	if (supervisor->daemons)
		supervisor->groups = groups_new(context, supervisor->table, config);
	if (!supervisor->groups) {
		daemons_free(supervisor->daemons);
		ad_hocs_free(supervisor->ad_hocs);
		process_table_free(supervisor->table);
		free(supervisor);
		return NULL;
	}
	r = source ? remember_whole(context, source) : supervisor_recall_layers(supervisor);
	source_free(source);
	if (r < 0)
		log_error("another engine will not have the configuration in force: %s",
		          strerror(-r));
	return supervisor;
}

int supervisor_begin(struct supervisor *supervisor)
{
	struct process *process;
	uint32_t intent;
	int r;

	ad_hocs_recover(supervisor->ad_hocs);
	r = groups_populate(supervisor->groups);
	if (r == -ENOMEM)
		return r;
	crash_point(CRASH_ENGINE_ADOPTED);
	supervisor->exits = exits_new(supervisor->context, supervisor_signal_cb, supervisor);
	supervisor->essential = essential_watch(supervisor, supervisor_essential_cb, supervisor);
	if (!supervisor->exits || !supervisor->essential)
		return -ENOMEM;
	exits_catch_up(supervisor->exits);
	crash_point(CRASH_ENGINE_CAUGHT_UP);
	/* Also of those whose end an engine before saw and did not act on any more. */
	supervisor_essential_cb(supervisor);
	intent = atomic_load(&supervisor->context->ledger->header->intent);
	supervisor->context->ending = intent != 0;
	/* First, so that what it stops is not started before. */
	if (!intent)
		supervisor_resume_update(supervisor);
	for (size_t i = 0; (process = supervisor_at(supervisor, i)); i++)
		process_recover(process);
	daemons_recover(supervisor->daemons);
	crash_point(CRASH_ENGINE_RECOVERED);
	if (supervisor->state != SUPERVISOR_STARTING)
		return 0; /* a signal to end was among what came */
	if (!intent)
		supervisor_set_state(supervisor, SUPERVISOR_RUNNING);
	else
		(void)supervisor_end(supervisor, (enum supervisor_state)intent,
		                     atomic_load(&supervisor->context->ledger->header->exit_code));
	return 0;
}

void supervisor_free(struct supervisor *supervisor)
{
	struct process *process;
	bool afresh;

	if (!supervisor)
		return;
	afresh = supervisor->state == SUPERVISOR_RESTARTING;
	update_abort(supervisor->update);
	upgrade_free(supervisor->upgrade);
	exits_free(supervisor->exits);
	essential_free(supervisor->essential);
	/* At the end of all the guardian drops everything by itself. */
	for (size_t i = 0; (process = supervisor_at(supervisor, i)); i++)
		process_free(process, afresh && process_is_done(process));
	daemons_free(supervisor->daemons);
	ad_hocs_free(supervisor->ad_hocs);
	process_table_free(supervisor->table);
	groups_free(supervisor->groups);
	free(supervisor);
}
