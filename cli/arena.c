/* Chunks, newest first; a text longer than a chunk gets one of its own. */
#include "cli/arena.h"

#include <stdlib.h>

#include "cli/alloc.h"

#define ARENA_CHUNK_SIZE (64 * 1024)

struct chunk {
	struct chunk *next;
	size_t used;
	size_t size;
	char data[];
};

struct arena {
	struct chunk *chunks;
};

struct arena *arena_new(void)
{
	return alloc_zero(1, sizeof(struct arena));
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	while (arena->chunks) {
		struct chunk *chunk = arena->chunks;

		arena->chunks = chunk->next;
		free(chunk);
	}
	free(arena);
}

char *arena_take(struct arena *arena, size_t size)
{
	struct chunk *chunk = arena->chunks;
	char *taken;

	if (!chunk || chunk->size - chunk->used < size) {
		size_t room = size > ARENA_CHUNK_SIZE ? size : ARENA_CHUNK_SIZE;

		chunk = alloc_resize(NULL, sizeof(*chunk) + room, 1);
		chunk->next = arena->chunks;
		chunk->used = 0;
		chunk->size = room;
		arena->chunks = chunk;
	}
	taken = chunk->data + chunk->used;
	chunk->used += size;
	return taken;
}
