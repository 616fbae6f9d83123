/* What was read: sections and their keys, in order, and hashed by name. */
#include "daemon/config/ini.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config/arena.h"
#include "daemon/config/fingerprint.h"
#include "daemon/config/ini-store.h"

#define INI_BUCKETS_FIRST 256u

/* A section or an option, found by its name and (for an option) its section. */
struct ini_entry {
	struct ini_entry *next; /* in the bucket */
	uint64_t hash;
	struct ini_section *parent; /* NULL: this is a section */
	union {
		struct ini_section section;
		struct ini_option option;
	};
	struct ini_option *last; /* of a section: where the next option is put */
};

struct ini {
	struct arena *arena;
	struct ini_entry **buckets;
	size_t bucket_count;
	size_t entry_count;
	struct ini_section *first;
	struct ini_section *last;
};

struct ini *ini_new(void)
{
	struct ini *ini = calloc(1, sizeof(*ini));

	if (!ini)
		return NULL;
	ini->bucket_count = INI_BUCKETS_FIRST;
	ini->buckets = calloc(ini->bucket_count, sizeof(struct ini_entry *));
	ini->arena = arena_new();
	if (!ini->buckets || !ini->arena) {
		ini_free(ini);
		return NULL;
	}
	return ini;
}

void ini_free(struct ini *ini)
{
	if (!ini)
		return;
	arena_free(ini->arena);
	free(ini->buckets);
	free(ini);
}

struct arena *ini_arena(struct ini *ini)
{
	return ini->arena;
}

static uint64_t ini_hash(const struct ini_section *parent, const char *name)
{
	uint64_t hash = FINGERPRINT_START;

	fingerprint_add(&hash, &parent, sizeof(parent));
	fingerprint_add(&hash, name, strlen(name));
	return hash;
}

static struct ini_entry *ini_lookup(const struct ini *ini, const struct ini_section *parent,
                                    const char *name)
{
	uint64_t hash = ini_hash(parent, name);
	struct ini_entry *entry = ini->buckets[hash & (ini->bucket_count - 1)];

	for (; entry; entry = entry->next) {
		if (entry->hash == hash && entry->parent == parent &&
		    strcmp(parent ? entry->option.name : entry->section.name, name) == 0)
			return entry;
	}
	return NULL;
}

static int ini_rehash(struct ini *ini)
{
	size_t count = ini->bucket_count * 2;
	struct ini_entry **buckets = calloc(count, sizeof(struct ini_entry *));

	if (!buckets)
		return -ENOMEM;
	for (size_t i = 0; i < ini->bucket_count; i++) {
		while (ini->buckets[i]) {
			struct ini_entry *entry = ini->buckets[i];

			ini->buckets[i] = entry->next;
			entry->next = buckets[entry->hash & (count - 1)];
			buckets[entry->hash & (count - 1)] = entry;
		}
	}
	free(ini->buckets);
	ini->buckets = buckets;
	ini->bucket_count = count;
	return 0;
}

static struct ini_entry *ini_insert(struct ini *ini, struct ini_section *parent, const char *name)
{
	struct ini_entry *entry;

	if (ini->entry_count >= ini->bucket_count && ini_rehash(ini) < 0)
		return NULL;
	entry = arena_alloc(ini->arena, sizeof(*entry));
	name = arena_strdup(ini->arena, name);
	if (!entry || !name)
		return NULL;
	entry->parent = parent;
	if (parent)
		entry->option.name = name;
	else
		entry->section.name = name;
	entry->hash = ini_hash(parent, name);
	entry->next = ini->buckets[entry->hash & (ini->bucket_count - 1)];
	ini->buckets[entry->hash & (ini->bucket_count - 1)] = entry;
	ini->entry_count++;
	return entry;
}

struct ini_section *ini_open_section(struct ini *ini, const char *name, const struct ini_file *file,
                                     int line)
{
	struct ini_entry *entry = ini_lookup(ini, NULL, name);

	if (!entry) {
		entry = ini_insert(ini, NULL, name);
		if (!entry)
			return NULL;
		entry->section.file = file;
		entry->section.line = line;
		if (strcmp(name, INI_DEFAULT_SECTION) != 0) {
			if (ini->last)
				ini->last->next = &entry->section;
			else
				ini->first = &entry->section;
			ini->last = &entry->section;
		}
	}
	entry->section.last_file = file;
	entry->section.last_line = line;
	return &entry->section;
}

struct ini_option *ini_open_option(struct ini *ini, struct ini_section *section, const char *name,
                                   const struct ini_file *file, int line)
{
	struct ini_entry *entry = ini_lookup(ini, section, name), *parent;

	if (!entry) {
		entry = ini_insert(ini, section, name);
		if (!entry)
			return NULL;
		parent =
		    (struct ini_entry *)((char *)section - offsetof(struct ini_entry, section));
		if (parent->last)
			parent->last->next = &entry->option;
		else
			section->options = &entry->option;
		parent->last = &entry->option;
	}
	entry->option.tag = NULL;
	entry->option.value = "";
	entry->option.file = file;
	entry->option.line = line;
	return &entry->option;
}

struct ini_section *ini_sections(const struct ini *ini)
{
	return ini->first;
}

struct ini_section *ini_find_section(const struct ini *ini, const char *name)
{
	struct ini_entry *entry = ini_lookup(ini, NULL, name);

	return entry ? &entry->section : NULL;
}

struct ini_option *ini_find_option(const struct ini *ini, const struct ini_section *section,
                                   const char *name)
{
	struct ini_entry *entry = ini_lookup(ini, section, name);

	return entry ? &entry->option : NULL;
}
