/* fakes: page */
/*
 * muster(1) against the table of verbs, and libmuster(3) against muster.h, both ways: what is there
 * is in the page, and what the page promises is there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/cmd.h"
#include "tests/unit/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- muster.1 ---- */

/* True where a line names the option by its letter: "Fl f", "Fl ef". */
static bool has_letter(const char *text, char letter)
{
	const char *at = text;

	while (letter && (at = strstr(at, "Fl ")) != NULL) {
		size_t size;

		at += strlen("Fl ");
		size = strcspn(at, " \n");
		if (*at != '-' && memchr(at, letter, size))
			return true;
	}
	return false;
}

static bool has_long(const char *text, const char *name)
{
	char wanted[PAGE_LINE_SIZE];
	int size = snprintf(wanted, sizeof(wanted), "Fl -%s", name);

	for (const char *at = text; (at = strstr(at, wanted)) != NULL; at += size)
		if (at[size] == ' ' || at[size] == '\n')
			return true;
	return false;
}

static void test_every_verb_has_its_part_with_its_options(void **state)
{
	const struct page *page = *state;

	for (size_t i = 0; cmd_entries[i]; i++) {
		const struct cmd_entry *entry = cmd_entries[i];
		const struct option_row *row = entry->options;
		char heading[PAGE_LINE_SIZE], alias[PAGE_LINE_SIZE];
		char *section;

		snprintf(heading, sizeof(heading), ".Ss %s", entry->name);
		section = page_section(page, heading);
		for (; row && row->name; row++) {
			if (!has_long(section, row->name) && !has_letter(section, row->letter))
				fail_msg("%s: %s lacks --%s", page->path, entry->name, row->name);
			if (!has_long(page->text, row->name))
				fail_msg("%s: --%s is told nowhere", page->path, row->name);
		}
		snprintf(alias, sizeof(alias), ".Cm %s", entry->alias ? entry->alias : "");
		if (entry->alias && !strstr(section, alias))
			fail_msg("%s: %s lacks its alias %s", page->path, entry->name,
			         entry->alias);
		free(section);
	}
}

static void test_every_part_is_a_verb(void **state)
{
	const struct page *page = *state;
	char *commands = page_section(page, ".Sh COMMANDS");
	const char *at = commands;
	char line[PAGE_LINE_SIZE], name[PAGE_LINE_SIZE];
	size_t parts = 0, entries = 0;

	while (page_take_line(&at, line)) {
		const struct cmd_entry *entry;

		if (sscanf(line, ".Ss %255s", name) != 1)
			continue;
		parts++;
		if (cmd_find(name, &entry) < 0 || strcmp(entry->name, name) != 0)
			fail_msg("%s: there is no verb %s", page->path, name);
	}
	while (cmd_entries[entries])
		entries++;
	assert_int_equal(parts, entries);
	free(commands);
}

static bool is_option(const struct option_row *row, const char *name)
{
	for (; row && row->name; row++)
		if (strcmp(row->name, name) == 0)
			return true;
	return false;
}

static void test_every_option_of_a_part_is_one(void **state)
{
	const struct page *page = *state;
	char name[PAGE_LINE_SIZE];

	for (size_t i = 0; cmd_entries[i]; i++) {
		const struct cmd_entry *entry = cmd_entries[i];
		char heading[PAGE_LINE_SIZE];
		const char *at;
		char *section;

		snprintf(heading, sizeof(heading), ".Ss %s", entry->name);
		at = section = page_section(page, heading);
		while ((at = strstr(at, "Fl -")) != NULL) {
			at += strlen("Fl -");
			if (sscanf(at, "%255s", name) != 1)
				break;
			if (!is_option(entry->options, name) &&
			    !is_option(cmd_global_options, name))
				fail_msg("%s: %s has no --%s", page->path, entry->name, name);
		}
		free(section);
	}
}

static void test_every_global_option_and_exit_status_is_there(void **state)
{
	const struct page *page = *state;
	char *description = page_section(page, ".Sh DESCRIPTION");
	char *statuses = page_section(page, ".Sh EXIT STATUS");
	char item[PAGE_LINE_SIZE];

	for (const struct option_row *row = cmd_global_options; row->name; row++)
		if (!has_long(description, row->name))
			fail_msg("%s lacks --%s", page->path, row->name);
	for (int code = 0; code < CMD_EXIT_COUNT; code++) {
		snprintf(item, sizeof(item), ".It %d\n", code);
		if (!strstr(statuses, item))
			fail_msg("%s lacks exit status %d", page->path, code);
	}
	free(description);
	free(statuses);
}

/* ---- libmuster.3 ---- */

/* The next function that muster.h declares. */
static bool take_function(const char **header, char name[PAGE_LINE_SIZE])
{
	const char *start, *end;

	*header = strstr(*header, "\nMUSTER_API ");
	if (!*header)
		return false;
	end = strchr(*header, '(');
	assert_non_null(end);
	for (start = end; start[-1] != ' ' && start[-1] != '*'; start--)
		continue;
	snprintf(name, PAGE_LINE_SIZE, "%.*s", (int)(end - start), start);
	*header = end;
	return true;
}

static bool has_macro(const char *text, const char *macro, const char *name)
{
	char wanted[PAGE_LINE_SIZE];
	int size = snprintf(wanted, sizeof(wanted), "\n.%s %s", macro, name);

	for (const char *at = text; (at = strstr(at, wanted)) != NULL; at += size)
		if (at[size] == ' ' || at[size] == '\n')
			return true;
	return false;
}

static void test_every_function_is_named_declared_and_described(void **state)
{
	const struct page *page = *state;
	char *header = page_read("common/muster.h");
	char *names = page_section(page, ".Sh NAME");
	char *synopsis = page_section(page, ".Sh SYNOPSIS");
	const char *description = strstr(page->text, "\n.Sh DESCRIPTION\n");
	const char *at = header;
	char name[PAGE_LINE_SIZE];
	size_t count = 0, named = 0;

	assert_non_null(description);
	while (take_function(&at, name)) {
		count++;
		if (!has_macro(names, "Nm", name))
			fail_msg("%s: %s is not in NAME", page->path, name);
		if (!has_macro(synopsis, "Fn", name) && !has_macro(synopsis, "Fo", name))
			fail_msg("%s: %s is not in SYNOPSIS", page->path, name);
		if (!has_macro(description, "Fn", name))
			fail_msg("%s: %s is not described", page->path, name);
	}
	for (at = names; (at = strstr(at, "\n.Nm ")) != NULL; at++)
		named++;
	assert_true(count > 0);
	assert_int_equal(named, count);
	free(header);
	free(names);
	free(synopsis);
}

int main(void)
{
	struct page cli = {"docs/muster.1", NULL};
	struct page library = {"docs/libmuster.3", NULL};
#define PAGE_TEST(test, page) \
	cmocka_unit_test_prestate_setup_teardown(test, page_setup, page_teardown, &page)
	const struct CMUnitTest tests[] = {
	    PAGE_TEST(test_every_verb_has_its_part_with_its_options, cli),
	    PAGE_TEST(test_every_part_is_a_verb, cli),
	    PAGE_TEST(test_every_option_of_a_part_is_one, cli),
	    PAGE_TEST(test_every_global_option_and_exit_status_is_there, cli),
	    PAGE_TEST(test_every_function_is_named_declared_and_described, library),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
