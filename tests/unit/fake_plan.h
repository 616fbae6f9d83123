/*
 * Engines that come and go behind one listening socket, by a plan: what each does with the one
 * connection that it accepts, and which calls it was sent. For the tests of libmuster's repeats.
 */
#ifndef MUSTER_TESTS_UNIT_FAKE_PLAN_H
#define MUSTER_TESTS_UNIT_FAKE_PLAN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Seconds after which an engine or a test that hangs is ended by the kernel. */
#define PLAN_HANG_S 60
#define PLAN_REPLIES_MAX 4

struct muster;

/* One engine. It ends its connection when it has done all this; the last one waits for its end. */
struct plan {
	unsigned calls; /* whole calls to read first */
	size_t bytes;   /* of a call to read, and then no more */
	/* Then sent, each with its NUL. */
	const char *replies[PLAN_REPLIES_MAX];
	const char *part; /* sent after them, without */
	bool echo;        /* instead: each call is answered with its own parameters */
	bool repeated;    /* this step for ever */
};

struct fake_plan {
	char directory[64]; /* private, below /tmp */
	char path[96];      /* the socket */
	int listener;       /* kept, as the guardian does; -1: closed */
	pid_t pid;
	struct muster *muster;    /* connected */
	struct plan_record *seen; /* shared with the engines */
};

/* For cmocka: the directory; the end of all. */
int plan_setup(void **state);
int plan_teardown(void **state);

/* A listening socket, the engines, and a connection to the first of them. */
void plan_begin(struct fake_plan *fake, const struct plan *steps, size_t count);
/* The same: BEGIN(fake, {.calls = 1}, {.calls = 1, .replies = {"{}"}}). */
#define BEGIN(fake, ...)                                                   \
	do {                                                               \
		static const struct plan steps[] = {__VA_ARGS__};          \
                                                                           \
		plan_begin(fake, steps, sizeof(steps) / sizeof(steps[0])); \
	} while (0)

/* The listening socket without an engine, or the end of both. */
void plan_listen(struct fake_plan *fake);
void plan_end(struct fake_plan *fake);

/* How many connections were accepted; the n-th call of all, its method and parameters (a new
 * reference), which it waits for. */
unsigned plan_connections(const struct fake_plan *fake);
unsigned plan_calls(const struct fake_plan *fake);
json_t *plan_call(const struct fake_plan *fake, unsigned n);

/* Until the engine has ended the connection. */
void plan_wait_hang_up(const struct fake_plan *fake);

#endif
