/*
 * The whole configuration as it is wanted: read from the INI files by the table of keys, checked,
 * expanded. A new one is built beside the old and swapped in; nothing is changed in place.
 *
 * One bad section does not spoil the rest: its programs are there with `broken` set, and every
 * fault is in the notes.
 */
#ifndef MUSTER_CONFIG_CONFIG_H
#define MUSTER_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/config/daemon.h"
#include "daemon/config/program.h"

struct arena;
struct source;

/* Processes in one configuration: as many as the ledger has records. */
#define CONFIG_PROCESSES_MAX 32768u
/* How deep files may include files. */
#define CONFIG_INCLUDE_DEPTH_MAX 16u

/* A fault or a warning: text is "file:line: [section] key: what is wrong". */
struct config_note {
	bool is_error;
	char *file;
	int line;
	char *text;
};

struct config_notes {
	struct config_note *items;
	size_t count;
	size_t error_count;
};

/* [unix_http_server] and [inet_http_server]: read and checked; served later. */
struct http_config {
	bool present;
	char *file; /* unix: path */
	unsigned chmod;
	struct user_config chown;
	char *host; /* inet: NULL for all addresses */
	unsigned port;
	char *username;
	char *password;
};

/* [supervisorctl]: what a client may want to know. */
struct ctl_config {
	char *serverurl;
	char *username;
	char *password;
	char *prompt;
	char *history_file;
};

/* What an [eventlistener:x] has beside its programs. */
struct listener_config {
	unsigned buffer_size;
	char **events; /* "PROCESS_STATE", in upper case, NULL-ended */
};

/* What an [fcgi-program:x] has beside its programs. */
struct fcgi_config {
	char *socket;             /* "unix:///path" or "tcp://host:port" */
	unsigned backlog;         /* 0: the system's */
	int mode;                 /* of a Unix socket; -1: 0700 */
	struct user_config owner; /* name NULL: the program's user */
};

struct group_config {
	char *name;
	enum program_kind kind;
	int priority;
	struct program **programs; /* by priority, then as written */
	size_t program_count;
	struct listener_config *listener; /* NULL where it is none */
	struct fcgi_config *fcgi;         /* NULL where it is none */
	uint64_t fingerprint;             /* of the group and its programs */
};

struct config {
	char *file; /* absolute path of the main file; NULL: there is none, but a command */
	char *here; /* its directory */
	char *const *command; /* run beside it; borrowed; NULL: nothing */
	struct daemon_config daemon;
	struct http_config unix_http;
	struct http_config inet_http;
	struct ctl_config ctl;
	struct group_config **groups; /* by priority, then name */
	size_t group_count;
	struct arena *arena; /* owns all of it */
};

/*
 * Reads, expands and checks the configuration that begins at `file`, through `source` (which
 * remembers what was read). *ret_config is set also where single sections are broken. -errno when
 * the file itself cannot be read or the notes say that nothing can be made of it (then notes has
 * why), -ENOMEM. Notes are added to `notes`, which the caller has zeroed and releases with
 * config_notes_done().
 */
int config_load(const char *file, struct source *source, struct config_notes *notes,
                struct config **ret_config);
/* The same with a foreground program of those words (NULL: none); then `file` may be NULL. */
int config_load_with(const char *file, char *const *command, struct source *source,
                     struct config_notes *notes, struct config **ret_config);
void config_free(struct config *config);
void config_notes_done(struct config_notes *notes);

/* The group of that name, or NULL. */
const struct group_config *config_find_group(const struct config *config, const char *name);
/* Processes in all groups together, the broken ones too. */
size_t config_process_count(const struct config *config);

#endif
