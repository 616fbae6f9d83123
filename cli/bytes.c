/* base64 and visible control characters; no table is kept, the alphabet is four ranges and two. */
#include "cli/bytes.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/alloc.h"

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

void bytes_print_visible(const char *data, size_t size, FILE *stream)
{
	for (size_t i = 0; i < size; i++) {
		unsigned char byte = (unsigned char)data[i];
		unsigned char next = i + 1 < size ? (unsigned char)data[i + 1] : 0;

		if (byte == '\n' || byte == '\t' || (byte >= 0x20 && byte < 0x7f))
			putc(byte, stream);
		else if (byte < 0x20 || byte == 0x7f)
			fprintf(stream, "^%c", byte ^ 0x40);
		else if (byte == 0xc2 && next >= 0x80 && next < 0xa0)
			fprintf(stream, "\\x%02x", (unsigned char)data[++i]);
		else
			putc(byte, stream);
	}
}
