/* How wide a text is on a terminal, and what of it may be shown there. */
#ifndef MUSTER_CLI_WIDTH_H
#define MUSTER_CLI_WIDTH_H

#include <stddef.h>

/*
 * Columns that `size` bytes of UTF-8 take. The bytes are changed in place so that each character
 * may be shown: a control character or an invalid byte becomes '?'.
 */
size_t width_clean(char *text, size_t size);

/* How many of the first bytes of a cleaned text fit into `columns`. */
size_t width_fit(const char *text, size_t size, size_t columns);

#endif
