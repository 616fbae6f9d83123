/*
 * Feeds inih line by line. Between the text and inih stands a reader that decides, by
 * ConfigParser's rules, what each line is, and hands it over in a shape on which the two agree:
 *
 *  - blank lines and comments, also those within a continued value, never get there;
 *  - inline comments are gone, " #" as well as " ;";
 *  - a continuation line begins with a tab, any other line with its first letter: ConfigParser goes
 *    by the indentation of the key, inih by any indentation;
 *  - names of sections and the line numbers are kept here: inih cuts the former and has no latter.
 */
#include <errno.h>
#include <ini.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config/arena.h"
#include "daemon/config/config.h"
#include "daemon/config/ini-store.h"
#include "daemon/config/note.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

struct reader {
	struct ini *ini;
	const struct ini_file *file;
	struct config_notes *notes;
	int error; /* -ENOMEM, for good */

	const char *next; /* the text not yet looked at */
	const char *end;
	int line; /* number of the line last taken */

	char *prepared; /* the line for inih, and how much of it inih has */
	size_t prepared_size;
	size_t given;
	bool is_continuation;
	bool is_answered; /* inih made something of it, or need not */

	size_t indent; /* of the section or key that a continuation must be deeper than */
	bool has_key;  /* a continuation may follow */
	struct ini_section *section;
	struct ini_option *option; /* its value is still being put together */
	char *value;
	size_t value_size;
	size_t value_room;
	size_t blanks; /* empty lines within the value, kept until another line follows */
};

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || (c >= '\x1c' && c <= '\x1f');
}

static void reader_note(struct reader *reader, const char *key, const char *text)
{
	struct place place = {.file = reader->file->path,
	                      .line = reader->line,
	                      .section = reader->section ? reader->section->name : NULL,
	                      .key = key};

	if (note_add(reader->notes, true, &place, "%s", text) < 0) {
		reader->error = -ENOMEM;
		return;
	}
	/* What the line was to say (a user=, perhaps) is not known: the section cannot be used. */
	if (reader->section && !reader->section->unreadable)
		reader->section->unreadable = arena_strdup(
		    ini_arena(reader->ini), reader->notes->items[reader->notes->count - 1].text);
}

/* The next line of the text without its end: \n, \r\n or \r. False at the end. */
static bool take_line(struct reader *reader, const char **ret_line, size_t *ret_size)
{
	const char *p = reader->next;

	if (p == reader->end)
		return false;
	*ret_line = p;
	while (p < reader->end && *p != '\n' && *p != '\r')
		p++;
	*ret_size = (size_t)(p - *ret_line);
	if (p < reader->end)
		p += p[0] == '\r' && p + 1 < reader->end && p[1] == '\n' ? 2 : 1;
	reader->next = p;
	reader->line++;
	return true;
}

/* The n-th `c` of the line from `at` on; `size` where there is none. */
static size_t find_from(const char *line, size_t size, size_t at, char c)
{
	const char *found = at < size ? memchr(line + at, c, size - at) : NULL;

	return found ? (size_t)(found - line) : size;
}

/*
 * Where an inline comment begins: at a ; or # that is first or behind white space. ConfigParser
 * looks at the first of both, then at the second of both, and is content with what it has found
 * then; so "a;b ;c #d" is cut at the #.
 */
static size_t comment_start(const char *line, size_t size)
{
	size_t at[2] = {0, 0}, start = size;

	while (start == size && (at[0] < size || at[1] < size)) {
		for (int i = 0; i < 2; i++) {
			at[i] = find_from(line, size, at[i], i == 0 ? ';' : '#');
			if (at[i] == size)
				continue;
			if ((at[i] == 0 || is_blank(line[at[i] - 1])) && at[i] < start)
				start = at[i];
			at[i]++;
		}
	}
	return start;
}

static void reader_finish_option(struct reader *reader)
{
	struct ini_option *option = reader->option;
	size_t size = reader->value_size;

	if (!option)
		return;
	while (size > 0 && is_blank(reader->value[size - 1]))
		size--;
	option->value = arena_strndup(ini_arena(reader->ini), reader->value, size);
	if (!option->value) {
		option->value = "";
		reader->error = -ENOMEM;
	}
	reader->option = NULL;
	reader->value_size = 0;
	reader->blanks = 0;
}

static void value_append(struct reader *reader, const char *text, size_t newlines)
{
	size_t size = strlen(text), wanted = reader->value_size + newlines + size;
	char *larger;

	if (wanted > reader->value_room || !reader->value) {
		larger = realloc(reader->value, wanted * 2 + 1);
		if (!larger) {
			reader->error = -ENOMEM;
			return;
		}
		reader->value = larger;
		reader->value_room = wanted * 2 + 1;
	}
	memset(reader->value + reader->value_size, '\n', newlines);
	memcpy(reader->value + reader->value_size + newlines, text, size);
	reader->value_size = wanted;
}

static void reader_begin_section(struct reader *reader, const char *line, size_t size)
{
	const char *end = memrchr(line, ']', size);
	char *name = NULL;

	reader_finish_option(reader);
	reader->has_key = false;
	reader->is_answered = true;
	if (!end || end - line < 2) {
		reader_note(reader, NULL, "a section needs a name and a ]: [program:x]");
		return;
	}
	name = arena_strndup(ini_arena(reader->ini), line + 1, (size_t)(end - line - 1));
	if (name)
		reader->section = ini_open_section(reader->ini, name, reader->file, reader->line);
	if (!name || !reader->section)
		reader->error = -ENOMEM;
}

/* Puts a stripped line where inih gets it from. */
static void reader_prepare(struct reader *reader, const char *line, size_t size)
{
	size_t used = 0;

	if (reader->is_continuation)
		reader->prepared[used++] = '\t';
	memcpy(reader->prepared + used, line, size);
	used += size;
	reader->prepared[used++] = '\n';
	reader->prepared_size = used;
	reader->given = 0;
}

/* Looks at one line; true where inih is to have it. */
static bool reader_look_at(struct reader *reader, const char *line, size_t size)
{
	size_t indent = 0, end;
	bool has_comment;

	while (indent < size && is_blank(line[indent]))
		indent++;
	end = indent < size && strchr(";#", line[indent]) ? 0 : comment_start(line, size);
	has_comment = end < size;
	while (end > 0 && is_blank(line[end - 1]))
		end--;
	if (end <= indent) {
		if (!has_comment && reader->has_key)
			reader->blanks++;
		return false;
	}
	reader->is_continuation = reader->has_key && indent > reader->indent;
	reader->is_answered = false;
	if (!reader->is_continuation) {
		reader->indent = indent;
		if (line[indent] == '[')
			reader_begin_section(reader, line + indent, end - indent);
	}
	reader_prepare(reader, line + indent, end - indent);
	return true;
}

static void reader_check_answer(struct reader *reader)
{
	if (reader->prepared_size > 0 && !reader->is_answered)
		reader_note(reader, NULL, "neither [section] nor key=value nor a continued value");
	reader->is_answered = true;
}

/* ini_reader: as fgets(3). */
static char *reader_read(char *buffer, int room, void *arg)
{
	struct reader *reader = arg;
	const char *line;
	size_t size;

	while (reader->given == reader->prepared_size) {
		reader_check_answer(reader);
		reader->given = reader->prepared_size = 0;
		do {
			if (reader->error < 0 || !take_line(reader, &line, &size))
				return NULL;
		} while (!reader_look_at(reader, line, size));
	}
	size = reader->prepared_size - reader->given;
	if (size > (size_t)room - 1)
		size = (size_t)room - 1;
	memcpy(buffer, reader->prepared + reader->given, size);
	buffer[size] = '\0';
	reader->given += size;
	return buffer;
}

static void reader_begin_option(struct reader *reader, const char *name, const char *value)
{
	char *lower;

	reader_finish_option(reader);
	if (!reader->section) {
		reader_note(reader, NULL, "a key before any [section]");
		return;
	}
	if (!*name) {
		reader_note(reader, NULL, "a value without a key before it");
		return;
	}
	lower = arena_strdup(ini_arena(reader->ini), name);
	for (char *p = lower; p && *p; p++) {
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	}
	if (lower)
		reader->option = ini_open_option(reader->ini, reader->section, lower, reader->file,
		                                 reader->line);
	if (!lower || !reader->option) {
		reader->error = -ENOMEM;
		return;
	}
	reader->has_key = true;
	reader->blanks = 0;
	value_append(reader, value, 0);
}

/* ini_handler: inih has found a key, or the next line of a value. */
static int reader_handle(void *arg, const char *section, const char *name, const char *value)
{
	struct reader *reader = arg;

	(void)section;
	reader->is_answered = true;
	if (!reader->is_continuation) {
		reader_begin_option(reader, name, value);
	} else if (reader->option) {
		value_append(reader, value, reader->blanks + 1);
		reader->blanks = 0;
	}
	return 1;
}

/* The longest line, so that inih takes any in one piece. */
static size_t longest_line(const char *text, size_t size)
{
	size_t longest = 0, length = 0;

	for (size_t i = 0; i < size; i++) {
		length = text[i] == '\n' || text[i] == '\r' ? 0 : length + 1;
		if (length > longest)
			longest = length;
	}
	return longest;
}

static int reader_run(struct reader *reader, size_t longest)
{
	int room = (int)longest + 4; /* a tab, a newline, a NUL, and one to tell a cut line */

	/* inih's limits are variables of its own, not of the call. */
	ini_use_stack = false;
	ini_allow_realloc = true;
	ini_initial_alloc = room;
	ini_max_line = room;
	ini_allow_multiline = true;
	ini_allow_inline_comments = false;
	ini_allow_no_value = false;
	ini_stop_on_first_error = false;
	if (ini_parse_stream(reader_read, reader, reader_handle, reader) == -2)
		reader->error = -ENOMEM;
	reader_finish_option(reader);
	return reader->error;
}

/* -EINVAL with a note for what cannot be a text. */
static int check_text(const struct ini_file *file, const char *text, size_t size,
                      struct config_notes *notes)
{
	struct place place = {.file = file->path, .line = 1};
	const char *nul = memchr(text, '\0', size);

	if (!nul)
		return 0;
	for (const char *p = text; p < nul; p++)
		place.line += *p == '\n';
	if (note_add(notes, true, &place, "this is no text file (it has a NUL byte)") < 0)
		return -ENOMEM;
	return -EINVAL;
}

int ini_add(struct ini *ini, const char *path, const char *here, const char *text, size_t size,
            struct config_notes *notes, const struct ini_file **ret_file)
{
	struct ini_file *file = arena_alloc(ini_arena(ini), sizeof(*file));
	struct reader reader = {.ini = ini, .file = file, .notes = notes, .is_answered = true};
	size_t longest, mark = strlen(BYTE_ORDER_MARK);
	int result;

	if (!file)
		return -ENOMEM;
	file->path = arena_strdup(ini_arena(ini), path);
	file->here = arena_strdup(ini_arena(ini), here);
	if (!file->path || !file->here)
		return -ENOMEM;
	if (size > INT_MAX / 2)
		return -EFBIG;
	result = check_text(file, text, size, notes);
	if (result < 0)
		return result;
	if (size >= mark && memcmp(text, BYTE_ORDER_MARK, mark) == 0) {
		text += mark;
		size -= mark;
	}
	longest = longest_line(text, size);
	reader.next = text;
	reader.end = text + size;
	reader.prepared = malloc(longest + 3);
	result = reader.prepared ? reader_run(&reader, longest) : -ENOMEM;
	free(reader.prepared);
	free(reader.value);
	if (result < 0)
		return result;
	*ret_file = file;
	return 0;
}
