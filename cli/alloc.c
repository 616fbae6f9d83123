/* Allocators that never return NULL; see alloc.h for why only the CLI has them. */
#include "cli/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "common/json.h"

void alloc_fail(void)
{
	fputs("muster: out of memory\n", stderr);
	exit(CMD_REFUSED);
}

void *alloc_zero(size_t count, size_t size)
{
	void *room = calloc(count ? count : 1, size ? size : 1);

	if (!room)
		alloc_fail();
	return room;
}

void *alloc_resize(void *array, size_t count, size_t size)
{
	void *room = reallocarray(array, count ? count : 1, size ? size : 1);

	if (!room)
		alloc_fail();
	return room;
}

char *alloc_text(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		alloc_fail();
	return copy;
}

json_t *alloc_json_text(const char *text)
{
	return alloc_json(json_text(text, strlen(text)));
}

json_t *alloc_json(json_t *value)
{
	if (!value)
		alloc_fail();
	return value;
}
