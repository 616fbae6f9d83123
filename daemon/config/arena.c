/*
 * Chunks from malloc; objects are cut from the low end, where they stay aligned, and texts from the
 * high end, where they need no padding.
 */
#include "daemon/config/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_CHUNK_SIZE (32u * 1024u)
/* What is larger than this has a chunk of its own, so that little of the current one is wasted. */
#define ARENA_LARGE_SIZE (ARENA_CHUNK_SIZE / 8)

struct chunk {
	struct chunk *next;
	size_t low;  /* first free byte */
	size_t high; /* end of the free bytes */
	alignas(max_align_t) char data[];
};

struct arena {
	struct chunk *chunks; /* the first one is cut from */
	size_t size;
};

struct arena *arena_new(void)
{
	return calloc(1, sizeof(struct arena));
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

/* A chunk of its own for a large piece goes behind the one that is being cut from. */
static struct chunk *arena_add_chunk(struct arena *arena, size_t size, int behind)
{
	struct chunk *chunk;

	if (size > SIZE_MAX - sizeof(*chunk))
		return NULL;
	chunk = malloc(sizeof(*chunk) + size);
	if (!chunk)
		return NULL;
	chunk->low = 0;
	chunk->high = size;
	if (behind && arena->chunks) {
		chunk->next = arena->chunks->next;
		arena->chunks->next = chunk;
	} else {
		chunk->next = arena->chunks;
		arena->chunks = chunk;
	}
	arena->size += sizeof(*chunk) + size;
	return chunk;
}

static struct chunk *arena_chunk_for(struct arena *arena, size_t size)
{
	struct chunk *chunk = arena->chunks;

	if (chunk && chunk->high - chunk->low >= size)
		return chunk;
	if (size > ARENA_LARGE_SIZE)
		return arena_add_chunk(arena, size, 1);
	return arena_add_chunk(arena, ARENA_CHUNK_SIZE - sizeof(*chunk), 0);
}

void *arena_alloc(struct arena *arena, size_t size)
{
	const size_t mask = alignof(max_align_t) - 1;
	struct chunk *chunk;
	void *object;

	if (size > SIZE_MAX - mask)
		return NULL;
	size = (size + mask) & ~mask;
	chunk = arena_chunk_for(arena, size);
	if (!chunk)
		return NULL;
	object = chunk->data + chunk->low;
	chunk->low += size;
	return memset(object, 0, size);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		return NULL;
	return arena_alloc(arena, bytes);
}

static char *arena_text(struct arena *arena, size_t size)
{
	struct chunk *chunk = arena_chunk_for(arena, size);

	if (!chunk)
		return NULL;
	/* Rounded only when an object comes: chunk->low stays aligned, chunk->high need not be. */
	chunk->high -= size;
	return chunk->data + chunk->high;
}

char *arena_strndup(struct arena *arena, const char *text, size_t size)
{
	char *copy = size < SIZE_MAX ? arena_text(arena, size + 1) : NULL;

	if (!copy)
		return NULL;
	if (size > 0)
		memcpy(copy, text, size);
	copy[size] = '\0';
	return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return arena_strndup(arena, text, strlen(text));
}

char *arena_vprintf(struct arena *arena, const char *format, va_list args)
{
	va_list again;
	char *text = NULL;
	int size;

	va_copy(again, args);
	size = vsnprintf(NULL, 0, format, args);
	if (size >= 0)
		text = arena_text(arena, (size_t)size + 1);
	if (text)
		vsnprintf(text, (size_t)size + 1, format, again);
	va_end(again);
	return text;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = arena_vprintf(arena, format, args);
	va_end(args);
	return text;
}

size_t arena_size(const struct arena *arena)
{
	return arena->size;
}
