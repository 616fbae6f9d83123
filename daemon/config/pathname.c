/* What Python's os.path does to a path, so that a configuration means the same files here. */
#include "daemon/config/pathname.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/config/arena.h"
#include "daemon/config/user.h"

char *pathname_expand_home(struct arena *arena, const char *path)
{
	size_t size = strcspn(path, "/");
	const char *home = NULL;
	size_t home_size;
	char *name;

	if (path[0] != '~')
		return arena_strdup(arena, path);
	if (size == 1)
		home = getenv("HOME");
	if (!home) {
		name = arena_strndup(arena, path + 1, size - 1);
		if (!name)
			return NULL;
		home = user_home(arena, name);
	}
	if (!home)
		return arena_strdup(arena, path);
	/* No doubled slash where the home is "/". */
	home_size = strlen(home);
	while (home_size > 0 && home[home_size - 1] == '/')
		home_size--;
	if (home_size == 0 && path[size] == '\0')
		return arena_strdup(arena, "/");
	return arena_printf(arena, "%.*s%s", (int)home_size, home, path + size);
}

/* `path` behind the working directory. */
static int pathname_absolute(struct arena *arena, const char *path, char **ret_path)
{
	char *directory = getcwd(NULL, 0), *whole;

	if (!directory)
		return -errno;
	whole = arena_printf(arena, "%s/%s", directory, path);
	free(directory);
	if (!whole)
		return -ENOMEM;
	*ret_path = whole;
	return 0;
}

int pathname_normalize(struct arena *arena, const char *path, char **ret_path)
{
	char *whole = pathname_expand_home(arena, path);
	size_t used = 0;
	int result;

	if (!whole)
		return -ENOMEM;
	if (whole[0] != '/') {
		result = pathname_absolute(arena, whole, &whole);
		if (result < 0)
			return result;
	}
	/* In place: it can only become shorter. */
	for (const char *p = whole; *p;) {
		size_t size;

		p += strspn(p, "/");
		size = strcspn(p, "/");
		if (size == 2 && p[0] == '.' && p[1] == '.') {
			while (used > 0 && whole[--used] != '/')
				;
		} else if (size > 0 && !(size == 1 && p[0] == '.')) {
			whole[used++] = '/';
			memmove(whole + used, p, size);
			used += size;
		}
		p += size;
	}
	if (used == 0)
		whole[used++] = '/';
	whole[used] = '\0';
	*ret_path = whole;
	return 0;
}

char *pathname_directory(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return arena_strdup(arena, "");
	return arena_strndup(arena, path, slash > path ? (size_t)(slash - path) : 1);
}

bool pathname_is_directory(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}
