/*
 * Users and groups by name or number, resolved while the configuration is read. What cannot be
 * resolved is an error of its section: nothing ever runs as somebody else than was asked for.
 */
#ifndef MUSTER_CONFIG_USER_H
#define MUSTER_CONFIG_USER_H

#include "daemon/config/program.h"

struct arena;
struct user_cache;

/* The groups of a user and the bytes of a passwd entry that are read at most. */
#define USER_GROUPS_MAX 65536
#define USER_ENTRY_MAX (1024u * 1024u)

/* Remembers what was looked up during one load: a thousand programs of one user ask once. */
struct user_cache *user_cache_new(struct arena *arena);
void user_cache_free(struct user_cache *cache);

/*
 * A user by name, or by number (which must be in passwd too), with the groups that initgroups(3)
 * would give it. What *ret_user points to belongs to the cache's arena. -ENOENT where there is no
 * such user, -ENOMEM, or -errno of the lookup.
 */
int user_resolve(struct user_cache *cache, const char *name, struct user_config *ret_user);

/*
 * The owner of a file: "user", "user:group", each by name or number. The gid is (gid_t)-1 where no
 * group is named. -ENOENT, -ENOMEM.
 */
int user_resolve_owner(struct user_cache *cache, const char *owner, struct user_config *ret_user);

/* The home directory of a user, of our own for ""; NULL where there is none, or no memory. */
char *user_home(struct arena *arena, const char *name);

#endif
