/* The table of processes: an array in order, and a hash of names over it. */
#include "daemon/process/table.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config/program.h"
#include "daemon/process/lifecycle.h"

struct process_table {
	struct process **items;
	size_t count;
	size_t room;
	uint32_t *slots; /* index + 1 into items, 0 for none; linear probing */
	size_t slot_count;
};

static uint32_t table_hash(const char *name)
{
	uint32_t hash = 2166136261u; /* FNV-1a, RFC 9923 */

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619u;
	return hash;
}

struct process_table *process_table_new(void)
{
	return calloc(1, sizeof(struct process_table));
}

void process_table_free(struct process_table *table)
{
	if (!table)
		return;
	free(table->items);
	free(table->slots);
	free(table);
}

static void table_enter(struct process_table *table, size_t index)
{
	size_t slot = table_hash(process_name(table->items[index])) % table->slot_count;

	while (table->slots[slot])
		slot = (slot + 1) % table->slot_count;
	table->slots[slot] = (uint32_t)index + 1;
}

static void table_rehash(struct process_table *table)
{
	memset(table->slots, 0, table->slot_count * sizeof(table->slots[0]));
	for (size_t i = 0; i < table->count; i++)
		table_enter(table, i);
}

static int table_grow(struct process_table *table)
{
	size_t room = table->room ? table->room * 2 : 64;
	struct process **items = realloc(table->items, room * sizeof(struct process *));
	uint32_t *slots;

	if (!items)
		return -ENOMEM;
	table->items = items;
	slots = realloc(table->slots, room * 2 * sizeof(slots[0]));
	if (!slots)
		return -ENOMEM;
	table->slots = slots;
	table->slot_count = room * 2;
	table->room = room;
	table_rehash(table);
	return 0;
}

int process_table_add(struct process_table *table, struct process *process)
{
	int r = table->count == table->room ? table_grow(table) : 0;

	if (r < 0)
		return r;
	table->items[table->count++] = process;
	table_enter(table, table->count - 1);
	return 0;
}

void process_table_remove_group(struct process_table *table, const char *group,
                                void (*each)(void *arg, struct process *process), void *arg)
{
	struct process **removed;
	size_t kept = 0, removed_count = 0;

	if (!table->count)
		return;
	/* Those that stay move to the front, the others behind them. */
	removed = calloc(table->count, sizeof(struct process *));
	if (!removed)
		return;
	for (size_t i = 0; i < table->count; i++) {
		if (strcmp(process_group(table->items[i]), group) == 0)
			removed[removed_count++] = table->items[i];
		else
			table->items[kept++] = table->items[i];
	}
	table->count = kept;
	table_rehash(table);
	for (size_t i = 0; i < removed_count; i++)
		each(arg, removed[i]);
	free(removed);
}

static int table_compare(const void *a, const void *b)
{
	const struct process *left = *(struct process *const *)a;
	const struct process *right = *(struct process *const *)b;
	const struct program *left_program = process_program(left);
	const struct program *right_program = process_program(right);
	int order;

	if (process_rank(left) != process_rank(right))
		return process_rank(left) < process_rank(right) ? -1 : 1;
	order = strcmp(left_program->group, right_program->group);
	if (order)
		return order;
	if (left_program->priority != right_program->priority)
		return left_program->priority < right_program->priority ? -1 : 1;
	return strcmp(left_program->name, right_program->name);
}

void process_table_sort(struct process_table *table)
{
	if (!table->count)
		return;
	qsort(table->items, table->count, sizeof(table->items[0]), table_compare);
	table_rehash(table);
}

size_t process_table_count(const struct process_table *table)
{
	return table->count;
}

struct process *process_table_at(const struct process_table *table, size_t index)
{
	return index < table->count ? table->items[index] : NULL;
}

static struct process *table_find_exact(const struct process_table *table, const char *name)
{
	size_t slot;

	if (!table->count)
		return NULL;
	for (slot = table_hash(name) % table->slot_count; table->slots[slot];
	     slot = (slot + 1) % table->slot_count) {
		struct process *process = table->items[table->slots[slot] - 1];
		if (strcmp(process_name(process), name) == 0)
			return process;
	}
	return NULL;
}

struct process *process_table_find(const struct process_table *table, const char *name)
{
	const char *colon = strchr(name, ':');
	bool twice = colon && strncmp(name, colon + 1, (size_t)(colon - name)) == 0 &&
	             strlen(colon + 1) == (size_t)(colon - name);

	/* "web:web" is how supervisord's clients may write "web". */
	return table_find_exact(table, twice ? colon + 1 : name);
}

static bool selector_is_all(const char *selector)
{
	return strcmp(selector, "all") == 0;
}

static bool match_all(const struct process *process, const char *selector)
{
	(void)process;
	(void)selector;
	return true;
}

static bool selector_is_group(const char *selector)
{
	const char *colon = strchr(selector, ':');

	return colon && (colon[1] == '\0' || strcmp(colon, ":*") == 0) &&
	       !strpbrk(selector, "?[") && strcspn(selector, "*") >= (size_t)(colon - selector);
}

static bool match_group(const struct process *process, const char *selector)
{
	size_t length = strcspn(selector, ":");

	return strncmp(process_group(process), selector, length) == 0 &&
	       process_group(process)[length] == '\0';
}

static bool selector_is_pattern(const char *selector)
{
	return strpbrk(selector, "*?[") != NULL;
}

static bool match_pattern(const struct process *process, const char *selector)
{
	return fnmatch(selector, process_name(process), 0) == 0;
}

/* How a selector is read that is no process's name: the first row whose test holds. */
static const struct {
	bool (*is)(const char *selector);
	bool (*match)(const struct process *process, const char *selector);
} selectors[] = {
    {selector_is_all, match_all},
    {selector_is_group, match_group},
    {selector_is_pattern, match_pattern},
};
#define SELECTOR_COUNT (sizeof(selectors) / sizeof(selectors[0]))

int process_table_select(const struct process_table *table, const char *selector,
                         struct process ***ret_processes, size_t *ret_count)
{
	/* A name may look like a pattern ("a[b]", "*"); "all" is all, whatever has that name. */
	struct process *exact =
	    selector_is_all(selector) ? NULL : process_table_find(table, selector);
	struct process **found;
	size_t count = 0, kind = 0;

	while (kind < SELECTOR_COUNT && !selectors[kind].is(selector))
		kind++;
	if (exact)
		kind = SELECTOR_COUNT;
	found = calloc(kind < SELECTOR_COUNT ? table->count + 1 : 1, sizeof(struct process *));
	if (!found)
		return -ENOMEM;
	if (exact)
		found[count++] = exact;
	for (size_t i = 0; kind < SELECTOR_COUNT && i < table->count; i++)
		if (selectors[kind].match(table->items[i], selector))
			found[count++] = table->items[i];
	if (!count) {
		free(found);
		return -ENOENT;
	}
	*ret_processes = found;
	*ret_count = count;
	return 0;
}
