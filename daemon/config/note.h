/* Faults and warnings of a configuration, collected while it is read. */
#ifndef MUSTER_CONFIG_NOTE_H
#define MUSTER_CONFIG_NOTE_H

#include <stdbool.h>

struct arena;
struct config_notes;

/* More faults than this are counted but not listed; one note says so. */
#define NOTES_MAX 10000u
/* The longest part of a value that a note repeats. */
#define NOTE_QUOTE_MAX 400u

/* Where a fault is: what is not known is NULL or 0. */
struct place {
	const char *file;
	int line;
	const char *section; /* "program:web" */
	const char *key;
};

/* Adds "file:line: [section] key: text". -ENOMEM. */
int note_add(struct config_notes *notes, bool is_error, const struct place *place,
             const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Every note as a line of the daemon's log. */
void note_log(const struct config_notes *notes);

/* By file and line; what was said twice of the same line stays once. */
void note_sort(struct config_notes *notes);

/*
 * A value as a note shows it: in quotes, the way Python's repr writes a text, because that is how
 * the messages look which supervisord's users know. Cut with "..." where it is long. NULL when out
 * of memory.
 */
char *note_quote(struct arena *arena, const char *text);

#endif
