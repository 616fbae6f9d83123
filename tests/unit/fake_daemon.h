/* The api room with nothing behind it, and a connection to it from both ends. */
#ifndef MUSTER_TESTS_FAKE_DAEMON_H
#define MUSTER_TESTS_FAKE_DAEMON_H

#include <stdbool.h>

#include "tests/unit/fake_client.h"
#include "tests/unit/fake_supervisor.h"

struct fake_daemon {
	struct loop *loop;
	struct supervisor *supervisor;
	struct api *api;
	struct conn *conn; /* NULL once it has closed */
	struct client client;
};

/* For cmocka: *state is a struct fake_daemon. */
int fake_daemon_setup(void **state);
int fake_daemon_teardown(void **state);

/* One more connection to the same daemon. */
void fake_daemon_connect(struct fake_daemon *daemon, struct conn **ret_conn,
                         struct client *ret_client);

#endif
