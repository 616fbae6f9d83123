/* The structs that the rows of the table point into, where they are not those of config.h. */
#ifndef MUSTER_CONFIG_TARGET_H
#define MUSTER_CONFIG_TARGET_H

#include "daemon/config/config.h"

/* [program:x], [eventlistener:x], [fcgi-program:x]: one process of it. */
struct program_target {
	struct program program;
	unsigned numprocs;
	unsigned numprocs_start;
	struct listener_config listener;
	char *result_handler;
	struct fcgi_config fcgi;
};

/* [group:x] */
struct group_target {
	char **programs;
	int priority;
};

/* [include] */
struct include_target {
	char *files;
};

/* [rpcinterface:x] */
struct rpcinterface_target {
	char *factory;
};

#endif
