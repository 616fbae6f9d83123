/* From sections to groups of processes: what group.c asks of program.c. */
#ifndef MUSTER_CONFIG_GROUP_H
#define MUSTER_CONFIG_GROUP_H

#include <stddef.h>

#include "daemon/config/program.h"
#include "daemon/config/table.h"

struct fcgi_config;
struct ini_section;
struct listener_config;
struct load;
struct section;

/* The processes of one section, sorted by priority and name. */
struct program_set {
	const struct ini_section *ini;
	struct program **programs; /* in scratch; the programs are the configuration's */
	size_t count;
	enum program_kind kind;
	int priority;                     /* as written, or the default */
	struct listener_config *listener; /* NULL but for an [eventlistener:x] */
	struct fcgi_config *fcgi;         /* NULL but for an [fcgi-program:x] */
};

/*
 * Reads [kind:name] as processes of `group`, which is the text they all point to. A section that
 * cannot give any (its name is no name) gives none. -ENOMEM.
 */
int program_read(struct load *load, enum section_kind kind, const struct ini_section *ini,
                 const char *name, char *group, struct program_set *ret_set);

/* One process that is a group of its own, of a section that is not in a file. -ENOMEM. */
int program_read_one(struct section *section, char *name, struct program **ret_program);

/* The file of a section as text of the configuration, shared by all that stand in it. */
char *program_file(struct load *load, const struct ini_section *ini);

#endif
