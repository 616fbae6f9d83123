/* Groups: from configuration to processes. */
#include "daemon/process/groups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "daemon/base/bus.h"
#include "daemon/base/crashpoint.h"
#include "daemon/config/diff.h"
#include "daemon/config/note.h"
#include "daemon/config/program.h"
#include "daemon/guardian/ledger.h"
#include "daemon/process/context.h"
#include "daemon/process/lifecycle.h"
#include "daemon/process/stdio.h"
#include "daemon/process/table.h"

#define GROUPS_TAKEN \
	"a process that was run without a section has its name; remove that one, then update"

struct retired {
	struct config *config;
	struct retired *next;
};

struct groups {
	struct context *context;
	struct process_table *table;
	struct config *config;   /* the latest */
	struct retired *retired; /* earlier ones that some groups still come from */
	struct config in_force;  /* config, with the groups that are in force */
};

/* The record of a name among those that nobody has adopted yet. */
struct orphan {
	const char *name;
	uint32_t record;
	bool adopted;
};

struct orphans {
	struct orphan *items;
	size_t count;
};

static int orphan_compare(const void *a, const void *b)
{
	return strcmp(((const struct orphan *)a)->name, ((const struct orphan *)b)->name);
}

static int orphans_collect(const struct ledger *ledger, struct orphans *orphans)
{
	uint32_t high = ledger_high(ledger);

	orphans->items = calloc(high + 1, sizeof(struct orphan));
	if (!orphans->items)
		return -ENOMEM;
	for (uint32_t record = 0; record < high; record++)
		if (ledger_is_used(ledger, record))
			orphans->items[orphans->count++] =
			    (struct orphan){ledger_name(ledger, record), record, false};
	qsort(orphans->items, orphans->count, sizeof(struct orphan), orphan_compare);
	return 0;
}

/* Records without a program: nothing is started or signalled for them; a live one is reported. */
static void orphans_dispose(const struct context *context, struct orphans *orphans)
{
	for (size_t i = 0; i < orphans->count; i++) {
		const struct orphan *orphan = &orphans->items[i];
		const struct ledger_life *life = ledger_life(context->ledger, orphan->record);
		if (orphan->adopted)
			continue;
		if (life->pid) {
			log_error("%s (pid %d) is in no configuration any more: it is left alone",
			          orphan->name, (int)life->pid);
			continue;
		}
		stdio_forget(context, orphan->record);
		ledger_release(context->ledger, orphan->record);
	}
	free(orphans->items);
}

static int group_add_process(struct groups *groups, const struct group_config *group,
                             const struct program *program, struct orphans *orphans)
{
	struct orphan key = {.name = program->full_name};
	struct orphan *orphan = NULL;
	struct process *process;
	int r;

	if (orphans->count)
		orphan = bsearch(&key, orphans->items, orphans->count, sizeof(key), orphan_compare);
	if (orphan && !orphan->adopted) {
		orphan->adopted = true;
		r = process_adopt(groups->context, program, orphan->record, &process);
	} else {
		r = process_new(groups->context, program, &process);
	}
	if (r < 0) {
		log_error("cannot supervise %s: %s", program->full_name, strerror(-r));
		return r;
	}
	process_set_rank(process, group->priority);
	r = process_table_add(groups->table, process);
	if (r < 0)
		process_free(process, false);
	return r;
}

static int group_add(struct groups *groups, const struct group_config *group,
                     struct orphans *orphans)
{
	int result = 0;

	for (size_t i = 0; i < group->program_count; i++) {
		int r = group_add_process(groups, group, group->programs[i], orphans);
		if (r < 0)
			result = r;
	}
	return result;
}

/* The records that no process has: of a start, those that no ad-hoc process has taken up; else left
 * by an engine that died in the middle of an update. */
static int orphans_collect_unowned(const struct groups *groups, struct orphans *orphans)
{
	int r = orphans_collect(groups->context->ledger, orphans);

	for (size_t i = 0; r == 0 && i < orphans->count; i++)
		orphans->items[i].adopted =
		    process_table_find(groups->table, orphans->items[i].name) != NULL;
	return r;
}

struct groups *groups_new(struct context *context, struct process_table *table,
                          struct config *config)
{
	struct groups *groups = calloc(1, sizeof(*groups));

	if (!groups)
		return NULL;
	groups->context = context;
	groups->table = table;
	groups->config = config;
	groups->in_force = *config;
	groups->in_force.groups = calloc(config->group_count + 1, sizeof(struct group_config *));
	if (!groups->in_force.groups) {
		free(groups);
		return NULL;
	}
	if (config->group_count)
		memcpy(groups->in_force.groups, config->groups,
		       config->group_count * sizeof(struct group_config *));
	context->config = &groups->in_force;
	return groups;
}

static void groups_free_retired(struct groups *groups)
{
	while (groups->retired) {
		struct retired *retired = groups->retired;
		groups->retired = retired->next;
		config_free(retired->config);
		free(retired);
	}
}

void groups_free(struct groups *groups)
{
	if (!groups)
		return;
	groups_free_retired(groups);
	config_free(groups->config);
	free(groups->in_force.groups);
	free(groups);
}

const struct config *groups_in_force(const struct groups *groups)
{
	return &groups->in_force;
}

/* What Run made has the name of a group. */
static bool groups_is_taken(const struct groups *groups, const char *name)
{
	const struct process *process = process_table_find(groups->table, name);

	return process && process_program(process)->is_ad_hoc;
}

int groups_leave_out(const struct groups *groups, struct config *config, struct config_notes *notes)
{
	size_t kept = 0;
	int result = 0;

	for (size_t i = 0; i < config->group_count; i++) {
		const struct group_config *group = config->groups[i];
		struct place place = {.file = config->file, .section = group->name};
		if (!groups_is_taken(groups, group->name)) {
			config->groups[kept++] = config->groups[i];
			continue;
		}
		if (group->program_count) {
			place.file = group->programs[0]->file;
			place.line = group->programs[0]->line;
		}
		if (!notes)
			log_error("group %s is left out: " GROUPS_TAKEN, group->name);
		else if (note_add(notes, true, &place, "it is left out: " GROUPS_TAKEN) < 0)
			result = -ENOMEM;
	}
	config->group_count = kept;
	return result;
}

int groups_populate(struct groups *groups)
{
	struct orphans orphans = {0};
	int result = orphans_collect_unowned(groups, &orphans);

	if (result < 0)
		return result;
	groups_leave_out(groups, &groups->in_force, NULL);
	for (size_t i = 0; i < groups->in_force.group_count; i++) {
		int r = group_add(groups, groups->in_force.groups[i], &orphans);
		if (r < 0)
			result = r;
	}
	orphans_dispose(groups->context, &orphans);
	process_table_sort(groups->table);
	return result;
}

bool groups_is_chosen(const char *const *chosen, const char *name)
{
	if (!chosen)
		return true;
	for (; *chosen; chosen++)
		if (strcmp(*chosen, name) == 0)
			return true;
	return false;
}

/* Unchanged: the same processes, with what was read of them anew. */
static void group_carry_over(struct groups *groups, const struct group_config *group)
{
	for (size_t i = 0; i < group->program_count; i++) {
		struct program *program = group->programs[i];
		struct process *process = process_table_find(groups->table, program->full_name);
		if (!process)
			continue;
		process_set_program(process, program);
		process_set_rank(process, group->priority);
	}
}

static void group_forget_process(void *arg, struct process *process)
{
	(void)arg;
	process_free(process, true);
}

static void groups_say(struct groups *groups, enum notice_type type, const char *name)
{
	struct notice notice = {.type = type, .subject = name};

	bus_publish(groups->context->bus, &notice);
}

/* The groups in force afterwards: the chosen ones as in `config`, the others as they are. */
static int groups_merge(const struct groups *groups, const struct config *config,
                        const char *const *chosen, struct group_config ***ret_groups,
                        size_t *ret_count)
{
	const struct config *before = &groups->in_force;
	struct group_config **merged =
	    calloc(before->group_count + config->group_count + 1, sizeof(*merged));
	size_t count = 0;

	if (!merged)
		return -ENOMEM;
	for (size_t i = 0; i < before->group_count; i++)
		if (!groups_is_chosen(chosen, before->groups[i]->name))
			merged[count++] = before->groups[i];
	for (size_t i = 0; i < config->group_count; i++)
		if (groups_is_chosen(chosen, config->groups[i]->name))
			merged[count++] = config->groups[i];
	*ret_groups = merged;
	*ret_count = count;
	return 0;
}

static void groups_remove_old(struct groups *groups, const struct diff_entry *entries, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!entries[i].before)
			continue;
		process_table_remove_group(groups->table, entries[i].before->name,
		                           group_forget_process, NULL);
		groups_say(groups, NOTICE_GROUP_REMOVED, entries[i].before->name);
	}
}

static int groups_add_new(struct groups *groups, const struct diff_entry *entries, size_t count)
{
	struct orphans orphans = {0};
	int result = orphans_collect_unowned(groups, &orphans);

	for (size_t i = 0; i < count; i++) {
		int r;
		if (!entries[i].after)
			continue;
		r = group_add(groups, entries[i].after, &orphans);
		if (r < 0)
			result = r;
		groups_say(groups, NOTICE_GROUP_ADDED, entries[i].after->name);
	}
	free(orphans.items);
	return result;
}

static void groups_start_new(struct groups *groups, const struct diff_entry *entries, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct group_config *group = entries[i].after;
		for (size_t k = 0; group && k < group->program_count; k++) {
			struct process *process =
			    process_table_find(groups->table, group->programs[k]->full_name);
			if (process)
				process_recover(process);
		}
	}
}

static int groups_retire(struct groups *groups, bool whole)
{
	struct retired *retired;

	if (whole) {
		config_free(groups->config);
		groups_free_retired(groups);
		return 0;
	}
	retired = malloc(sizeof(*retired));
	if (!retired)
		return -ENOMEM;
	retired->config = groups->config;
	retired->next = groups->retired;
	groups->retired = retired;
	return 0;
}

static void groups_put_in_force(struct groups *groups, struct config *config,
                                const struct config *next, bool whole)
{
	free(groups->in_force.groups);
	/* Where memory is short the old one is leaked rather than used after it was freed. */
	(void)groups_retire(groups, whole);
	groups->config = config;
	groups->in_force = *next;
}

int groups_lay_over(struct groups *groups, struct config *config, const char *const *chosen)
{
	struct config next = *config;
	int r = groups_merge(groups, config, chosen, &next.groups, &next.group_count);

	if (r < 0)
		config_free(config);
	else
		groups_put_in_force(groups, config, &next, chosen == NULL);
	return r;
}

int groups_replace(struct groups *groups, struct config *config, const char *const *chosen)
{
	struct config next = *config;
	struct diff_entry *entries = NULL;
	size_t count = 0;
	int result;

	result = groups_merge(groups, config, chosen, &next.groups, &next.group_count);
	if (result == 0)
		result = groups_leave_out(groups, &next, NULL);
	if (result == 0) {
		result = diff_groups(&groups->in_force, &next, &entries, &count);
		if (result < 0)
			free(next.groups);
	}
	if (result < 0) {
		config_free(config);
		return result;
	}
	groups_remove_old(groups, entries, count);
	crash_point(CRASH_UPDATE_REMOVED);
	result = groups_add_new(groups, entries, count);
	crash_point(CRASH_UPDATE_ADDED);
	for (size_t i = 0; i < next.group_count; i++)
		group_carry_over(groups, next.groups[i]);
	/* From here on the entries' `before` may be freed memory. */
	groups_put_in_force(groups, config, &next, chosen == NULL);
	process_table_sort(groups->table);
	groups_start_new(groups, entries, count);
	free(entries);
	return result;
}
