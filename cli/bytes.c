/* base64, and visible control characters. */
#include "cli/bytes.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/alloc.h"
#include "common/json.h"

char *bytes_encode_base64(const char *data, size_t size)
{
	static const char alphabet[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *bytes = (const unsigned char *)data;
	char *text = alloc_zero(size / 3 * 4 + 5, 1);
	char *at = text;

	for (size_t i = 0; i < size; i += 3) {
		size_t count = size - i < 3 ? size - i : 3;
		uint32_t bits = (uint32_t)bytes[i] << 16;

		bits |= count > 1 ? (uint32_t)bytes[i + 1] << 8 : 0;
		bits |= count > 2 ? bytes[i + 2] : 0;
		for (size_t k = 0; k < 4; k++)
			*at++ = k <= count ? alphabet[bits >> (18 - 6 * k) & 63] : '=';
	}
	return text;
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
