/* Building a child's environment. */
#include "daemon/process/environment.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config/config.h"
#include "daemon/config/program.h"
#include "daemon/process/context.h"

/*
 * systemd's words to us: a child that had them could speak in our name (sd_notify(3)); and those of
 * a supervisor that we run under ourselves: a child would speak to that one.
 */
static const char *const own_names[] = {
    "NOTIFY_SOCKET=",
    "WATCHDOG_PID=",
    "WATCHDOG_USEC=",
    "LISTEN_PID=",
    "LISTEN_FDS=",
    "LISTEN_FDNAMES=",
    "FDSTORE=",
    "SUPERVISOR_ENABLED=",
    "SUPERVISOR_SERVER_URL=",
    "SUPERVISOR_PROCESS_NAME=",
    "SUPERVISOR_GROUP_NAME=",
};

/* What supervisord tells its children, by name; the values follow from the program. */
enum told {
	TOLD_ENABLED,
	TOLD_SERVER_URL,
	TOLD_PROCESS_NAME,
	TOLD_GROUP_NAME,
	TOLD_SOCKET,
	TOLD_COUNT
};

static const char *const told_names[TOLD_COUNT] = {
    [TOLD_ENABLED] = "SUPERVISOR_ENABLED",
    [TOLD_SERVER_URL] = "SUPERVISOR_SERVER_URL",
    [TOLD_PROCESS_NAME] = "SUPERVISOR_PROCESS_NAME",
    [TOLD_GROUP_NAME] = "SUPERVISOR_GROUP_NAME",
    [TOLD_SOCKET] = "MUSTER_SOCKET",
};

static size_t environment_count(char *const *entries)
{
	size_t count = 0;

	while (entries && entries[count])
		count++;
	return count;
}

char **environment_of_daemon(char **environ_now)
{
	char **kept = calloc(environment_count(environ_now) + 1, sizeof(*kept));
	size_t count = 0;

	for (size_t i = 0; kept && environ_now[i]; i++) {
		bool own = false;
		for (size_t k = 0; k < sizeof(own_names) / sizeof(own_names[0]); k++)
			own |= strncmp(environ_now[i], own_names[k], strlen(own_names[k])) == 0;
		if (!own)
			kept[count++] = environ_now[i];
	}
	return kept;
}

/* In place of an entry with the same name, else at the end. */
static void environment_set(char **entries, size_t *count, char *entry)
{
	size_t length = strcspn(entry, "=") + 1;

	for (size_t i = 0; i < *count; i++) {
		if (strncmp(entries[i], entry, length) == 0) {
			entries[i] = entry;
			return;
		}
	}
	entries[(*count)++] = entry;
}

bool environment_is_told(const char *entry)
{
	size_t length = strcspn(entry, "=");

	for (int i = 0; i < TOLD_COUNT; i++)
		if (strncmp(told_names[i], entry, length) == 0 && !told_names[i][length])
			return true;
	for (size_t i = 0; i < sizeof(own_names) / sizeof(own_names[0]); i++)
		if (strncmp(own_names[i], entry, length + 1) == 0)
			return true;
	return false;
}

char **environment_for(const struct context *context, const struct program *program)
{
	const char *told[TOLD_COUNT] = {
	    [TOLD_ENABLED] = "1",
	    [TOLD_SERVER_URL] = program->serverurl,
	    [TOLD_PROCESS_NAME] = program->name,
	    [TOLD_GROUP_NAME] = program->group,
	    [TOLD_SOCKET] = context->config->daemon.socket,
	};
	size_t own = environment_count(program->environment);
	size_t count = program->is_stranger ? 0 : environment_count(context->environment);
	size_t array = (count + TOLD_COUNT + own + 1) * sizeof(char *);
	size_t size = array;
	char **entries, *text;

	for (int i = 0; i < TOLD_COUNT; i++)
		size += told[i] ? strlen(told_names[i]) + strlen(told[i]) + 2 : 0;
	entries = malloc(size);
	if (!entries)
		return NULL;
	memcpy(entries, context->environment, count * sizeof(char *));
	text = (char *)entries + array;
	for (int i = 0; i < TOLD_COUNT; i++) {
		size_t left = size - (size_t)(text - (char *)entries);
		if (!told[i])
			continue;
		snprintf(text, left, "%s=%s", told_names[i], told[i]);
		environment_set(entries, &count, text);
		text += strlen(text) + 1;
	}
	for (size_t i = 0; i < own; i++)
		environment_set(entries, &count, program->environment[i]);
	entries[count] = NULL;
	return entries;
}
