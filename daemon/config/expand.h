/*
 * %(name)s and its kin, as Python's % operator does them: texts and whole numbers by name, with
 * flags, width and precision; %% for a percent sign.
 */
#ifndef MUSTER_CONFIG_EXPAND_H
#define MUSTER_CONFIG_EXPAND_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

/* A value may not grow beyond its own length and this many bytes. */
#define EXPAND_GROWTH_MAX (1024u * 1024u)

/* What the names stand for; NULL texts and, without has_process, the numbers are not known. */
struct expand_scope {
	const char *here;
	const char *host_node_name;
	const char *program_name;
	const char *group_name;
	bool has_process;
	long process_num;
	long numprocs;
	/* Where %(ENV_X)s looks: the first that has it. Arrays of "KEY=value", or NULL. */
	char *const *own_environment;
	char *const *daemon_environment;
	char *const *environment;
};

/*
 * *ret_text is `text` itself where there is nothing to expand, else in the arena. -EINVAL where a
 * name is not known or the format is bad: then *ret_why, in the arena, says what. -ENOMEM.
 */
int expand_text(struct arena *arena, const char *text, const struct expand_scope *scope,
                const char **ret_text, const char **ret_why);

#endif
