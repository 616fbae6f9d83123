/* base64 (RFC 4648, section 4) to bytes. */
#include "common/parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int base64_value(char letter)
{
	static const char alphabet[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *found = letter ? strchr(alphabet, letter) : NULL;

	return found ? (int)(found - alphabet) : -1;
}

int parse_base64(const char *text, size_t size, char **ret_data, size_t *ret_size)
{
	size_t padding = 0;
	size_t used = 0;
	uint32_t bits = 0;
	char *data;

	while (padding < 2 && padding < size && text[size - padding - 1] == '=')
		padding++;
	if (size % 4 != 0)
		return -EINVAL;
	data = calloc(size / 4 * 3 + 1, 1);
	if (!data)
		return -ENOMEM;
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
