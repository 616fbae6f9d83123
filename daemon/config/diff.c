/* Groups by name, side by side. */
#include "daemon/config/diff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config/config.h"

static const char *const change_names[] = {
    [DIFF_ADDED] = "added",
    [DIFF_CHANGED] = "changed",
    [DIFF_REMOVED] = "removed",
};

_Static_assert(sizeof(change_names) / sizeof(change_names[0]) == DIFF_CHANGE_COUNT,
               "each change has its name");

const char *diff_change_name(enum diff_change change)
{
	return change_names[change];
}

static int compare_groups(const void *left, const void *right)
{
	const struct group_config *a = *(struct group_config *const *)left;
	const struct group_config *b = *(struct group_config *const *)right;

	return strcmp(a->name, b->name);
}

/* The groups by name, ended by NULL, for the caller to free. NULL when out of memory. */
static const struct group_config **sorted_groups(const struct config *config)
{
	size_t count = config ? config->group_count : 0;
	const struct group_config **groups = calloc(count + 1, sizeof(*groups));

	if (!groups)
		return NULL;
	for (size_t i = 0; i < count; i++)
		groups[i] = config->groups[i];
	qsort(groups, count, sizeof(*groups), compare_groups);
	return groups;
}

static int compare_entries(const void *left, const void *right)
{
	const struct diff_entry *a = left, *b = right;

	if (a->change != b->change)
		return a->change < b->change ? -1 : 1;
	return strcmp(a->after ? a->after->name : a->before->name,
	              b->after ? b->after->name : b->before->name);
}

/* Walks both lists as one merges them. */
static size_t collect(const struct group_config **before, const struct group_config **after,
                      struct diff_entry *entries)
{
	size_t count = 0;

	while (*before || *after) {
		int order = !*before ? 1 : !*after ? -1 : strcmp((*before)->name, (*after)->name);

		if (order < 0) {
			entries[count++] = (struct diff_entry){DIFF_REMOVED, *before++, NULL};
		} else if (order > 0) {
			entries[count++] = (struct diff_entry){DIFF_ADDED, NULL, *after++};
		} else {
			if ((*before)->fingerprint != (*after)->fingerprint)
				entries[count++] =
				    (struct diff_entry){DIFF_CHANGED, *before, *after};
			before++;
			after++;
		}
	}
	return count;
}

int diff_groups(const struct config *before, const struct config *after,
                struct diff_entry **ret_entries, size_t *ret_count)
{
	const struct group_config **old = sorted_groups(before), **new = sorted_groups(after);
	size_t limit = (before ? before->group_count : 0) + after->group_count, count;
	struct diff_entry *entries = calloc(limit + 1, sizeof(*entries));
	int result = -ENOMEM;

	if (old && new &&entries) {
		count = collect(old, new, entries);
		qsort(entries, count, sizeof(*entries), compare_entries);
		*ret_entries = entries;
		*ret_count = count;
		entries = NULL;
		result = 0;
	}
	free(entries);
	free(old);
	free(new);
	return result;
}
