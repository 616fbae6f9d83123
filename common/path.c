/*
 * The places of socket and configuration. Root and users differ, so that a user may run a
 * supervisor of their own beside the system's.
 */
#include "common/path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_SOCKET_NAME "musterd.sock"
#define PATH_ADDRESS_PREFIX "unix:"
#define PATH_LAST_RESORT "/tmp/muster-%lu" /* and a user id */
#define PATH_USER_CONFIG "$XDG_CONFIG_HOME"

/* supervisord also looks beside its own program; musterd's is not installed in a Python tree. */
static const char *const config_places[] = {
    PATH_USER_CONFIG "/muster/muster.conf",
    "/etc/muster/muster.conf",
    "supervisord.conf",
    "etc/supervisord.conf",
    "/etc/supervisord.conf",
    "/etc/supervisor/supervisord.conf",
    NULL,
};

/* NULL also where it is set to nothing. */
static const char *path_getenv(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* As above, and a relative path counts as unset, as the XDG specification has it. */
static const char *path_getenv_absolute(const char *name)
{
	const char *value = path_getenv(name);

	return value && *value == '/' ? value : NULL;
}

static char *path_join(const char *directory, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", directory, name) < 0 ? NULL : path;
}

char *path_run_dir(void)
{
	const char *runtime = path_getenv_absolute("XDG_RUNTIME_DIR");
	uid_t uid = geteuid();
	char *path;

	if (uid == 0)
		return strdup("/run/muster");
	if (runtime)
		return path_join(runtime, "muster");
	return asprintf(&path, PATH_LAST_RESORT, (unsigned long)uid) < 0 ? NULL : path;
}

bool path_is_last_resort(const char *directory)
{
	char path[64];

	snprintf(path, sizeof(path), PATH_LAST_RESORT, (unsigned long)geteuid());
	return strcmp(directory, path) == 0;
}

char *path_default_socket(void)
{
	char *directory = path_run_dir();
	char *path = directory ? path_join(directory, PATH_SOCKET_NAME) : NULL;

	free(directory);
	return path;
}

char *path_client_socket(const char *given)
{
	const size_t prefix = strlen(PATH_ADDRESS_PREFIX);

	if (!given)
		given = path_getenv("MUSTER_SOCKET");
	if (!given)
		return path_default_socket();
	if (strncmp(given, PATH_ADDRESS_PREFIX, prefix) == 0)
		given += prefix;
	return strdup(given);
}

bool path_client_is_default(const char *given)
{
	return !given && !path_getenv("MUSTER_SOCKET");
}

/* The file a row of config_places names to this user; NULL where it names none, or no memory. */
static char *path_expand_place(const char *place)
{
	const size_t prefix = strlen(PATH_USER_CONFIG "/");
	const char *config = path_getenv_absolute("XDG_CONFIG_HOME");
	const char *home = path_getenv_absolute("HOME");
	char *path;

	if (strncmp(place, PATH_USER_CONFIG "/", prefix) != 0)
		return strdup(place);
	if (geteuid() == 0)
		return NULL;
	if (config)
		return path_join(config, place + prefix);
	if (!home)
		return NULL;
	return asprintf(&path, "%s/.config/%s", home, place + prefix) < 0 ? NULL : path;
}

char *path_find_config(void)
{
	for (size_t i = 0; config_places[i]; i++) {
		char *path = path_expand_place(config_places[i]);

		if (path && access(path, F_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}

const char *const *path_config_places(void)
{
	return config_places;
}
