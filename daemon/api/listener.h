/*
 * The socket that clients connect to. It comes from here or from outside (the guardian's store, or
 * systemd); where its file is deleted or replaced it is made anew; running out of descriptors or
 * memory makes it pause, never spin and never end.
 */
#ifndef MUSTER_API_LISTENER_H
#define MUSTER_API_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct api;
struct listener;

/* A socket was made: store `fd`, which stays the listener's, so that a next engine has it. */
typedef void (*listener_made_cb)(void *arg, int fd);

struct listener_options {
	const char *path; /* absolute; copied */
	mode_t mode;
	uid_t uid; /* (uid_t)-1, (gid_t)-1: as it comes */
	gid_t gid;
	/* The file belongs to who gave the socket (systemd): it is neither removed nor made anew.
	 */
	bool foreign;
	listener_made_cb made; /* may be NULL */
	void *made_arg;
};

/* NULL when out of memory or descriptors (errno says which). The api must outlive it. */
struct listener *listener_new(struct api *api, const struct listener_options *options);
/* Closes socket and connections; the file stays, for a next engine. */
void listener_free(struct listener *listener);

/* Makes the socket. As socket_file_listen(); what is wrong is logged too. */
int listener_open(struct listener *listener);
/* Takes over a listening socket, whose file is at `path`; where that is gone it is made anew. */
int listener_adopt(struct listener *listener, int fd);
/* At the end of the daemon: removes the file, where it still is ours, and accepts no more. */
void listener_remove(struct listener *listener);

size_t listener_count(const struct listener *listener);

#endif
