/*
 * The main file and what it includes. As in supervisord, [include] takes effect when its file has
 * been read to the end, so what an included file says comes later and wins. Here an included file
 * may include others; a circle is an error and cut.
 */
#include <errno.h>
#include <string.h>

#include "daemon/config/arena.h"
#include "daemon/config/ini.h"
#include "daemon/config/load.h"
#include "daemon/config/note.h"
#include "daemon/config/pathname.h"
#include "daemon/config/source.h"

/* Files being read, from the innermost out. */
struct include {
	struct load *load;
	const struct include *outer;
	const char *path;
	unsigned depth;
	size_t *file_count;
};

static const char include_section[] = "include";
static const char include_key[] = "files";

static const struct {
	int error;
	const char *text;
} read_errors[] = {
    {EISDIR, "this is a directory, not a file"},
    {ENOTSUP, "this is no regular file"},
    {EFBIG, "this file is too large for a configuration"},
    {EMFILE, "too many files are included"},
};

static const char *read_error_text(int error)
{
	for (size_t i = 0; i < sizeof(read_errors) / sizeof(read_errors[0]); i++) {
		if (read_errors[i].error == error)
			return read_errors[i].text;
	}
	return strerror(error);
}

static int note_read_error(struct load *load, const char *path, int error)
{
	const struct place place = {.file = path};

	return note_add(load->notes, true, &place, "cannot read it: %s", read_error_text(-error));
}

static int include_file(const struct include *outer, const char *path, const struct place *place);

/* One pattern of files=. */
static int include_pattern(const struct include *include, const char *base, const char *pattern,
                           const struct place *place)
{
	struct load *load = include->load;
	const char *const *paths;
	int result = 0;

	if (pattern[0] != '/')
		pattern =
		    arena_printf(load->scratch, "%s/%s", strcmp(base, "/") ? base : "", pattern);
	if (!pattern)
		return -ENOMEM;
	result = source_glob(load->source, pattern, &paths);
	if (result == -ENOMEM)
		return result;
	if (result < 0)
		return note_add(load->notes, true, place, "cannot look for %s: %s", pattern,
		                read_error_text(-result));
	if (!paths[0])
		return note_add(load->notes, false, place, "no file matches %s", pattern);
	for (; *paths && result == 0; paths++)
		result = include_file(include, *paths, place);
	return result;
}

/* What [include] of the file that has just been read names. */
static int include_more(const struct include *include, const struct ini_file *file)
{
	struct load *load = include->load;
	const struct ini_section *section = ini_find_section(load->ini, include_section);
	const struct ini_option *option;
	struct place place = {.file = file->path, .section = include_section};
	struct expand_scope scope = load->scope;
	const char *files, *why;
	int result;

	if (!section || section->last_file != file)
		return 0;
	place.line = section->last_line;
	option = ini_find_option(load->ini, section, include_key);
	if (!option || option->file != file)
		return note_add(load->notes, true, &place,
		                "it has no files= that says what to include");
	place.line = option->line;
	place.key = include_key;
	scope.here = file->here;
	result = expand_text(load->scratch, option->value, &scope, &files, &why);
	if (result == -EINVAL)
		return note_add(load->notes, true, &place, "%s", why);
	while (result == 0) {
		const char *pattern;
		size_t size;

		files += strspn(files, " \t\r\n\v\f");
		size = strcspn(files, " \t\r\n\v\f");
		if (size == 0)
			break;
		pattern = arena_strndup(load->scratch, files, size);
		result = pattern ? include_pattern(include, file->here, pattern, &place) : -ENOMEM;
		files += size;
	}
	return result;
}

static bool is_circle(const struct include *include, const char *path)
{
	while (include && strcmp(include->path, path) != 0)
		include = include->outer;
	return include != NULL;
}

/* Reads a file into load->ini, then what it includes. Only the main file's errors come back. */
static int include_text(const struct include *include)
{
	struct load *load = include->load;
	const struct ini_file *file;
	char *here = pathname_directory(load->scratch, include->path);
	const char *text;
	size_t size;
	int result;

	if (!here)
		return -ENOMEM;
	result = source_read(load->source, include->path, &text, &size);
	if (result == 0)
		result = ini_add(load->ini, include->path, here, text, size, load->notes, &file);
	else if (result != -ENOMEM && note_read_error(load, include->path, result) < 0)
		result = -ENOMEM;
	return result == 0 ? include_more(include, file) : result;
}

static int include_file(const struct include *outer, const char *path, const struct place *place)
{
	struct load *load = outer->load;
	struct include include = {.load = load,
	                          .outer = outer,
	                          .depth = outer->depth + 1,
	                          .file_count = outer->file_count};
	char *normal;
	int result = pathname_normalize(load->scratch, path, &normal);

	if (result < 0)
		return result == -ENOMEM ? result : note_read_error(load, path, result);
	include.path = normal;
	if (is_circle(outer, normal))
		return note_add(load->notes, true, place,
		                "%s includes itself; it is not read again", normal);
	if (include.depth > CONFIG_INCLUDE_DEPTH_MAX)
		return note_add(load->notes, true, place,
		                "files are included more than %u deep; %s is not read",
		                CONFIG_INCLUDE_DEPTH_MAX, normal);
	if (++*include.file_count > SOURCE_FILES_MAX)
		return note_add(load->notes, true, place, "more than %u files; %s is not read",
		                SOURCE_FILES_MAX, normal);
	result = include_text(&include);
	return result == -ENOMEM ? result : 0;
}

int include_read(struct load *load, const char *file)
{
	struct config *config = load->config;
	size_t file_count = 1;
	struct include main = {.load = load, .file_count = &file_count};
	int result = pathname_normalize(load->arena, file, &config->file);

	if (result < 0)
		return result;
	config->here = pathname_directory(load->arena, config->file);
	if (!config->here)
		return -ENOMEM;
	load->scope.here = config->here;
	main.path = config->file;
	return include_text(&main);
}
