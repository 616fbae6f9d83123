/* The environment a process is started with. */
#ifndef MUSTER_PROCESS_ENVIRONMENT_H
#define MUSTER_PROCESS_ENVIRONMENT_H

#include <stdbool.h>

struct context;
struct program;

/*
 * The daemon's environment, SUPERVISOR_ENABLED and its kin, and the program's own, later ones in
 * place of earlier. One allocation for array and new strings, to be freed; the rest is borrowed.
 * NULL when out of memory.
 */
char **environment_for(const struct context *context, const struct program *program);

/* True where "KEY=value" is what the daemon tells each of its processes, or is meant for the daemon
 * alone: a client that is a process of ours must not hand on its own. */
bool environment_is_told(const char *entry);

/* A copy of the daemon's environment without what is meant for the daemon alone (NOTIFY_SOCKET
 * ...), for struct context. The strings are borrowed; free() the array. NULL when out of memory. */
char **environment_of_daemon(char **environ_now);

#endif
