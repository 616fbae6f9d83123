/* Values to text and JSON by a table of kinds. */
#include "cli/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/alloc.h"

#define DAY_S 86400

static const char *text_none(const struct value *value, char *room, size_t size)
{
	(void)value;
	snprintf(room, size, "-");
	return room;
}

static const char *text_text(const struct value *value, char *room, size_t size)
{
	(void)room;
	(void)size;
	return value->text;
}

static const char *text_count(const struct value *value, char *room, size_t size)
{
	snprintf(room, size, "%lld", value->number);
	return room;
}

static const char *text_percent(const struct value *value, char *room, size_t size)
{
	snprintf(room, size, "%.1f", value->real);
	return room;
}

static const char *text_kib(const struct value *value, char *room, size_t size)
{
	static const char units[] = "KMGTP";
	double amount = (double)value->number;
	size_t unit = 0;

	while (amount >= 1024 && units[unit + 1]) {
		amount /= 1024;
		unit++;
	}
	snprintf(room, size, amount < 10 && unit > 0 ? "%.1f%c" : "%.0f%c", amount, units[unit]);
	return room;
}

static const char *text_duration(const struct value *value, char *room, size_t size)
{
	long long seconds = value->number > 0 ? value->number : 0;
	long long rest = seconds % DAY_S;

	if (seconds >= DAY_S)
		snprintf(room, size, "%lld-%02lld:%02lld:%02lld", seconds / DAY_S, rest / 3600,
		         rest / 60 % 60, rest % 60);
	else
		snprintf(room, size, "%lld:%02lld:%02lld", rest / 3600, rest / 60 % 60, rest % 60);
	return room;
}

static const char *text_cpu_time(const struct value *value, char *room, size_t size)
{
	snprintf(room, size, "%lld:%02lld", value->number / 60, value->number % 60);
	return room;
}

/* Today: the time; this year: the day; else the year. */
static const char *text_clock(const struct value *value, char *room, size_t size)
{
	time_t then = (time_t)value->number;
	time_t now = time(NULL);
	struct tm parts, today;
	const char *format = "%H:%M";

	if (!localtime_r(&then, &parts) || !localtime_r(&now, &today))
		return text_none(value, room, size);
	if (parts.tm_year != today.tm_year)
		format = "%Y";
	else if (parts.tm_yday != today.tm_yday)
		format = "%b%d";
	if (strftime(room, size, format, &parts) == 0)
		return text_none(value, room, size);
	return room;
}

static json_t *json_none(const struct value *value)
{
	(void)value;
	return json_null();
}

/* Text from /proc may be any bytes: those that are no UTF-8 are shown as such. */
static json_t *json_any_text(const struct value *value)
{
	json_t *text = json_string(value->text);
	char *copy;

	if (text)
		return text;
	copy = alloc_text(value->text);
	for (char *byte = copy; *byte; byte++) {
		if (*byte & 0x80)
			*byte = '?';
	}
	text = json_string(copy);
	free(copy);
	return text;
}

static json_t *json_number(const struct value *value)
{
	return json_integer(value->number);
}

static json_t *json_rounded(const struct value *value)
{
	/* One digit, as in the table: more would be noise. */
	return json_real((double)(long long)(value->real * 10 + 0.5) / 10);
}

static double order_number(const struct value *value)
{
	return (double)value->number;
}

static double order_real(const struct value *value)
{
	return value->real;
}

static const struct kind {
	const char *(*text)(const struct value *value, char *room, size_t size);
	json_t *(*json)(const struct value *value);
	double (*order)(const struct value *value); /* NULL: by text */
} kinds[] = {
    [VALUE_NONE] = {text_none, json_none, order_number},
    [VALUE_TEXT] = {text_text, json_any_text, NULL},
    [VALUE_COUNT] = {text_count, json_number, order_number},
    [VALUE_PERCENT] = {text_percent, json_rounded, order_real},
    [VALUE_KIB] = {text_kib, json_number, order_number},
    [VALUE_DURATION] = {text_duration, json_number, order_number},
    [VALUE_CPU_TIME] = {text_cpu_time, json_number, order_number},
    [VALUE_CLOCK] = {text_clock, json_number, order_number},
};
_Static_assert(sizeof(kinds) / sizeof(kinds[0]) == VALUE_KIND_COUNT, "every kind of value a row");

const char *value_text(const struct value *value, char *room, size_t size)
{
	return kinds[value->kind].text(value, room, size);
}

json_t *value_json(const struct value *value)
{
	return alloc_json(kinds[value->kind].json(value));
}

int value_compare(const struct value *left, const struct value *right)
{
	double (*order)(const struct value *value) = kinds[left->kind].order;
	double a, b;

	if ((left->kind == VALUE_NONE) != (right->kind == VALUE_NONE))
		return left->kind == VALUE_NONE ? -1 : 1;
	if (!order)
		return strverscmp(left->text, right->text);
	a = order(left);
	b = order(right);
	return a < b ? -1 : a > b;
}
