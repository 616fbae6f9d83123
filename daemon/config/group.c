/*
 * Groups: those of [group:x] first, because they take their programs away from what would else be a
 * group of its own; then one for each section that is left.
 */
#include "daemon/config/group.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config/arena.h"
#include "daemon/config/command.h"
#include "daemon/config/fingerprint.h"
#include "daemon/config/ini.h"
#include "daemon/config/load.h"
#include "daemon/config/note.h"
#include "daemon/config/section.h"
#include "daemon/config/target.h"
#include "daemon/config/value.h"

/* A group while all of them are collected. */
struct member {
	struct group_config *group;
	const struct ini_section *ini;
	size_t index; /* of its making: the earlier one keeps a name that two want */
};

struct members {
	struct member *items;
	size_t count;
	size_t room;
};

/* A program while a group is put in order. */
struct place_in_group {
	struct program *program;
	const struct ini_section *ini;
	size_t index;
};

static int members_add(struct members *members, struct group_config *group,
                       const struct ini_section *ini)
{
	if (members->count == members->room) {
		size_t room = members->room > 0 ? members->room * 2 : 16;
		struct member *items = reallocarray(members->items, room, sizeof(*items));

		if (!items)
			return -ENOMEM;
		members->items = items;
		members->room = room;
	}
	members->items[members->count] =
	    (struct member){.group = group, .ini = ini, .index = members->count};
	members->count++;
	return 0;
}

static int note_section(struct load *load, bool is_error, const struct ini_section *ini,
                        const char *message)
{
	struct place place = {.file = ini->file->path, .line = ini->line, .section = ini->name};

	return note_add(load->notes, is_error, &place, "%s", message);
}

/* The name behind the colon without the blanks around it. NULL where it is none: then it is noted;
 * *ret_error is -ENOMEM or 0. */
static char *take_group_name(struct load *load, const struct ini_section *ini, const char *name,
                             int *ret_error)
{
	size_t size;
	const char *why;
	char *copy;

	while (isspace((unsigned char)*name))
		name++;
	size = strlen(name);
	while (size > 0 && isspace((unsigned char)name[size - 1]))
		size--;
	copy = arena_strndup(load->arena, name, size);
	*ret_error = copy ? 0 : -ENOMEM;
	why = copy ? value_check_name(copy) : NULL;
	if (why) {
		*ret_error = note_section(load, true, ini, why);
		return NULL;
	}
	return copy;
}

static void group_take_fingerprint(struct group_config *group)
{
	uint64_t fingerprint = FINGERPRINT_START;

	fingerprint_add(&fingerprint, &group->kind, sizeof(group->kind));
	fingerprint_add_text(&fingerprint, group->name);
	fingerprint_add(&fingerprint, &group->priority, sizeof(group->priority));
	for (size_t i = 0; i < group->program_count; i++)
		fingerprint_add(&fingerprint, &group->programs[i]->fingerprint,
		                sizeof(group->programs[i]->fingerprint));
	group->fingerprint = fingerprint ? fingerprint : 1;
}

static int compare_places(const void *left, const void *right)
{
	const struct place_in_group *a = left, *b = right;

	if (a->program->priority != b->program->priority)
		return a->program->priority < b->program->priority ? -1 : 1;
	return a->index < b->index ? -1 : a->index > b->index;
}

static int compare_names(const void *left, const void *right)
{
	const struct place_in_group *a = left, *b = right;
	int order = strcmp(a->program->name, b->program->name);

	if (order != 0)
		return order;
	return a->index < b->index ? -1 : a->index > b->index;
}

/* Two processes of one name: the later one in the order written is left out. */
static int drop_doubles(struct load *load, struct place_in_group *places, size_t *count)
{
	size_t kept = 0;

	qsort(places, *count, sizeof(*places), compare_names);
	for (size_t i = 0; i < *count; i++) {
		struct program *program = places[i].program;
		struct place place = {
		    .file = program->file, .line = program->line, .section = places[i].ini->name};

		if (kept == 0 || strcmp(places[kept - 1].program->name, program->name) != 0) {
			places[kept++] = places[i];
			continue;
		}
		load->process_count--;
		if (note_add(load->notes, true, &place,
		             "a process %s is there already; this one is left out",
		             program->full_name) < 0)
			return -ENOMEM;
	}
	*count = kept;
	return 0;
}

/* The programs of all sets into the group: by priority, then as they come. */
static int group_fill(struct load *load, struct group_config *group, const struct program_set *sets,
                      size_t set_count)
{
	struct place_in_group *places;
	size_t count = 0;
	int result;

	for (size_t i = 0; i < set_count; i++)
		count += sets[i].count;
	places = arena_array(load->scratch, count + 1, sizeof(*places));
	if (!places)
		return -ENOMEM;
	count = 0;
	for (size_t i = 0; i < set_count; i++) {
		for (size_t k = 0; k < sets[i].count; k++, count++)
			places[count] =
			    (struct place_in_group){sets[i].programs[k], sets[i].ini, count};
	}
	result = count > 1 ? drop_doubles(load, places, &count) : 0;
	if (result < 0)
		return result;
	qsort(places, count, sizeof(*places), compare_places);
	group->programs = arena_array(load->arena, count + 1, sizeof(*group->programs));
	if (!group->programs)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		group->programs[i] = places[i].program;
	group->program_count = count;
	return 0;
}

/* [program:x] or its kin as a group of its own. */
static int read_single(struct load *load, struct members *members, enum section_kind kind,
                       const struct ini_section *ini, const char *name)
{
	struct group_config *group = arena_alloc(load->arena, sizeof(*group));
	struct program_set set;
	int result;

	if (!group)
		return -ENOMEM;
	group->name = take_group_name(load, ini, name, &result);
	if (!group->name)
		return result;
	result = program_read(load, kind, ini, group->name, group->name, &set);
	if (result < 0)
		return result;
	group->kind = set.kind;
	group->priority = set.priority;
	group->listener = set.listener;
	group->fcgi = set.fcgi;
	result = group_fill(load, group, &set, 1);
	return result < 0 ? result : members_add(members, group, ini);
}

/* The program of the command line. It is the first, and so keeps its name. */
static int read_command(struct load *load, struct members *members)
{
	struct group_config *group = arena_alloc(load->arena, sizeof(*group));
	struct program_set set;
	int result = group ? command_read(load, &set) : -ENOMEM;

	if (result < 0)
		return result;
	group->name = set.programs[0]->name;
	group->kind = set.kind;
	group->priority = set.priority;
	result = group_fill(load, group, &set, 1);
	return result < 0 ? result : members_add(members, group, NULL);
}

/* The section that programs= means by a name; NULL, and noted, where there is none or two. */
static struct ini_section *find_program(struct section *section, const char *name,
                                        enum section_kind *ret_kind, int *ret_error)
{
	static const enum section_kind kinds[] = {SECTION_PROGRAM, SECTION_FCGI};
	struct load *load = section->load;
	struct ini_section *found = NULL;
	const char *quoted = note_quote(load->scratch, name);
	int count = 0;

	*ret_error = quoted ? 0 : -ENOMEM;
	for (size_t i = 0; quoted && i < 2; i++) {
		const char *full =
		    arena_printf(load->scratch, "%s:%s", table_section_name(kinds[i]), name);
		struct ini_section *ini = full ? ini_find_section(load->ini, full) : NULL;

		if (ini) {
			found = ini;
			*ret_kind = kinds[i];
			count++;
		}
		if (!full)
			*ret_error = -ENOMEM;
	}
	if (*ret_error == 0 && count == 0)
		*ret_error =
		    section_fault(section, "programs",
		                  "there is no [program:x] or [fcgi-program:x] named %s", quoted);
	if (*ret_error == 0 && count == 2)
		*ret_error = section_fault(section, "programs",
		                           "%s is both a program and an fcgi-program", quoted);
	return count == 1 && *ret_error == 0 ? found : NULL;
}

static bool is_repeated(char **names, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (strcmp(names[i], names[index]) == 0)
			return true;
	}
	return false;
}

/* The programs that a [group:x] names, each as a set. */
static int read_named(struct section *section, char **names, char *group, struct program_set *sets,
                      size_t *ret_count)
{
	struct load *load = section->load;
	size_t count = 0;
	int result = 0;

	for (size_t i = 0; names[i] && result == 0; i++) {
		struct ini_section *ini;
		enum section_kind kind = SECTION_PROGRAM;
		char *name;

		if (is_repeated(names, i)) {
			result = section_warn(section, "programs", "%s is named twice", names[i]);
			continue;
		}
		ini = find_program(section, names[i], &kind, &result);
		if (!ini)
			continue;
		ini->is_taken = true;
		name = take_group_name(load, ini, names[i], &result);
		if (!name)
			continue;
		result = program_read(load, kind, ini, name, group, &sets[count]);
		count += result == 0;
	}
	*ret_count = count;
	return result;
}

/* [group:x] */
static int read_group(struct load *load, struct members *members, const struct ini_section *ini,
                      const char *name)
{
	struct group_config *group = arena_alloc(load->arena, sizeof(*group));
	struct group_target target;
	struct section section = {.load = load,
	                          .kind = SECTION_GROUP,
	                          .ini = ini,
	                          .scope = load->scope,
	                          .target = &target};
	struct program_set *sets;
	size_t count = 0;
	int result;

	if (!group)
		return -ENOMEM;
	group->name = take_group_name(load, ini, name, &result);
	if (!group->name)
		return result;
	section.scope.group_name = group->name;
	result = section_set_defaults(&section);
	if (result == 0)
		result = section_read(&section, STEP_REST);
	if (result < 0)
		return result;
	group->priority = target.priority;
	while (target.programs && target.programs[count])
		count++;
	if (count == 0)
		result = section_warn(&section, NULL, "it names no programs");
	sets = arena_array(load->scratch, count + 1, sizeof(*sets));
	if (!sets)
		return -ENOMEM;
	if (result == 0 && count > 0)
		result = read_named(&section, target.programs, group->name, sets, &count);
	if (result == 0)
		result = group_fill(load, group, sets, count);
	return result < 0 ? result : members_add(members, group, ini);
}

/* All sections of one kind that no [group:x] has taken. */
static int read_kind(struct load *load, struct members *members, enum section_kind wanted)
{
	const struct ini_section *ini = ini_sections(load->ini);
	enum section_kind kind;
	const char *name;
	int result = 0;

	for (; ini && result == 0; ini = ini->next) {
		if (ini->is_taken || table_find_section(ini->name, &kind, &name) < 0 ||
		    kind != wanted)
			continue;
		if (kind == SECTION_GROUP)
			result = read_group(load, members, ini, name);
		else
			result = read_single(load, members, kind, ini, name);
	}
	return result;
}

static int compare_members_by_name(const void *left, const void *right)
{
	const struct member *a = left, *b = right;
	int order = strcmp(a->group->name, b->group->name);

	if (order != 0)
		return order;
	return a->index < b->index ? -1 : a->index > b->index;
}

static int compare_groups(const void *left, const void *right)
{
	const struct group_config *a = *(struct group_config *const *)left;
	const struct group_config *b = *(struct group_config *const *)right;

	if (a->priority != b->priority)
		return a->priority < b->priority ? -1 : 1;
	return strcmp(a->name, b->name);
}

/* Each name once, in order, into the configuration. */
static int keep_groups(struct load *load, struct members *members)
{
	struct config *config = load->config;
	struct group_config **groups =
	    arena_array(load->arena, members->count + 1, sizeof(*groups));
	size_t count = 0;

	if (!groups)
		return -ENOMEM;
	if (members->count > 0)
		qsort(members->items, members->count, sizeof(*members->items),
		      compare_members_by_name);
	for (size_t i = 0; i < members->count; i++) {
		struct group_config *group = members->items[i].group;

		if (count == 0 || strcmp(groups[count - 1]->name, group->name) != 0) {
			groups[count++] = group;
			continue;
		}
		if (note_section(load, true, members->items[i].ini,
		                 "a group of this name is there already; this one is left out") < 0)
			return -ENOMEM;
	}
	qsort(groups, count, sizeof(*groups), compare_groups);
	config->groups = groups;
	config->group_count = count;
	return 0;
}

int group_read_all(struct load *load)
{
	/* The order in which supervisord makes them. */
	static const enum section_kind kinds[] = {SECTION_GROUP, SECTION_PROGRAM,
	                                          SECTION_EVENTLISTENER, SECTION_FCGI};
	struct members members = {0};
	int result = load->config->command ? read_command(load, &members) : 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && result == 0; i++)
		result = read_kind(load, &members, kinds[i]);
	if (result == 0)
		result = keep_groups(load, &members);
	free(members.items);
	if (result == 0)
		result = daemon_of_check(load);
	for (size_t i = 0; i < load->config->group_count && result == 0; i++)
		group_take_fingerprint(load->config->groups[i]);
	return result;
}
