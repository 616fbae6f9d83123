/*
 * Writes JSON text piece by piece, straight into one buffer. Replies are made with it: a list of
 * thousands of processes, or two hundred thousand answers a second, would otherwise build and tear
 * down a tree of values for each.
 */
#ifndef MUSTER_API_WRITER_H
#define MUSTER_API_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct writer {
	char *data;
	size_t used;
	size_t size;
	/* Memory ran out, or the text grew over the longest reply: nothing more is written. */
	bool failed;
};

/* A zeroed writer is ready for use. */
void writer_done(struct writer *writer);

/* Empties it for the next text; a large buffer is given back. */
void writer_reset(struct writer *writer);

/*
 * Each value has the key it stands under, or NULL in an array. Keys are names from our own code and
 * are written as they are. Commas come by themselves.
 */
void writer_open_object(struct writer *writer, const char *key);
void writer_close_object(struct writer *writer);
void writer_open_array(struct writer *writer, const char *key);
void writer_close_array(struct writer *writer);

/* Text: NULL is null; an invalid UTF-8 byte is written as U+FFFD. */
void writer_text(struct writer *writer, const char *key, const char *text);
void writer_text_sized(struct writer *writer, const char *key, const char *text, size_t size);
/* Any bytes, as base64. */
void writer_base64(struct writer *writer, const char *key, const char *data, size_t size);
void writer_int(struct writer *writer, const char *key, int64_t value);
void writer_bool(struct writer *writer, const char *key, bool value);
void writer_null(struct writer *writer, const char *key);

/* JSON text as it is, without a comma before it. */
void writer_raw(struct writer *writer, const char *text, size_t size);
/* The values that another writer holds, as the next ones of the array that is open. */
void writer_join(struct writer *writer, const struct writer *values);

#endif
