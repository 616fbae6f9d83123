/* Notes are plain heap texts: they outlive the configuration that they speak of. */
#include "daemon/config/note.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "daemon/config/arena.h"
#include "daemon/config/config.h"

static int note_grow(struct config_notes *notes)
{
	size_t count = notes->count;
	struct config_note *items;

	/* The array is always as large as the next power of two. */
	if ((count & (count - 1)) != 0)
		return 0;
	items = realloc(notes->items, (count > 0 ? count * 2 : 1) * sizeof(*items));
	if (!items)
		return -ENOMEM;
	notes->items = items;
	return 0;
}

static char *note_text(const struct place *place, const char *message)
{
	char line[16] = "";
	char *text;

	if (place->line > 0)
		snprintf(line, sizeof(line), ":%d", place->line);
	if (asprintf(&text, "%s%s: %s%s%s%s%s%s%s", place->file ? place->file : "", line,
	             place->section ? "[" : "", place->section ? place->section : "",
	             place->section ? "]" : "", place->section && place->key ? " " : "",
	             place->key ? place->key : "", place->section || place->key ? ": " : "",
	             message) < 0)
		return NULL;
	return text;
}

static int note_push(struct config_notes *notes, bool is_error, const struct place *place,
                     const char *message)
{
	struct config_note note = {.is_error = is_error, .line = place->line};

	note.file = strdup(place->file ? place->file : "");
	note.text = note_text(place, message);
	if (!note.file || !note.text || note_grow(notes) < 0) {
		free(note.file);
		free(note.text);
		return -ENOMEM;
	}
	notes->items[notes->count++] = note;
	return 0;
}

int note_add(struct config_notes *notes, bool is_error, const struct place *place,
             const char *format, ...)
{
	char *message;
	va_list args;
	int result;

	if (is_error)
		notes->error_count++;
	if (notes->count > NOTES_MAX)
		return 0;
	if (notes->count == NOTES_MAX)
		return note_push(notes, is_error, &(struct place){.file = place->file},
		                 "too many faults: the rest is not listed");
	va_start(args, format);
	result = vasprintf(&message, format, args);
	va_end(args);
	if (result < 0)
		return -ENOMEM;
	result = note_push(notes, is_error, place, message);
	free(message);
	return result;
}

static int note_compare(const void *left, const void *right)
{
	const struct config_note *a = left, *b = right;
	int order = strcmp(a->file, b->file);

	if (order != 0)
		return order;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return strcmp(a->text, b->text);
}

void note_sort(struct config_notes *notes)
{
	size_t kept = 0;

	if (notes->count == 0)
		return;
	qsort(notes->items, notes->count, sizeof(*notes->items), note_compare);
	for (size_t i = 0; i < notes->count; i++) {
		struct config_note *note = &notes->items[i];

		if (kept > 0 && note_compare(note, &notes->items[kept - 1]) == 0) {
			if (note->is_error)
				notes->error_count--;
			free(note->file);
			free(note->text);
			continue;
		}
		notes->items[kept++] = *note;
	}
	notes->count = kept;
}

void config_notes_done(struct config_notes *notes)
{
	for (size_t i = 0; i < notes->count; i++) {
		free(notes->items[i].file);
		free(notes->items[i].text);
	}
	free(notes->items);
	*notes = (struct config_notes){0};
}

/* One byte of a quoted text; at most five bytes and the NUL are written. */
static void note_quote_byte(char *out, unsigned char c, char quote)
{
	static const char named[] = "\n\r\t", letters[] = "nrt";
	const char *at = c ? strchr(named, c) : NULL;

	if (at)
		snprintf(out, 6, "\\%c", letters[at - named]);
	else if (c == (unsigned char)quote || c == '\\')
		snprintf(out, 6, "\\%c", c);
	else if (c < ' ' || c == 0x7f)
		snprintf(out, 6, "\\x%02x", c);
	else
		snprintf(out, 6, "%c", c);
}

char *note_quote(struct arena *arena, const char *text)
{
	size_t size = strnlen(text, NOTE_QUOTE_MAX + 1);
	bool cut = size > NOTE_QUOTE_MAX;
	char quote = strchr(text, '\'') && !strchr(text, '"') ? '"' : '\'';
	char out[NOTE_QUOTE_MAX * 5 + 8];
	size_t used = 0;

	if (cut)
		size = NOTE_QUOTE_MAX;
	/* Not in the middle of a UTF-8 character. */
	while (cut && size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80)
		size--;
	out[used++] = quote;
	for (size_t i = 0; i < size; i++) {
		note_quote_byte(out + used, (unsigned char)text[i], quote);
		used += strlen(out + used);
	}
	snprintf(out + used, sizeof(out) - used, "%s%c", cut ? "..." : "", quote);
	return arena_strdup(arena, out);
}

void note_log(const struct config_notes *notes)
{
	for (size_t i = 0; i < notes->count; i++)
		log_write(notes->items[i].is_error ? LEVEL_ERROR : LEVEL_WARN, "%s",
		          notes->items[i].text);
}
