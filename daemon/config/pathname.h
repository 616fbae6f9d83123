/* Paths as the configuration spells them: ~ at the front, relative to where the daemon runs. */
#ifndef MUSTER_CONFIG_PATHNAME_H
#define MUSTER_CONFIG_PATHNAME_H

#include <stdbool.h>

struct arena;

/* "~" and "~user" at the front replaced by the home directory; unchanged where it is not known.
 * NULL when out of memory. */
char *pathname_expand_home(struct arena *arena, const char *path);

/* The same, made absolute, without "." and ".." and doubled slashes; by text alone, no link is
 * followed. -ENOMEM, or -errno where a relative path finds no working directory. */
int pathname_normalize(struct arena *arena, const char *path, char **ret_path);

/* All before the last slash ("/" for what is right below it), "" where there is none. */
char *pathname_directory(struct arena *arena, const char *path);

bool pathname_is_directory(const char *path);

#endif
