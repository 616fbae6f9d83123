/* Bytes of logs: out of base64, and onto a terminal without letting them steer it. */
#ifndef MUSTER_CLI_BYTES_H
#define MUSTER_CLI_BYTES_H

#include <stddef.h>
#include <stdio.h>

/*
 * Decodes base64 (with padding, no white space). -EINVAL where it is none. *ret_data is owned by
 * the caller.
 */
int bytes_decode_base64(const char *text, size_t size, char **ret_data, size_t *ret_size);

/*
 * Writes bytes with control characters made visible (^[ for ESC), but for newline and tab; C1
 * controls, and bytes that are no UTF-8, too (\\x9b).
 */
void bytes_print_visible(const char *data, size_t size, FILE *stream);

#endif
