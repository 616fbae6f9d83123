/* fakes: page */
/*
 * muster.conf(5) against the table of keys, both ways: each key stands below its section with its
 * type and default, and what the page has as a key is one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/config/table.h"
#include "daemon/config/value.h"
#include "tests/unit/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ".Ss [program:x]" */
static void write_heading(enum section_kind kind, char heading[PAGE_LINE_SIZE])
{
	snprintf(heading, PAGE_LINE_SIZE, ".Ss [%s%s]", table_section_name(kind),
	         table_section_is_named(kind) ? ":x" : "");
}

/* An argument of a macro: in quotes where it has blanks or quotes, which are then doubled. */
static void write_argument(const char *text, char *to, size_t size)
{
	bool quoted = strpbrk(text, " \"") != NULL;
	size_t used = 0;

	assert_true(2 * strlen(text) + 3 < size);
	if (quoted)
		to[used++] = '"';
	for (; *text; text++) {
		if (*text == '"')
			to[used++] = '"';
		to[used++] = *text;
	}
	if (quoted)
		to[used++] = '"';
	to[used] = '\0';
}

/* ".It Cm startsecs Ns = Ns Ar seconds Pq 1" */
static void write_item(const struct key *key, char item[PAGE_LINE_SIZE])
{
	const char *fallback = key_default(key);
	char type[64];

	write_argument(key->type->name, type, sizeof(type));
	snprintf(item, PAGE_LINE_SIZE, ".It Cm %s Ns = Ns Ar %s%s%s", key_name(key), type,
	         fallback ? " Pq " : "", fallback ? fallback : "");
}

/* The keys that listeners and FastCGI programs have from [program:x] are described there. */
static bool is_borrowed(enum section_kind kind, const struct key *key)
{
	return kind != SECTION_PROGRAM && table_find_key(SECTION_PROGRAM, key_name(key)) == key;
}

static void test_every_key_is_an_item_of_its_section(void **state)
{
	const struct page *page = *state;

	for (int i = 0; i < SECTION_KIND_COUNT; i++) {
		enum section_kind kind = (enum section_kind)i;
		char heading[PAGE_LINE_SIZE], item[PAGE_LINE_SIZE];
		char *section;

		write_heading(kind, heading);
		section = page_section(page, heading);
		for (size_t k = 0; k < table_rows(kind); k++) {
			const struct key *key = table_key(kind, k);

			write_item(key, item);
			if (page_has_line(section, item) == is_borrowed(kind, key))
				fail_msg("%s: below '%s' there is to be '%s' once", page->path,
				         heading, item);
		}
		free(section);
	}
}

static void test_every_item_is_a_key(void **state)
{
	const struct page *page = *state;
	char heading[PAGE_LINE_SIZE], line[PAGE_LINE_SIZE], name[PAGE_LINE_SIZE];
	size_t keys = 0;

	for (int kind = 0; kind < SECTION_KIND_COUNT; kind++) {
		char *section;
		const char *at;

		write_heading((enum section_kind)kind, heading);
		at = section = page_section(page, heading);
		while (page_take_line(&at, line)) {
			if (sscanf(line, ".It Cm %255s", name) != 1)
				continue;
			keys++;
			if (!table_find_key((enum section_kind)kind, name))
				fail_msg("%s: %s has no key %s", page->path, heading, name);
		}
		free(section);
	}
	assert_true(keys > 0);
}

static void test_every_section_of_the_page_is_one(void **state)
{
	const struct page *page = *state;
	char line[PAGE_LINE_SIZE];
	const char *at = page->text;
	int found = 0;

	while (page_take_line(&at, line)) {
		enum section_kind kind;
		const char *name;
		char *end;

		if (!page_begins(line, ".Ss ["))
			continue;
		end = strchr(line, ']');
		assert_non_null(end);
		*end = '\0';
		if (table_find_section(line + strlen(".Ss ["), &kind, &name) < 0)
			fail_msg("%s: there is no section %s", page->path, line);
		found++;
	}
	assert_int_equal(found, SECTION_KIND_COUNT);
}

int main(void)
{
	struct page page = {"docs/muster.conf.5", NULL};
#define PAGE_TEST(test) \
	cmocka_unit_test_prestate_setup_teardown(test, page_setup, page_teardown, &page)
	const struct CMUnitTest tests[] = {
	    PAGE_TEST(test_every_key_is_an_item_of_its_section),
	    PAGE_TEST(test_every_item_is_a_key),
	    PAGE_TEST(test_every_section_of_the_page_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
