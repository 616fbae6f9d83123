/*
 * An end is noted when it is told, and believed where it still holds once the callbacks of the turn
 * are done: a process that is started again at once passes through an end.
 */
#include "daemon/process/daemons.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "daemon/base/bus.h"
#include "daemon/base/loop.h"
#include "daemon/config/program.h"
#include "daemon/process/context.h"
#include "daemon/process/lifecycle.h"
#include "daemon/process/table.h"

/* A name in a daemon_of= of which something has ended in this turn. */
struct master {
	char *name;
	struct master *next;
};

struct daemons {
	const struct context *context;
	const struct process_table *table;
	struct bus_subscription *subscription;
	struct loop_work work;
	struct master *masters;
	size_t count;    /* processes that have a daemon_of= */
	bool is_counted; /* else groups came or went since */
};

static const char *master_of(const struct process *process)
{
	return process_program(process)->daemon_of;
}

/* A process of that full name, else all of the group. */
static bool is_meant(const struct process_table *table, const char *name,
                     const struct process *process)
{
	const struct process *exact = process_table_find(table, name);

	return exact ? process == exact : strcmp(process_group(process), name) == 0;
}

bool daemons_has_master(const struct process_table *table, const char *name)
{
	const struct process *process;

	for (size_t i = 0; (process = process_table_at(table, i)); i++)
		if (is_meant(table, name, process))
			return true;
	return false;
}

/* True where all that is meant has ended; where `process` is given, something of it in its life. */
static bool master_has_ended(const struct process_table *table, const char *name,
                             const struct process *process)
{
	const struct process *master;
	bool ended = !process;

	for (size_t i = 0; (master = process_table_at(table, i)); i++) {
		if (!is_meant(table, name, master))
			continue;
		if (!process_is_done(master))
			return false;
		ended |= process && process_has_survived(process, master);
	}
	return ended;
}

static void end_daemon(struct process *process)
{
	if (process_is_done(process))
		return;
	log_info("%s has ended, and '%s' ends with it", master_of(process), process_name(process));
	(void)process_stop(process);
}

static void daemons_work_run(void *arg)
{
	struct daemons *daemons = arg;

	while (daemons->masters) {
		struct master *master = daemons->masters;
		struct process *process;
		bool ended = master_has_ended(daemons->table, master->name, NULL);
		for (size_t i = 0; ended && (process = process_table_at(daemons->table, i)); i++)
			if (master_of(process) && strcmp(master_of(process), master->name) == 0)
				end_daemon(process);
		daemons->masters = master->next;
		free(master->name);
		free(master);
	}
}

static void daemons_count(struct daemons *daemons)
{
	const struct process *process;

	daemons->count = 0;
	for (size_t i = 0; (process = process_table_at(daemons->table, i)); i++)
		daemons->count += master_of(process) != NULL;
	daemons->is_counted = true;
}

static void daemons_note(struct daemons *daemons, const char *name)
{
	struct master *master = daemons->masters;

	while (master && strcmp(master->name, name) != 0)
		master = master->next;
	if (master)
		return;
	master = malloc(sizeof(*master));
	if (master && !(master->name = strdup(name))) {
		free(master);
		master = NULL;
	}
	if (!master) {
		log_error("out of memory: what is a daemon of %s goes on", name);
		return;
	}
	master->next = daemons->masters;
	daemons->masters = master;
	loop_defer(daemons->context->loop, &daemons->work);
}

static void daemons_notice_cb(void *arg, const struct notice *notice)
{
	struct daemons *daemons = arg;
	const struct process *process;

	if (notice->type != NOTICE_PROCESS_STATE) {
		daemons->is_counted = false;
		return;
	}
	if (!process_is_done(notice->object))
		return;
	if (!daemons->is_counted)
		daemons_count(daemons);
	for (size_t i = 0; daemons->count && (process = process_table_at(daemons->table, i)); i++)
		if (master_of(process) &&
		    is_meant(daemons->table, master_of(process), notice->object))
			daemons_note(daemons, master_of(process));
}

void daemons_recover(const struct daemons *daemons)
{
	struct process *process;

	for (size_t i = 0; (process = process_table_at(daemons->table, i)); i++)
		if (master_of(process) &&
		    master_has_ended(daemons->table, master_of(process), process))
			end_daemon(process);
}

struct daemons *daemons_new(const struct context *context, const struct process_table *table)
{
	struct daemons *daemons = calloc(1, sizeof(*daemons));

	if (!daemons)
		return NULL;
	daemons->context = context;
	daemons->table = table;
	daemons->work.run = daemons_work_run;
	daemons->work.arg = daemons;
	daemons->subscription = bus_subscribe(
	    context->bus,
	    1u << NOTICE_PROCESS_STATE | 1u << NOTICE_GROUP_ADDED | 1u << NOTICE_GROUP_REMOVED,
	    daemons_notice_cb, daemons);
	if (!daemons->subscription) {
		free(daemons);
		return NULL;
	}
	return daemons;
}

void daemons_free(struct daemons *daemons)
{
	if (!daemons)
		return;
	bus_unsubscribe(daemons->subscription);
	loop_cancel(daemons->context->loop, &daemons->work);
	while (daemons->masters) {
		struct master *master = daemons->masters;

		daemons->masters = master->next;
		free(master->name);
		free(master);
	}
	free(daemons);
}
