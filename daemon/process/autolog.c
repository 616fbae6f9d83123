/* Names of AUTO logs, and their end. */
#include "daemon/process/autolog.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "daemon/config/config.h"
#include "daemon/config/program.h"

#define AUTOLOG_RANDOM "XXXXXX"
#define AUTOLOG_RANDOM_SIZE 6u
#define AUTOLOG_END ".log"
#define AUTOLOG_END_SIZE 4u

int autolog_path(const struct daemon_config *daemon, const struct program *program,
                 const char *stream, char *suffix, char path[PATH_MAX])
{
	int n =
	    snprintf(path, PATH_MAX, "%s/%s-%s---%s-%s" AUTOLOG_END, daemon->childlogdir,
	             program->name, stream, daemon->identifier, *suffix ? suffix : AUTOLOG_RANDOM);
	int fd;

	if (n < 0 || n >= PATH_MAX)
		return -ENAMETOOLONG;
	if (*suffix)
		return 0;
	fd = mkostemps(path, AUTOLOG_END_SIZE, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	close(fd);
	memcpy(suffix, path + n - AUTOLOG_END_SIZE - AUTOLOG_RANDOM_SIZE, AUTOLOG_RANDOM_SIZE);
	suffix[AUTOLOG_RANDOM_SIZE] = '\0';
	return 0;
}

/* The length of the name of the log that a file is, or is a backup of; 0 where it is neither. */
static size_t autolog_base(const char *name, const char *identifier)
{
	const char *mark = strstr(name, "---");
	size_t length = strlen(identifier);
	const char *end;

	if (!mark || mark == name || strncmp(mark + 3, identifier, length) != 0 ||
	    mark[3 + length] != '-')
		return 0;
	/* supervisord's own have eight characters there, and are not for us to remove. */
	mark += 3 + length + 1;
	if (strcspn(mark, ".") != AUTOLOG_RANDOM_SIZE)
		return 0;
	end = mark + AUTOLOG_RANDOM_SIZE;
	if (strncmp(end, AUTOLOG_END, AUTOLOG_END_SIZE) != 0)
		return 0;
	end += AUTOLOG_END_SIZE;
	if (*end == '.' && strspn(end + 1, "0123456789") == strlen(end + 1) && end[1])
		return (size_t)(end - name);
	return *end ? 0 : (size_t)(end - name);
}

/* A log that a running daemon writes is locked by it: see logfile_open(). */
static bool autolog_is_in_use(int directory, const char *name, size_t length)
{
	char base[NAME_MAX + 1];
	bool in_use;
	int fd;

	snprintf(base, sizeof(base), "%.*s", (int)length, name);
	fd = openat(directory, base, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return errno != ENOENT;
	in_use = flock(fd, LOCK_EX | LOCK_NB) < 0;
	close(fd);
	return in_use;
}

static bool autolog_is_ours(int directory, const char *name)
{
	struct stat status;

	return fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(status.st_mode) && status.st_uid == geteuid();
}

void autolog_clean(const struct daemon_config *daemon)
{
	DIR *directory = opendir(daemon->childlogdir);
	struct dirent *entry;
	unsigned removed = 0;

	if (!directory)
		return; /* said by the first log that cannot be made there */
	while ((entry = readdir(directory))) {
		size_t length = autolog_base(entry->d_name, daemon->identifier);
		if (!length || !autolog_is_ours(dirfd(directory), entry->d_name) ||
		    autolog_is_in_use(dirfd(directory), entry->d_name, length))
			continue;
		removed += unlinkat(dirfd(directory), entry->d_name, 0) == 0;
	}
	closedir(directory);
	if (removed)
		log_info("removed %u AUTO logs of an earlier run from %s", removed,
		         daemon->childlogdir);
}

void autolog_remove(const char *path, unsigned backups)
{
	char backup[PATH_MAX];

	if (!path)
		return;
	if (unlink(path) < 0 && errno != ENOENT)
		log_warn("cannot remove log %s: %m", path);
	for (unsigned i = 1; i <= backups; i++) {
		int n = snprintf(backup, sizeof(backup), "%s.%u", path, i);
		if (n < 0 || n >= (int)sizeof(backup) || unlink(backup) < 0)
			return;
	}
}
