/* Types of one simple value: texts, paths, numbers, words. */
#include "daemon/config/value.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/json.h"
#include "common/log.h"
#include "common/parse.h"
#include "daemon/config/arena.h"
#include "daemon/config/daemon.h"
#include "daemon/config/fingerprint.h"
#include "daemon/config/note.h"
#include "daemon/config/pathname.h"
#include "daemon/config/program.h"
#include "daemon/config/table.h"

int value_fail(struct value *value, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	value->why = arena_vprintf(value->scratch, format, args);
	va_end(args);
	return value->why ? -EINVAL : -ENOMEM;
}

/* "'x' is not ...". */
static int value_refuse(struct value *value, const char *expected)
{
	const char *quoted = note_quote(value->scratch, value->text);

	if (!quoted)
		return -ENOMEM;
	return value_fail(value, "%s is not %s", quoted, expected);
}

static int value_keep(struct value *value, const char *text, void *field)
{
	char *copy = arena_strdup(value->arena, text);

	if (!copy)
		return -ENOMEM;
	*(char **)field = copy;
	return 0;
}

static void add_text(uint64_t *fingerprint, const void *field)
{
	fingerprint_add_text(fingerprint, *(char *const *)field);
}

static void add_bool(uint64_t *fingerprint, const void *field)
{
	fingerprint_add(fingerprint, field, sizeof(bool));
}

static void add_int(uint64_t *fingerprint, const void *field)
{
	fingerprint_add(fingerprint, field, sizeof(int));
}

static void add_uint64(uint64_t *fingerprint, const void *field)
{
	fingerprint_add(fingerprint, field, sizeof(uint64_t));
}

static int set_text(struct value *value, void *field)
{
	if (value->key->min > 0 && strspn(value->text, " \t\r\n") == strlen(value->text))
		return value_fail(value, "it is empty");
	return value_keep(value, value->text, field);
}

const struct value_type value_text = {.name = "text", .set = set_text, .add = add_text};

const char *value_check_name(const char *name)
{
	size_t size = strlen(name);

	if (size == 0)
		return "a name must not be empty";
	if (size > PROGRAM_NAME_MAX)
		return "a name must not be that long";
	for (const unsigned char *p = (const unsigned char *)name; *p; p++) {
		if (*p <= ' ' || *p == 0x7f)
			return "a name must not hold white space or control characters";
		if (*p == ':' || *p == '/')
			return "a name must not hold ':' or '/'";
	}
	if (!json_text_is_utf8(name, size))
		return "a name must be UTF-8";
	return NULL;
}

static int set_name(struct value *value, void *field)
{
	const char *start = value->text, *why;
	char *name;
	size_t size;

	while (isspace((unsigned char)*start))
		start++;
	size = strlen(start);
	while (size > 0 && isspace((unsigned char)start[size - 1]))
		size--;
	name = arena_strndup(value->arena, start, size);
	if (!name)
		return -ENOMEM;
	why = value_check_name(name);
	if (why) {
		const char *quoted = note_quote(value->scratch, name);

		return quoted ? value_fail(value, "%s: %s", quoted, why) : -ENOMEM;
	}
	*(char **)field = name;
	return 0;
}

const struct value_type value_name = {.name = "name", .set = set_name, .add = add_text};

static int set_path(struct value *value, void *field)
{
	int result;

	if (!*value->text)
		return value_fail(value, "it is empty");
	result = pathname_normalize(value->arena, value->text, field);
	if (result < 0 && result != -ENOMEM)
		return value_fail(value, "it is relative to a directory that is gone: %s",
		                  strerror(-result));
	return result;
}

const struct value_type value_path = {.name = "path", .set = set_path, .add = add_text};

/* supervisord's rule for a file that is going to be written: its directory is there already. */
static int check_directory_of(struct value *value, const char *path)
{
	const char *directory = pathname_directory(value->scratch, path);

	if (!directory)
		return -ENOMEM;
	if (*directory && !pathname_is_directory(directory))
		return value_fail(value, "the directory %s does not exist; create it first",
		                  directory);
	return 0;
}

static int set_file(struct value *value, void *field)
{
	char *path = NULL;
	int result = set_path(value, &path);

	if (result == 0)
		result = check_directory_of(value, path);
	if (result == 0)
		*(char **)field = path;
	return result;
}

const struct value_type value_file = {.name = "path", .set = set_file, .add = add_text};

static bool is_none(const char *text)
{
	return strcasecmp(text, "none") == 0 || strcasecmp(text, "off") == 0;
}

static int set_logpath(struct value *value, void *field)
{
	if (is_none(value->text)) {
		*(char **)field = NULL;
		return 0;
	}
	if (strcasecmp(value->text, "syslog") == 0)
		return value_keep(value, "syslog", field);
	return set_file(value, field);
}

const struct value_type value_logpath = {.name = "path", .set = set_logpath, .add = add_text};

static int set_directory(struct value *value, void *field)
{
	char *path = pathname_expand_home(value->arena, value->text);

	if (!path)
		return -ENOMEM;
	if (!pathname_is_directory(path))
		return value_refuse(value, "an existing directory");
	*(char **)field = path;
	return 0;
}

const struct value_type value_directory = {
    .name = "directory", .set = set_directory, .add = add_text};

static int set_serverurl(struct value *value, void *field)
{
	const char *start = value->text + strspn(value->text, " \t\n");

	if (strncasecmp(start, "AUTO", 4) == 0 && strspn(start + 4, " \t\n") == strlen(start + 4)) {
		*(char **)field = NULL;
		return 0;
	}
	return value_keep(value, value->text, field);
}

const struct value_type value_serverurl = {.name = "URL", .set = set_serverurl, .add = add_text};

static int set_socket(struct value *value, void *field)
{
	const char *rest = value->text + strlen("tcp://"), *colon = strrchr(value->text, ':');
	long port;

	if (strncmp(value->text, "unix:///", strlen("unix:///")) == 0)
		return value_keep(value, value->text, field);
	if (strncmp(value->text, "tcp://", strlen("tcp://")) == 0 && colon > rest &&
	    !memchr(rest, ':', (size_t)(colon - rest)) && isdigit((unsigned char)colon[1]) &&
	    parse_int(colon + 1, 1, 65535, &port) == 0)
		return value_keep(value, value->text, field);
	return value_refuse(value, "unix:///an/absolute/path or tcp://host:port");
}

const struct value_type value_socket = {.name = "socket", .set = set_socket, .add = add_text};

static int set_handler(struct value *value, void *field)
{
	if (strcmp(value->text, value->key->fallback) != 0)
		value->warning = "only the default is there; it is used instead";
	return value_keep(value, value->key->fallback, field);
}

const struct value_type value_handler = {.name = "name", .set = set_handler, .add = add_text};

static int set_bool(struct value *value, void *field)
{
	if (parse_bool(value->text, field) < 0)
		return value_refuse(value, "true or false");
	return 0;
}

const struct value_type value_bool = {.name = "true or false", .set = set_bool, .add = add_bool};

static int take_number(struct value *value, long *ret_number)
{
	const char *quoted;
	int result = parse_int(value->text, value->key->min, value->key->max, ret_number);

	if (result == 0)
		return 0;
	if (result == -EINVAL)
		return value_refuse(value, "a whole number");
	quoted = note_quote(value->scratch, value->text);
	if (!quoted)
		return -ENOMEM;
	return value_fail(value, "%s is not between %ld and %ld", quoted, value->key->min,
	                  value->key->max);
}

static int set_int(struct value *value, void *field)
{
	long number;
	int result = take_number(value, &number);

	if (result == 0)
		*(int *)field = (int)number;
	return result;
}

const struct value_type value_int = {.name = "number", .set = set_int, .add = add_int};

static int set_count(struct value *value, void *field)
{
	long number;
	int result = take_number(value, &number);

	if (result == 0)
		*(unsigned *)field = (unsigned)number;
	return result;
}

const struct value_type value_count = {.name = "number", .set = set_count, .add = add_int};

static int set_size(struct value *value, void *field)
{
	if (parse_size(value->text, field) < 0)
		return value_refuse(value, "a size such as 1024, 500KB, 50MB or 1GB");
	return 0;
}

const struct value_type value_size = {.name = "bytes", .set = set_size, .add = add_uint64};

static int set_seconds(struct value *value, void *field)
{
	if (parse_seconds(value->text, field) < 0)
		return value_refuse(value, "a number of seconds, 0 or more");
	return 0;
}

const struct value_type value_seconds = {.name = "seconds", .set = set_seconds, .add = add_uint64};

static int set_mode(struct value *value, void *field)
{
	if (parse_octal(value->text, field) < 0)
		return value_refuse(value, "an octal number such as 0700");
	return 0;
}

const struct value_type value_mode = {.name = "octal", .set = set_mode, .add = add_int};

static int set_umask(struct value *value, void *field)
{
	unsigned mode;
	int result = set_mode(value, &mode);

	if (result == 0)
		*(int *)field = (int)mode;
	return result;
}

const struct value_type value_umask = {.name = "octal", .set = set_umask, .add = add_int};

static int set_signal(struct value *value, void *field)
{
	if (parse_signal(value->text, field) < 0)
		return value_refuse(value, "a signal such as TERM, HUP or 15");
	return 0;
}

const struct value_type value_signal = {.name = "signal", .set = set_signal, .add = add_int};

static int set_autorestart(struct value *value, void *field)
{
	bool always;

	if (strcasecmp(value->text, "unexpected") == 0) {
		*(enum autorestart *)field = AUTORESTART_UNEXPECTED;
		return 0;
	}
	if (parse_bool(value->text, &always) < 0)
		return value_refuse(value, "true, false or unexpected");
	*(enum autorestart *)field = always ? AUTORESTART_TRUE : AUTORESTART_FALSE;
	return 0;
}

const struct value_type value_autorestart = {
    .name = "true, false or unexpected", .set = set_autorestart, .add = add_int};

static int set_guardian_death(struct value *value, void *field)
{
	static const char *const words[] = {
	    [GUARDIAN_DEATH_AUTO] = "auto",
	    [GUARDIAN_DEATH_STOP] = "stop",
	    [GUARDIAN_DEATH_LEAVE] = "leave",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(value->text, words[i]) != 0)
			continue;
		*(enum guardian_death *)field = (enum guardian_death)i;
		return 0;
	}
	return value_refuse(value, "auto, stop or leave");
}

const struct value_type value_guardian_death = {
    .name = "auto, stop or leave", .set = set_guardian_death, .add = add_int};

static int set_level(struct value *value, void *field)
{
	if (log_level_parse(value->text, field) < 0)
		return value_refuse(value,
		                    "one of critical, error, warn, info, debug, trace, blather");
	return 0;
}

const struct value_type value_level = {.name = "level", .set = set_level, .add = add_int};
