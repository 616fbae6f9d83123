/*
 * The rows of `muster ps`: what the daemon knows of its processes, joined with what the system
 * shows of them. A view says which rows there are; cmd-ps.c prints them.
 */
#ifndef MUSTER_CLI_PS_H
#define MUSTER_CLI_PS_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/column.h"

struct texts;
struct snapshot;
struct worker;

/* One run; all but the rows is there before the view builds those. */
struct ps_run {
	struct column_context context;
	const struct worker *workers;
	size_t worker_count;
	const struct snapshot *snapshot;
	const struct tree *tree;
	const char *pattern;   /* NULL: everything */
	bool labels;           /* draw trees; without it every row has its worker's name */
	const char **commands; /* by worker: the configured command as one text */
	struct texts *texts;
	struct column_row *rows; /* freed by the caller */
	size_t row_count;
	size_t row_room;
};

struct ps_view {
	const char *columns; /* where -o does not say otherwise */
	unsigned wishes;     /* of the snapshot, beside those of the columns */
	void (*build)(struct ps_run *run);
};

/* A worker a row; every process of a tree; every thread; as `ps aux`. */
extern const struct ps_view ps_view_workers;
extern const struct ps_view ps_view_tree;
extern const struct ps_view ps_view_threads;
extern const struct ps_view ps_view_aux;

#endif
