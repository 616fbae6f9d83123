/* The _r functions with buffers that grow: passwd may come from anywhere, also from a directory. */
#include "daemon/config/user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/parse.h"
#include "daemon/config/arena.h"

#define USER_BUFFER_SIZE 4096u
#define USER_GROUPS_FIRST 32

struct user_entry {
	struct user_entry *next;
	int result; /* of the lookup */
	struct user_config user;
};

struct user_cache {
	struct arena *arena;
	struct user_entry *entries;
	char *buffer; /* for the _r functions */
	size_t size;
};

struct user_cache *user_cache_new(struct arena *arena)
{
	struct user_cache *cache = calloc(1, sizeof(*cache));

	if (!cache)
		return NULL;
	cache->arena = arena;
	cache->size = USER_BUFFER_SIZE;
	cache->buffer = malloc(cache->size);
	if (!cache->buffer) {
		free(cache);
		return NULL;
	}
	return cache;
}

void user_cache_free(struct user_cache *cache)
{
	if (!cache)
		return;
	while (cache->entries) {
		struct user_entry *entry = cache->entries;

		cache->entries = entry->next;
		free(entry);
	}
	free(cache->buffer);
	free(cache);
}

/* True where the last call wants a larger buffer, and has one now. */
static bool user_grow(char **buffer, size_t *size, int result)
{
	char *larger;

	if (result != ERANGE || *size >= USER_ENTRY_MAX)
		return false;
	larger = realloc(*buffer, *size * 2);
	if (!larger)
		return false;
	*buffer = larger;
	*size *= 2;
	return true;
}

/* What the C library says of a name that it does not know differs by source. */
static int user_result(int error, const void *found)
{
	if (found)
		return 0;
	if (error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM)
		return -ENOENT;
	return -error;
}

/* By number where `name` is one, as supervisord reads it; number: 0 to UID_MAX. */
static bool user_is_number(const char *name, unsigned *ret_number)
{
	long number;

	if (parse_int(name, 0, UINT32_MAX - 1L, &number) < 0)
		return false;
	*ret_number = (unsigned)number;
	return true;
}

static int user_passwd(char **buffer, size_t *size, const char *name, struct passwd *ret_entry)
{
	struct passwd *found = NULL;
	unsigned number;
	int result;

	do {
		if (user_is_number(name, &number))
			result = getpwuid_r(number, ret_entry, *buffer, *size, &found);
		else
			result = getpwnam_r(name, ret_entry, *buffer, *size, &found);
	} while (user_grow(buffer, size, result));
	return user_result(result, found);
}

static int user_group(char **buffer, size_t *size, const char *name, gid_t *ret_gid)
{
	struct group entry, *found = NULL;
	unsigned number;
	int result;

	do {
		if (user_is_number(name, &number))
			result = getgrgid_r(number, &entry, *buffer, *size, &found);
		else
			result = getgrnam_r(name, &entry, *buffer, *size, &found);
	} while (user_grow(buffer, size, result));
	if (found)
		*ret_gid = entry.gr_gid;
	return user_result(result, found);
}

static int user_groups(struct arena *arena, const char *name, gid_t gid, struct user_config *user)
{
	int count = USER_GROUPS_FIRST, asked, result;
	gid_t *groups = NULL, *larger;

	do {
		asked = count;
		larger = reallocarray(groups, (size_t)count, sizeof(*groups));
		if (!larger) {
			free(groups);
			return -ENOMEM;
		}
		groups = larger;
		result = getgrouplist(name, gid, groups, &count);
	} while (result < 0 && count > asked && count <= USER_GROUPS_MAX);
	/* Without more groups to ask for it is memory that was short: the array holds nothing. */
	if (result < 0) {
		free(groups);
		return count > asked ? -E2BIG : -ENOMEM;
	}
	user->groups = arena_array(arena, (size_t)count, sizeof(*groups));
	if (user->groups) {
		memcpy(user->groups, groups, (size_t)count * sizeof(*groups));
		user->group_count = (size_t)count;
	}
	free(groups);
	return user->groups ? 0 : -ENOMEM;
}

static int user_look_up(struct user_cache *cache, const char *name, struct user_config *user)
{
	struct passwd entry;
	int result = user_passwd(&cache->buffer, &cache->size, name, &entry);

	if (result < 0)
		return result;
	user->uid = entry.pw_uid;
	user->gid = entry.pw_gid;
	return user_groups(cache->arena, entry.pw_name, entry.pw_gid, user);
}

int user_resolve(struct user_cache *cache, const char *name, struct user_config *ret_user)
{
	struct user_entry *entry = cache->entries;

	while (entry && strcmp(entry->user.name, name) != 0)
		entry = entry->next;
	if (!entry) {
		entry = calloc(1, sizeof(*entry));
		if (!entry)
			return -ENOMEM;
		entry->user.name = arena_strdup(cache->arena, name);
		if (!entry->user.name) {
			free(entry);
			return -ENOMEM;
		}
		entry->result = user_look_up(cache, name, &entry->user);
		entry->next = cache->entries;
		cache->entries = entry;
	}
	if (entry->result == 0)
		*ret_user = entry->user;
	return entry->result;
}

int user_resolve_owner(struct user_cache *cache, const char *owner, struct user_config *ret_user)
{
	const char *colon = strchr(owner, ':');
	struct user_config user = {.gid = (gid_t)-1};
	size_t size = colon ? (size_t)(colon - owner) : strlen(owner);
	char *name = arena_strndup(cache->arena, owner, size);
	struct passwd entry;
	int result;

	user.name = arena_strdup(cache->arena, owner);
	if (!name || !user.name)
		return -ENOMEM;
	result = user_passwd(&cache->buffer, &cache->size, name, &entry);
	if (result < 0)
		return result;
	user.uid = entry.pw_uid;
	if (colon) {
		result = user_group(&cache->buffer, &cache->size, colon + 1, &user.gid);
		if (result < 0)
			return result;
	}
	*ret_user = user;
	return 0;
}

char *user_home(struct arena *arena, const char *name)
{
	size_t size = USER_BUFFER_SIZE;
	char *buffer = malloc(size), *home = NULL;
	struct passwd entry, *found = NULL;
	int result;

	if (!buffer)
		return NULL;
	do {
		if (*name)
			result = getpwnam_r(name, &entry, buffer, size, &found);
		else
			result = getpwuid_r(getuid(), &entry, buffer, size, &found);
	} while (user_grow(&buffer, &size, result));
	if (found && entry.pw_dir)
		home = arena_strdup(arena, entry.pw_dir);
	free(buffer);
	return home;
}
