/* base64 and visible control characters; no table is kept, the alphabet is four ranges and two. */
#include "cli/bytes.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/alloc.h"
#include "common/json.h"

static int base64_value(char letter)
{
	static const char alphabet[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *found = letter ? strchr(alphabet, letter) : NULL;

	return found ? (int)(found - alphabet) : -1;
}

int bytes_decode_base64(const char *text, size_t size, char **ret_data, size_t *ret_size)
{
	size_t padding = 0;
	size_t used = 0;
	uint32_t bits = 0;
	char *data;

	while (padding < 2 && padding < size && text[size - padding - 1] == '=')
		padding++;
	if (size % 4 != 0)
		return -EINVAL;
	data = alloc_zero(size / 4 * 3 + 1, 1);
	for (size_t i = 0; i < size - padding; i++) {
		int value = base64_value(text[i]);

		if (value < 0) {
			free(data);
			return -EINVAL;
		}
		bits = bits << 6 | (uint32_t)value;
		if (i % 4 > 0)
			data[used++] = (char)(bits >> (6 - i % 4 * 2) & 0xff);
	}
	*ret_data = data;
	*ret_size = used;
	return 0;
}

/* Length of the character at `text`, 2 to 4 bytes; 0 where it is ASCII, or no UTF-8. */
static size_t character_length(const char *text, size_t size)
{
	unsigned char byte = (unsigned char)text[0];
	size_t length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;

	return byte >= 0x80 && size >= length && json_text_is_utf8(text, length) ? length : 0;
}

void bytes_print_visible(const char *data, size_t size, FILE *stream)
{
	size_t length;

	for (size_t i = 0; i < size; i += length) {
		unsigned char byte = (unsigned char)data[i];

		length = character_length(data + i, size - i);
		if (length == 2 && byte == 0xc2 && (unsigned char)data[i + 1] < 0xa0)
			fprintf(stream, "\\x%02x", (unsigned char)data[i + 1]);
		else if (length > 0)
			fwrite(data + i, 1, length, stream);
		else if (byte >= 0x80)
			fprintf(stream, "\\x%02x", byte);
		else if (byte != '\n' && byte != '\t' && (byte < 0x20 || byte == 0x7f))
			fprintf(stream, "^%c", byte ^ 0x40);
		else
			putc(byte, stream);
		length += length == 0;
	}
}
