/*
 * Text to values, as configuration, protocol and command line spell them. Each function returns 0,
 * or -EINVAL for text of another form, or -ERANGE for a value that does not fit; the out-parameter
 * is written only on success. White space around the value is allowed, trailing junk is not.
 */
#ifndef MUSTER_COMMON_PARSE_H
#define MUSTER_COMMON_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A decimal integer with an optional sign, between min and max. */
int parse_int(const char *text, long min, long max, long *ret_value);

/* true/yes/on/t/1 and false/no/off/f/0, in any case. */
int parse_bool(const char *text, bool *ret_value);

/* "50MB", "10 kb", "1GB", "1024": bytes, binary multiples, as supervisord reads them. */
int parse_size(const char *text, uint64_t *ret_bytes);

/*
 * Seconds as a decimal number, whole or not, not negative: microseconds. A huge one is clamped to
 * PARSE_USEC_MAX, which added to any clock does not wrap.
 */
#define PARSE_USEC_MAX (UINT64_MAX / 4)
int parse_seconds(const char *text, uint64_t *ret_usec);

/* File mode or umask in octal, 0 to 07777. */
int parse_octal(const char *text, unsigned *ret_mode);

/* "HUP", "SIGHUP" or "1", in any case; also RTMIN+n. */
int parse_signal(const char *text, int *ret_signal);

/* "TERM" for SIGTERM; NULL where the number is none. RTMIN and up give NULL. */
const char *signal_name(int signal);

/*
 * Splits a command line into words the way POSIX quoting has it (single and double quotes,
 * backslash; no expansion, no comments). The array is NULL-terminated, one allocation for array
 * and words: free() releases both. On -EINVAL *ret_why says what is wrong ("No closing quotation",
 * "No escaped character"); it is a constant. -ENOMEM.
 */
int parse_words(const char *text, char ***ret_words, size_t *ret_count, const char **ret_why);

/*
 * base64 with padding and without white space to bytes, behind which a NUL stands. *ret_data is for
 * the caller to free. -EINVAL where it is none, -ENOMEM.
 */
int parse_base64(const char *text, size_t size, char **ret_data, size_t *ret_size);

/*
 * Edit distance between two names, for "did you mean"; counts up to `limit`, then limit + 1. Names
 * of more than 64 bytes are that far from all but themselves.
 */
unsigned parse_distance(const char *a, const char *b, unsigned limit);

#endif
