/*
 * One value of a table, before it is text: so that one source serves the table, JSON and sorting.
 * Each kind is a row of functions.
 */
#ifndef MUSTER_CLI_VALUE_H
#define MUSTER_CLI_VALUE_H

#include <jansson.h>
#include <stddef.h>

enum value_kind {
	VALUE_NONE,     /* "-" and null */
	VALUE_TEXT,     /* text */
	VALUE_COUNT,    /* number, as it is */
	VALUE_PERCENT,  /* real, one digit */
	VALUE_KIB,      /* number of KiB, for people: 1.5M; JSON has KiB */
	VALUE_DURATION, /* number of seconds: 3-02:00:05 */
	VALUE_CPU_TIME, /* number of seconds: 75:03, as ps */
	VALUE_CLOCK,    /* number of seconds since 1970: 10:15, Nov22 or 2025, as ps */
	VALUE_KIND_COUNT
};

#define VALUE_SMALL_SIZE 16

struct value {
	enum value_kind kind;
	long long number;
	double real;
	const char *text;             /* borrowed, or `small` */
	char small[VALUE_SMALL_SIZE]; /* for a text that has no other place */
};

/* Enough for value_text() of every kind but VALUE_TEXT. */
#define VALUE_TEXT_SIZE 48

/* The value as text: in `room`, or where the value has it. */
const char *value_text(const struct value *value, char *room, size_t size);

/* A new reference. */
json_t *value_json(const struct value *value);

/* As strcmp; nothing stands before something. */
int value_compare(const struct value *left, const struct value *right);

#endif
