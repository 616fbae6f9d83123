/*
 * AUTO logs: files that the daemon names itself, NAME-stdout---IDENTIFIER-XXXXXX.log in
 * childlogdir, as supervisord does. They last until the daemon is started the next time.
 */
#ifndef MUSTER_PROCESS_AUTOLOG_H
#define MUSTER_PROCESS_AUTOLOG_H

#include <limits.h>

struct daemon_config;
struct program;

/*
 * The path of a program's AUTO log for a stream ("stdout"). `suffix` is what made the name the only
 * one of its kind: where it is empty a new file is made, and the suffix filled in (six characters
 * and a NUL). -errno.
 */
int autolog_path(const struct daemon_config *daemon, const struct program *program,
                 const char *stream, char *suffix, char path[PATH_MAX]);

/* Removes what earlier daemons of that identifier left, unless a file is in use (it is locked) or
 * is not ours. */
void autolog_clean(const struct daemon_config *daemon);

/* Removes one with its backups, of a process that is no more. NULL is allowed. */
void autolog_remove(const char *path, unsigned backups);

#endif
