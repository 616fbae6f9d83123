/* One section of the INI into a struct, by the rows of its kind. */
#ifndef MUSTER_CONFIG_SECTION_H
#define MUSTER_CONFIG_SECTION_H

#include <stdbool.h>

#include "daemon/config/expand.h"
#include "daemon/config/table.h"

struct ini_option;
struct ini_section;
struct load;

struct section {
	struct load *load;
	enum section_kind kind;
	const struct ini_section *ini; /* NULL: not in the file, all defaults */
	struct expand_scope scope;
	void *target;
	bool is_literal; /* a value is what is written: no %(...) in it */
	char **argv;     /* command= in words, where it came so */
	bool is_quiet;   /* its faults are known already: they are not noted again */
	char *fault;     /* the text of the first error, in the configuration's arena; NULL: none */
	/* Of the first error: its key (NULL: none) and what is wrong, in scratch. */
	const char *fault_key;
	const char *fault_why;
};

/* Fills the target with the defaults that need no expansion. -ENOMEM. */
int section_set_defaults(struct section *section);

/* Reads the keys of one step; what is wrong is noted, and the field keeps its default. -ENOMEM. */
int section_read(struct section *section, enum key_step step);

/* Reads one key, where it is written. -ENOMEM. */
int section_read_key(struct section *section, const char *name);

/* The option as it is written in the section or in [DEFAULT]; NULL where it is not. */
const struct ini_option *section_find(const struct section *section, const char *name);

/* Notes an error (a warning where the kind is foreign), or a warning, of a key or of the whole
 * section (key NULL). -ENOMEM. */
int section_fault(struct section *section, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int section_warn(struct section *section, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Finds the row of each key that is written; warns of sections and keys that have none. Before any
 * section_read(). -ENOMEM. */
int section_match_names(struct load *load);

#endif
