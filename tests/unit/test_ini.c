/* Lines of INI to sections and keys, by ConfigParser's rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/config/config.h"
#include "daemon/config/ini.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reading {
	struct ini *ini;
	struct config_notes notes;
};

static int setup(void **state)
{
	struct reading *reading = calloc(1, sizeof(*reading));

	if (!reading)
		return -1;
	reading->ini = ini_new();
	*state = reading;
	return reading->ini ? 0 : -1;
}

static int teardown(void **state)
{
	struct reading *reading = *state;

	ini_free(reading->ini);
	config_notes_done(&reading->notes);
	free(reading);
	return 0;
}

static void read_file(struct reading *reading, const char *path, const char *text)
{
	const struct ini_file *file;

	assert_int_equal(
	    ini_add(reading->ini, path, "/here", text, strlen(text), &reading->notes, &file), 0);
	assert_string_equal(file->path, path);
	assert_string_equal(file->here, "/here");
}

static void read_text(struct reading *reading, const char *text)
{
	read_file(reading, "f", text);
}

static const struct ini_option *option(struct reading *reading, const char *section,
                                       const char *key)
{
	const struct ini_section *found = ini_find_section(reading->ini, section);

	if (!found)
		fail_msg("no section %s", section);
	return ini_find_option(reading->ini, found, key);
}

static void expect(struct reading *reading, const char *section, const char *key, const char *value)
{
	const struct ini_option *found = option(reading, section, key);

	if (!found)
		fail_msg("no %s in %s", key, section);
	assert_string_equal(found->value, value);
}

static void expect_note(struct reading *reading, const char *text)
{
	assert_int_equal(reading->notes.count, 1);
	assert_true(reading->notes.items[0].is_error);
	assert_string_equal(reading->notes.items[0].text, text);
}

static void plain_keys(void **state)
{
	struct reading *reading = *state;

	read_text(reading, "[a]\nx=1\n y = 2 \n[b:c]\nZ:  3\nurl = http://x:1/?a=b\nempty=\n");
	expect(reading, "a", "x", "1\ny = 2");
	expect(reading, "b:c", "z", "3");
	expect(reading, "b:c", "url", "http://x:1/?a=b");
	expect(reading, "b:c", "empty", "");
	assert_int_equal(reading->notes.count, 0);
}

static void lines_are_counted(void **state)
{
	struct reading *reading = *state;

	read_text(reading, "\n; c\n[a]\n\nx=1\n  2\n\n  3\ny=4\n");
	assert_int_equal(ini_find_section(reading->ini, "a")->line, 3);
	assert_int_equal(option(reading, "a", "x")->line, 5);
	assert_int_equal(option(reading, "a", "y")->line, 9);
	expect(reading, "a", "x", "1\n2\n\n3");
}

static void comments_are_cut(void **state)
{
	struct reading *reading = *state;

	read_text(reading,
	          "[a] ; c\nx=1 ;c\ny=1;2 #c\nz=1#2\n  ; c\n  3 # c\nw= ;c\n#v=1\nu=a;b ;c #d\n");
	expect(reading, "a", "x", "1");
	expect(reading, "a", "y", "1;2");
	expect(reading, "a", "z", "1#2\n3");
	expect(reading, "a", "w", "");
	assert_null(option(reading, "a", "v"));
	/* The first ; is none, so ConfigParser goes by the first #. */
	expect(reading, "a", "u", "a;b ;c");
}

static void continuation_goes_by_indent(void **state)
{
	struct reading *reading = *state;

	read_text(reading, "  [a]\n  x=1\n    [no]\n    y=2\n  z=3\n w=4\n");
	expect(reading, "a", "x", "1\n[no]\ny=2");
	expect(reading, "a", "z", "3");
	expect(reading, "a", "w", "4");
	assert_null(ini_find_section(reading->ini, "no"));
}

static void blank_lines_in_values(void **state)
{
	struct reading *reading = *state;

	read_text(reading, "[a]\nx=1\n\n\n   \n 2\n\n\n[b]\n");
	expect(reading, "a", "x", "1\n\n\n\n2");
}

static void sections_merge(void **state)
{
	struct reading *reading = *state;
	const struct ini_section *section;

	read_file(reading, "one", "[a]\nx=1\ny=1\n[b]\n[a]\nX=2\n");
	read_file(reading, "two", "\n[a]\ny=3\n");
	expect(reading, "a", "x", "2");
	expect(reading, "a", "y", "3");
	section = ini_find_section(reading->ini, "a");
	assert_string_equal(section->file->path, "one");
	assert_int_equal(section->line, 1);
	assert_string_equal(section->last_file->path, "two");
	assert_int_equal(section->last_line, 2);
	assert_string_equal(option(reading, "a", "x")->file->path, "one");
	assert_string_equal(option(reading, "a", "y")->file->path, "two");
	/* As written, each once. */
	assert_string_equal(ini_sections(reading->ini)->name, "a");
	assert_string_equal(ini_sections(reading->ini)->next->name, "b");
	assert_null(ini_sections(reading->ini)->next->next);
	assert_string_equal(section->options->name, "x");
	assert_string_equal(section->options->next->name, "y");
	assert_null(section->options->next->next);
}

static void default_is_no_section(void **state)
{
	struct reading *reading = *state;

	read_text(reading, "[DEFAULT]\nx=1\n[a]\n");
	assert_string_equal(ini_sections(reading->ini)->name, "a");
	expect(reading, "DEFAULT", "x", "1");
}

static void line_ends(void **state)
{
	struct reading *reading = *state;

	read_text(reading, "\xef\xbb\xbf[a]\r\nx=1\r\n 2\ry=3\r\r\nz=4");
	expect(reading, "a", "x", "1\n2");
	expect(reading, "a", "y", "3");
	expect(reading, "a", "z", "4");
	assert_int_equal(option(reading, "a", "z")->line, 6);
}

/* Far beyond the 50 bytes of a name and 200 of a line that inih has by itself. */
static void long_names_and_lines(void **state)
{
	struct reading *reading = *state;
	const size_t size = 300000, name_size = 500;
	char *text = malloc(size + 4 * name_size), *value = malloc(size + 1), *p = text;
	char name[501];

	assert_non_null(text);
	assert_non_null(value);
	memset(name, 'n', name_size);
	name[name_size] = '\0';
	memset(value, 'v', size);
	value[size] = '\0';
	p += snprintf(p, 3 * name_size, "[%s]\n%s=", name, name);
	memcpy(p, value, size);
	(void)snprintf(p + size, name_size, "\nlast=1\n more\n");
	read_text(reading, text);
	expect(reading, name, name, value);
	expect(reading, name, "last", "1\nmore");
	assert_int_equal(reading->notes.count, 0);
	free(text);
	free(value);
}

/* Thousands of sections and lines take no thousands of seconds: nothing is quadratic. */
static void many_of_everything(void **state)
{
	struct reading *reading = *state;
	const size_t count = 50000, line = 40;
	char *text = malloc(3 * count * line), *p = text;

	assert_non_null(text);
	for (size_t i = 0; i < count; i++)
		p += snprintf(p, line, "[s%zu]\nx=%zu\n", i, i);
	p += snprintf(p, line, "[keys]\n");
	for (size_t i = 0; i < count; i++)
		p += snprintf(p, line, "k%zu=1\n", i);
	for (size_t i = 0; i < count; i++)
		p += snprintf(p, line, "  line\n");
	read_text(reading, text);
	expect(reading, "s49999", "x", "49999");
	expect(reading, "keys", "k0", "1");
	assert_int_equal(strlen(option(reading, "keys", "k49999")->value), 1 + 5 * count);
	free(text);
}

static void faults_are_all_noted(void **state)
{
	struct reading *reading = *state;
	static const char *const texts[] = {
	    "f:1: a key before any [section]",
	    "f:3: [a]: neither [section] nor key=value nor a continued value",
	    "f:4: [a]: a value without a key before it",
	    "f:6: [a]: a section needs a name and a ]: [program:x]",
	    "f:7: [a]: a section needs a name and a ]: [program:x]",
	};

	read_text(reading, "x=1\n[a]\nnonsense\n=1\ny=2\n[]\n[b\nz=3\nlast");
	assert_int_equal(reading->notes.count, 6);
	assert_int_equal(reading->notes.error_count, 6);
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(reading->notes.items[i].text, texts[i]);
	/* What is right is taken. */
	expect(reading, "a", "y", "2");
	expect(reading, "a", "z", "3");
}

static void binary_is_refused(void **state)
{
	struct reading *reading = *state;
	const struct ini_file *file;

	assert_int_equal(ini_add(reading->ini, "f", "/", "[a]\nx\0y\n", 8, &reading->notes, &file),
	                 -EINVAL);
	expect_note(reading, "f:2: this is no text file (it has a NUL byte)");
	assert_null(ini_sections(reading->ini));
}

static void empty_is_nothing(void **state)
{
	struct reading *reading = *state;

	read_text(reading, "");
	read_text(reading, "\n\n");
	assert_null(ini_sections(reading->ini));
	assert_int_equal(reading->notes.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(plain_keys, setup, teardown),
	    cmocka_unit_test_setup_teardown(lines_are_counted, setup, teardown),
	    cmocka_unit_test_setup_teardown(comments_are_cut, setup, teardown),
	    cmocka_unit_test_setup_teardown(continuation_goes_by_indent, setup, teardown),
	    cmocka_unit_test_setup_teardown(blank_lines_in_values, setup, teardown),
	    cmocka_unit_test_setup_teardown(sections_merge, setup, teardown),
	    cmocka_unit_test_setup_teardown(default_is_no_section, setup, teardown),
	    cmocka_unit_test_setup_teardown(line_ends, setup, teardown),
	    cmocka_unit_test_setup_teardown(long_names_and_lines, setup, teardown),
	    cmocka_unit_test_setup_teardown(many_of_everything, setup, teardown),
	    cmocka_unit_test_setup_teardown(faults_are_all_noted, setup, teardown),
	    cmocka_unit_test_setup_teardown(binary_is_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(empty_is_nothing, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
