/* The rows themselves, and conf/muster.conf against them, both ways. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/config/table.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config/value.h"

#define MUSTER_CONF "conf/muster.conf"

static void rows_are_whole(void **state)
{
	(void)state;
	for (int kind = 0; kind < SECTION_KIND_COUNT; kind++) {
		assert_non_null(table_section_name(kind));
		assert_non_null(table_section_help(kind));
		assert_true(table_section_size(kind) > 0);
		assert_true(table_rows(kind) > 0);
		for (size_t i = 0; i < table_rows(kind); i++) {
			const struct key *key = table_key(kind, i);
			const char *help = key_help(key);

			assert_true(key->offset < table_section_size(kind));
			assert_non_null(key->type->set);
			assert_true(!key->is_identity || key->type->add);
			assert_true(strlen(help) > 10 && help[strlen(help) - 1] == '.');
			/* Each name once, found by name. */
			assert_ptr_equal(table_find_key(kind, key_name(key)), key);
		}
	}
}

static void sections_are_found(void **state)
{
	enum section_kind kind;
	const char *name;

	(void)state;
	assert_int_equal(table_find_section("program:web", &kind, &name), 0);
	assert_int_equal(kind, SECTION_PROGRAM);
	assert_string_equal(name, "web");
	assert_int_equal(table_find_section("supervisord", &kind, &name), 0);
	assert_int_equal(kind, SECTION_SUPERVISORD);
	assert_null(name);
	assert_int_equal(table_find_section("program", &kind, &name), -EINVAL);
	assert_int_equal(table_find_section("program:", &kind, &name), -EINVAL);
	assert_int_equal(table_find_section("supervisord:x", &kind, &name), -EINVAL);
	assert_int_equal(table_find_section("prog", &kind, &name), -ENOENT);
	assert_int_equal(table_find_section("", &kind, &name), -ENOENT);
}

static void near_names_are_suggested(void **state)
{
	(void)state;
	assert_string_equal(table_suggest_section("progam"), "program");
	assert_string_equal(table_suggest_section("evntlistener"), "eventlistener");
	assert_null(table_suggest_section("x"));
	assert_string_equal(table_suggest_key(SECTION_PROGRAM, "comand"), "command");
	assert_string_equal(table_suggest_key(SECTION_PROGRAM, "stdout_log_file"),
	                    "stdout_logfile");
	assert_string_equal(table_suggest_key(SECTION_EVENTLISTENER, "event"), "events");
	assert_null(table_suggest_key(SECTION_PROGRAM, "depends_on"));
}

/* --- conf/muster.conf --- */

struct conf {
	char *text;
	bool *seen[SECTION_KIND_COUNT]; /* by row */
};

static int setup(void **state)
{
	struct conf *conf = calloc(1, sizeof(*conf));
	FILE *file = fopen(MUSTER_CONF, "re");
	size_t size = 0;

	if (!conf || !file || getdelim(&conf->text, &size, '\0', file) < 0)
		return -1;
	(void)fclose(file);
	for (int kind = 0; kind < SECTION_KIND_COUNT; kind++) {
		conf->seen[kind] = calloc(table_rows(kind), sizeof(bool));
		if (!conf->seen[kind])
			return -1;
	}
	*state = conf;
	return 0;
}

static int teardown(void **state)
{
	struct conf *conf = *state;

	for (int kind = 0; kind < SECTION_KIND_COUNT; kind++)
		free(conf->seen[kind]);
	free(conf->text);
	free(conf);
	return 0;
}

/* A commented section header, or one in force, to its kind. */
static enum section_kind section_of(const char *line)
{
	enum section_kind kind = SECTION_KIND_COUNT;
	char section[64];
	const char *name;
	size_t size;

	line += strspn(line, ";[");
	size = strcspn(line, "]");
	assert_true(size < sizeof(section));
	memcpy(section, line, size);
	section[size] = '\0';
	if (table_find_section(section, &kind, &name) < 0)
		fail_msg("[%s] is no section", section);
	return kind;
}

/* ";key=value" with the help above it, gathered from "; " lines. */
static void check_key(struct conf *conf, enum section_kind kind, char *line, const char *help)
{
	char *equals = strchr(line, '=');
	const struct key *key;
	const char *fallback;

	assert_non_null(equals);
	*equals = '\0';
	key = table_find_key(kind, line);
	if (!key)
		fail_msg("[%s] has no key %s", table_section_name(kind), line);
	fallback = key_default(key) ? key_default(key) : "";
	assert_string_equal(equals + 1, fallback);
	assert_string_equal(help, key_help(key));
	for (size_t i = 0; i < table_rows(kind); i++) {
		if (table_key(kind, i) == key) {
			assert_false(conf->seen[kind][i]);
			conf->seen[kind][i] = true;
		}
	}
}

static void check_lines(struct conf *conf)
{
	enum section_kind kind = SECTION_KIND_COUNT;
	char help[1024] = "", *rest = NULL;

	for (char *line = conf->text; line; line = rest) {
		rest = strchr(line, '\n');
		if (rest)
			*rest++ = '\0';
		if (strncmp(line, "; ", 2) == 0) {
			size_t used = strlen(help);

			(void)snprintf(help + used, sizeof(help) - used, "%s%s", used ? " " : "",
			               line + 2);
			continue;
		}
		if (line[0] == '[' || strncmp(line, ";[", 2) == 0) {
			kind = section_of(line);
		} else if (strcmp(line, "files = conf.d/*.conf") == 0) {
			/* The one key that is in force. */
			assert_int_equal(kind, SECTION_INCLUDE);
			assert_string_equal(help, key_help(table_key(kind, 0)));
			conf->seen[kind][0] = true;
		} else if (line[0] == ';' && line[1] != '\0') {
			check_key(conf, kind, line + 1, help);
		} else if (line[0] != ';' && line[0] != '\0') {
			fail_msg("in force: %s", line);
		}
		help[0] = '\0';
	}
}

static void muster_conf_has_every_key(void **state)
{
	struct conf *conf = *state;

	check_lines(conf);
	for (int kind = 0; kind < SECTION_KIND_COUNT; kind++) {
		for (size_t i = 0; i < table_rows(kind); i++) {
			const char *name = key_name(table_key(kind, i));
			/* Kinds of programs show only what a program has not. */
			bool shared = kind != SECTION_PROGRAM &&
			              (kind == SECTION_EVENTLISTENER || kind == SECTION_FCGI) &&
			              table_find_key(SECTION_PROGRAM, name);

			if (conf->seen[kind][i] == shared)
				fail_msg("[%s] %s: %s", table_section_name(kind), name,
				         shared ? "shown twice" : "missing");
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rows_are_whole),
	    cmocka_unit_test(sections_are_found),
	    cmocka_unit_test(near_names_are_suggested),
	    cmocka_unit_test_setup_teardown(muster_conf_has_every_key, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
