/* How wide a text is on a terminal, and what of it may be shown there. */
#ifndef MUSTER_CLI_WIDTH_H
#define MUSTER_CLI_WIDTH_H

#include <stddef.h>
#include <stdio.h>

/*
 * Columns that `size` bytes of UTF-8 take. The bytes are changed in place so that each character
 * may be shown: a control character, one that turns the direction of what follows, or an invalid
 * byte becomes '?'.
 */
size_t width_clean(char *text, size_t size);

/* Writes a text that came from elsewhere, so cleaned, on one line; NULL is nothing. */
void width_print(const char *text, FILE *stream);

/* How many of the first bytes of a cleaned text fit into `columns`. */
size_t width_fit(const char *text, size_t size, size_t columns);

#endif
