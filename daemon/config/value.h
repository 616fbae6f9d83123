/* The types of keys: how text becomes a field of a struct, and the field a part of a fingerprint.
 */
#ifndef MUSTER_CONFIG_VALUE_H
#define MUSTER_CONFIG_VALUE_H

#include <stdint.h>
#include <sys/types.h>

struct arena;
struct key;
struct user_cache;

/* One text on its way into a field. */
struct value {
	const struct key *key;
	const char *text;      /* expanded */
	struct arena *arena;   /* for what the field points to */
	struct arena *scratch; /* for messages */
	struct user_cache *users;
	uid_t uid;           /* who the daemon is: what it may become */
	const char *why;     /* what is wrong, where the result is -EINVAL */
	const char *warning; /* what is odd although it is taken, or NULL */
};

struct value_type {
	const char *name; /* for the manual: "number", "yes or no" */
	/* Fills the field. -EINVAL with value->why, -ENOMEM. */
	int (*set)(struct value *value, void *field);
	/* NULL for what has no part in a fingerprint. */
	void (*add)(uint64_t *fingerprint, const void *field);
};

/* Sets value->why; -EINVAL, or -ENOMEM. */
int value_fail(struct value *value, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Field: char *. */
extern const struct value_type value_text;
extern const struct value_type value_name;      /* of a process: see value_check_name() */
extern const struct value_type value_path;      /* made absolute, ~ expanded */
extern const struct value_type value_file;      /* the same; its directory must exist */
extern const struct value_type value_logpath;   /* the same; NULL for NONE, as written for syslog */
extern const struct value_type value_directory; /* must exist; ~ expanded */
extern const struct value_type value_serverurl; /* NULL for AUTO */
extern const struct value_type value_socket;    /* unix:///path or tcp://host:port */
extern const struct value_type value_handler;   /* of events: only the default one */
/* Field: bool, int, unsigned, uint64_t, uint64_t in microseconds. */
extern const struct value_type value_bool;
extern const struct value_type value_int;
extern const struct value_type value_count;
extern const struct value_type value_size;
extern const struct value_type value_seconds;
/* Field: unsigned; int. Octal both. */
extern const struct value_type value_mode;
extern const struct value_type value_umask;
/* Field: int. */
extern const struct value_type value_signal;
/* Field: enum autorestart; uint64_t[4]; enum log_level. */
extern const struct value_type value_autorestart;
extern const struct value_type value_guardian_death;
extern const struct value_type value_exitcodes;
extern const struct value_type value_level;
/* Field: struct user_config. */
extern const struct value_type value_user;
extern const struct value_type value_owner;
/* Field: char **, NULL-ended. */
extern const struct value_type value_environment;
extern const struct value_type value_list;
extern const struct value_type value_events;
/* Field: struct log_config, of which kind, path and syslog are set. */
extern const struct value_type value_logfile;
/* Field: struct http_config, of which host and port are set. */
extern const struct value_type value_port;

/*
 * A name of a process or group: no white space, control character, colon or slash, not empty,
 * UTF-8, not too long. NULL where it is good, else what is wrong with it.
 */
const char *value_check_name(const char *name);

#endif
