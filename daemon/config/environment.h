/*
 * environment= as supervisord reads it: KEY=value pairs with a separator between them, values in
 * quotes where they hold anything but letters, digits and _ / . + - ( ) :
 */
#ifndef MUSTER_CONFIG_ENVIRONMENT_H
#define MUSTER_CONFIG_ENVIRONMENT_H

#include <stddef.h>

struct arena;

/* Pairs in one text. */
#define ENVIRONMENT_MAX 4096u

/*
 * An array of "KEY=value" in the order written, a later value in the place of an earlier one of the
 * same key; NULL-ended. -EINVAL with *ret_why (a constant) where the text is no such list, -ENOMEM.
 */
int environment_parse(struct arena *arena, const char *text, char ***ret_pairs,
                      const char **ret_why);

/* `base` with the pairs of `own` in their place or behind it; either may be NULL. -ENOMEM. */
int environment_merge(struct arena *arena, char **base, char **own, char ***ret_pairs);

/* The value of a key of `size` bytes; NULL where it is not there. `pairs` may be NULL. */
const char *environment_find(char *const *pairs, const char *key, size_t size);

#endif
