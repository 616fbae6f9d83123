/*
 * daemon_of= of all programs together: whether what it names is there, and that nothing ends with
 * itself. A process is settled where it ends with nobody, or with what is settled; what is left
 * when no more can be settled is a circle, or leads into one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config/arena.h"
#include "daemon/config/fingerprint.h"
#include "daemon/config/load.h"
#include "daemon/config/note.h"

struct node {
	struct program *program;
	size_t group;        /* its own: index in the configuration */
	struct node *master; /* the process it ends with; NULL: none, or a group */
	size_t master_group; /* the group it ends with; SIZE_MAX: none */
	bool settled;
};

struct nodes {
	struct config *config;
	struct node *items; /* by full name */
	size_t count;
	size_t *unsettled; /* of each group: how many of its processes are not settled */
};

static int node_compare(const void *left, const void *right)
{
	const struct node *a = left, *b = right;

	return strcmp(a->program->full_name, b->program->full_name);
}

static struct node *nodes_find(const struct nodes *nodes, const char *name)
{
	struct program program = {.full_name = (char *)name};
	struct node key = {.program = &program};

	return bsearch(&key, nodes->items, nodes->count, sizeof(key), node_compare);
}

static int node_fault(struct load *load, struct node *node, const char *message)
{
	struct program *program = node->program;
	struct place place = {.file = program->file, .line = program->line};
	struct config_notes *notes = load->notes;

	if (note_add(notes, true, &place, "%s: daemon_of: %s", program->full_name, message) < 0)
		return -ENOMEM;
	node->settled = true;
	if (program->broken)
		return 0;
	program->broken = arena_strdup(load->arena, notes->items[notes->count - 1].text);
	if (!program->broken)
		return -ENOMEM;
	fingerprint_add_text(&program->fingerprint, program->broken);
	return 0;
}

/* What it names: a process, else a group. */
static int node_resolve(struct load *load, const struct nodes *nodes, struct node *node)
{
	const char *name = node->program->daemon_of;
	const char *quoted, *message;

	node->master_group = SIZE_MAX;
	node->settled = !name;
	if (!name)
		return 0;
	node->master = nodes_find(nodes, name);
	for (size_t i = 0; !node->master && i < nodes->config->group_count; i++)
		if (strcmp(nodes->config->groups[i]->name, name) == 0)
			node->master_group = i;
	if (node->master || node->master_group != SIZE_MAX)
		return 0;
	quoted = note_quote(load->scratch, name);
	message =
	    quoted ? arena_printf(load->scratch, "there is no process or group %s", quoted) : NULL;
	return message ? node_fault(load, node, message) : -ENOMEM;
}

static bool node_may_settle(const struct nodes *nodes, const struct node *node)
{
	return node->master ? node->master->settled : nodes->unsettled[node->master_group] == 0;
}

static void nodes_settle(struct nodes *nodes)
{
	bool changed = true;

	while (changed) {
		changed = false;
		for (size_t i = 0; i < nodes->count; i++) {
			struct node *node = &nodes->items[i];
			if (node->settled || !node_may_settle(nodes, node))
				continue;
			node->settled = true;
			nodes->unsettled[node->group]--;
			changed = true;
		}
	}
}

static int nodes_check(struct load *load, struct nodes *nodes)
{
	int result = 0;

	qsort(nodes->items, nodes->count, sizeof(*nodes->items), node_compare);
	for (size_t i = 0; i < nodes->count && result == 0; i++) {
		struct node *node = &nodes->items[i];
		result = node_resolve(load, nodes, node);
		nodes->unsettled[node->group] += !node->settled;
	}
	if (result == 0)
		nodes_settle(nodes);
	for (size_t i = 0; i < nodes->count && result == 0; i++)
		if (!nodes->items[i].settled)
			result = node_fault(load, &nodes->items[i],
			                    "it would end with itself: a circle");
	return result;
}

int daemon_of_check(struct load *load)
{
	struct config *config = load->config;
	struct nodes nodes = {.config = config};
	bool any = false;

	nodes.items =
	    arena_array(load->scratch, config_process_count(config) + 1, sizeof(*nodes.items));
	nodes.unsettled =
	    arena_array(load->scratch, config->group_count + 1, sizeof(*nodes.unsettled));
	if (!nodes.items || !nodes.unsettled)
		return -ENOMEM;
	for (size_t i = 0; i < config->group_count; i++) {
		const struct group_config *group = config->groups[i];
		for (size_t k = 0; k < group->program_count; k++) {
			any |= group->programs[k]->daemon_of != NULL;
			nodes.items[nodes.count++] =
			    (struct node){.program = group->programs[k], .group = i};
		}
	}
	return any ? nodes_check(load, &nodes) : 0;
}
