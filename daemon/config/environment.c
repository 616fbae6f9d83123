/*
 * supervisord splits the text with Python's shlex in its older, non-POSIX manner, and files in the
 * field depend on what that does: backslashes mean nothing, a comment may stand between the pairs,
 * any one token may stand where a comma belongs, and quotes only work around a whole value.
 */
#include "daemon/config/environment.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "daemon/config/arena.h"

struct token {
	const char *text;
	size_t size;
	char *joined; /* where a comment stood inside: the word without it */
};

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("_/.+-():", c));
}

static bool is_quote(char c)
{
	return c == '"' || c == '\'';
}

static const char *skip_comment(const char *p)
{
	p += strcspn(p, "\n");
	return *p ? p + 1 : p;
}

/* The character at p with all its bytes, so that one of UTF-8 is one token. */
static size_t character_size(const char *p)
{
	size_t size = 1;

	if ((unsigned char)*p < 0xc0)
		return 1;
	while (size < 4 && ((unsigned char)p[size] & 0xc0) == 0x80)
		size++;
	return size;
}

/* A word from *p; a comment inside it is skipped and the next line goes on with the word. */
static int take_word(struct arena *arena, const char **p, struct token *token)
{
	const char *start = *p;
	size_t used = 0;

	token->text = start;
	token->joined = NULL;
	for (;;) {
		const char *end = *p;

		while (is_word(*end) || (is_quote(*end) && end > start))
			end++;
		if (token->joined)
			memcpy(token->joined + used, *p, (size_t)(end - *p));
		used += (size_t)(end - *p);
		*p = end;
		if (*end != '#')
			break;
		if (!token->joined) {
			/* It becomes no longer than the text that is left. */
			token->joined = arena_strdup(arena, start);
			if (!token->joined)
				return -ENOMEM;
			token->text = token->joined;
		}
		*p = skip_comment(end);
	}
	token->size = used;
	return 0;
}

/* 1 with the next token, 0 at the end, -EINVAL for a quote that is not closed, -ENOMEM. */
static int next_token(struct arena *arena, const char **text, struct token *token)
{
	const char *p = *text, *end;
	int result = 1;

	while (*p && (strchr(" \t\r\n", *p) || *p == '#'))
		p = *p == '#' ? skip_comment(p) : p + 1;
	if (!*p) {
		result = 0;
	} else if (is_quote(*p)) {
		end = strchr(p + 1, *p);
		if (!end)
			return -EINVAL;
		*token = (struct token){.text = p, .size = (size_t)(end + 1 - p)};
		p = end + 1;
	} else if (is_word(*p)) {
		if (take_word(arena, &p, token) < 0)
			return -ENOMEM;
	} else {
		*token = (struct token){.text = p, .size = character_size(p)};
		p += token->size;
	}
	*text = p;
	return result;
}

static void strip_quotes(struct token *token)
{
	while (token->size > 0 && is_quote(token->text[0])) {
		token->text++;
		token->size--;
	}
	while (token->size > 0 && is_quote(token->text[token->size - 1]))
		token->size--;
}

/* Where a pair with this key stands, or the end of the pairs. */
static char **find_pair(char **pairs, const char *key, size_t size)
{
	while (*pairs && (strncmp(*pairs, key, size) != 0 || (*pairs)[size] != '='))
		pairs++;
	return pairs;
}

/* Three tokens as a pair: 1 done, 0 at the end of the text. */
static int take_pair(struct arena *arena, const char **text, struct token *key, struct token *value,
                     const char **ret_why)
{
	struct token equals = {0};
	int result = next_token(arena, text, key);

	if (result == 0)
		return 0;
	if (result > 0)
		result = next_token(arena, text, &equals);
	if (result > 0)
		result = next_token(arena, text, value);
	if (result < 0) {
		*ret_why = "no closing quotation";
		return result;
	}
	if (result == 0 || equals.size != 1 || equals.text[0] != '=') {
		*ret_why = "unexpected end of KEY=value pairs: quote a value that holds more than "
			   "letters, digits and _/.+-():";
		return -EINVAL;
	}
	if (is_quote(key->text[0])) {
		*ret_why = "a key must not be quoted";
		return -EINVAL;
	}
	strip_quotes(value);
	return 1;
}

static size_t count_equals(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += *text == '=';
	return count;
}

int environment_parse(struct arena *arena, const char *text, char ***ret_pairs,
                      const char **ret_why)
{
	size_t limit = count_equals(text);
	struct token key, value, separator;
	char **pairs, **place;
	int result;

	if (limit > ENVIRONMENT_MAX)
		limit = ENVIRONMENT_MAX;
	pairs = arena_array(arena, limit + 1, sizeof(*pairs));
	if (!pairs)
		return -ENOMEM;
	while ((result = take_pair(arena, &text, &key, &value, ret_why)) > 0) {
		place = find_pair(pairs, key.text, key.size);
		if (place == pairs + limit) {
			*ret_why = "too many pairs";
			return -EINVAL;
		}
		*place = arena_printf(arena, "%.*s=%.*s", (int)key.size, key.text, (int)value.size,
		                      value.text);
		if (!*place)
			return -ENOMEM;
		result = next_token(arena, &text, &separator);
		if (result < 0)
			*ret_why = "no closing quotation";
		if (result <= 0)
			break;
	}
	if (result < 0)
		return result;
	*ret_pairs = pairs;
	return 0;
}

static size_t count_pairs(char **pairs)
{
	size_t count = 0;

	while (pairs && pairs[count])
		count++;
	return count;
}

int environment_merge(struct arena *arena, char **base, char **own, char ***ret_pairs)
{
	size_t base_count = count_pairs(base), own_count = count_pairs(own);
	char **pairs;

	/* Most programs have none of their own: they share the daemon's. */
	if (own_count == 0 && base) {
		*ret_pairs = base;
		return 0;
	}
	if (base_count == 0 && own) {
		*ret_pairs = own;
		return 0;
	}
	pairs = arena_array(arena, base_count + own_count + 1, sizeof(*pairs));
	if (!pairs)
		return -ENOMEM;
	if (base_count > 0)
		memcpy(pairs, base, base_count * sizeof(*pairs));
	for (size_t i = 0; i < own_count; i++)
		*find_pair(pairs, own[i], strcspn(own[i], "=")) = own[i];
	*ret_pairs = pairs;
	return 0;
}

const char *environment_find(char *const *pairs, const char *key, size_t size)
{
	for (; pairs && *pairs; pairs++) {
		if (strncmp(*pairs, key, size) == 0 && (*pairs)[size] == '=')
			return *pairs + size + 1;
	}
	return NULL;
}
