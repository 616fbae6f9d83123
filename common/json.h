/*
 * Table-driven decode of a JSON object into a struct: one row a field. The rows are const tables
 * beside the code that reads the struct; nothing is looked up by hand.
 */
#ifndef MUSTER_COMMON_JSON_H
#define MUSTER_COMMON_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* How a field is held in the struct; what was not given is left zero and, where asked, said so. */
enum json_kind {
	JSON_FIELD_STRING,  /* const char *, points into the object; no NUL inside */
	JSON_FIELD_BOOL,    /* bool */
	JSON_FIELD_INT,     /* json_int_t */
	JSON_FIELD_NUMBER,  /* double; an integer is taken too */
	JSON_FIELD_STRINGS, /* json_t *: array of strings, checked; borrowed */
	JSON_FIELD_OBJECT,  /* json_t *: borrowed */
	JSON_FIELD_ARRAY    /* json_t *: borrowed */
};

struct json_field {
	const char *name;
	enum json_kind kind;
	bool required; /* null counts as not given */
	size_t offset; /* of the value in the struct */
	/* Offset of a bool that says whether the value was given; 0 for none (put such bools
	 * anywhere but first in the struct). */
	size_t offset_given;
};

/*
 * Fills `target` from `object` by `fields`, ended by a row without a name. A missing required
 * field, a wrong type or a name that no row has gives -EINVAL, and *ret_field its name (which
 * points into the object or the table); `target` is then of no use. `object` must be an object.
 */
int json_decode(json_t *object, const struct json_field *fields, void *target,
                const char **ret_field);

/* The same, but names that no row has are passed over: for what a newer peer may send. */
int json_decode_known(json_t *object, const struct json_field *fields, void *target,
                      const char **ret_field);

/*
 * Sets a key of an object: a text, or null where it is NULL; bytes that are no UTF-8 are replaced
 * by U+FFFD. 0 or -ENOMEM.
 */
int json_set_text(json_t *object, const char *key, const char *text);
int json_set_int(json_t *object, const char *key, json_int_t value);
int json_set_bool(json_t *object, const char *key, bool value);
int json_set_null(json_t *object, const char *key);

/* A JSON string of any bytes, each NUL or invalid UTF-8 byte as U+FFFD; NULL when out of memory. */
json_t *json_text(const char *text, size_t size);

/* True where the bytes are valid UTF-8 without NUL, and so may stand in a JSON string as they are.
 */
bool json_text_is_utf8(const char *text, size_t size);

#endif
