/* The environment a process is started with. */
#ifndef MUSTER_PROCESS_ENVIRONMENT_H
#define MUSTER_PROCESS_ENVIRONMENT_H

struct context;
struct program;

/*
 * The daemon's environment, SUPERVISOR_ENABLED and its kin, and the program's own, later ones in
 * place of earlier. One allocation for array and new strings, to be freed; the rest is borrowed.
 * NULL when out of memory.
 */
char **environment_for(const struct context *context, const struct program *program);

/* A copy of the daemon's environment without what is meant for the daemon alone (NOTIFY_SOCKET
 * ...), for struct context. The strings are borrowed; free() the array. NULL when out of memory. */
char **environment_of_daemon(char **environ_now);

#endif
