/* Reads options by their rows: long and short, bundled, with a value behind or after the sign. */
#include "cli/option.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/parse.h"

/* How far a mistyped name may be from the one it is taken to mean. */
#define SUGGEST_DISTANCE 2

#define COUNT_MAX 1000000000L

static int store_flag(const char *text, void *target);
static int store_text(const char *text, void *target);
static int store_count(const char *text, void *target);
static int store_seconds(const char *text, void *target);
static int store_texts(const char *text, void *target);

struct option_type {
	bool argument;
	const char *wanted; /* what the value should have been */
	int (*store)(const char *text, void *target);
};

static const struct option_type option_types[OPTION_KIND_COUNT] = {
    [OPTION_FLAG] = {false, "", store_flag},
    [OPTION_TEXT] = {true, "a text", store_text},
    [OPTION_COUNT] = {true, "a whole number, 0 or more", store_count},
    [OPTION_SECONDS] = {true, "seconds, 0 or more", store_seconds},
    [OPTION_TEXTS] = {true, "a text, and not as often", store_texts},
};

static int store_flag(const char *text, void *target)
{
	(void)text;
	*(bool *)target = true;
	return 0;
}

static int store_text(const char *text, void *target)
{
	*(const char **)target = text;
	return 0;
}

static int store_count(const char *text, void *target)
{
	return parse_int(text, 0, COUNT_MAX, target);
}

static int store_seconds(const char *text, void *target)
{
	uint64_t usec;
	int result = parse_seconds(text, &usec);

	if (result < 0)
		return result;
	*(double *)target = (double)usec / 1e6;
	return 0;
}

static int store_texts(const char *text, void *target)
{
	struct option_texts *texts = target;

	if (texts->count == OPTION_TEXTS_MAX)
		return -ERANGE;
	texts->items[texts->count++] = text;
	return 0;
}

bool option_has_argument(const struct option_row *row)
{
	return option_types[row->kind].argument;
}

static bool name_is(const struct option_row *row, const char *name, size_t length)
{
	return strncmp(row->name, name, length) == 0 && row->name[length] == '\0';
}

/* The row of a long name (length > 0) or of a letter; *ret_set has the set it stands in. */
static const struct option_row *find_row(const struct option_parser *parser, const char *name,
                                         size_t length, char letter,
                                         const struct option_set **ret_set)
{
	for (size_t i = 0; i < OPTION_SETS_MAX; i++) {
		const struct option_row *row = parser->sets[i].rows;

		for (; row && row->name; row++) {
			if (length ? !name_is(row, name, length) : row->letter != letter)
				continue;
			*ret_set = &parser->sets[i];
			return row;
		}
	}
	return NULL;
}

static const char *suggest(const struct option_parser *parser, const char *name)
{
	unsigned best_distance = SUGGEST_DISTANCE + 1;
	const char *best = NULL;

	for (size_t i = 0; i < OPTION_SETS_MAX; i++) {
		const struct option_row *row = parser->sets[i].rows;

		for (; row && row->name; row++) {
			unsigned distance = parse_distance(name, row->name, SUGGEST_DISTANCE);

			if (distance < best_distance) {
				best_distance = distance;
				best = row->name;
			}
		}
	}
	return best;
}

static int store(struct option_parser *parser, const struct option_set *set,
                 const struct option_row *row, const char *value)
{
	const struct option_type *type = &option_types[row->kind];

	if (type->store(value, (char *)set->target + row->offset) == 0)
		return 0;
	snprintf(parser->error, sizeof(parser->error), "--%s wants %s, not \"%s\"", row->name,
	         type->wanted, value);
	return -EINVAL;
}

/* The value after an option: what stands behind it in the same argument, else the next one. */
static int take_value(struct option_parser *parser, const struct option_row *row,
                      const char *attached, const char **ret_value)
{
	if (attached) {
		*ret_value = attached;
		return 0;
	}
	if (parser->argv[parser->next]) {
		*ret_value = parser->argv[parser->next++];
		return 0;
	}
	snprintf(parser->error, sizeof(parser->error), "--%s wants %s", row->name,
	         option_types[row->kind].wanted);
	return -EINVAL;
}

static int parse_long(struct option_parser *parser, const char *name)
{
	const char *attached = strchr(name, '=');
	size_t length = attached ? (size_t)(attached - name) : strlen(name);
	const struct option_set *set = NULL;
	const struct option_row *row = length ? find_row(parser, name, length, 0, &set) : NULL;
	const char *value = "";
	const char *near;
	int result = 0;

	if (!row) {
		near = suggest(parser, name);
		snprintf(parser->error, sizeof(parser->error), "unknown option --%s%s%s%s", name,
		         near ? "; did you mean --" : "", near ? near : "", near ? "?" : "");
		return -EINVAL;
	}
	if (attached && !option_has_argument(row)) {
		snprintf(parser->error, sizeof(parser->error), "--%s takes no value", row->name);
		return -EINVAL;
	}
	if (option_has_argument(row))
		result = take_value(parser, row, attached ? attached + 1 : NULL, &value);
	return result < 0 ? result : store(parser, set, row, value);
}

/* "-fn5": letters up to the first that takes a value. */
static int parse_letters(struct option_parser *parser, const char *letters)
{
	for (; *letters; letters++) {
		const struct option_set *set = NULL;
		const struct option_row *row = find_row(parser, NULL, 0, *letters, &set);
		const char *value;
		int result;

		if (!row) {
			snprintf(parser->error, sizeof(parser->error), "unknown option -%c",
			         *letters);
			return -EINVAL;
		}
		if (!option_has_argument(row)) {
			store(parser, set, row, "");
			continue;
		}
		result = take_value(parser, row, letters[1] ? letters + 1 : NULL, &value);
		return result < 0 ? result : store(parser, set, row, value);
	}
	return 0;
}

int option_parse(struct option_parser *parser, char **words, size_t *ret_count)
{
	bool options = true;
	size_t count = 0;

	while (parser->argv[parser->next]) {
		char *argument = parser->argv[parser->next];
		int result = 0;

		if (!options || argument[0] != '-' || argument[1] == '\0') {
			if (parser->stop_at_word)
				break;
			words[count++] = argument;
			parser->next++;
			continue;
		}
		parser->next++;
		if (strcmp(argument, "--") == 0)
			options = false;
		else if (argument[1] == '-')
			result = parse_long(parser, argument + 2);
		else
			result = parse_letters(parser, argument + 1);
		if (result < 0)
			return result;
	}
	*ret_count = count;
	return 0;
}
