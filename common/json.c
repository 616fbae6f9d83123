/*
 * JSON values to C values by a table of fields, and text of unknown origin to JSON. What jansson
 * would take but C cannot hold as text (a NUL in a string or a key) is refused here.
 */
#include "common/json.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

static bool json_is_c_string(const json_t *value)
{
	return json_is_string(value) &&
	       strlen(json_string_value(value)) == json_string_length(value);
}

static bool store_string(json_t *value, void *field)
{
	if (!json_is_c_string(value))
		return false;
	*(const char **)field = json_string_value(value);
	return true;
}

static bool store_bool(json_t *value, void *field)
{
	if (!json_is_boolean(value))
		return false;
	*(bool *)field = json_is_true(value);
	return true;
}

static bool store_int(json_t *value, void *field)
{
	if (!json_is_integer(value))
		return false;
	*(json_int_t *)field = json_integer_value(value);
	return true;
}

static bool store_number(json_t *value, void *field)
{
	if (!json_is_number(value) || !isfinite(json_number_value(value)))
		return false;
	*(double *)field = json_number_value(value);
	return true;
}

static bool store_strings(json_t *value, void *field)
{
	size_t i;
	json_t *item;

	if (!json_is_array(value))
		return false;
	json_array_foreach(value, i, item)
	{
		if (!json_is_c_string(item))
			return false;
	}
	*(json_t **)field = value;
	return true;
}

static bool store_object(json_t *value, void *field)
{
	if (!json_is_object(value))
		return false;
	*(json_t **)field = value;
	return true;
}

static bool store_array(json_t *value, void *field)
{
	if (!json_is_array(value))
		return false;
	*(json_t **)field = value;
	return true;
}

/* How a kind is stored, and how large it is in the struct, so that it can be zeroed first. */
static const struct {
	bool (*store)(json_t *value, void *field);
	size_t size;
} kinds[] = {
    [JSON_FIELD_STRING] = {store_string, sizeof(const char *)},
    [JSON_FIELD_BOOL] = {store_bool, sizeof(bool)},
    [JSON_FIELD_INT] = {store_int, sizeof(json_int_t)},
    [JSON_FIELD_NUMBER] = {store_number, sizeof(double)},
    [JSON_FIELD_STRINGS] = {store_strings, sizeof(json_t *)},
    [JSON_FIELD_OBJECT] = {store_object, sizeof(json_t *)},
    [JSON_FIELD_ARRAY] = {store_array, sizeof(json_t *)},
};

static const struct json_field *field_find(const struct json_field *fields, const char *name,
                                           size_t size)
{
	for (; fields->name; fields++) {
		if (strlen(fields->name) == size && memcmp(fields->name, name, size) == 0)
			return fields;
	}
	return NULL;
}

static void fields_clear(const struct json_field *fields, char *target)
{
	for (; fields->name; fields++) {
		memset(target + fields->offset, 0, kinds[fields->kind].size);
		if (fields->offset_given)
			*(bool *)(target + fields->offset_given) = false;
	}
}

static bool field_is_given(json_t *object, const struct json_field *field)
{
	json_t *value = json_object_get(object, field->name);

	return value && !json_is_null(value);
}

static int fields_decode(json_t *object, const struct json_field *fields, char *target,
                         bool others_allowed, const char **ret_field)
{
	const char *name;
	json_t *value;
	size_t size;

	fields_clear(fields, target);
	json_object_keylen_foreach(object, name, size, value)
	{
		const struct json_field *field = field_find(fields, name, size);

		if (!field && others_allowed)
			continue;
		if (!field || (!json_is_null(value) &&
		               !kinds[field->kind].store(value, target + field->offset))) {
			*ret_field = name;
			return -EINVAL;
		}
		if (field->offset_given)
			*(bool *)(target + field->offset_given) = !json_is_null(value);
	}
	for (; fields->name; fields++) {
		if (fields->required && !field_is_given(object, fields)) {
			*ret_field = fields->name;
			return -EINVAL;
		}
	}
	return 0;
}

int json_decode(json_t *object, const struct json_field *fields, void *target,
                const char **ret_field)
{
	return fields_decode(object, fields, target, false, ret_field);
}

int json_decode_known(json_t *object, const struct json_field *fields, void *target,
                      const char **ret_field)
{
	return fields_decode(object, fields, target, true, ret_field);
}

static int set_value(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value) < 0 ? -ENOMEM : 0;
}

int json_set_text(json_t *object, const char *key, const char *text)
{
	return set_value(object, key, text ? json_text(text, strlen(text)) : json_null());
}

int json_set_int(json_t *object, const char *key, json_int_t value)
{
	return set_value(object, key, json_integer(value));
}

int json_set_bool(json_t *object, const char *key, bool value)
{
	return set_value(object, key, json_boolean(value));
}

int json_set_null(json_t *object, const char *key)
{
	return set_value(object, key, json_null());
}

static bool is_continuation(unsigned char byte)
{
	return (byte & 0xc0) == 0x80;
}

/*
 * The length of the UTF-8 character that `text` (of at least one byte) begins with, 0 where it is
 * none: a NUL, a stray or missing continuation, a longer form than needed, a surrogate, or past
 * U+10FFFF. The second byte's bounds tell the last three.
 */
static size_t utf8_length(const unsigned char *text, size_t size)
{
	unsigned char first = text[0], low = 0x80, high = 0xbf;
	size_t length;

	if (first < 0x80)
		return first != 0;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	if (first == 0xe0)
		low = 0xa0;
	else if (first == 0xed)
		high = 0x9f;
	else if (first == 0xf0)
		low = 0x90;
	else if (first == 0xf4)
		high = 0x8f;
	if (size < length || text[1] < low || text[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++) {
		if (!is_continuation(text[i]))
			return 0;
	}
	return length;
}

/* How many bytes from the start are valid; eight at a time where they are ASCII, as most are. */
static size_t utf8_span(const char *text, size_t size)
{
	const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
	size_t done = 0;

	while (done < size) {
		size_t length;
		uint64_t word;

		if (size - done >= sizeof(word)) {
			memcpy(&word, text + done, sizeof(word));
			if (((word | (word - ones)) & tops) == 0) { /* no top bit, no zero byte */
				done += sizeof(word);
				continue;
			}
		}
		length = utf8_length((const unsigned char *)text + done, size - done);
		if (length == 0)
			break;
		done += length;
	}
	return done;
}

bool json_text_is_utf8(const char *text, size_t size)
{
	return utf8_span(text, size) == size;
}

json_t *json_text(const char *text, size_t size)
{
	const size_t mark = strlen(REPLACEMENT);
	size_t valid = utf8_span(text, size), used = 0;
	json_t *value;
	char *clean;

	if (valid == size)
		return json_stringn_nocheck(text, size);
	if (size > SIZE_MAX / mark)
		return NULL;
	clean = malloc(size * mark);
	if (!clean)
		return NULL;
	for (;;) {
		memcpy(clean + used, text, valid);
		used += valid;
		text += valid;
		size -= valid;
		if (size == 0)
			break;
		memcpy(clean + used, REPLACEMENT, mark);
		used += mark;
		text++;
		size--;
		valid = utf8_span(text, size);
	}
	value = json_stringn_nocheck(clean, used);
	free(clean);
	return value;
}
