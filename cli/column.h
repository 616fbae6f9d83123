/*
 * The columns of `muster ps`: one row each. A column gives a value of a row; how it reads, sorts
 * and becomes JSON follows from the kind of the value.
 */
#ifndef MUSTER_CLI_COLUMN_H
#define MUSTER_CLI_COLUMN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "cli/tree.h"
#include "cli/value.h"

struct snapshot_proc;
struct worker;

/* What all rows of one run have in common. */
struct column_context {
	long long now_usec; /* wall clock */
	double hertz;
	double boot_s; /* wall clock, seconds since 1970 */
	double memory_kib;
};

/* One line of the table: a worker with its whole tree, or one process, or one thread. */
struct column_row {
	const struct column_context *context;
	const struct worker *worker;      /* NULL: musterd itself */
	const struct snapshot_proc *proc; /* NULL: none runs */
	struct usage usage;
	unsigned depth;      /* below the worker's own process, in a tree */
	const char *label;   /* instead of the worker's name; NULL: the name */
	const char *command; /* NULL: none */
};

struct column {
	const char *name; /* for -o, --sort and JSON */
	const char *heading;
	bool right;
	unsigned wishes; /* of the snapshot */
	const char *help;
	void (*get)(const struct column_row *row, struct value *ret_value);
	const char *(*color)(const struct column_row *row); /* NULL: none */
};

/* All columns, ended by a row without a name. */
extern const struct column columns[];

/* The column of this name, or with this heading, in any case; NULL where there is none. */
const struct column *column_find(const char *name, size_t length);

#define COLUMN_LIST_MAX 32

/* A sort key: a column, and the direction. */
struct column_key {
	const struct column *column;
	bool descending;
};

/*
 * "pid,name,-cpu" to at most COLUMN_LIST_MAX keys. -EINVAL for a name that no column has or for too
 * many; then *ret_bad is where it stands in the text and *ret_length how long it is.
 */
int column_parse(const char *text, struct column_key *keys, size_t *ret_count, const char **ret_bad,
                 size_t *ret_length);

/* "Columns: name, group, ..." with what each means, for help. */
void column_help(FILE *stream);

#endif
