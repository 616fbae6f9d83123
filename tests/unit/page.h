/* A manual page as text, for the tests that hold it against the tables it describes. */
#ifndef MUSTER_TESTS_PAGE_H
#define MUSTER_TESTS_PAGE_H

#include <stdbool.h>

/* Longer lines fail the test, and so do larger files. */
#define PAGE_LINE_SIZE 256
#define PAGE_MAX_SIZE (1024 * 1024)

struct page {
	const char *path; /* from the top of the source, where tests are run */
	char *text;
};

/* For cmocka: the state is a struct page with its path. */
int page_setup(void **state);
int page_teardown(void **state);

/* A whole file, to be freed. */
char *page_read(const char *path);

/* The next line of *text, without its newline; false at the end. */
bool page_take_line(const char **text, char line[PAGE_LINE_SIZE]);

bool page_begins(const char *text, const char *with);
bool page_has_line(const char *text, const char *wanted);

/*
 * What stands from the line that is `heading`, or begins with it and a blank, to the next heading
 * of its kind or above; to be freed. The test fails where there is no such line.
 */
char *page_section(const struct page *page, const char *heading);

#endif
