/*
 * The starts that are due, some in each turn of the loop, so that a thousand starts or fifty crash
 * loops do not keep a client waiting.
 */
#ifndef MUSTER_PROCESS_LAUNCHER_H
#define MUSTER_PROCESS_LAUNCHER_H

struct launcher;
struct loop;
struct process;

/* Embedded in the process. */
struct launcher_entry {
	struct process *process;
	struct launcher_entry *next;
	struct launcher_entry **at; /* the pointer that points here; NULL: not in the queue */
};

/*
 * `prepare` is called for all that are started in a turn before `launch` starts the first of them.
 * NULL when out of memory.
 */
struct launcher *launcher_new(struct loop *loop, void (*prepare)(struct process *process),
                              void (*launch)(struct process *process));
void launcher_free(struct launcher *launcher);

/* Puts it at the end; one that is in the queue stays where it is. */
void launcher_add(struct launcher *launcher, struct launcher_entry *entry);
void launcher_remove(struct launcher *launcher, struct launcher_entry *entry);

#endif
