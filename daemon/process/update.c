/* One update, from the first stop to the last start. */
#include "daemon/process/update.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "daemon/base/bus.h"
#include "daemon/base/loop.h"
#include "daemon/config/config.h"
#include "daemon/config/diff.h"
#include "daemon/config/source.h"
#include "daemon/process/groups.h"
#include "daemon/process/lifecycle.h"
#include "daemon/process/table.h"

struct update {
	struct update_place place;
	struct config *config;
	struct source *source;
	char **chosen; /* NULL: all */
	struct diff_entry *entries;
	size_t entry_count;
	struct bus_subscription *subscription;
	struct loop_work work;
	update_cb report;
	void *arg;
};

static void update_free_chosen(char **chosen)
{
	for (size_t i = 0; chosen && chosen[i]; i++)
		free(chosen[i]);
	free(chosen);
}

static char **update_copy_chosen(const char *const *chosen)
{
	size_t count = 0;
	char **copy;

	while (chosen[count])
		count++;
	copy = calloc(count + 1, sizeof(*copy));
	for (size_t i = 0; copy && i < count; i++) {
		copy[i] = strdup(chosen[i]);
		if (!copy[i]) {
			update_free_chosen(copy);
			return NULL;
		}
	}
	return copy;
}

static void update_free(struct update *update)
{
	if (!update)
		return;
	bus_unsubscribe(update->subscription);
	loop_cancel(supervisor_loop(update->place.supervisor), &update->work);
	update_free_chosen(update->chosen);
	free(update->entries);
	config_free(update->config);
	source_free(update->source);
	free(update);
}

static bool update_takes(const struct update *update, const struct diff_entry *entry)
{
	const struct group_config *group = entry->after ? entry->after : entry->before;

	return groups_is_chosen((const char *const *)update->chosen, group->name);
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

static void update_start_new(const struct update *update)
{
	struct process *process;

	for (size_t i = 0; (process = process_table_at(update->place.table, i)); i++)
		if (process_is_new(process))
			process_autostart(process);
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

static void update_work_run(void *arg)
{
	struct update *update = arg;
	struct supervisor *supervisor = update->place.supervisor;
	struct config *config = update->config;
	int r;

	/* What somebody started again meanwhile is told again. */
	if (update_leavers(update))
		return;
	/* The names in the entries live in both configurations: told before the old one goes. */
	update_tell(update);
	update->config = NULL;
	update->place.adopted(supervisor, update->source);
	update->source = NULL;
	r = groups_replace(update->place.groups, config, (const char *const *)update->chosen);
	if (r < 0)
		log_error("update: some groups could not be added: %s", strerror(-r));
	update_start_new(update);
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
                          struct source *source, const char *const *chosen, update_cb report,
                          void *arg)
{
	struct update *update = calloc(1, sizeof(*update));
	int r;

	if (!update) {
		config_free(config);
		source_free(source);
		return NULL;
	}
	update->place = *place;
	update->config = config;
	update->source = source;
	update->report = report;
	update->arg = arg;
	update->work.run = update_work_run;
	update->work.arg = update;
	if (chosen && !(update->chosen = update_copy_chosen(chosen)))
		goto fail;
	r = diff_groups(groups_in_force(place->groups), config, &update->entries,
	                &update->entry_count);
	if (r < 0)
		goto fail;
	update->subscription = bus_subscribe(supervisor_bus(place->supervisor),
	                                     1u << NOTICE_PROCESS_STATE, update_notice_cb, update);
	if (!update->subscription)
		goto fail;
	loop_defer(supervisor_loop(place->supervisor), &update->work);
	return update;
fail:
	update_free(update);
	return NULL;
}

void update_abort(struct update *update)
{
	if (update && update->report)
		update->report(update->arg, NULL, NULL);
	update_free(update);
}

void update_forget(struct update *update, void *arg)
{
	if (update && update->arg == arg)
		update->report = NULL;
}
