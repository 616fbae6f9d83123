/* The rows that table.c puts together. */
#ifndef MUSTER_CONFIG_TABLE_ROWS_H
#define MUSTER_CONFIG_TABLE_ROWS_H

#include "daemon/config/table.h"

struct key_list {
	const struct key *keys;
	size_t count;
};

/* The list of a static array of rows. */
#define KEY_LIST(rows)                                   \
	{                                                \
		(rows), sizeof(rows) / sizeof((rows)[0]) \
	}

extern const struct key_list table_musterd_keys;
extern const struct key_list table_supervisord_keys;
extern const struct key_list table_unix_http_keys;
extern const struct key_list table_inet_http_keys;
extern const struct key_list table_rpcinterface_keys;
extern const struct key_list table_supervisorctl_keys;
extern const struct key_list table_include_keys;
extern const struct key_list table_program_keys;
extern const struct key_list table_eventlistener_keys; /* beside those of a program */
extern const struct key_list table_fcgi_keys;          /* beside those of a program */
extern const struct key_list table_group_keys;

#endif
