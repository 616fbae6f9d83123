/*
 * INI text to sections and keys, as Python's ConfigParser reads it for supervisord: inline
 * comments, continuation lines, `key: value`, keys in any case, a section written twice is one.
 * inih takes the lines apart; what it and ConfigParser do differently is made good here.
 */
#ifndef MUSTER_CONFIG_INI_H
#define MUSTER_CONFIG_INI_H

#include <stdbool.h>
#include <stddef.h>

struct config_notes;

/* What [DEFAULT] holds stands in every section that does not say otherwise. */
#define INI_DEFAULT_SECTION "DEFAULT"

struct ini_file {
	const char *path;
	const char *here; /* its directory, for %(here)s */
};

struct ini_option {
	const char *name;  /* in lower case */
	const char *value; /* lines of a continued value are parted by newlines */
	const struct ini_file *file;
	int line;
	const void *tag;         /* whatever the user of this made of it; NULL at first */
	struct ini_option *next; /* in the section, as written */
};

struct ini_section {
	const char *name;
	const struct ini_file *file; /* where it began first */
	int line;
	const struct ini_file *last_file; /* where it began last */
	int last_line;
	const char *unreadable; /* what was noted of its first line that is no INI; NULL: none */
	bool is_taken;          /* by the user of this: it has found its use */
	struct ini_option *options;
	struct ini_section *next; /* as written */
};

struct ini;

struct ini *ini_new(void);
void ini_free(struct ini *ini);

/*
 * Reads one more file into it: a key given again replaces the one before. Lines that are no INI are
 * noted and left out. -ENOMEM; -EINVAL where the text is no text (noted too; nothing was read).
 */
int ini_add(struct ini *ini, const char *path, const char *here, const char *text, size_t size,
            struct config_notes *notes, const struct ini_file **ret_file);

/* The first section; [DEFAULT] is not among them. */
struct ini_section *ini_sections(const struct ini *ini);

/* NULL where there is none. */
struct ini_section *ini_find_section(const struct ini *ini, const char *name);
struct ini_option *ini_find_option(const struct ini *ini, const struct ini_section *section,
                                   const char *name);

#endif
