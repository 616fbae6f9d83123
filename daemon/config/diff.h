/* What differs between two configurations, group by group: the answer of Reread, the plan of
 * Update. */
#ifndef MUSTER_CONFIG_DIFF_H
#define MUSTER_CONFIG_DIFF_H

#include <stddef.h>

struct config;
struct group_config;

enum diff_change { DIFF_ADDED, DIFF_CHANGED, DIFF_REMOVED, DIFF_CHANGE_COUNT };

struct diff_entry {
	enum diff_change change;
	const struct group_config *before; /* NULL where added */
	const struct group_config *after;  /* NULL where removed */
};

/* "added", "changed", "removed". */
const char *diff_change_name(enum diff_change change);

/*
 * The groups that differ, as supervisord orders them: added, changed, removed, each by name.
 * *ret_entries is one allocation for the caller to free. before may be NULL. -ENOMEM.
 */
int diff_groups(const struct config *before, const struct config *after,
                struct diff_entry **ret_entries, size_t *ret_count);

#endif
