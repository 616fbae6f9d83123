/* One update, from the first stop to the last start. */
#include "daemon/process/update.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "daemon/base/bus.h"
#include "daemon/base/crashpoint.h"
#include "daemon/base/loop.h"
#include "daemon/config/config.h"
#include "daemon/config/diff.h"
#include "daemon/config/source.h"
#include "daemon/process/groups.h"
#include "daemon/process/lifecycle.h"
#include "daemon/process/remember.h"
#include "daemon/process/table.h"

struct update {
	struct update_place place;
	struct config *config;
	struct remembered read; /* chosen NULL: all groups */
	struct diff_entry *entries;
	size_t entry_count;
	struct bus_subscription *subscription;
	struct loop_work work;
	update_cb report;
	void *arg;
};

static const char *const *update_chosen(const struct update *update)
{
	return (const char *const *)update->read.chosen;
}

static void update_free(struct update *update)
{
	if (!update)
		return;
	bus_unsubscribe(update->subscription);
	loop_cancel(supervisor_loop(update->place.supervisor), &update->work);
	remembered_done(&update->read);
	free(update->entries);
	config_free(update->config);
	free(update);
}

static bool update_takes(const struct update *update, const struct diff_entry *entry)
{
	const struct group_config *group = entry->after ? entry->after : entry->before;

	return groups_is_chosen(update_chosen(update), group->name);
}

/* Tells the processes of all groups that have to go; true where one of them has not ended. */
static bool update_leavers(const struct update *update)
{
	struct process *process;
	bool left = false;

	for (size_t i = 0; (process = process_table_at(update->place.table, i)); i++) {
		for (size_t k = 0; k < update->entry_count; k++) {
			const struct diff_entry *entry = &update->entries[k];
			if (!entry->before || !update_takes(update, entry) ||
			    strcmp(entry->before->name, process_group(process)) != 0)
				continue;
			(void)process_stop(process);
			left |= !process_is_done(process);
		}
	}
	return left;
}

static void update_tell(const struct update *update)
{
	if (!update->report)
		return;
	for (size_t i = 0; i < update->entry_count; i++) {
		const struct diff_entry *entry = &update->entries[i];
		const struct group_config *group = entry->after ? entry->after : entry->before;
		if (update_takes(update, entry))
			update->report(update->arg, group->name, diff_change_name(entry->change));
	}
	update->report(update->arg, NULL, NULL);
}

static void update_remember(const struct update *update)
{
	const struct context *context = update->place.context;
	int r = update->read.chosen
	            ? remember_layer(context, update->read.source, update_chosen(update))
	            : remember_whole(context, update->read.source);

	if (r < 0)
		log_error("cannot keep the configuration for another engine: %s", strerror(-r));
}

static void update_work_run(void *arg)
{
	struct update *update = arg;
	struct supervisor *supervisor = update->place.supervisor;
	struct config *config = update->config;
	int r;

	/* What somebody started again meanwhile is told again. */
	if (update_leavers(update))
		return;
	crash_point(CRASH_UPDATE_STOPPED);
	/* The names in the entries live in both configurations: told before the old one goes. */
	update_tell(update);
	update->config = NULL;
	r = groups_replace(update->place.groups, config, update_chosen(update));
	if (r < 0)
		log_error("update: some groups could not be added: %s", strerror(-r));
	crash_point(CRASH_UPDATE_REPLACED);
	update_remember(update);
	crash_point(CRASH_UPDATE_FORGOTTEN);
	update->place.finished(supervisor);
	update_free(update);
}

static void update_notice_cb(void *arg, const struct notice *notice)
{
	struct update *update = arg;

	if (state_is_ended((enum process_state)notice->to))
		loop_defer(supervisor_loop(update->place.supervisor), &update->work);
}

struct update *update_new(const struct update_place *place, struct config *config,
                          struct remembered *read, bool known, update_cb report, void *arg)
{
	struct update *update = calloc(1, sizeof(*update));
	int r;

	if (!update) {
		config_free(config);
		remembered_done(read);
		return NULL;
	}
	update->place = *place;
	update->config = config;
	update->read = *read;
	update->report = report;
	update->arg = arg;
	update->work.run = update_work_run;
	update->work.arg = update;
	r = diff_groups(groups_in_force(place->groups), config, &update->entries,
	                &update->entry_count);
	if (r < 0)
		goto fail;
	update->subscription = bus_subscribe(supervisor_bus(place->supervisor),
	                                     1u << NOTICE_PROCESS_STATE, update_notice_cb, update);
	if (!update->subscription)
		goto fail;
	r = known ? 0 : remember_update(place->context, read->source, update_chosen(update));
	crash_point(CRASH_UPDATE_REMEMBERED);
	if (r < 0)
		log_error("an engine that dies now will not finish this update: %s", strerror(-r));
	loop_defer(supervisor_loop(place->supervisor), &update->work);
	return update;
fail:
	update_free(update);
	return NULL;
}

void update_abort(struct update *update)
{
	if (update)
		forget_update(update->place.context);
	if (update && update->report)
		update->report(update->arg, NULL, NULL);
	update_free(update);
}

void update_forget(struct update *update, void *arg)
{
	if (update && update->arg == arg)
		update->report = NULL;
}
