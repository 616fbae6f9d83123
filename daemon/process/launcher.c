/* The queue of starts. */
#include "daemon/process/launcher.h"

#include <stdlib.h>

#include "daemon/base/loop.h"

/* A start takes some 0.2 ms of the engine's time, in which nobody else is served. */
#define LAUNCHER_PER_TURN 8

struct launcher {
	struct loop *loop;
	struct loop_work work;
	struct launcher_entry *first;
	struct launcher_entry **last;
	void (*prepare)(struct process *process);
	void (*launch)(struct process *process);
};

static void launcher_run(void *arg)
{
	struct launcher *launcher = arg;
	struct launcher_entry *ahead = launcher->first;

	for (int i = 0; i < LAUNCHER_PER_TURN && ahead; i++, ahead = ahead->next)
		launcher->prepare(ahead->process);
	for (int i = 0; i < LAUNCHER_PER_TURN && launcher->first; i++) {
		struct launcher_entry *entry = launcher->first;
		launcher_remove(launcher, entry);
		launcher->launch(entry->process);
	}
	if (launcher->first)
		loop_defer(launcher->loop, &launcher->work);
}

struct launcher *launcher_new(struct loop *loop, void (*prepare)(struct process *process),
                              void (*launch)(struct process *process))
{
	struct launcher *launcher = calloc(1, sizeof(*launcher));

	if (!launcher)
		return NULL;
	launcher->loop = loop;
	launcher->prepare = prepare;
	launcher->launch = launch;
	launcher->last = &launcher->first;
	launcher->work.run = launcher_run;
	launcher->work.arg = launcher;
	return launcher;
}

void launcher_free(struct launcher *launcher)
{
	if (!launcher)
		return;
	loop_cancel(launcher->loop, &launcher->work);
	free(launcher);
}

void launcher_add(struct launcher *launcher, struct launcher_entry *entry)
{
	if (entry->at)
		return;
	entry->next = NULL;
	entry->at = launcher->last;
	*launcher->last = entry;
	launcher->last = &entry->next;
	loop_defer(launcher->loop, &launcher->work);
}

void launcher_remove(struct launcher *launcher, struct launcher_entry *entry)
{
	if (!entry->at)
		return;
	*entry->at = entry->next;
	if (entry->next)
		entry->next->at = entry->at;
	else
		launcher->last = entry->at;
	entry->at = NULL;
}
