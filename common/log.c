/*
 * The program's own log lines. A line goes out in one write, so that lines of guardian and engine
 * do not mix, and what came from outside (names, texts of errors) cannot forge a line or drive a
 * terminal: control characters are shown as \n or \x1b.
 */
#include "common/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

/* Ordinary lines are made on the stack; a message longer than LOG_MESSAGE_MAX is cut, marked. */
#define LOG_STACK_SIZE 1024
#define LOG_MESSAGE_MAX (64 * 1024)
#define LOG_CUT_MARK " [cut]"
/* What one byte becomes at most: \x1b. */
#define LOG_ESCAPE_SIZE 4

struct log_level_row {
	const char *tag;
	const char *name;
};

static const struct log_level_row levels[] = {
    [LEVEL_CRITICAL] = {"CRIT", "critical"}, [LEVEL_ERROR] = {"ERRO", "error"},
    [LEVEL_WARN] = {"WARN", "warn"},         [LEVEL_INFO] = {"INFO", "info"},
    [LEVEL_DEBUG] = {"DEBG", "debug"},       [LEVEL_TRACE] = {"TRAC", "trace"},
    [LEVEL_BLATHER] = {"BLAT", "blather"},
};
_Static_assert(sizeof(levels) / sizeof(levels[0]) == LEVEL_COUNT, "a row for each level");

static void log_to_stderr(void *arg, const char *line, size_t size);

static struct {
	enum log_level level;
	log_sink sink;
	void *arg;
} state = {LEVEL_INFO, log_to_stderr, NULL};

static void log_to_stderr(void *arg, const char *line, size_t size)
{
	(void)arg;
	while (size > 0) {
		ssize_t written = write(STDERR_FILENO, line, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return; /* there is nowhere left to say so */
		line += written;
		size -= (size_t)written;
	}
}

void log_set_level(enum log_level level)
{
	state.level = level;
}

void log_set_sink(log_sink sink, void *arg)
{
	state.sink = sink ? sink : log_to_stderr;
	state.arg = sink ? arg : NULL;
}

int log_enabled(enum log_level level)
{
	return level <= state.level;
}

int log_level_parse(const char *text, enum log_level *ret_level)
{
	for (size_t i = 0; i < LEVEL_COUNT; i++) {
		if (strcasecmp(text, levels[i].name) == 0 || strcasecmp(text, levels[i].tag) == 0) {
			*ret_level = (enum log_level)i;
			return 0;
		}
	}
	return -EINVAL;
}

/* How many of the bytes at `text` (at least one) are a control character; tab passes. */
static size_t log_control_length(const unsigned char *text, size_t size)
{
	if ((text[0] < ' ' && text[0] != '\t') || text[0] == 0x7f)
		return 1;
	/* The second set of control characters (U+0080 to U+009F), which terminals obey too. */
	if (text[0] == 0xc2 && size > 1 && text[1] >= 0x80 && text[1] <= 0x9f)
		return 2;
	return 0;
}

static bool log_is_plain(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (log_control_length((const unsigned char *)text + i, size - i) > 0)
			return false;
	}
	return true;
}

/* Room at `out` for LOG_ESCAPE_SIZE bytes a byte of text; returns how much of it was used. */
static size_t log_escape(char *out, const char *text, size_t size)
{
	static const char hex[] = "0123456789abcdef";
	size_t used = 0, control = 0;

	for (size_t i = 0; i < size; i++) {
		unsigned char byte = (unsigned char)text[i];

		if (control == 0)
			control = log_control_length((const unsigned char *)text + i, size - i);
		if (control == 0) {
			out[used++] = text[i];
			continue;
		}
		control--;
		out[used++] = '\\';
		if (byte == '\n') {
			out[used++] = 'n';
		} else if (byte == '\r') {
			out[used++] = 'r';
		} else {
			out[used++] = 'x';
			out[used++] = hex[byte >> 4];
			out[used++] = hex[byte & 15];
		}
	}
	return used;
}

/* "2026-11-22 10:16:47,123 INFO ", local time. */
static size_t log_prefix(char *out, size_t size, enum log_level level)
{
	struct timespec now = {0};
	struct tm local = {0};
	int length;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (!localtime_r(&now.tv_sec, &local))
		memset(&local, 0, sizeof(local));
	length = snprintf(out, size, "%04d-%02d-%02d %02d:%02d:%02d,%03d %s ", local.tm_year + 1900,
	                  local.tm_mon + 1, local.tm_mday, local.tm_hour, local.tm_min,
	                  local.tm_sec, (int)(now.tv_nsec / 1000000), levels[level].tag);
	return length > 0 && (size_t)length < size ? (size_t)length : 0;
}

/* A line that is long or holds control characters. `line` has the prefix. 0 or -ENOMEM. */
static int log_write_long(const char *line, size_t prefix, size_t length, const char *format,
                          va_list args)
{
	size_t kept = length > LOG_MESSAGE_MAX ? LOG_MESSAGE_MAX : length;
	int saved_errno = errno, ret = -ENOMEM;
	char *message = malloc(kept + 1);
	char *whole = malloc(prefix + kept * LOG_ESCAPE_SIZE + sizeof(LOG_CUT_MARK) + 1);

	if (message && whole) {
		size_t used = prefix;

		errno = saved_errno;
		(void)vsnprintf(message, kept + 1, format, args);
		memcpy(whole, line, prefix);
		used += log_escape(whole + used, message, kept);
		if (kept < length) {
			memcpy(whole + used, LOG_CUT_MARK, strlen(LOG_CUT_MARK));
			used += strlen(LOG_CUT_MARK);
		}
		whole[used++] = '\n';
		state.sink(state.arg, whole, used);
		ret = 0;
	}
	free(message);
	free(whole);
	return ret;
}

/* No memory for the line as it should be: what fits on the stack, control characters as '?'. */
static void log_write_short(char *line, size_t prefix, size_t length)
{
	for (size_t i = prefix; i < length; i++) {
		if (log_control_length((unsigned char *)line + i, length - i) > 0)
			line[i] = '?';
	}
	line[length++] = '\n';
	state.sink(state.arg, line, length);
}

void log_write(enum log_level level, const char *format, ...)
{
	int saved_errno = errno;
	char line[LOG_STACK_SIZE];
	size_t prefix, room;
	va_list args, again;
	int length;

	if ((unsigned)level >= LEVEL_COUNT || !log_enabled(level))
		return;
	prefix = log_prefix(line, sizeof(line), level);
	room =
	    sizeof(line) - prefix - 1; /* the newline takes the place of the NUL, or follows it */

	errno = saved_errno; /* for %m */
	va_start(args, format);
	va_copy(again, args);
	length = vsnprintf(line + prefix, room, format, args);
	if (length >= 0 && (size_t)length < room && log_is_plain(line + prefix, (size_t)length)) {
		line[prefix + (size_t)length] = '\n';
		state.sink(state.arg, line, prefix + (size_t)length + 1);
	} else if (length >= 0) {
		errno = saved_errno;
		if (log_write_long(line, prefix, (size_t)length, format, again) < 0)
			log_write_short(line, prefix, prefix + strlen(line + prefix));
	}
	va_end(again);
	va_end(args);
	errno = saved_errno;
}
