/* Texts that live until the end of an answer: many small ones in few allocations. */
#ifndef MUSTER_CLI_ARENA_H
#define MUSTER_CLI_ARENA_H

#include <stddef.h>

struct arena;

/* Never NULL. */
struct arena *arena_new(void);
void arena_free(struct arena *arena);

/* Room for `size` bytes, not zeroed and not aligned, until the arena is freed. */
char *arena_take(struct arena *arena, size_t size);

#endif
