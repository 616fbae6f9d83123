/*
 * What is wanted of one process: a [program:x] section (or a kin of it) with every expansion done,
 * once for each of its numprocs. Pure data, immutable once the configuration is loaded; everything
 * here is owned by the struct config it came in.
 */
#ifndef MUSTER_CONFIG_PROGRAM_H
#define MUSTER_CONFIG_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The longest full name ("group:name") a process may have, its NUL not counted. */
#define PROGRAM_NAME_MAX 191

enum program_kind {
	PROGRAM_PLAIN,         /* [program:x] */
	PROGRAM_EVENTLISTENER, /* [eventlistener:x] */
	PROGRAM_FCGI,          /* [fcgi-program:x] */
	PROGRAM_KIND_COUNT
};

enum autorestart { AUTORESTART_FALSE, AUTORESTART_UNEXPECTED, AUTORESTART_TRUE };

enum log_kind {
	LOG_NONE,  /* read and thrown away */
	LOG_AUTO,  /* a file in childlogdir that the daemon names */
	LOG_PATH,  /* path, which may be /dev/stdout and the like */
	LOG_SYSLOG /* the word "syslog" as path */
};

/* A rotation renames each of them. */
#define LOG_BACKUPS_MAX 9999

struct log_config {
	enum log_kind kind;
	char *path;        /* for LOG_PATH; NULL otherwise */
	uint64_t maxbytes; /* 0: no rotation */
	unsigned backups;  /* 0: the file is begun anew */
	uint64_t capture_maxbytes;
	bool events_enabled;
	bool syslog;
};

/* The user a process runs as, resolved when the configuration was read. */
struct user_config {
	char *name; /* as written; NULL where none was asked for */
	uid_t uid;
	gid_t gid;
	gid_t *groups; /* supplementary, gid included */
	size_t group_count;
};

struct program {
	enum program_kind kind;
	char *name; /* process_name, expanded */
	char *group;
	char *full_name; /* "group:name", or "name" where the two are the same */
	char *file;      /* where its section stands */
	int line;
	/* Why it cannot be run ("file:line: [section] key: what is wrong"), NULL where it can. */
	char *broken;
	bool is_ad_hoc; /* no file names it: see ad-hoc.h */

	char *command; /* as written, expanded */
	char **argv;   /* command in words; NULL where broken */
	const char
	    *search_path; /* where the first word is looked for; NULL: in the daemon's PATH */
	char *directory;  /* NULL: the daemon's */
	struct user_config user;
	int umask; /* -1: the daemon's */
	char **
	    environment; /* "KEY=value" of its own, NULL-ended: [supervisord]'s and its section's */
	bool is_stranger; /* of a user who is to see nothing of the daemon's environment */
	char *serverurl;  /* for SUPERVISOR_SERVER_URL; NULL: AUTO */

	char *daemon_of; /* the process or group it ends with; "pid N": a client; NULL: none */
	int priority;
	bool autostart;
	enum autorestart autorestart;
	uint64_t startsecs_usec;
	unsigned startretries;
	uint64_t exitcodes[4]; /* a bit for each of 0..255 */
	int stopsignal;
	uint64_t stopwaitsecs_usec;
	bool stopasgroup;
	bool killasgroup;
	bool essential; /* its end is the end of everything */
	/* Not read from a file: it has the daemon's own standard descriptors and terminal, gets the
	 * signals that the daemon gets, and gives the daemon its exit code. */
	bool is_foreground;

	bool tty; /* a terminal in place of its three descriptors; then redirect_stderr is true */
	bool redirect_stderr;
	struct log_config stdout_log;
	struct log_config stderr_log;

	/* Of everything above that, when changed, means another process; never 0. */
	uint64_t fingerprint;
};

/* True where the exit status counts as expected. */
bool program_expects_exit(const struct program *program, int status);

#endif
