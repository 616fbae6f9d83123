/* Loop, fake supervisor, api and one socketpair; see the header. */
#include "tests/unit/fake_daemon.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "common/log.h"
#include "daemon/api/api.h"
#include "daemon/api/conn.h"
#include "daemon/base/loop.h"

static void discard(void *arg, const char *line, size_t size)
{
	(void)arg;
	(void)line;
	(void)size;
}

static void conn_is_gone(void *arg, struct conn *conn)
{
	struct conn **place = arg;

	(void)conn;
	*place = NULL;
}

void fake_daemon_connect(struct fake_daemon *daemon, struct conn **ret_conn,
                         struct client *ret_client)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) < 0 ||
	    conn_new(daemon->api, fds[0], conn_is_gone, ret_conn, ret_conn) < 0)
		abort();
	client_init(ret_client, daemon->loop, fds[1]);
}

int fake_daemon_setup(void **state)
{
	struct fake_daemon *daemon = calloc(1, sizeof(*daemon));

	if (!daemon)
		return -1;
	log_set_sink(discard, NULL);
	daemon->loop = loop_new();
	daemon->supervisor = fake_supervisor_new();
	daemon->api = api_new(daemon->loop, daemon->supervisor);
	if (!daemon->loop || !daemon->api)
		return -1;
	fake_daemon_connect(daemon, &daemon->conn, &daemon->client);
	*state = daemon;
	return 0;
}

int fake_daemon_teardown(void **state)
{
	struct fake_daemon *daemon = *state;

	conn_free(daemon->conn);
	client_done(&daemon->client);
	api_free(daemon->api);
	fake_supervisor_free(daemon->supervisor);
	loop_free(daemon->loop);
	free(daemon);
	return 0;
}
