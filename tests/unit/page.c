/* Reading manual pages line by line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *page_read(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, PAGE_MAX_SIZE);
	size_t size;

	if (!file || !text)
		fail_msg("cannot read %s: these tests run from the top of the source", path);
	size = fread(text, 1, PAGE_MAX_SIZE, file);
	fclose(file);
	assert_in_range(size, 1, PAGE_MAX_SIZE - 1);
	return text;
}

int page_setup(void **state)
{
	struct page *page = *state;

	page->text = page_read(page->path);
	return 0;
}

int page_teardown(void **state)
{
	struct page *page = *state;

	free(page->text);
	return 0;
}

bool page_take_line(const char **text, char line[PAGE_LINE_SIZE])
{
	size_t size = strcspn(*text, "\n");

	if (!**text)
		return false;
	assert_in_range(size, 0, PAGE_LINE_SIZE - 1);
	memcpy(line, *text, size);
	line[size] = '\0';
	*text += size + ((*text)[size] == '\n');
	return true;
}

bool page_begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

bool page_has_line(const char *text, const char *wanted)
{
	char line[PAGE_LINE_SIZE];

	while (page_take_line(&text, line))
		if (strcmp(line, wanted) == 0)
			return true;
	return false;
}

/* NULL where there is no such heading. */
static char *page_find_section(const char *text, const char *heading)
{
	size_t size = strlen(heading);
	bool is_small = page_begins(heading, ".Ss");
	char line[PAGE_LINE_SIZE];
	const char *start = NULL, *at = text;

	while (page_take_line(&text, line)) {
		if (start && (page_begins(line, ".Sh") || (is_small && page_begins(line, ".Ss"))))
			return strndup(start, (size_t)(at - start));
		if (!start && page_begins(line, heading) && (!line[size] || line[size] == ' '))
			start = at;
		at = text;
	}
	return start ? strdup(start) : NULL;
}

char *page_section(const struct page *page, const char *heading)
{
	char *section = page_find_section(page->text, heading);

	if (!section)
		fail_msg("%s has no '%s'", page->path, heading);
	return section;
}
