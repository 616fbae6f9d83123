/* A server in a child process, with a connection to it, as the state of a test of libmuster. */
#ifndef MUSTER_TESTS_UNIT_FAKE_SERVER_H
#define MUSTER_TESTS_UNIT_FAKE_SERVER_H

#include <sys/types.h>

/* Seconds after which a server or a test that hangs is ended by the kernel. */
#define SERVER_HANG_S 60

struct muster;

struct server {
	char directory[64]; /* private, below /tmp */
	char path[96];      /* its socket */
	pid_t pid;
	struct muster *muster; /* connected to it */
};

/* For cmocka: the server and a connection; the directory alone; the end of either. */
int server_setup(void **state);
int server_setup_path(void **state);
int server_teardown(void **state);

/* A socket that listens at the server's path, or -1. */
int server_listen(const struct server *server);

#endif
