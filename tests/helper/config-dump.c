/*
 * Prints a configuration as key=value lines, for comparison with what supervisord makes of the same
 * file (tests/compat/config-dump.py prints that). Exit status 1 where the file has errors; then
 * they are on standard error.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "daemon/config/config.h"
#include "daemon/config/source.h"

static const char *const restart_names[] = {
    [AUTORESTART_FALSE] = "false",
    [AUTORESTART_UNEXPECTED] = "unexpected",
    [AUTORESTART_TRUE] = "true",
};

static const char *const log_names[] = {
    [LOG_NONE] = "none", [LOG_AUTO] = "auto", [LOG_PATH] = NULL, [LOG_SYSLOG] = "none"};

static const char *const kind_names[] = {
    [PROGRAM_PLAIN] = "program",
    [PROGRAM_EVENTLISTENER] = "eventlistener",
    [PROGRAM_FCGI] = "fcgi-program",
};

static const char *const level_names[LEVEL_COUNT] = {
    [LEVEL_CRITICAL] = "critical", [LEVEL_ERROR] = "error", [LEVEL_WARN] = "warn",
    [LEVEL_INFO] = "info",         [LEVEL_DEBUG] = "debug", [LEVEL_TRACE] = "trace",
    [LEVEL_BLATHER] = "blather",
};

/* A text on one line: what is no printable ASCII as \xNN. */
static void print_text(const char *prefix, const char *key, const char *text)
{
	printf("%s%s=", prefix, key);
	for (const unsigned char *p = (const unsigned char *)(text ? text : "(none)"); *p; p++) {
		if (*p < ' ' || *p > '~' || *p == '\\')
			printf("\\x%02x", *p);
		else
			putchar(*p);
	}
	putchar('\n');
}

static void print_number(const char *prefix, const char *key, long long number)
{
	printf("%s%s=%lld\n", prefix, key, number);
}

static void print_bool(const char *prefix, const char *key, bool value)
{
	printf("%s%s=%s\n", prefix, key, value ? "true" : "false");
}

static void print_environment(const char *prefix, char *const *environment)
{
	char key[512];

	for (; *environment; environment++) {
		size_t size = strcspn(*environment, "=");

		(void)snprintf(key, sizeof(key), "environment.%.*s", (int)size, *environment);
		print_text(prefix, key, *environment + size + 1);
	}
}

static void print_log(const char *prefix, const char *stream, const struct log_config *log)
{
	char name[512];

	(void)snprintf(name, sizeof(name), "%s%s_", prefix, stream);
	print_text(name, "logfile", log->kind == LOG_PATH ? log->path : log_names[log->kind]);
	print_number(name, "logfile_maxbytes", (long long)log->maxbytes);
	print_number(name, "logfile_backups", log->backups);
	print_number(name, "capture_maxbytes", (long long)log->capture_maxbytes);
	print_bool(name, "events_enabled", log->events_enabled);
	print_bool(name, "syslog", log->syslog);
}

static void print_exitcodes(const char *prefix, const struct program *program)
{
	const char *comma = "";

	printf("%sexitcodes=", prefix);
	for (int status = 0; status < 256; status++) {
		if (program_expects_exit(program, status)) {
			printf("%s%d", comma, status);
			comma = ",";
		}
	}
	putchar('\n');
}

static void print_program(const char *prefix, const struct program *program)
{
	print_text(prefix, "name", program->name);
	print_text(prefix, "command", program->command);
	print_text(prefix, "directory", program->directory);
	print_number(prefix, "uid", program->user.name ? (long long)program->user.uid : -1);
	print_number(prefix, "umask", program->umask);
	print_environment(prefix, program->environment);
	print_text(prefix, "serverurl", program->serverurl);
	print_number(prefix, "priority", program->priority);
	print_bool(prefix, "autostart", program->autostart);
	print_text(prefix, "autorestart", restart_names[program->autorestart]);
	print_number(prefix, "startsecs", (long long)(program->startsecs_usec / 1000000));
	print_number(prefix, "startretries", program->startretries);
	print_exitcodes(prefix, program);
	print_number(prefix, "stopsignal", program->stopsignal);
	print_number(prefix, "stopwaitsecs", (long long)(program->stopwaitsecs_usec / 1000000));
	print_bool(prefix, "stopasgroup", program->stopasgroup);
	print_bool(prefix, "killasgroup", program->killasgroup);
	print_bool(prefix, "redirect_stderr", program->redirect_stderr);
	print_log(prefix, "stdout", &program->stdout_log);
	print_log(prefix, "stderr", &program->stderr_log);
}

static void print_group(size_t index, const struct group_config *group)
{
	char prefix[600];

	(void)snprintf(prefix, sizeof(prefix), "group.%zu.", index);
	print_text(prefix, "name", group->name);
	print_text(prefix, "kind", kind_names[group->kind]);
	print_number(prefix, "priority", group->priority);
	if (group->listener) {
		print_number(prefix, "buffer_size", group->listener->buffer_size);
		for (char **event = group->listener->events; *event; event++)
			print_text(prefix, "event", *event);
	}
	if (group->fcgi) {
		print_text(prefix, "socket", group->fcgi->socket);
		print_number(prefix, "socket_backlog", group->fcgi->backlog);
	}
	for (size_t i = 0; i < group->program_count; i++) {
		(void)snprintf(prefix, sizeof(prefix), "group.%zu.%zu.", index, i);
		print_program(prefix, group->programs[i]);
	}
}

static void print_http(const char *prefix, const struct http_config *http)
{
	if (!http->present)
		return;
	print_text(prefix, "file", http->file);
	print_text(prefix, "host", http->host);
	print_number(prefix, "port", http->port);
	if (http->file) {
		print_number(prefix, "chmod", http->chmod);
		print_number(prefix, "chown.uid", http->chown.name ? (int)http->chown.uid : -1);
		print_number(prefix, "chown.gid", http->chown.name ? (int)http->chown.gid : -1);
	}
	print_text(prefix, "username", http->username);
	print_text(prefix, "password", http->password);
}

static void print_daemon(const struct daemon_config *daemon)
{
	const char *prefix = "supervisord.";

	print_text(prefix, "logfile", daemon->logfile);
	print_number(prefix, "logfile_maxbytes", (long long)daemon->logfile_maxbytes);
	print_number(prefix, "logfile_backups", daemon->logfile_backups);
	print_text(prefix, "loglevel", level_names[daemon->loglevel]);
	print_text(prefix, "pidfile", daemon->pidfile);
	print_number(prefix, "umask", daemon->umask);
	print_bool(prefix, "nodaemon", daemon->nodaemon);
	print_bool(prefix, "silent", daemon->silent);
	print_number(prefix, "minfds", daemon->minfds);
	print_number(prefix, "minprocs", daemon->minprocs);
	print_bool(prefix, "nocleanup", daemon->nocleanup);
	print_text(prefix, "childlogdir", daemon->childlogdir);
	print_text(prefix, "user", daemon->user.name);
	print_text(prefix, "directory", daemon->directory);
	print_bool(prefix, "strip_ansi", daemon->strip_ansi);
	print_environment(prefix, daemon->environment);
	print_text(prefix, "identifier", daemon->identifier);
}

int main(int argc, char **argv)
{
	struct source *source = source_new();
	struct config_notes notes = {0};
	struct config *config = NULL;
	int result = -1;

	if (argc == 2 && source)
		result = config_load(argv[1], source, &notes, &config);
	for (size_t i = 0; i < notes.count; i++)
		(void)fprintf(stderr, "%s: %s\n", notes.items[i].is_error ? "error" : "warning",
		              notes.items[i].text);
	if (result == 0 && notes.error_count == 0) {
		print_daemon(&config->daemon);
		print_http("unix_http_server.", &config->unix_http);
		print_http("inet_http_server.", &config->inet_http);
		for (size_t i = 0; i < config->group_count; i++)
			print_group(i, config->groups[i]);
	}
	if (notes.error_count > 0)
		result = 1;
	config_free(config);
	config_notes_done(&notes);
	source_free(source);
	return result == 0 ? 0 : 1;
}
