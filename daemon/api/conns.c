/* The connections in an array that grows, and a count for each user who has any. */
#include "daemon/api/conns.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/log.h"
#include "daemon/api/api.h"
#include "daemon/api/conn.h"

#define CONNS_SIZE_FIRST 16u

struct user {
	uid_t uid;
	unsigned count;
	struct user *next;
};

struct conns {
	struct api *api;
	conns_freed_cb freed;
	void *freed_arg;
	struct conn **items;
	size_t count;
	size_t size;
	struct user *users;
};

struct conns *conns_new(struct api *api, conns_freed_cb freed, void *arg)
{
	struct conns *conns = calloc(1, sizeof(*conns));

	if (!conns)
		return NULL;
	conns->api = api;
	conns->freed = freed;
	conns->freed_arg = arg;
	return conns;
}

static struct user **conns_find_user(struct conns *conns, uid_t uid)
{
	struct user **at = &conns->users;

	while (*at && (*at)->uid != uid)
		at = &(*at)->next;
	return at;
}

/* What a user may have. */
static unsigned conns_user_max(uid_t uid)
{
	if (uid == 0)
		return CONNS_MAX;
	return api_rights_of(uid) ? CONNS_PER_UID_MAX : CONNS_PER_GUEST_MAX;
}

/* Counts one more connection of a user; -EUSERS, -ENOMEM. */
static int conns_count_user(struct conns *conns, uid_t uid)
{
	struct user **at = conns_find_user(conns, uid);
	bool kept_for = uid == 0 || uid == geteuid();

	if (!kept_for && conns->count >= CONNS_MAX - CONNS_KEPT)
		return -EUSERS;
	if (!*at) {
		*at = calloc(1, sizeof(**at));
		if (!*at)
			return -ENOMEM;
		(*at)->uid = uid;
	}
	if ((*at)->count >= conns_user_max(uid))
		return -EUSERS;
	(*at)->count++;
	return 0;
}

static void conns_uncount_user(struct conns *conns, uid_t uid)
{
	struct user **at = conns_find_user(conns, uid);
	struct user *user = *at;

	if (!user || --user->count > 0)
		return;
	*at = user->next;
	free(user);
}

static void conns_closed_cb(void *arg, struct conn *conn)
{
	struct conns *conns = arg;

	for (size_t i = 0; i < conns->count; i++) {
		if (conns->items[i] != conn)
			continue;
		conns->items[i] = conns->items[--conns->count];
		conns_uncount_user(conns, conn_peer(conn)->uid);
		break;
	}
	if (conns->freed)
		conns->freed(conns->freed_arg);
}

static int conns_grow(struct conns *conns)
{
	size_t size = conns->size ? conns->size * 2 : CONNS_SIZE_FIRST;
	struct conn **items;

	if (conns->count < conns->size)
		return 0;
	items = reallocarray(conns->items, size, sizeof(struct conn *));
	if (!items)
		return -ENOMEM;
	conns->items = items;
	conns->size = size;
	return 0;
}

static unsigned conns_count_of(struct conns *conns, uid_t uid)
{
	const struct user *user = *conns_find_user(conns, uid);

	return user ? user->count : 0;
}

int conns_add(struct conns *conns, int fd)
{
	struct conn *conn;
	int ret = conns->count >= CONNS_MAX ? -EUSERS : conns_grow(conns);

	if (ret < 0) {
		close(fd);
		return ret;
	}
	ret = conn_new(conns->api, fd, conns_closed_cb, conns, &conn);
	if (ret < 0)
		return ret;
	ret = conns_count_user(conns, conn_peer(conn)->uid);
	if (ret < 0) {
		if (api_may_complain(conns->api))
			log_warn("uid %u is refused a connection: it has %u, all have %zu",
			         conn_peer(conn)->uid, conns_count_of(conns, conn_peer(conn)->uid),
			         conns->count);
		conn_free(conn);
		return ret;
	}
	conns->items[conns->count++] = conn;
	return 0;
}

size_t conns_count(const struct conns *conns)
{
	return conns->count;
}

void conns_free(struct conns *conns)
{
	if (!conns)
		return;
	for (size_t i = 0; i < conns->count; i++)
		conn_free(conns->items[i]);
	while (conns->users) {
		struct user *user = conns->users;

		conns->users = user->next;
		free(user);
	}
	free(conns->items);
	free(conns);
}
