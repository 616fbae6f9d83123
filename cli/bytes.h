/* Bytes of processes: onto a terminal without letting them steer it, and into JSON. */
#ifndef MUSTER_CLI_BYTES_H
#define MUSTER_CLI_BYTES_H

#include <stddef.h>
#include <stdio.h>

/* Bytes as base64 with padding; a text owned by the caller. */
char *bytes_encode_base64(const char *data, size_t size);

/*
 * Writes bytes with control characters made visible (^[ for ESC), but for newline and tab; C1
 * controls, and bytes that are no UTF-8, too (\\x9b).
 */
void bytes_print_visible(const char *data, size_t size, FILE *stream);

#endif
