/* The names are rows of a table; the format is read as Python reads it, not as printf(3) does. */
#include "daemon/config/expand.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config/arena.h"
#include "daemon/config/environment.h"

#define ENV_PREFIX "ENV_"
#define NUMBER_SIZE 512

struct expand_name {
	const char *name;
	bool is_number;
	size_t offset;
};

#define AT(member) offsetof(struct expand_scope, member)

static const struct expand_name names[] = {
    {.name = "here", .offset = AT(here)},
    {.name = "host_node_name", .offset = AT(host_node_name)},
    {.name = "program_name", .offset = AT(program_name)},
    {.name = "group_name", .offset = AT(group_name)},
    {.name = "process_num", .is_number = true, .offset = AT(process_num)},
    {.name = "numprocs", .is_number = true, .offset = AT(numprocs)},
};

#define NAME_COUNT (sizeof(names) / sizeof(names[0]))

struct expand_value {
	bool is_number;
	long number;
	const char *text;
	char digits[24];
};

/* One %(name)-08.3d taken apart. */
struct expand_format {
	const char *name;
	size_t name_size;
	bool left, plus, blank, alternate, zero;
	size_t width;
	bool has_precision;
	size_t precision;
	char conversion;
};

struct expand {
	struct arena *arena;
	const struct expand_scope *scope;
	const char *why;
	char *out;
	size_t used;
	size_t size;
	size_t limit;
};

static int expand_fail(struct expand *expand, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int expand_fail(struct expand *expand, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	expand->why = arena_vprintf(expand->arena, format, args);
	va_end(args);
	return expand->why ? -EINVAL : -ENOMEM;
}

static int expand_reserve(struct expand *expand, size_t size)
{
	size_t wanted;
	char *out;

	if (size > expand->limit - expand->used)
		return expand_fail(expand, "it becomes longer than %zu bytes when expanded",
		                   expand->limit);
	if (expand->size - expand->used > size)
		return 0;
	wanted = (expand->used + size + 1) * 2;
	out = realloc(expand->out, wanted);
	if (!out)
		return -ENOMEM;
	expand->out = out;
	expand->size = wanted;
	return 0;
}

static int expand_append(struct expand *expand, const char *text, size_t size)
{
	int result = expand_reserve(expand, size);

	if (result < 0)
		return result;
	memcpy(expand->out + expand->used, text, size);
	expand->used += size;
	return 0;
}

static int expand_pad(struct expand *expand, char c, size_t size)
{
	int result = expand_reserve(expand, size);

	if (result < 0)
		return result;
	memset(expand->out + expand->used, c, size);
	expand->used += size;
	return 0;
}

/* The body between padding; `sign` (a sign or 0x) stands before zeros, behind blanks. */
static int expand_padded(struct expand *expand, const struct expand_format *format,
                         const char *sign, const char *body, size_t size)
{
	size_t sign_size = strlen(sign), pad = 0;
	bool zero = format->zero && !format->left;
	int result = 0;

	if (format->width > size + sign_size)
		pad = format->width - size - sign_size;
	if (!zero && !format->left)
		result = expand_pad(expand, ' ', pad);
	if (result == 0)
		result = expand_append(expand, sign, sign_size);
	if (result == 0 && zero)
		result = expand_pad(expand, '0', pad);
	if (result == 0)
		result = expand_append(expand, body, size);
	if (result == 0 && format->left)
		result = expand_pad(expand, ' ', pad);
	return result;
}

static int expand_find_env(struct expand *expand, const char *key, size_t size,
                           struct expand_value *ret_value)
{
	const struct expand_scope *scope = expand->scope;
	const char *text = environment_find(scope->own_environment, key, size);

	if (!text)
		text = environment_find(scope->daemon_environment, key, size);
	if (!text)
		text = environment_find(scope->environment, key, size);
	if (!text)
		return expand_fail(expand, "there is no variable %.*s in the environment",
		                   (int)size, key);
	*ret_value = (struct expand_value){.text = text};
	return 0;
}

static int expand_unknown(struct expand *expand, const char *name, size_t size)
{
	char known[256] = "";
	size_t used = 0;

	for (size_t i = 0; i < NAME_COUNT; i++)
		used += (size_t)snprintf(known + used, sizeof(known) - used, "%s, ", names[i].name);
	return expand_fail(expand, "%%(%.*s) is not known here (known are %sENV_x)", (int)size,
	                   name, known);
}

static int expand_find(struct expand *expand, const char *name, size_t size,
                       struct expand_value *ret_value)
{
	const size_t prefix = strlen(ENV_PREFIX);

	if (size > prefix && strncmp(name, ENV_PREFIX, prefix) == 0)
		return expand_find_env(expand, name + prefix, size - prefix, ret_value);
	for (size_t i = 0; i < NAME_COUNT; i++) {
		const char *base = (const char *)expand->scope + names[i].offset;
		struct expand_value value = {.is_number = names[i].is_number};

		if (strlen(names[i].name) != size || strncmp(names[i].name, name, size) != 0)
			continue;
		if (value.is_number)
			memcpy(&value.number, base, sizeof(value.number));
		else
			memcpy(&value.text, base, sizeof(value.text));
		if (value.is_number ? !expand->scope->has_process : !value.text)
			break;
		*ret_value = value;
		return 0;
	}
	return expand_unknown(expand, name, size);
}

static int expand_as_text(struct expand *expand, const struct expand_format *format,
                          const struct expand_value *value)
{
	struct expand_format plain = *format;
	const char *text = value->text;
	char digits[24];
	size_t size;

	if (value->is_number) {
		snprintf(digits, sizeof(digits), "%ld", value->number);
		text = digits;
	}
	size = strlen(text);
	if (format->has_precision && format->precision < size)
		size = format->precision;
	plain.zero = false;
	return expand_padded(expand, &plain, "", text, size);
}

static const char *expand_sign(const struct expand_format *format, long number)
{
	if (number < 0)
		return "-";
	if (format->plus)
		return "+";
	return format->blank ? " " : "";
}

static const struct radix {
	const char *conversions;
	unsigned base;
	const char *prefix; /* with '#' */
} radixes[] = {
    {"diu", 10, ""},
    {"x", 16, "0x"},
    {"X", 16, "0X"},
    {"o", 8, "0o"},
};

static int expand_as_integer(struct expand *expand, const struct expand_format *format,
                             const struct expand_value *value, const struct radix *radix)
{
	unsigned long number =
	    value->number < 0 ? -(unsigned long)value->number : (unsigned long)value->number;
	const char *digits =
	    radix->prefix[0] && radix->prefix[1] == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
	char body[NUMBER_SIZE], sign[4];
	size_t at = sizeof(body);

	do {
		body[--at] = digits[number % radix->base];
		number /= radix->base;
	} while (number > 0);
	if (format->has_precision && format->precision > NUMBER_SIZE / 2)
		return expand_fail(expand, "a precision of %zu is too large", format->precision);
	while (format->has_precision && sizeof(body) - at < format->precision)
		body[--at] = '0';
	snprintf(sign, sizeof(sign), "%s%s", expand_sign(format, value->number),
	         format->alternate ? radix->prefix : "");
	return expand_padded(expand, format, sign, body + at, sizeof(body) - at);
}

static int expand_as_float(struct expand *expand, const struct expand_format *format,
                           const struct expand_value *value)
{
	char body[NUMBER_SIZE], with[16];
	int size;

	if (format->has_precision && format->precision > NUMBER_SIZE / 2)
		return expand_fail(expand, "a precision of %zu is too large", format->precision);
	snprintf(with, sizeof(with), "%%%s.*%c", format->alternate ? "#" : "", format->conversion);
	size =
	    snprintf(body, sizeof(body), with, format->has_precision ? (int)format->precision : 6,
	             value->number < 0 ? -(double)value->number : (double)value->number);
	if (size < 0 || (size_t)size >= sizeof(body))
		return expand_fail(expand, "a number is too long");
	return expand_padded(expand, format, expand_sign(format, value->number), body,
	                     (size_t)size);
}

static int expand_convert(struct expand *expand, const struct expand_format *format,
                          const struct expand_value *value)
{
	if (!format->conversion)
		return expand_fail(expand, "%%(%.*s) ends there: it must be followed by s or d",
		                   (int)format->name_size, format->name);
	if (format->conversion == 's' || (format->conversion == 'r' && value->is_number))
		return expand_as_text(expand, format, value);
	if (!value->is_number && strchr("diuxXoeEfFgG", format->conversion))
		return expand_fail(expand, "%%(%.*s)%c: it is a text, not a number; use %%(%.*s)s",
		                   (int)format->name_size, format->name, format->conversion,
		                   (int)format->name_size, format->name);
	for (size_t i = 0; i < sizeof(radixes) / sizeof(radixes[0]); i++) {
		if (strchr(radixes[i].conversions, format->conversion))
			return expand_as_integer(expand, format, value, &radixes[i]);
	}
	if (strchr("eEfFgG", format->conversion))
		return expand_as_float(expand, format, value);
	return expand_fail(expand, "%%(%.*s) must be followed by s or d", (int)format->name_size,
	                   format->name);
}

/* The name in parentheses, which may hold pairs of its own. */
static const char *expand_take_name(struct expand *expand, const char *p,
                                    struct expand_format *format)
{
	size_t depth = 1;

	format->name = ++p;
	for (; *p; p++) {
		if (*p == '(')
			depth++;
		else if (*p == ')' && --depth == 0)
			break;
	}
	if (!*p) {
		expand_fail(expand, "%%( without its )");
		return NULL;
	}
	format->name_size = (size_t)(p - format->name);
	return p + 1;
}

static const char *expand_take_size(const char *p, size_t *ret_size)
{
	size_t size = 0;

	for (; *p >= '0' && *p <= '9'; p++)
		size = size > INT_MAX / 16 ? INT_MAX : size * 10 + (size_t)(*p - '0');
	*ret_size = size;
	return p;
}

static const char *expand_take_flags(const char *p, struct expand_format *format)
{
	for (; *p && strchr("-+ #0", *p); p++) {
		format->left |= *p == '-';
		format->plus |= *p == '+';
		format->blank |= *p == ' ';
		format->alternate |= *p == '#';
		format->zero |= *p == '0';
	}
	return p;
}

/* What stands behind a '%' at p; where it ends is given back. */
static int expand_one(struct expand *expand, const char **text)
{
	struct expand_format format = {0};
	struct expand_value value = {0};
	const char *p = *text;
	int result;

	if (*p == '%') {
		*text = p + 1;
		return expand_append(expand, "%", 1);
	}
	if (*p != '(')
		return expand_fail(expand, "a %% without a (name): write %%%% for a percent sign");
	p = expand_take_name(expand, p, &format);
	if (!p)
		return expand->why ? -EINVAL : -ENOMEM;
	p = expand_take_flags(p, &format);
	p = expand_take_size(p, &format.width);
	if (*p == '.') {
		format.has_precision = true;
		p = expand_take_size(p + 1, &format.precision);
	}
	if (*p && strchr("hlL", *p))
		p++;
	format.conversion = *p;
	if (*p)
		*text = p + 1;
	result = expand_find(expand, format.name, format.name_size, &value);
	if (result < 0)
		return result;
	return expand_convert(expand, &format, &value);
}

static int expand_all(struct expand *expand, const char *text)
{
	int result = 0;

	while (*text && result == 0) {
		size_t size = strcspn(text, "%");

		result = expand_append(expand, text, size);
		text += size;
		if (result == 0 && *text) {
			text++;
			result = expand_one(expand, &text);
		}
	}
	return result;
}

int expand_text(struct arena *arena, const char *text, const struct expand_scope *scope,
                const char **ret_text, const char **ret_why)
{
	struct expand expand = {.arena = arena, .scope = scope};
	const char *copy;
	int result;

	if (!strchr(text, '%')) {
		*ret_text = text;
		return 0;
	}
	expand.limit = strlen(text) + EXPAND_GROWTH_MAX;
	result = expand_all(&expand, text);
	if (result == 0) {
		copy = arena_strndup(arena, expand.out ? expand.out : "", expand.used);
		if (copy)
			*ret_text = copy;
		else
			result = -ENOMEM;
	} else if (result == -EINVAL) {
		*ret_why = expand.why;
	}
	free(expand.out);
	return result;
}
