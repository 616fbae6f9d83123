/* One row for each kind of section, and the searches in them. */
#include "daemon/config/table.h"

#include <errno.h>
#include <string.h>

#include "common/parse.h"
#include "daemon/config/table-rows.h"
#include "daemon/config/target.h"

/* A name with more wrong letters than this is not taken for a misspelt one. */
#define SUGGEST_DISTANCE_MAX 3u

struct section_row {
	const char *name;
	const char *help;
	bool is_named;
	bool is_foreign;
	size_t size;
	const struct key_list *rows[2]; /* one behind the other */
};

static const struct section_row sections[SECTION_KIND_COUNT] = {
    [SECTION_MUSTERD] = {.name = "musterd",
                         .help = "What supervisord has not.",
                         .size = sizeof(struct daemon_config),
                         .rows = {&table_musterd_keys}},
    [SECTION_SUPERVISORD] = {.name = "supervisord",
                             .help = "The daemon itself.",
                             .size = sizeof(struct daemon_config),
                             .rows = {&table_supervisord_keys}},
    [SECTION_UNIX_HTTP] = {.name = "unix_http_server",
                           .help = "A Unix socket for supervisorctl.",
                           .size = sizeof(struct http_config),
                           .rows = {&table_unix_http_keys}},
    [SECTION_INET_HTTP] = {.name = "inet_http_server",
                           .help = "A TCP port for supervisorctl and browsers.",
                           .size = sizeof(struct http_config),
                           .rows = {&table_inet_http_keys}},
    [SECTION_RPCINTERFACE] = {.name = "rpcinterface",
                              .help = "Interfaces of the XML-RPC server.",
                              .is_named = true,
                              .size = sizeof(struct rpcinterface_target),
                              .rows = {&table_rpcinterface_keys}},
    [SECTION_SUPERVISORCTL] = {.name = "supervisorctl",
                               .help = "For supervisorctl, not for the daemon.",
                               .is_foreign = true,
                               .size = sizeof(struct ctl_config),
                               .rows = {&table_supervisorctl_keys}},
    [SECTION_INCLUDE] = {.name = "include",
                         .help = "More files of this kind.",
                         .size = sizeof(struct include_target),
                         .rows = {&table_include_keys}},
    [SECTION_PROGRAM] = {.name = "program",
                         .help = "A program to run.",
                         .is_named = true,
                         .size = sizeof(struct program_target),
                         .rows = {&table_program_keys}},
    [SECTION_EVENTLISTENER] = {.name = "eventlistener",
                               .help = "A program that is told what happens.",
                               .is_named = true,
                               .size = sizeof(struct program_target),
                               .rows = {&table_program_keys, &table_eventlistener_keys}},
    [SECTION_FCGI] = {.name = "fcgi-program",
                      .help = "A FastCGI program with its socket.",
                      .is_named = true,
                      .size = sizeof(struct program_target),
                      .rows = {&table_program_keys, &table_fcgi_keys}},
    [SECTION_GROUP] = {.name = "group",
                       .help = "Programs that are one group.",
                       .is_named = true,
                       .size = sizeof(struct group_target),
                       .rows = {&table_group_keys}},
};

const char *table_section_name(enum section_kind kind)
{
	return sections[kind].name;
}

bool table_section_is_named(enum section_kind kind)
{
	return sections[kind].is_named;
}

const char *table_section_help(enum section_kind kind)
{
	return sections[kind].help;
}

size_t table_section_size(enum section_kind kind)
{
	return sections[kind].size;
}

bool table_section_is_foreign(enum section_kind kind)
{
	return sections[kind].is_foreign;
}

int table_find_section(const char *section, enum section_kind *ret_kind, const char **ret_name)
{
	size_t size = strcspn(section, ":");
	const char *name = section[size] ? section + size + 1 : NULL;

	for (int i = 0; i < SECTION_KIND_COUNT; i++) {
		if (strncmp(sections[i].name, section, size) != 0 || sections[i].name[size])
			continue;
		if (sections[i].is_named != (name && *name))
			return -EINVAL;
		*ret_kind = (enum section_kind)i;
		*ret_name = name;
		return 0;
	}
	return -ENOENT;
}

static size_t list_count(const struct key_list *list)
{
	return list ? list->count : 0;
}

size_t table_rows(enum section_kind kind)
{
	return list_count(sections[kind].rows[0]) + list_count(sections[kind].rows[1]);
}

const struct key *table_key(enum section_kind kind, size_t index)
{
	size_t first = list_count(sections[kind].rows[0]);

	return index < first ? &sections[kind].rows[0]->keys[index]
	                     : &sections[kind].rows[1]->keys[index - first];
}

const struct key *table_find_key(enum section_kind kind, const char *name)
{
	for (int i = 0; i < 2; i++) {
		const struct key_list *list = sections[kind].rows[i];

		for (size_t k = 0; k < list_count(list); k++) {
			const char *known = list->keys[k].name;

			if (known[0] == name[0] && strcmp(known, name) == 0)
				return &list->keys[k];
		}
	}
	return NULL;
}

const char *key_name(const struct key *key)
{
	return key->name;
}

const char *key_default(const struct key *key)
{
	return key->fallback;
}

const char *key_help(const struct key *key)
{
	return key->help;
}

/* Three wrong letters in a long name are a slip; in a short one they are another name. */
static unsigned suggest_limit(const char *name)
{
	unsigned limit = (unsigned)(strlen(name) / 3) + 1;

	return limit < SUGGEST_DISTANCE_MAX ? limit : SUGGEST_DISTANCE_MAX;
}

const char *table_suggest_section(const char *section)
{
	unsigned best = suggest_limit(section) + 1;
	const char *nearest = NULL;

	for (int i = 0; i < SECTION_KIND_COUNT; i++) {
		unsigned distance = parse_distance(section, sections[i].name, best);

		if (distance < best) {
			best = distance;
			nearest = sections[i].name;
		}
	}
	return nearest;
}

const char *table_suggest_key(enum section_kind kind, const char *name)
{
	unsigned best = suggest_limit(name) + 1;
	const char *nearest = NULL;

	for (size_t i = 0; i < table_rows(kind); i++) {
		const struct key *key = table_key(kind, i);
		unsigned distance = parse_distance(name, key->name, best);

		if (distance < best) {
			best = distance;
			nearest = key->name;
		}
	}
	return nearest;
}
