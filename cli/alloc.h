/*
 * Memory for a program that runs for a moment: where there is none, it says so and ends. Only the
 * CLI may do that; common/ and the daemon handle the failure.
 */
#ifndef MUSTER_CLI_ALLOC_H
#define MUSTER_CLI_ALLOC_H

#include <jansson.h>
#include <stddef.h>

/* Zeroed room for `count` objects of `size` bytes, owned by the caller; never NULL. */
void *alloc_zero(size_t count, size_t size);

/* `array` (or NULL) made to hold `count` objects of `size` bytes; the new ones are not zeroed. */
void *alloc_resize(void *array, size_t count, size_t size);

/* A copy of the text, owned by the caller. */
char *alloc_text(const char *text);

/* Passes a new JSON value on, and ends the program where it is NULL. */
json_t *alloc_json(json_t *value);

/* A JSON string of any bytes; those that are no UTF-8 become U+FFFD. */
json_t *alloc_json_text(const char *text);

/* Ends the program: out of memory. */
void alloc_fail(void) __attribute__((noreturn));

#endif
