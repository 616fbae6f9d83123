/* The rows that table.c puts together; each array ends with a row without a name. */
#ifndef MUSTER_CONFIG_TABLE_ROWS_H
#define MUSTER_CONFIG_TABLE_ROWS_H

#include "daemon/config/table.h"

extern const struct key table_musterd_keys[];
extern const struct key table_supervisord_keys[];
extern const struct key table_unix_http_keys[];
extern const struct key table_inet_http_keys[];
extern const struct key table_rpcinterface_keys[];
extern const struct key table_supervisorctl_keys[];
extern const struct key table_include_keys[];
extern const struct key table_program_keys[];
extern const struct key table_eventlistener_keys[]; /* beside those of a program */
extern const struct key table_fcgi_keys[];          /* beside those of a program */
extern const struct key table_group_keys[];

#endif
