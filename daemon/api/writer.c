/*
 * JSON text, written in one pass. Whether a comma is due is read from the last byte written, so
 * nesting needs no state.
 */
#include "daemon/api/writer.h"

#include <stdlib.h>
#include <string.h>

#include "common/proto.h"

#define WRITER_SIZE_FIRST 512u
/* A buffer over this is given back once its text has gone. */
#define WRITER_SIZE_KEEP (64u * 1024u)

void writer_done(struct writer *writer)
{
	free(writer->data);
	*writer = (struct writer){0};
}

void writer_reset(struct writer *writer)
{
	if (writer->size > WRITER_SIZE_KEEP)
		writer_done(writer);
	writer->used = 0;
	writer->failed = false;
}

/* Room for `wanted` more bytes; NULL once the writer has failed. */
static char *writer_reserve(struct writer *writer, size_t wanted)
{
	size_t size = writer->size ? writer->size : WRITER_SIZE_FIRST;
	char *data;

	if (writer->failed)
		return NULL;
	if (writer->size - writer->used >= wanted)
		return writer->data + writer->used;
	if (wanted > PROTO_REPLY_MAX - writer->used)
		goto failed;
	while (size - writer->used < wanted)
		size *= 2;
	data = realloc(writer->data, size);
	if (!data)
		goto failed;
	writer->data = data;
	writer->size = size;
	return data + writer->used;
failed:
	writer->failed = true;
	return NULL;
}

void writer_raw(struct writer *writer, const char *text, size_t size)
{
	char *room = writer_reserve(writer, size);

	if (!room || size == 0)
		return;
	memcpy(room, text, size);
	writer->used += size;
}

/* The comma that is due, and the key. */
static void writer_key(struct writer *writer, const char *key)
{
	size_t size = key ? strlen(key) : 0;
	char *room = writer_reserve(writer, size + 4);
	char last;

	if (!room)
		return;
	last = writer->used > 0 ? writer->data[writer->used - 1] : '[';
	if (last != '{' && last != '[' && last != ':')
		*room++ = ',';
	if (key) {
		*room++ = '"';
		memcpy(room, key, size);
		room += size;
		*room++ = '"';
		*room++ = ':';
	}
	writer->used = (size_t)(room - writer->data);
}

void writer_open_object(struct writer *writer, const char *key)
{
	writer_key(writer, key);
	writer_raw(writer, "{", 1);
}

void writer_close_object(struct writer *writer)
{
	writer_raw(writer, "}", 1);
}

void writer_open_array(struct writer *writer, const char *key)
{
	writer_key(writer, key);
	writer_raw(writer, "[", 1);
}

void writer_close_array(struct writer *writer)
{
	writer_raw(writer, "]", 1);
}

/* True where `size` bytes at `byte` are all of the form 10xxxxxx. */
static bool utf8_continues(const unsigned char *byte, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if ((byte[i] & 0xc0) != 0x80)
			return false;
	return true;
}

/* Length of the sequence of two to four bytes that begins here; 0 where it is no valid UTF-8. */
static size_t utf8_sequence(const unsigned char *byte, size_t size)
{
	size_t length = byte[0] >= 0xf0 ? 4 : byte[0] >= 0xe0 ? 3 : 2;

	if (byte[0] < 0xc2 || byte[0] > 0xf4 || size < length ||
	    !utf8_continues(byte + 1, length - 1))
		return 0;
	/* overlong forms, surrogates, and what lies above U+10FFFF */
	if ((byte[0] == 0xe0 && byte[1] < 0xa0) || (byte[0] == 0xed && byte[1] > 0x9f) ||
	    (byte[0] == 0xf0 && byte[1] < 0x90) || (byte[0] == 0xf4 && byte[1] > 0x8f))
		return 0;
	return length;
}

/* A byte that JSON does not take as it is, in its escaped form: at most 6 bytes. */
static size_t writer_escape(char *room, unsigned char byte)
{
	static const char digits[] = "0123456789abcdef";
	static const char shorthand[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f',
	                                 ['\r'] = 'r', ['"'] = '"',  ['\\'] = '\\'};

	room[0] = '\\';
	if (byte < sizeof(shorthand) && shorthand[byte]) {
		room[1] = shorthand[byte];
		return 2;
	}
	memcpy(room + 1, "u00", 3);
	room[4] = digits[byte >> 4];
	room[5] = digits[byte & 0xf];
	return 6;
}

static bool is_plain(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

void writer_text_sized(struct writer *writer, const char *key, const char *text, size_t size)
{
	const unsigned char *byte = (const unsigned char *)text;
	size_t at = 0;

	writer_key(writer, key);
	writer_raw(writer, "\"", 1);
	while (at < size && !writer->failed) {
		size_t plain = at;
		size_t length;
		char escape[6];

		while (plain < size && is_plain(byte[plain]))
			plain++;
		writer_raw(writer, text + at, plain - at);
		at = plain;
		if (at == size)
			break;
		length = byte[at] < 0x80 ? 1 : utf8_sequence(byte + at, size - at);
		if (length > 1)
			writer_raw(writer, text + at, length);
		else if (length == 1)
			writer_raw(writer, escape, writer_escape(escape, byte[at]));
		else
			writer_raw(writer, "\xef\xbf\xbd", 3);
		at += length ? length : 1;
	}
	writer_raw(writer, "\"", 1);
}

void writer_text(struct writer *writer, const char *key, const char *text)
{
	if (text)
		writer_text_sized(writer, key, text, strlen(text));
	else
		writer_null(writer, key);
}

void writer_base64(struct writer *writer, const char *key, const char *data, size_t size)
{
	static const char letters[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *byte = (const unsigned char *)data;

	writer_key(writer, key);
	writer_raw(writer, "\"", 1);
	for (size_t i = 0; i < size; i += 3) {
		size_t left = size - i;
		unsigned bits = (unsigned)byte[i] << 16;
		char four[4];

		bits |= left > 1 ? (unsigned)byte[i + 1] << 8 : 0;
		bits |= left > 2 ? (unsigned)byte[i + 2] : 0;
		four[0] = letters[bits >> 18];
		four[1] = letters[bits >> 12 & 63];
		four[2] = '=';
		four[3] = '=';
		if (left > 1)
			four[2] = letters[bits >> 6 & 63];
		if (left > 2)
			four[3] = letters[bits & 63];
		writer_raw(writer, four, sizeof(four));
	}
	writer_raw(writer, "\"", 1);
}

void writer_int(struct writer *writer, const char *key, int64_t value)
{
	char digits[24];
	char *end = digits + sizeof(digits);
	char *begin = end;
	uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;

	do
		*--begin = (char)('0' + rest % 10);
	while (rest /= 10);
	if (value < 0)
		*--begin = '-';
	writer_key(writer, key);
	writer_raw(writer, begin, (size_t)(end - begin));
}

void writer_bool(struct writer *writer, const char *key, bool value)
{
	writer_key(writer, key);
	writer_raw(writer, value ? "true" : "false", value ? 4 : 5);
}

void writer_null(struct writer *writer, const char *key)
{
	writer_key(writer, key);
	writer_raw(writer, "null", 4);
}

void writer_join(struct writer *writer, const struct writer *values)
{
	if (values->failed)
		writer->failed = true;
	if (values->used == 0)
		return;
	writer_key(writer, NULL);
	writer_raw(writer, values->data, values->used);
}
