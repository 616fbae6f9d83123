/* The configuration checked without a daemon. */
#ifndef MUSTER_CONFIG_CHECK_H
#define MUSTER_CONFIG_CHECK_H

#include <stdio.h>

/*
 * For `musterd --check`: loads `file` and prints every note, one a line, then "FILE: ok, N
 * programs, M processes" or "FILE: N errors". 0 where there are no errors, 1 where there are, or
 * where the file cannot be read.
 */
int config_check(const char *file, FILE *out);

#endif
