/* Chunks, newest first; a text longer than a chunk gets one of its own. */
#include "cli/texts.h"

#include <stdlib.h>

#include "cli/alloc.h"

#define TEXTS_CHUNK_SIZE (64 * 1024)

struct chunk {
	struct chunk *next;
	size_t used;
	size_t size;
	char data[];
};

struct texts {
	struct chunk *chunks;
};

struct texts *texts_new(void)
{
	return alloc_zero(1, sizeof(struct texts));
}

void texts_free(struct texts *texts)
{
	if (!texts)
		return;
	while (texts->chunks) {
		struct chunk *chunk = texts->chunks;

		texts->chunks = chunk->next;
		free(chunk);
	}
	free(texts);
}

char *texts_take(struct texts *texts, size_t size)
{
	struct chunk *chunk = texts->chunks;
	char *taken;

	if (!chunk || chunk->size - chunk->used < size) {
		size_t room = size > TEXTS_CHUNK_SIZE ? size : TEXTS_CHUNK_SIZE;

		chunk = alloc_resize(NULL, sizeof(*chunk) + room, 1);
		chunk->next = texts->chunks;
		chunk->used = 0;
		chunk->size = room;
		texts->chunks = chunk;
	}
	taken = chunk->data + chunk->used;
	chunk->used += size;
	return taken;
}
