/* Where the socket and the configuration live when nobody says otherwise. */
#ifndef MUSTER_COMMON_PATH_H
#define MUSTER_COMMON_PATH_H

#include <stdbool.h>

/*
 * The directory of the socket: /run/muster for root, $XDG_RUNTIME_DIR/muster for a user, else
 * /tmp/muster-UID. Heap text, owned by the caller; NULL when out of memory.
 */
char *path_run_dir(void);

/*
 * True for /tmp/muster-UID of this user: the one place above that others can make first, so that
 * who uses it has to look at whose it is.
 */
bool path_is_last_resort(const char *directory);

/* The socket in it: path_run_dir()/musterd.sock. Heap text; NULL when out of memory. */
char *path_default_socket(void);

/*
 * What the client connects to: `given` where not NULL, else $MUSTER_SOCKET, else the default; a
 * leading "unix:" is taken off. Heap text; NULL when out of memory.
 */
char *path_client_socket(const char *given);
/* True where that is the default. */
bool path_client_is_default(const char *given);

/*
 * The configuration file musterd reads without -c: muster.conf in (for a user)
 * $XDG_CONFIG_HOME/muster, else ~/.config/muster, and in /etc/muster, then where supervisord looks.
 * Heap text; NULL where there is none.
 */
char *path_find_config(void);

/* The places path_find_config looks at, NULL-ended, for the message that none was found. */
const char *const *path_config_places(void);

#endif
