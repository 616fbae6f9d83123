/* The table of verbs, its lookup and its help; and the parser of the options it names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/cmd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A memory stream that each test may write help to. */
struct capture {
	FILE *stream;
	char *text;
	size_t size;
};

static int setup(void **state)
{
	struct capture *capture = calloc(1, sizeof(*capture));

	if (!capture)
		return -1;
	capture->stream = open_memstream(&capture->text, &capture->size);
	*state = capture;
	return capture->stream ? 0 : -1;
}

static int teardown(void **state)
{
	struct capture *capture = *state;

	fclose(capture->stream);
	free(capture->text);
	free(capture);
	return 0;
}

static const char *captured(struct capture *capture)
{
	fflush(capture->stream);
	return capture->text;
}

static void test_the_table_is_sorted_and_complete(void **state)
{
	(void)state;
	assert_non_null(cmd_entries[0]);
	for (size_t i = 0; cmd_entries[i]; i++) {
		const struct cmd_entry *entry = cmd_entries[i];

		assert_true(strlen(entry->name) > 1);
		assert_non_null(entry->usage);
		assert_non_null(entry->exec);
		assert_true(strlen(entry->summary) > 10);
		assert_int_not_equal(entry->summary[strlen(entry->summary) - 1], '.');
		assert_true(entry->words_min <= entry->words_max);
		assert_true(!entry->options == !entry->options_size);
		if (entry->details)
			assert_int_equal(entry->details[strlen(entry->details) - 1], '\n');
		if (i > 0)
			assert_true(strcmp(cmd_entries[i - 1]->name, entry->name) < 0);
	}
}

/* No name or alias is given twice, so lookup by a whole name finds one. */
static void test_every_name_and_alias_finds_its_entry(void **state)
{
	(void)state;
	for (size_t i = 0; cmd_entries[i]; i++) {
		const struct cmd_entry *found = NULL;

		assert_int_equal(cmd_find(cmd_entries[i]->name, &found), 0);
		assert_ptr_equal(found, cmd_entries[i]);
		if (!cmd_entries[i]->alias)
			continue;
		assert_int_equal(cmd_find(cmd_entries[i]->alias, &found), 0);
		assert_ptr_equal(found, cmd_entries[i]);
	}
}

static void test_options_stay_within_their_struct_and_letters_are_their_own(void **state)
{
	(void)state;
	for (size_t i = 0; cmd_entries[i]; i++) {
		const struct option_row *row = cmd_entries[i]->options;

		for (; row && row->name; row++) {
			assert_true(row->offset < cmd_entries[i]->options_size);
			assert_non_null(row->help);
			assert_true(!row->argument == !option_has_argument(row));
			for (const struct option_row *other = row + 1; other->name; other++)
				assert_true(!row->letter || row->letter != other->letter);
			for (const struct option_row *g = cmd_global_options; g->name; g++) {
				assert_string_not_equal(row->name, g->name);
				assert_true(!row->letter || row->letter != g->letter);
			}
		}
	}
}

static void test_a_clear_prefix_is_enough(void **state)
{
	const struct cmd_entry *found = NULL;

	(void)state;
	assert_int_equal(cmd_find("exitc", &found), 0);
	assert_string_equal(found->name, "exitcode");
	assert_int_equal(cmd_find("st", &found), -EEXIST);
	assert_int_equal(cmd_find("nope", &found), -ENOENT);
	assert_int_equal(cmd_find("", &found), -ENOENT);
	/* A whole name wins over the longer ones that begin with it. */
	assert_int_equal(cmd_find("ps", &found), 0);
	assert_string_equal(found->name, "ps");
}

static void test_a_failed_lookup_says_what_was_meant(void **state)
{
	char text[OPTION_ERROR_SIZE];

	(void)state;
	cmd_explain("st", -EEXIST, text, sizeof(text));
	assert_string_equal(text, "ambiguous command: st (start, status)");
	cmd_explain("statsu", -ENOENT, text, sizeof(text));
	assert_string_equal(text, "unknown command: statsu; did you mean status?");
	cmd_explain("frobnicate", -ENOENT, text, sizeof(text));
	assert_string_equal(text, "unknown command: frobnicate; `muster help` lists them");
}

static void test_a_long_wrong_name_does_not_overrun(void **state)
{
	char name[2000];
	char text[OPTION_ERROR_SIZE];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	cmd_explain(name, -ENOENT, text, sizeof(text));
	assert_true(strlen(text) < sizeof(text));
}

static void test_help_names_every_verb_and_exit_code(void **state)
{
	const char *help;

	cmd_help(((struct capture *)*state)->stream);
	help = captured(*state);
	for (size_t i = 0; cmd_entries[i]; i++)
		assert_non_null(strstr(help, cmd_entries[i]->summary));
	for (int code = 0; code < CMD_EXIT_COUNT; code++)
		assert_non_null(strstr(help, cmd_exit_text((enum cmd_exit)code)));
}

static void test_help_of_a_verb_has_its_usage_and_options(void **state)
{
	struct capture *capture = *state;

	for (size_t i = 0; cmd_entries[i]; i++) {
		const struct cmd_entry *entry = cmd_entries[i];
		size_t before = strlen(captured(capture));
		const char *help;
		char usage[64];

		cmd_help_entry(entry, capture->stream);
		help = captured(capture) + before;
		snprintf(usage, sizeof(usage), "usage: muster %s", entry->name);
		assert_memory_equal(help, usage, strlen(usage));
		for (const struct option_row *row = entry->options; row && row->name; row++)
			assert_non_null(strstr(help, row->help));
		assert_non_null(strstr(help, "--json"));
	}
}

static void test_the_completion_table_has_a_line_for_each(void **state)
{
	size_t lines = 0;
	size_t entries = 0;

	cmd_help_table(((struct capture *)*state)->stream);
	for (const char *at = captured(*state); *at; at++)
		lines += *at == '\n';
	while (cmd_entries[entries])
		entries++;
	assert_int_equal(lines, entries);
}

struct values {
	bool flag;
	const char *text;
	long count;
	double seconds;
};

static const struct option_row rows[] = {
    {"flag", 'f', OPTION_FLAG, NULL, offsetof(struct values, flag), "f"},
    {"text", 't', OPTION_TEXT, "TEXT", offsetof(struct values, text), "t"},
    {"count", 'n', OPTION_COUNT, "N", offsetof(struct values, count), "n"},
    {"seconds", 0, OPTION_SECONDS, "S", offsetof(struct values, seconds), "s"},
    {NULL, 0, OPTION_FLAG, NULL, 0, NULL},
};

#define ARGUMENTS_MAX 16

/* One run of the parser over a line of which '|' parts the arguments. */
struct parsed {
	char line[128];
	char *argv[ARGUMENTS_MAX];
	char *words[ARGUMENTS_MAX];
	size_t count;
	struct values values;
	struct option_parser parser;
	int result;
};

static void parse(struct parsed *parsed, const char *line, bool stop)
{
	char *rest = parsed->line;
	size_t count = 0;

	memset(parsed, 0, sizeof(*parsed));
	assert_true(strlen(line) < sizeof(parsed->line));
	memcpy(parsed->line, line, strlen(line));
	while (rest && count + 1 < ARGUMENTS_MAX)
		parsed->argv[count++] = strsep(&rest, "|");
	parsed->parser.argv = parsed->argv;
	parsed->parser.sets[0] = (struct option_set){rows, &parsed->values};
	parsed->parser.stop_at_word = stop;
	parsed->result = option_parse(&parsed->parser, parsed->words, &parsed->count);
}

static void test_options_and_words_mix(void **state)
{
	struct parsed parsed;

	(void)state;
	parse(&parsed, "a|-fn5|b|--text=x y|--seconds|1.5|-|--|-f", false);
	assert_int_equal(parsed.result, 0);
	assert_int_equal(parsed.count, 4);
	assert_string_equal(parsed.words[0], "a");
	assert_string_equal(parsed.words[1], "b");
	assert_string_equal(parsed.words[2], "-");
	assert_string_equal(parsed.words[3], "-f");
	assert_true(parsed.values.flag);
	assert_string_equal(parsed.values.text, "x y");
	assert_int_equal(parsed.values.count, 5);
	assert_true(parsed.values.seconds > 1.49 && parsed.values.seconds < 1.51);
}

static void test_parsing_may_stop_at_the_verb(void **state)
{
	struct parsed parsed;

	(void)state;
	parse(&parsed, "-t|x|verb|-f", true);
	assert_int_equal(parsed.result, 0);
	assert_int_equal(parsed.count, 0);
	assert_int_equal(parsed.parser.next, 2);
	assert_false(parsed.values.flag);
}

static void test_wrong_options_are_told(void **state)
{
	static const struct {
		const char *line;
		const char *error; /* NULL: it is good */
	} cases[] = {
	    {"--flga", "unknown option --flga; did you mean --flag?"},
	    {"--", NULL},
	    {"--=x", "unknown option --=x"},
	    {"-x", "unknown option -x"},
	    {"--flag=1", "--flag takes no value"},
	    {"--text", "--text wants a text"},
	    {"-n|-1", "--count wants a whole number, 0 or more, not \"-1\""},
	    {"-n|99999999999999999999",
	     "--count wants a whole number, 0 or more, not \"99999999999999999999\""},
	    {"--seconds=-1", "--seconds wants seconds, 0 or more, not \"-1\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct parsed parsed;

		parse(&parsed, cases[i].line, false);
		assert_int_equal(parsed.result, cases[i].error ? -EINVAL : 0);
		if (cases[i].error)
			assert_string_equal(parsed.parser.error, cases[i].error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_table_is_sorted_and_complete),
	    cmocka_unit_test(test_every_name_and_alias_finds_its_entry),
	    cmocka_unit_test(test_options_stay_within_their_struct_and_letters_are_their_own),
	    cmocka_unit_test(test_a_clear_prefix_is_enough),
	    cmocka_unit_test(test_a_failed_lookup_says_what_was_meant),
	    cmocka_unit_test(test_a_long_wrong_name_does_not_overrun),
	    cmocka_unit_test_setup_teardown(test_help_names_every_verb_and_exit_code, setup,
	                                    teardown),
	    cmocka_unit_test_setup_teardown(test_help_of_a_verb_has_its_usage_and_options, setup,
	                                    teardown),
	    cmocka_unit_test_setup_teardown(test_the_completion_table_has_a_line_for_each, setup,
	                                    teardown),
	    cmocka_unit_test(test_options_and_words_mix),
	    cmocka_unit_test(test_parsing_may_stop_at_the_verb),
	    cmocka_unit_test(test_wrong_options_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
