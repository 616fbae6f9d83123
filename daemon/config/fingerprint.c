/* Byte by byte: the texts are short. */
#include "daemon/config/fingerprint.h"

#include <string.h>

#define FINGERPRINT_PRIME 0x100000001b3u

void fingerprint_add(uint64_t *fingerprint, const void *data, size_t size)
{
	const unsigned char *p = data;
	uint64_t value = *fingerprint;

	for (size_t i = 0; i < size; i++) {
		value ^= p[i];
		value *= FINGERPRINT_PRIME;
	}
	*fingerprint = value;
}

void fingerprint_add_text(uint64_t *fingerprint, const char *text)
{
	const unsigned char present = text ? 1 : 0;

	fingerprint_add(fingerprint, &present, 1);
	if (text)
		fingerprint_add(fingerprint, text, strlen(text) + 1);
}

void fingerprint_add_texts(uint64_t *fingerprint, char *const *texts)
{
	for (; texts && *texts; texts++)
		fingerprint_add_text(fingerprint, *texts);
	fingerprint_add_text(fingerprint, NULL);
}
