/*
 * The other end of a connection, in the same thread: sends text, runs the daemon's loop until the
 * reply is there. Everything waits with a deadline.
 */
#ifndef MUSTER_TESTS_FAKE_CLIENT_H
#define MUSTER_TESTS_FAKE_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/frame.h"

struct loop;

#define CLIENT_DEADLINE_USEC 10000000u

struct client {
	struct loop *loop;
	int fd;
	struct frame in;
	bool ended; /* the daemon closed the connection */
};

void client_init(struct client *client, struct loop *loop, int fd);
void client_done(struct client *client);

/* One turn of the loop, without waiting; and turns until nothing happens at once any more. */
void client_turn(struct loop *loop);
void client_settle(struct loop *loop);

/* Sends bytes as they are, running the loop while the socket is full. */
void client_send(struct client *client, const char *bytes, size_t size);
/* A call, as JSON text: the method, and parameters with ' for ". extra: ",'more':true" or "". */
void client_call(struct client *client, const char *method, const char *parameters,
                 const char *extra);
/* The next message, for the caller to free; NULL where the connection ended or the time ran out. */
json_t *client_receive(struct client *client);
/* True where nothing arrives although the loop has nothing left to do. */
bool client_is_silent(struct client *client);
/* Calls and compares the reply with JSON text (with ' for "). */
void client_expect(struct client *client, const char *reply);
/* True where the daemon closes the connection. */
bool client_sees_end(struct client *client);

#endif
