/* The words of errors: held against the `error` lines of the interfaces, and how they are filled.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/client.h"
#include "common/description.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct client_error *find(const char *name)
{
	const struct client_error *found = NULL;

	for (const struct client_error *error = client_errors; error->name; error++) {
		if (strcmp(error->name, name) == 0) {
			assert_null(found); /* one row an error */
			found = error;
		}
	}
	return found;
}

/* Calls `check` with each error's full name and its parameters as the interface has them. */
static unsigned each_declared(void (*check)(const char *name, const char *parameters))
{
	unsigned count = 0;

	for (const struct description *d = descriptions; d->interface; d++) {
		const char *line = d->text;

		while ((line = strstr(line, "\nerror ")) != NULL) {
			char word[64], parameters[256], name[128];

			line++;
			assert_int_equal(
			    sscanf(line, "error %63[A-Za-z] %255[^\n]", word, parameters), 2);
			(void)snprintf(name, sizeof(name), "%s.%s", d->interface, word);
			check(name, parameters);
			count++;
		}
	}
	return count;
}

static void check_has_words(const char *name, const char *parameters)
{
	const struct client_error *error = find(name);

	if (!error)
		fail_msg("%s has no words", name);
	for (const char *p = strchr(error->words, '{'); p; p = strchr(p + 1, '{')) {
		char parameter[64], declared[80];

		assert_int_equal(sscanf(p, "{%63[a-z_]}", parameter), 1);
		assert_int_equal(p[1 + strlen(parameter)], '}');
		(void)snprintf(declared, sizeof(declared), "%s:", parameter);
		if (!strstr(parameters, declared))
			fail_msg("%s %s: no parameter {%s}", name, parameters, parameter);
	}
}

static void test_every_declared_error_has_words(void **state)
{
	(void)state;
	assert_true(each_declared(check_has_words) > 50);
}

static const char *sought;
static unsigned found;

static void check_is_sought(const char *name, const char *parameters)
{
	(void)parameters;
	found += strcmp(name, sought) == 0;
}

static void test_every_row_is_a_declared_error(void **state)
{
	(void)state;
	for (const struct client_error *error = client_errors; error->name; error++) {
		if (strncmp(error->name, "org.varlink.service.", 20) == 0)
			continue;
		sought = error->name;
		found = 0;
		(void)each_declared(check_is_sought);
		if (found != 1)
			fail_msg("no interface declares %s", error->name);
	}
}

static void assert_words(const char *name, const char *parameters, const char *expected)
{
	json_t *object = json_loads(parameters, JSON_ALLOW_NUL, NULL);
	char *words = client_error_words(name, object);

	assert_non_null(object);
	assert_non_null(words);
	assert_string_equal(words, expected);
	free(words);
	json_decref(object);
}

static void test_words_are_filled(void **state)
{
	(void)state;
	assert_words("org.muster.Process.NoSuchProcess", "{\"name\":\"web\"}",
	             "no such process: web");
	assert_words("org.muster.Process.AbnormalTermination", "{\"name\":\"web\",\"exitcode\":-9}",
	             "web ended before it counted as started (exit code -9)");
	assert_words("org.muster.Manager.BadConfig",
	             "{\"file\":\"/etc/x\",\"line\":3,\"message\":\"no {such} key\"}",
	             "/etc/x:3: no {such} key");
	assert_words("org.muster.Process.NotPermitted", "{\"right\":\"control\"}",
	             "not permitted: the right \"control\" is missing");
	assert_words("org.muster.Lock.Deadlock", "{\"name\":\"a\",\"circle\":[\"a\",\"7\"]}",
	             "waiting for lock a would never end: [\"a\", \"7\"]");
	assert_words("org.muster.Local.NoProcess", "{}",
	             "the caller belongs to no supervised process: name one");
	assert_words("org.varlink.service.InvalidParameter", "{\"parameter\":\"timeout\"}",
	             "invalid parameter: timeout");
}

static void test_what_is_missing_or_hostile(void **state)
{
	(void)state;
	assert_words("org.muster.Process.NoSuchProcess", "{}", "no such process: ?");
	assert_words("org.muster.Process.NoSuchProcess", "{\"name\":null}",
	             "no such process: null");
	assert_words("org.muster.Process.NoSuchProcess",
	             "{\"name\":\"a\\u001b[2J\\n\\u007f\\u009bb\\u00e9\"}",
	             "no such process: a?[2J???b\xc3\xa9");
	assert_words("org.muster.Future.New", "{\"x\":1}",
	             "musterd answered with org.muster.Future.New {\"x\": 1}");
	assert_words("org.muster.\nForged", "{}", "musterd answered with org.muster.?Forged {}");
}

static void test_words_of_an_errno(void **state)
{
	(void)state;
	assert_string_equal(client_errno_words(ECONNREFUSED), "no musterd listens on the socket");
	assert_string_equal(client_errno_words(ENOMEM), "Cannot allocate memory");
	assert_string_equal(client_errno_words(99999), "unknown error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_declared_error_has_words),
	    cmocka_unit_test(test_every_row_is_a_declared_error),
	    cmocka_unit_test(test_words_are_filled),
	    cmocka_unit_test(test_what_is_missing_or_hostile),
	    cmocka_unit_test(test_words_of_an_errno),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
