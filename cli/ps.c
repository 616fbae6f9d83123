/* Builds the rows of each view of `muster ps`, and finds those that a pattern means. */
#include "cli/ps.h"

#include <fnmatch.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cli/alloc.h"
#include "cli/snapshot.h"
#include "cli/texts.h"
#include "cli/worker.h"

/* Deeper descendants than this stand at the first level again. */
#define PS_DEPTH_MAX 40
#define PS_INDENT 2

static void build_workers(struct ps_run *run);
static void build_tree(struct ps_run *run);
static void build_threads(struct ps_run *run);
static void build_aux(struct ps_run *run);

const struct ps_view ps_view_workers = {
    .columns = "pid,name,state,cpu,rss,thr,bound,uptime,rst,command",
    .build = build_workers,
};
const struct ps_view ps_view_tree = {
    .columns = "pid,name,state,cpu,rss,thr,bound,uptime,rst,cmdline",
    .wishes = SNAPSHOT_CMDLINE,
    .build = build_tree,
};
const struct ps_view ps_view_threads = {
    .columns = "pid,tid,name,thread,stat,cpu,time",
    .wishes = SNAPSHOT_THREADS,
    .build = build_threads,
};
const struct ps_view ps_view_aux = {
    .columns = "user,pid,cpu,mem,vszkib,rsskib,tty,stat,start,time,cmdline",
    .wishes = SNAPSHOT_CMDLINE,
    .build = build_aux,
};

static struct column_row *add_row(struct ps_run *run, size_t worker,
                                  const struct snapshot_proc *proc)
{
	bool known = worker < run->worker_count;
	struct column_row *row;

	if (run->row_count == run->row_room) {
		run->row_room = run->row_room ? run->row_room * 2 : 128;
		run->rows = alloc_resize(run->rows, run->row_room, sizeof(*run->rows));
	}
	row = &run->rows[run->row_count++];
	*row = (struct column_row){
	    .context = &run->context,
	    .worker = known ? &run->workers[worker] : NULL,
	    .proc = proc,
	    .command = known ? run->commands[worker] : NULL,
	};
	if (proc)
		usage_of(proc, &row->usage);
	return row;
}

/* Like grep -i; a pattern with *, ? or [ is one of the shell's, for the whole text. */
static bool text_matches(const struct ps_run *run, const char *text)
{
	if (!run->pattern)
		return true;
	if (!text)
		return false;
	if (strpbrk(run->pattern, "*?["))
		return fnmatch(run->pattern, text, FNM_CASEFOLD) == 0;
	return strcasestr(text, run->pattern) != NULL;
}

static bool proc_matches(const struct ps_run *run, const struct snapshot_proc *proc)
{
	return text_matches(run, proc->cmdline) || text_matches(run, proc->name);
}

/* By worker: whether the pattern means it, by its name, its command, or a process of its tree. */
static bool *match_workers(const struct ps_run *run)
{
	bool *matches = alloc_zero(run->worker_count, sizeof(*matches));

	for (size_t i = 0; i < run->worker_count; i++)
		matches[i] =
		    text_matches(run, run->workers[i].name) || text_matches(run, run->commands[i]);
	for (size_t i = 0; run->pattern && i < snapshot_count(run->snapshot); i++) {
		size_t owner = tree_owner(run->tree, i);

		if (owner < run->worker_count && !matches[owner])
			matches[owner] = proc_matches(run, snapshot_at(run->snapshot, i));
	}
	return matches;
}

static const struct snapshot_proc *leader_of(const struct ps_run *run, size_t worker)
{
	size_t index = tree_leader(run->tree, worker);

	return index == SNAPSHOT_NONE ? NULL : snapshot_at(run->snapshot, index);
}

static void build_workers(struct ps_run *run)
{
	bool *matches = match_workers(run);

	for (size_t i = 0; i < run->worker_count; i++) {
		if (matches[i])
			add_row(run, i, leader_of(run, i))->usage = *tree_usage(run->tree, i);
	}
	free(matches);
}

/* A process of the system with the worker that it belongs to. */
struct member {
	size_t owner;
	const struct snapshot_proc *proc;
	bool shown;
};

static int member_compare(const void *a, const void *b)
{
	const struct member *left = a;
	const struct member *right = b;

	if (left->owner != right->owner)
		return left->owner < right->owner ? -1 : 1;
	return left->proc->pid < right->proc->pid ? -1 : left->proc->pid > right->proc->pid;
}

/* Every process that belongs to a worker, by worker and then by pid. */
static struct member *find_members(const struct ps_run *run, size_t *ret_count)
{
	size_t total = snapshot_count(run->snapshot);
	struct member *members = alloc_zero(total, sizeof(*members));
	size_t count = 0;

	for (size_t i = 0; i < total; i++) {
		size_t owner = tree_owner(run->tree, i);

		if (owner < run->worker_count)
			members[count++] =
			    (struct member){owner, snapshot_at(run->snapshot, i), false};
	}
	qsort(members, count, sizeof(*members), member_compare);
	*ret_count = count;
	return members;
}

static const char *make_label(struct ps_run *run, const char *name, unsigned depth)
{
	size_t indent = (size_t)(depth - 1) * PS_INDENT;
	size_t length = strlen(name);
	char *label = texts_take(run->texts, indent + 3 + length + 1);

	memset(label, ' ', indent);
	memcpy(label + indent, "\\_ ", 3);
	memcpy(label + indent + 3, name, length + 1);
	return label;
}

static void show_member(struct ps_run *run, struct member *member, unsigned depth)
{
	struct column_row *row = add_row(run, member->owner, member->proc);

	member->shown = true;
	row->depth = depth;
	if (depth > 0 && run->labels)
		row->label = make_label(run, member->proc->name, depth);
}

/* The children of a process, each followed by its own. */
static void show_children(struct ps_run *run, struct member *members, size_t count, int ppid,
                          unsigned depth)
{
	for (size_t i = 0; i < count && depth <= PS_DEPTH_MAX; i++) {
		if (members[i].shown || members[i].proc->ppid != ppid)
			continue;
		show_member(run, &members[i], depth);
		show_children(run, members, count, members[i].proc->pid, depth + 1);
	}
}

/* One worker: its own process, what descends from it, then what lost its parents. */
static void show_tree(struct ps_run *run, size_t worker, struct member *members, size_t count)
{
	const struct snapshot_proc *leader = leader_of(run, worker);

	if (!leader) {
		add_row(run, worker, NULL);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (members[i].proc == leader)
			show_member(run, &members[i], 0);
	}
	show_children(run, members, count, leader->pid, 1);
	for (size_t i = 0; i < count; i++) {
		if (members[i].shown)
			continue;
		show_member(run, &members[i], 1);
		show_children(run, members, count, members[i].proc->pid, 2);
	}
}

static void build_tree(struct ps_run *run)
{
	bool *matches = match_workers(run);
	size_t total;
	struct member *members = find_members(run, &total);
	size_t first = 0;

	for (size_t i = 0; i < run->worker_count; i++) {
		size_t end = first;

		while (end < total && members[end].owner == i)
			end++;
		if (matches[i])
			show_tree(run, i, members + first, end - first);
		first = end;
	}
	free(members);
	free(matches);
}

static void build_threads(struct ps_run *run)
{
	bool *matches = match_workers(run);
	size_t total;
	struct member *members = find_members(run, &total);

	for (size_t i = 0; i < total; i++) {
		if (matches[members[i].owner])
			add_row(run, members[i].owner, members[i].proc);
	}
	free(members);
	free(matches);
}

static void build_aux(struct ps_run *run)
{
	for (size_t i = 0; i < snapshot_count(run->snapshot); i++) {
		const struct snapshot_proc *proc = snapshot_at(run->snapshot, i);
		size_t owner = tree_owner(run->tree, i);

		if (owner == TREE_NOBODY)
			continue;
		if (!proc_matches(run, proc) &&
		    (owner >= run->worker_count || !text_matches(run, run->workers[owner].name)))
			continue;
		add_row(run, owner, proc);
	}
}
