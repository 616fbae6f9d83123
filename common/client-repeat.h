/*
 * libmuster's calls whose replies have not come, and what becomes of them when the connection is
 * lost: which methods may be called a second time, and how the second call is worded. No I/O here.
 */
#ifndef MUSTER_COMMON_CLIENT_REPEAT_H
#define MUSTER_COMMON_CLIENT_REPEAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/client-link.h"
#include "common/proto.h"

enum repeat_kind {
	REPEAT_READ, /* asks, and changes nothing: asked again, unless it is half answered */
	REPEAT_WISH, /* says how things shall be: may be said again, and asked_usec tells so */
	REPEAT_GAP,  /* changes nothing; but what happens between two calls would be missed */
};

/* A method that has no row may not be repeated: a second call would do a second thing. */
struct repeat_row {
	const char *method;
	enum repeat_kind kind;
	/* Parameters, NULL for none: seconds to wait, of which the second call gets what is left;
	 * a bool that makes the call one of REPEAT_GAP. */
	const char *timeout;
	const char *follow;
};

/* Ended by a row without a method. */
extern const struct repeat_row repeat_rows[];

struct client_call;

/* In the order sent; zero is none. */
struct client_calls {
	struct client_call *first;
	struct client_call *last;
	size_t size;    /* bytes that are kept */
	bool forgotten; /* there were too many bytes: what is still open cannot be repeated */
};

/*
 * Keeps a call that was put into link->out: its text, without the NUL, is taken over. Where there
 * is no room for it, none of those that are open can be repeated.
 */
void client_calls_keep(struct client_calls *calls, const struct client_link *link, char *text,
                       size_t size);

/* The reply to the first one has come; the last one was given up; nobody waits for any. */
void client_calls_pop(struct client_calls *calls);
void client_calls_drop_last(struct client_calls *calls);
void client_calls_clear(struct client_calls *calls);

/*
 * A reply to the first one that others follow, or the last of a stream. Outcomes that were given
 * before the call was repeated are taken out of it; true where it has nothing left to say.
 */
bool client_calls_look(struct client_calls *calls, struct proto_reply *reply);

/*
 * The connection was lost when `sent` bytes of it had been handed to the kernel: 0 where all calls
 * may be repeated, -ECONNRESET where nothing was changed but something would be missed, else
 * MUSTER_UNSURE, and *ret_method is one that may have been carried out (heap text, or NULL).
 */
int client_calls_judge(struct client_calls *calls, uint64_t sent, char **ret_method);

/* Puts all of them into link->out again, as repeated calls are worded. -ENOMEM. */
int client_calls_repeat(struct client_calls *calls, struct client_link *link);

#endif
