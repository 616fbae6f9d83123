/*
 * Every key of every section as a row: name, type, place in a struct, default, help. Reading, "did
 * you mean", the commented muster.conf, the manual and their tests all go by these rows.
 */
#ifndef MUSTER_CONFIG_TABLE_H
#define MUSTER_CONFIG_TABLE_H

#include <stdbool.h>
#include <stddef.h>

struct value_type;

/* In the order of muster.conf. */
enum section_kind {
	SECTION_SUPERVISORD,
	SECTION_MUSTERD,
	SECTION_UNIX_HTTP,
	SECTION_INET_HTTP,
	SECTION_RPCINTERFACE,
	SECTION_SUPERVISORCTL,
	SECTION_PROGRAM,
	SECTION_GROUP,
	SECTION_EVENTLISTENER,
	SECTION_FCGI,
	SECTION_INCLUDE,
	SECTION_KIND_COUNT
};

/* When a key is read: the later ones may use what the earlier ones say. */
enum key_step { STEP_REST, STEP_COUNT, STEP_ENVIRONMENT };

/* Which names %(...) may use in a key. */
enum key_expand {
	EXPAND_SECTION, /* here, host_node_name, ENV_x; program_name, group_name, process_num,
	                   numprocs */
	EXPAND_PROCESS, /* also the variables of the section's own environment= */
	EXPAND_TWICE    /* as the latter, and again what comes of it, as supervisord does */
};

struct key {
	const char *name;
	const struct value_type *type;
	size_t offset;
	const char *fallback;  /* the default as one would write it; NULL: none */
	bool fallback_expands; /* the default holds %(...) */
	const char *help;      /* one sentence */
	enum key_step step;
	enum key_expand expand;
	bool is_identity; /* a change means another process */
	bool no_ad_hoc;   /* what Run makes cannot have it */
	long min;         /* of a number; of a text: its shortest length */
	long max;
};

/* "program" for [program:x]; the section has a name behind a colon where table_section_is_named().
 */
const char *table_section_name(enum section_kind kind);
bool table_section_is_named(enum section_kind kind);
const char *table_section_help(enum section_kind kind);
/* Bytes of the struct that the rows' offsets are in. */
size_t table_section_size(enum section_kind kind);
/* Faults in it concern others than the daemon, and are warnings here. */
bool table_section_is_foreign(enum section_kind kind);

/* The kind of a section by its whole name, "program:web", and in *ret_name the part behind the
 * colon (NULL without one). -ENOENT where it is none; -EINVAL where the name is missing or too
 * much. */
int table_find_section(const char *section, enum section_kind *ret_kind, const char **ret_name);

/* How many keys a kind has, each of them, and one by name (NULL where it has none). */
size_t table_rows(enum section_kind kind);
const struct key *table_key(enum section_kind kind, size_t index);
const struct key *table_find_key(enum section_kind kind, const char *name);

const char *key_name(const struct key *key);
const char *key_default(const struct key *key);
const char *key_help(const struct key *key);

/* The name nearest to a misspelt one, NULL where none is near. */
const char *table_suggest_section(const char *section);
const char *table_suggest_key(enum section_kind kind, const char *name);

#endif
