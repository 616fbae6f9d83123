/*
 * The only writer of the program's own log lines. A line is
 *
 *	2026-11-22 10:16:47,123 INFO spawned: 'web' with pid 4711
 *
 * as supervisord's, so that what reads its log reads ours. %m in a format is the text of errno.
 * The level and the sink are the one state of the process kept in a static: there is one log.
 */
#ifndef MUSTER_COMMON_LOG_H
#define MUSTER_COMMON_LOG_H

#include <stddef.h>

enum log_level {
	LEVEL_CRITICAL,
	LEVEL_ERROR,
	LEVEL_WARN,
	LEVEL_INFO,
	LEVEL_DEBUG,
	LEVEL_TRACE,
	LEVEL_BLATHER,
	LEVEL_COUNT
};

/* Takes one whole line, its newline included; must not log itself. */
typedef void (*log_sink)(void *arg, const char *line, size_t size);

/* Default: LEVEL_INFO, to standard error. A NULL sink is standard error again. */
void log_set_level(enum log_level level);
void log_set_sink(log_sink sink, void *arg);
int log_enabled(enum log_level level);

/* "info", "warn", "critical" ...: supervisord's names and their short forms. -EINVAL for others. */
int log_level_parse(const char *text, enum log_level *ret_level);

void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_critical(...) log_write(LEVEL_CRITICAL, __VA_ARGS__)
#define log_error(...) log_write(LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...) log_write(LEVEL_WARN, __VA_ARGS__)
#define log_info(...) log_write(LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LEVEL_DEBUG, __VA_ARGS__)
#define log_trace(...) log_write(LEVEL_TRACE, __VA_ARGS__)

#endif
