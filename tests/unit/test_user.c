/* Users and groups by name and number; root is on every machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/config/arena.h"
#include "daemon/config/user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NOBODY_HAS "no-such-name-here"
#define NOBODY_HAS_ID "3987654321"

struct fixture {
	struct arena *arena;
	struct user_cache *cache;
};

static int setup(void **state)
{
	static struct fixture fixture;

	fixture.arena = arena_new();
	assert_non_null(fixture.arena);
	fixture.cache = user_cache_new(fixture.arena);
	assert_non_null(fixture.cache);
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	user_cache_free(fixture->cache);
	arena_free(fixture->arena);
	return 0;
}

static bool has_group(const struct user_config *user, gid_t gid)
{
	for (size_t i = 0; i < user->group_count; i++)
		if (user->groups[i] == gid)
			return true;
	return false;
}

static void a_user_has_its_groups(void **state)
{
	struct fixture *fixture = *state;
	struct user_config user = {.uid = 1};

	assert_int_equal(user_resolve(fixture->cache, "root", &user), 0);
	assert_string_equal(user.name, "root");
	assert_int_equal(user.uid, 0);
	assert_int_equal(user.gid, 0);
	assert_true(has_group(&user, 0));
}

static void groups_are_those_of_the_group_file(void **state)
{
	struct fixture *fixture = *state;
	struct user_config user;
	struct group *entry;
	unsigned members = 0;

	/* Whoever is named as a member of some group. */
	setgrent();
	while ((entry = getgrent())) {
		gid_t gid = entry->gr_gid;
		if (!entry->gr_mem[0] || !getpwnam(entry->gr_mem[0]))
			continue;
		assert_int_equal(user_resolve(fixture->cache, entry->gr_mem[0], &user), 0);
		assert_true(has_group(&user, gid));
		assert_true(has_group(&user, user.gid));
		members++;
	}
	endgrent();
	print_message("# %u groups have members\n", members);
}

static void a_number_is_a_user_of_passwd(void **state)
{
	struct fixture *fixture = *state;
	struct user_config user = {.uid = 1};

	assert_int_equal(user_resolve(fixture->cache, "0", &user), 0);
	assert_int_equal(user.uid, 0);
	assert_true(has_group(&user, 0));
	assert_int_equal(user_resolve(fixture->cache, NOBODY_HAS_ID, &user), -ENOENT);
	/* No uid at all: the last one stands for "none". */
	assert_int_equal(user_resolve(fixture->cache, "4294967295", &user), -ENOENT);
	assert_int_equal(user_resolve(fixture->cache, "-1", &user), -ENOENT);
	assert_int_equal(user.uid, 0);
}

static void who_is_not_known_is_not_guessed(void **state)
{
	struct fixture *fixture = *state;
	struct user_config user = {.uid = 77};

	/* The second answer comes from the cache. */
	for (int i = 0; i < 2; i++)
		assert_int_equal(user_resolve(fixture->cache, NOBODY_HAS, &user), -ENOENT);
	assert_int_equal(user_resolve(fixture->cache, "", &user), -ENOENT);
	assert_int_equal(user_resolve(fixture->cache, "root ", &user), -ENOENT);
	assert_int_equal(user.uid, 77);
}

static void the_cache_knows_many(void **state)
{
	struct fixture *fixture = *state;
	struct user_config user;
	const gid_t *groups;
	char name[32];

	assert_int_equal(user_resolve(fixture->cache, "root", &user), 0);
	groups = user.groups;
	for (int i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), NOBODY_HAS "-%d", i);
		assert_int_equal(user_resolve(fixture->cache, name, &user), -ENOENT);
	}
	assert_int_equal(user_resolve(fixture->cache, "root", &user), 0);
	assert_ptr_equal(user.groups, groups);
}

static void an_owner_is_a_user_and_maybe_a_group(void **state)
{
	static const struct {
		const char *owner;
		int result;
		gid_t gid;
	} cases[] = {
	    {"root", 0, (gid_t)-1},
	    {"0", 0, (gid_t)-1},
	    {"root:root", 0, 0},
	    {"0:0", 0, 0},
	    {"root:0", 0, 0},
	    {"root:", -ENOENT, 0},
	    {":root", -ENOENT, 0},
	    {"root:" NOBODY_HAS, -ENOENT, 0},
	    {"root:" NOBODY_HAS_ID, -ENOENT, 0},
	    {NOBODY_HAS ":root", -ENOENT, 0},
	    {NOBODY_HAS_ID, -ENOENT, 0},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct user_config user = {.uid = 77, .gid = 77};
		int r = user_resolve_owner(fixture->cache, cases[i].owner, &user);

		if (r != cases[i].result)
			fail_msg("'%s' gives %d, not %d", cases[i].owner, r, cases[i].result);
		assert_int_equal(user.uid, r == 0 ? 0 : 77);
		assert_int_equal(user.gid, r == 0 ? cases[i].gid : 77);
		if (r == 0)
			assert_string_equal(user.name, cases[i].owner);
	}
}

static void home_is_that_of_passwd(void **state)
{
	struct fixture *fixture = *state;
	struct passwd *entry = getpwnam("root");
	char *home;

	assert_non_null(entry);
	home = user_home(fixture->arena, "root");
	assert_non_null(home);
	assert_string_equal(home, entry->pw_dir);
	entry = getpwuid(getuid());
	assert_non_null(entry);
	/* "" is whom we run as, whatever the environment says. */
	home = user_home(fixture->arena, "");
	assert_non_null(home);
	assert_string_equal(home, entry->pw_dir);
	assert_null(user_home(fixture->arena, NOBODY_HAS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_user_has_its_groups, setup, teardown),
	    cmocka_unit_test_setup_teardown(groups_are_those_of_the_group_file, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_number_is_a_user_of_passwd, setup, teardown),
	    cmocka_unit_test_setup_teardown(who_is_not_known_is_not_guessed, setup, teardown),
	    cmocka_unit_test_setup_teardown(the_cache_knows_many, setup, teardown),
	    cmocka_unit_test_setup_teardown(an_owner_is_a_user_and_maybe_a_group, setup, teardown),
	    cmocka_unit_test_setup_teardown(home_is_that_of_passwd, setup, teardown),
	};

	return cmocka_run_group_tests_name("user", tests, NULL, NULL);
}
