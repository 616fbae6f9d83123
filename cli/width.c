/*
 * Widths of text. Most is ASCII, of which each byte is a column; only where there is another byte
 * is a UTF-8 locale asked for, since loading one takes longer than a short answer.
 */
#include "cli/width.h"

#include <locale.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "cli/alloc.h"

/* Characters that are not seen and change how those around them are: marks, embeddings, overrides
 * and isolates of direction, and the separators of lines. */
static const struct {
	wchar_t first;
	wchar_t last;
} hidden[] = {
    {0x061c, 0x061c},
    {0x200e, 0x200f},
    {0x2028, 0x202e},
    {0x2066, 0x2069},
};

static bool is_hidden(wchar_t character)
{
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
		if (character >= hidden[i].first && character <= hidden[i].last)
			return true;
	}
	return false;
}

/* Length of the character at `text` in bytes and in columns; 0 bytes where it may not be shown. */
static size_t character_length(const char *text, size_t size, size_t *ret_columns)
{
	mbstate_t state = {0};
	wchar_t character;
	size_t length = mbrtowc(&character, text, size, &state);
	int columns;

	if (length == 0 || length > size)
		return 0;
	columns = wcwidth(character);
	if (columns < 0 || is_hidden(character))
		return 0;
	*ret_columns = (size_t)columns;
	return length;
}

static bool is_plain(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (text[i] & 0x80)
			return false;
	}
	return true;
}

/* Characters up to `columns` of width; bytes that may not be shown count as one column each. */
static size_t measure(const char *text, size_t size, size_t columns, char *clean,
                      size_t *ret_columns)
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	locale_t before = utf8 ? uselocale(utf8) : (locale_t)0;
	size_t used = 0;
	size_t width = 0;

	while (used < size) {
		size_t wide = 1;
		size_t length = character_length(text + used, size - used, &wide);

		if (length == 0 && clean)
			clean[used] = '?';
		if (length == 0)
			length = 1;
		if (width + wide > columns)
			break;
		width += wide;
		used += length;
	}
	if (utf8) {
		uselocale(before);
		freelocale(utf8);
	}
	*ret_columns = width;
	return used;
}

size_t width_clean(char *text, size_t size)
{
	size_t columns = 0;

	for (size_t i = 0; i < size; i++) {
		unsigned char byte = (unsigned char)text[i];

		if (byte < 0x20 || byte == 0x7f)
			text[i] = '?';
	}
	if (is_plain(text, size))
		return size;
	measure(text, size, (size_t)-1, text, &columns);
	return columns;
}

void width_print(const char *text, FILE *stream)
{
	char *copy;

	if (!text)
		return;
	copy = alloc_text(text);
	width_clean(copy, strlen(copy));
	fputs(copy, stream);
	free(copy);
}

size_t width_fit(const char *text, size_t size, size_t columns)
{
	size_t width;

	if (is_plain(text, size))
		return size < columns ? size : columns;
	return measure(text, size, columns, NULL, &width);
}
