/*
 * Goes through what is written, not through what could be: a section has five keys, its kind has
 * forty. The defaults are parsed once for each kind and copied.
 */
#include "daemon/config/section.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config/arena.h"
#include "daemon/config/ini.h"
#include "daemon/config/load.h"
#include "daemon/config/note.h"
#include "daemon/config/value.h"

static struct value section_value(const struct section *section, const struct key *key,
                                  const char *text)
{
	struct load *load = section->load;

	return (struct value){.key = key,
	                      .text = text,
	                      .arena = load->arena,
	                      .scratch = load->scratch,
	                      .users = load->users,
	                      .uid = load->uid};
}

static void *section_field(const struct section *section, const struct key *key)
{
	return (char *)section->target + key->offset;
}

/* Keys of which the default is an expansion, or depends on where we are, are not in the template.
 */
static bool default_is_plain(const struct key *key)
{
	return key->fallback && !key->fallback_expands;
}

static int make_defaults(struct section *section, void *target)
{
	struct section plain = *section;

	plain.target = target;
	for (size_t i = 0; i < table_rows(section->kind); i++) {
		const struct key *key = table_key(section->kind, i);
		struct value value = section_value(&plain, key, key->fallback);

		/* A default that is refused (the working directory is gone) leaves nothing. */
		if (default_is_plain(key) &&
		    key->type->set(&value, section_field(&plain, key)) == -ENOMEM)
			return -ENOMEM;
	}
	return 0;
}

int section_set_defaults(struct section *section)
{
	void **defaults = &section->load->defaults[section->kind];
	size_t size = table_section_size(section->kind);

	if (!*defaults) {
		void *made = arena_alloc(section->load->scratch, size);

		if (!made || make_defaults(section, made) < 0)
			return -ENOMEM;
		*defaults = made;
	}
	memcpy(section->target, *defaults, size);
	return 0;
}

const struct ini_option *section_find(const struct section *section, const char *name)
{
	const struct ini *ini = section->load->ini;
	const struct ini_section *common = ini_find_section(ini, INI_DEFAULT_SECTION);
	const struct ini_option *option =
	    section->ini ? ini_find_option(ini, section->ini, name) : NULL;

	if (!option && common)
		option = ini_find_option(ini, common, name);
	return option;
}

static int section_note(struct section *section, bool is_error, const char *key,
                        const char *message)
{
	const struct ini_option *option = key ? section_find(section, key) : NULL;
	struct place place = {.file = section->load->config->file, .key = key};
	struct config_notes *notes = section->load->notes;

	place.section = table_section_name(section->kind);
	if (section->ini) {
		place.file = section->ini->file->path;
		place.line = section->ini->line;
		place.section = section->ini->name;
	}
	if (option) {
		place.file = option->file->path;
		place.line = option->line;
	}
	if (note_add(notes, is_error, &place, "%s", message) < 0)
		return -ENOMEM;
	if (!is_error || section->fault)
		return 0;
	section->fault_key = key;
	section->fault_why = message;
	section->fault = arena_strdup(section->load->arena, notes->items[notes->count - 1].text);
	return section->fault ? 0 : -ENOMEM;
}

int section_fault(struct section *section, const char *key, const char *format, ...)
{
	va_list args;
	char *message;

	if (section->is_quiet)
		return 0;
	va_start(args, format);
	message = arena_vprintf(section->load->scratch, format, args);
	va_end(args);
	if (!message)
		return -ENOMEM;
	return section_note(section, !table_section_is_foreign(section->kind), key, message);
}

int section_warn(struct section *section, const char *key, const char *format, ...)
{
	va_list args;
	char *message;

	if (section->is_quiet)
		return 0;
	va_start(args, format);
	message = arena_vprintf(section->load->scratch, format, args);
	va_end(args);
	return message ? section_note(section, false, key, message) : -ENOMEM;
}

/* The text of a key with its names replaced. */
static int section_expand(struct section *section, const struct key *key, const char *text,
                          const char *here, const char **ret_text, const char **ret_why)
{
	struct expand_scope scope = section->scope;
	struct arena *scratch = section->load->scratch;
	const char *again, *why;
	int result;

	scope.here = here;
	if (key->expand == EXPAND_SECTION)
		scope.own_environment = NULL;
	result = expand_text(scratch, text, &scope, &text, ret_why);
	/* supervisord expands some keys twice, by accident, so that a % there is written %%%%;
	 * where the second time fails, it refuses the file, and we take what there is. */
	if (result == 0 && key->expand == EXPAND_TWICE) {
		result = expand_text(scratch, text, &scope, &again, &why);
		if (result == 0)
			text = again;
		else if (result == -EINVAL)
			result = 0;
	}
	if (result == 0)
		*ret_text = text;
	return result;
}

static int section_set(struct section *section, const struct key *key, const char *text,
                       const char *here)
{
	struct value value;
	const char *why = NULL;
	int result = 0;

	if (!section->is_literal && strchr(text, '%'))
		result = section_expand(section, key, text, here, &text, &why);
	if (result == 0) {
		value = section_value(section, key, text);
		result = key->type->set(&value, section_field(section, key));
		why = value.why;
		if (result == 0 && value.warning)
			result = section_warn(section, key->name, "%s", value.warning);
	}
	if (result == -EINVAL)
		result = section_fault(section, key->name, "%s", why);
	return result;
}

/* Of [DEFAULT], what the section does not say itself and its kind knows. */
static int section_read_common(struct section *section, enum key_step step)
{
	const struct ini *ini = section->load->ini;
	const struct ini_section *common = ini_find_section(ini, INI_DEFAULT_SECTION);
	const struct ini_option *option = common ? common->options : NULL;
	int result = 0;

	for (; option && result == 0; option = option->next) {
		const struct key *key = table_find_key(section->kind, option->name);

		if (key && key->step == step && !ini_find_option(ini, section->ini, option->name))
			result = section_set(section, key, option->value, option->file->here);
	}
	return result;
}

static int section_read_expanded_defaults(struct section *section)
{
	int result = 0;

	for (size_t i = 0; i < table_rows(section->kind) && result == 0; i++) {
		const struct key *key = table_key(section->kind, i);

		if (key->fallback_expands && !section_find(section, key->name))
			result = section_set(section, key, key->fallback, section->scope.here);
	}
	return result;
}

int section_read(struct section *section, enum key_step step)
{
	const struct ini_option *option = section->ini ? section->ini->options : NULL;
	int result = 0;

	if (section->ini)
		result = section_read_common(section, step);
	for (; option && result == 0; option = option->next) {
		const struct key *key = option->tag;

		if (key && key->step == step)
			result = section_set(section, key, option->value, option->file->here);
	}
	if (result == 0 && step == STEP_REST)
		result = section_read_expanded_defaults(section);
	return result;
}

int section_read_key(struct section *section, const char *name)
{
	const struct ini_option *option = section_find(section, name);

	if (!option)
		return 0;
	return section_set(section, table_find_key(section->kind, name), option->value,
	                   option->file->here);
}

static int warn_of_key(struct load *load, const struct ini_section *ini, enum section_kind kind,
                       const struct ini_option *option)
{
	const char *near = table_suggest_key(kind, option->name);
	struct place place = {.file = option->file->path,
	                      .line = option->line,
	                      .section = ini->name,
	                      .key = option->name};

	return note_add(load->notes, false, &place, "there is no such key%s%s%s",
	                near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

static int warn_of_section(struct load *load, const struct ini_section *ini, int error)
{
	size_t size = strcspn(ini->name, ":");
	char *name = arena_strndup(load->scratch, ini->name, size);
	const char *near = name ? table_suggest_section(name) : NULL;
	struct place place = {.file = ini->file->path, .line = ini->line, .section = ini->name};

	if (!name)
		return -ENOMEM;
	if (error == -EINVAL && ini->name[size] && ini->name[size + 1])
		return note_add(load->notes, false, &place,
		                "it is not read: write [%s], there is only one", name);
	if (error == -EINVAL)
		return note_add(load->notes, false, &place, "it is not read: %s",
		                ini->name[size] ? "the name behind the colon is missing"
		                                : "it needs a name behind a colon");
	return note_add(load->notes, false, &place, "there is no such section%s%s%s%s",
	                near ? "; did you mean [" : "", near ? near : "",
	                near ? ini->name + size : "", near ? "]?" : "");
}

int section_match_names(struct load *load)
{
	struct ini_section *ini = ini_sections(load->ini);
	enum section_kind kind;
	const char *name;
	int result = 0;

	for (; ini && result == 0; ini = ini->next) {
		struct ini_option *option = ini->options;
		int error = table_find_section(ini->name, &kind, &name);

		if (error < 0) {
			result = warn_of_section(load, ini, error);
			continue;
		}
		for (; option && result == 0; option = option->next) {
			option->tag = table_find_key(kind, option->name);
			if (!option->tag)
				result = warn_of_key(load, ini, kind, option);
		}
	}
	return result;
}
