/*
 * What the files of libmuster share; not part of its interface. client.c moves bytes and keeps the
 * order of calls and replies, client-error.c has the words, client-process.c is built on both.
 */
#ifndef MUSTER_COMMON_CLIENT_H
#define MUSTER_COMMON_CLIENT_H

#include "common/muster.h"

#include <jansson.h>

/* An error of the daemon in plain words; {x} stands for the error's parameter x. */
struct client_error {
	const char *name;
	const char *words;
};

/* Ended by a row without a name. */
extern const struct client_error client_errors[];

/* The words for an error with its parameters (an object). Heap text; NULL when out of memory. */
char *client_error_words(const char *name, json_t *parameters);

/* The words for an errno that a function of the library gives. A constant. */
const char *client_errno_words(int error);

/*
 * Makes `name` with `parameters` (borrowed) the connection's last error, as if the daemon had
 * answered so; `words` (taken over) say it, or the table where NULL. MUSTER_REFUSED or -ENOMEM.
 */
int client_refuse(struct muster *muster, const char *name, json_t *parameters, char *words);

#endif
