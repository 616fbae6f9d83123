/*
 * Numbers, truth values, sizes and durations as text. Everything is read digit by digit or with
 * strtol in the C locale's sense: what a locale calls a decimal point must not change a timeout.
 */
#include "common/parse.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define USEC_PER_SEC 1000000u
/* Names longer than this are not compared letter by letter. */
#define PARSE_NAME_MAX 64

static const char *skip_space(const char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	return text;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/*
 * Digits at *text as a number, which stays at UINT64_MAX where they tell more; false where there
 * are none. *text is moved behind them.
 */
static bool take_digits(const char **text, unsigned base, uint64_t *ret_value)
{
	const char *p = *text;
	uint64_t value = 0;

	for (; is_digit(*p) && (unsigned)(*p - '0') < base; p++) {
		if (__builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, (unsigned)(*p - '0'), &value))
			value = UINT64_MAX;
	}
	if (p == *text)
		return false;
	*text = p;
	*ret_value = value;
	return true;
}

/* A sign at *text, which is moved behind it; true for a minus. */
static bool take_minus(const char **text)
{
	const char *p = skip_space(*text);
	bool minus = *p == '-';

	*text = p + (*p == '-' || *p == '+');
	return minus;
}

int parse_int(const char *text, long min, long max, long *ret_value)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (end == text || *skip_space(end) != '\0')
		return -EINVAL;
	if (errno == ERANGE || value < min || value > max)
		return -ERANGE;
	*ret_value = value;
	return 0;
}

static const struct {
	const char *word;
	bool value;
} truths[] = {
    {"true", true},   {"yes", true}, {"on", true},   {"t", true},  {"1", true},
    {"false", false}, {"no", false}, {"off", false}, {"f", false}, {"0", false},
};

int parse_bool(const char *text, bool *ret_value)
{
	const char *word = skip_space(text);
	size_t size = strcspn(word, " \t\n\v\f\r");

	if (*skip_space(word + size) != '\0')
		return -EINVAL;
	for (size_t i = 0; i < sizeof(truths) / sizeof(truths[0]); i++) {
		if (strlen(truths[i].word) == size &&
		    strncasecmp(truths[i].word, word, size) == 0) {
			*ret_value = truths[i].value;
			return 0;
		}
	}
	return -EINVAL;
}

static const struct {
	const char *suffix;
	unsigned shift;
} size_units[] = {{"kb", 10}, {"mb", 20}, {"gb", 30}};

int parse_size(const char *text, uint64_t *ret_bytes)
{
	bool minus = take_minus(&text);
	unsigned shift = 0;
	uint64_t value;

	if (!take_digits(&text, 10, &value))
		return -EINVAL;
	text = skip_space(text);
	for (size_t i = 0; i < sizeof(size_units) / sizeof(size_units[0]); i++) {
		size_t size = strlen(size_units[i].suffix);

		if (strncasecmp(text, size_units[i].suffix, size) == 0) {
			shift = size_units[i].shift;
			text += size;
			break;
		}
	}
	if (*skip_space(text) != '\0')
		return -EINVAL;
	if ((minus && value > 0) || value == UINT64_MAX || value > UINT64_MAX >> shift)
		return -ERANGE;
	*ret_bytes = value << shift;
	return 0;
}

int parse_seconds(const char *text, uint64_t *ret_usec)
{
	bool minus = take_minus(&text), any;
	uint64_t seconds = 0, usec = 0;

	any = take_digits(&text, 10, &seconds);
	if (*text == '.') {
		text++;
		any = any || is_digit(*text);
		for (unsigned unit = USEC_PER_SEC / 10; is_digit(*text); unit /= 10)
			usec += (uint64_t)(*text++ - '0') * unit;
	}
	if (!any || *skip_space(text) != '\0')
		return -EINVAL;
	if (minus && (seconds > 0 || usec > 0))
		return -ERANGE;
	if (seconds >= PARSE_USEC_MAX / USEC_PER_SEC)
		*ret_usec = PARSE_USEC_MAX;
	else
		*ret_usec = seconds * USEC_PER_SEC + usec;
	return 0;
}

int parse_octal(const char *text, unsigned *ret_mode)
{
	bool minus = take_minus(&text);
	uint64_t value;

	if (text[0] == '0' && (text[1] == 'o' || text[1] == 'O'))
		text += 2;
	if (!take_digits(&text, 8, &value) || *skip_space(text) != '\0')
		return -EINVAL;
	if ((minus && value > 0) || value > 07777)
		return -ERANGE;
	*ret_mode = (unsigned)value;
	return 0;
}

/* Levenshtein's, row by row: insert, remove and replace cost one. */
unsigned parse_distance(const char *a, const char *b, unsigned limit)
{
	size_t a_size = strlen(a), b_size = strlen(b);
	unsigned row[PARSE_NAME_MAX + 1];

	if (strcmp(a, b) == 0)
		return 0;
	if (a_size > PARSE_NAME_MAX || b_size > PARSE_NAME_MAX)
		return limit + 1;
	for (size_t j = 0; j <= b_size; j++)
		row[j] = (unsigned)j;
	for (size_t i = 0; i < a_size; i++) {
		unsigned diagonal = row[0]; /* of the row above, left */

		row[0] = (unsigned)i + 1;
		for (size_t j = 0; j < b_size; j++) {
			unsigned above = row[j + 1];
			unsigned best = diagonal + (a[i] != b[j]);

			if (above + 1 < best)
				best = above + 1;
			if (row[j] + 1 < best)
				best = row[j] + 1;
			diagonal = above;
			row[j + 1] = best;
		}
	}
	return row[b_size] > limit ? limit + 1 : row[b_size];
}
