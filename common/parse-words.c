/*
 * A command line to words, as Python's shlex.split does it, because supervisord's configurations
 * were written against that. The text is read twice by one function: first to count, then to fill
 * an allocation of just the size, which lives as long as the program's configuration.
 */
#include "common/parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Where words go; with `words` NULL they are only counted. */
struct words {
	char **words;
	char *text;
	size_t count; /* words ended */
	size_t used;  /* bytes of text, with a NUL a word */
};

static void words_put(struct words *words, char c)
{
	if (words->words)
		words->text[words->used] = c;
	words->used++;
}

static void words_begin(struct words *words)
{
	if (words->words)
		words->words[words->count] = words->text + words->used;
}

static void words_end(struct words *words)
{
	words_put(words, '\0');
	words->count++;
}

/* The character after a backslash; in quotes it escapes only the quote and itself. */
static int words_take_escape(struct words *words, const char **text, char quote,
                             const char **ret_why)
{
	char c = *++*text;

	if (c == '\0') {
		*ret_why = "No escaped character";
		return -EINVAL;
	}
	if (quote && c != quote && c != '\\')
		words_put(words, '\\');
	words_put(words, c);
	++*text;
	return 0;
}

/* From the opening quote to behind the closing one. */
static int words_take_quoted(struct words *words, const char **text, const char **ret_why)
{
	char quote = *(*text)++;

	while (**text != quote) {
		if (**text == '\0') {
			*ret_why = "No closing quotation";
			return -EINVAL;
		}
		if (**text == '\\' && quote == '"') {
			if (words_take_escape(words, text, quote, ret_why) < 0)
				return -EINVAL;
			continue;
		}
		words_put(words, *(*text)++);
	}
	++*text;
	return 0;
}

/* One word, up to white space or the end. */
static int words_take_word(struct words *words, const char **text, const char **ret_why)
{
	words_begin(words);
	while (**text != '\0' && !strchr(" \t\r\n", **text)) {
		int ret = 0;

		if (**text == '\\')
			ret = words_take_escape(words, text, '\0', ret_why);
		else if (**text == '\'' || **text == '"')
			ret = words_take_quoted(words, text, ret_why);
		else
			words_put(words, *(*text)++);
		if (ret < 0)
			return ret;
	}
	words_end(words);
	return 0;
}

static int words_split(struct words *words, const char *text, const char **ret_why)
{
	for (;;) {
		int ret;

		text += strspn(text, " \t\r\n");
		if (*text == '\0')
			return 0;
		ret = words_take_word(words, &text, ret_why);
		if (ret < 0)
			return ret;
	}
}

int parse_words(const char *text, char ***ret_words, size_t *ret_count, const char **ret_why)
{
	struct words counted = {0}, filled = {0};
	size_t array_size;
	int ret;

	ret = words_split(&counted, text, ret_why);
	if (ret < 0)
		return ret;
	if (counted.count >= SIZE_MAX / sizeof(char *) - 1)
		return -ENOMEM;
	array_size = (counted.count + 1) * sizeof(char *);
	if (counted.used > SIZE_MAX - array_size)
		return -ENOMEM;
	filled.words = malloc(array_size + counted.used);
	if (!filled.words)
		return -ENOMEM;
	filled.text = (char *)filled.words + array_size;
	(void)words_split(&filled, text, ret_why); /* went well the first time */
	filled.words[filled.count] = NULL;
	*ret_words = filled.words;
	*ret_count = filled.count;
	return 0;
}
