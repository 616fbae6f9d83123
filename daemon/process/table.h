/* The processes in order, with a look-up by full name that does not depend on how many there are.
 */
#ifndef MUSTER_PROCESS_TABLE_H
#define MUSTER_PROCESS_TABLE_H

#include <stddef.h>

struct process;
struct process_table;

struct process_table *process_table_new(void);
void process_table_free(struct process_table *table); /* not the processes */

/* At the end. -ENOMEM. */
int process_table_add(struct process_table *table, struct process *process);
/* Removes all of a group, calling `each` for every one after it is out of the table. */
void process_table_remove_group(struct process_table *table, const char *group,
                                void (*each)(void *arg, struct process *process), void *arg);
/* Puts the processes in order again: by rank, group, priority, and as written. */
void process_table_sort(struct process_table *table);

size_t process_table_count(const struct process_table *table);
struct process *process_table_at(const struct process_table *table, size_t index);
struct process *process_table_find(const struct process_table *table, const char *name);

/* See supervisor_select(). */
int process_table_select(const struct process_table *table, const char *selector,
                         struct process ***ret_processes, size_t *ret_count);

#endif
