/*
 * Memory that is released all at once: what a configuration is made of lives and dies with it.
 * Saves a header for each of thousands of small texts, and the code that would free them one by
 * one.
 */
#ifndef MUSTER_CONFIG_ARENA_H
#define MUSTER_CONFIG_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

/* NULL when out of memory, as all that follows. arena_free(NULL) does nothing. */
struct arena *arena_new(void);
void arena_free(struct arena *arena);

/* `size` zeroed bytes, aligned for any object. */
void *arena_alloc(struct arena *arena, size_t size);

/* An array of `count` zeroed items; NULL also where the size overflows. */
void *arena_array(struct arena *arena, size_t count, size_t size);

/* A copy of a text, or of its first `size` bytes and a NUL. */
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t size);

char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* Bytes taken from the heap so far, for measuring. */
size_t arena_size(const struct arena *arena);

#endif
