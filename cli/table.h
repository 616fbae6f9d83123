/*
 * Rows of cells as text: columns as wide as they need to be, the last one cut at the edge of the
 * terminal. All text is kept in one buffer, so that a thousand rows are no thousand allocations.
 */
#ifndef MUSTER_CLI_TABLE_H
#define MUSTER_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct table;

struct table_column {
	const char *heading;
	bool right; /* numbers stand to the right */
};

struct table_style {
	size_t width; /* of the terminal; 0: lines are not cut */
	bool heading;
	bool color;
};

/* The columns are borrowed. Never NULL. */
struct table *table_new(const struct table_column *columns, size_t count);
void table_free(struct table *table);

/*
 * The next cell; a row is full after as many as there are columns. The text is copied and cleaned
 * of what would disturb a terminal. color: a terminal sequence to begin with; NULL: none.
 */
void table_add(struct table *table, const char *text, const char *color);

void table_print(const struct table *table, const struct table_style *style, FILE *stream);

/* The width of the terminal that standard output is; 0 where it is none. */
size_t table_terminal_width(void);

#endif
