/*
 * What is left of a process's tree when its leader has ended in a stop. The guardian is subreaper,
 * so every orphan becomes its child: those that are no worker are looked at, and belong to the
 * process whose process group they are in or whose name stands in their environment. They get the
 * stop signal once, SIGKILL when stopwaitsecs have passed, and the stop is finished when none is
 * left.
 *
 * Nothing is polled: the end of an orphan comes over the channel as any exit, and stirs a new look.
 * The exception are those of a process that a guardian before ours had: they are another's
 * children.
 */
#ifndef MUSTER_PROCESS_TREES_H
#define MUSTER_PROCESS_TREES_H

#include <stdbool.h>
#include <sys/types.h>

struct context;
struct process;
struct trees;

/* Embedded in the process. */
struct trees_entry {
	struct process *process;
	struct trees_entry *next;
	bool listed;
	bool expected;  /* its leader has been told to end, and has not ended yet */
	bool told;      /* the stop signal went to what was left */
	unsigned found; /* in the look under way */
};

struct trees *trees_new(const struct context *context);
void trees_free(struct trees *trees);

/* Its leader has been told to end: a look is put off a little, to look once for many. */
void trees_expect(struct trees *trees, struct trees_entry *entry);
/* Its leader has ended; process_tree_gone() follows, from the loop, when its tree is gone too. */
void trees_add(struct trees *trees, struct trees_entry *entry);
void trees_remove(struct trees *trees, struct trees_entry *entry);

/* Orphans may become this one's too, beside the guardian's: of leaders that a guardian before had.
 */
void trees_add_reaper(struct trees *trees, pid_t pid);

/* Something has changed (a stranger ended, SIGKILL is due): look again soon. */
void trees_stir(struct trees *trees);

#endif
