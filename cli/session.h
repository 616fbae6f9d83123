/*
 * One run of muster: how it answers (text, JSON, colour) and its connection to the daemon, made
 * when the first call needs it. What goes wrong is said here, in one place, and becomes an exit
 * code here.
 */
#ifndef MUSTER_CLI_SESSION_H
#define MUSTER_CLI_SESSION_H

#include <jansson.h>
#include <stdbool.h>

#include "cli/cmd.h"

/* The last part of an error name of org.muster.Process. */
#define SESSION_NO_SUCH_PROCESS "org.muster.Process.NoSuchProcess"

/* Error names that --json shows for what went wrong on this side. */
#define SESSION_ERROR_USAGE "org.muster.Client.Usage"
#define SESSION_ERROR_NO_DAEMON "org.muster.Client.NotReached"
#define SESSION_ERROR_FAILED "org.muster.Client.Failed"
#define SESSION_ERROR_UNSURE "org.muster.Client.Unsure"

struct muster;
struct session;

/* A stream that may be asked for again. */
struct session_stream {
	const char *method;
	json_t *parameters; /* owned by the caller */
	const char *missed; /* "lines": what may be missing then; NULL: nothing */
};

/* Never NULL; the globals are borrowed. */
struct session *session_new(const struct cmd_globals *globals);
void session_free(struct session *session);

bool session_json(const struct session *session);
bool session_color(const struct session *session);
/* True where standard output is a terminal and the answer is for people. */
bool session_terminal(const struct session *session);

/*
 * One call. CMD_DONE and the reply's parameters (owned by the caller; ret_reply may be NULL), or
 * the exit code of the failure, which has then been told. `parameters` is taken over.
 */
enum cmd_exit session_call(struct session *session, const char *method, json_t *parameters,
                           json_t **ret_reply);

/* The same for a verb that wants to look at the failure itself: a result as libmuster gives it. */
int session_try(struct session *session, const char *method, json_t *parameters,
                json_t **ret_reply);
int session_stream(struct session *session, const char *method, json_t *parameters);

/* The same as session_try(), with an end: -ETIMEDOUT. */
int session_try_until(struct session *session, long long deadline_ms, const char *method,
                      json_t **ret_reply);

/*
 * The next reply of a stream. Meanwhile what was printed is written out, Ctrl-C is awaited where
 * session_hold_interrupt() was called (-EINTR), and so is the end of standard output's reader
 * (-ECANCELED). -ETIMEDOUT after `deadline_ms` on session_now_ms()'s clock; 0: none.
 */
int session_next(struct session *session, long long deadline_ms, json_t **ret_reply,
                 bool *ret_more);
long long session_now_ms(void);

/*
 * The same, without end. Where the connection is lost, and with it a stream that part would be
 * missed of, it is asked for again as `stream` says, and so is what may be missing.
 */
int session_follow(struct session *session, const struct session_stream *stream, json_t **ret_reply,
                   bool *ret_more);
/* For a wait of one's own: the next reply that has come, -ETIMEDOUT where none has; and then the
 * descriptor to poll for more. */
int session_take(struct session *session, json_t **ret_reply, bool *ret_more);
int session_fd(const struct session *session);
/* The descriptor on which Ctrl-C is seen; see below. */
int session_interrupt_fd(const struct session *session);

/* From here on Ctrl-C ends a wait, not the program. */
void session_hold_interrupt(struct session *session);
/* From here on a wait goes on also where standard output's reader has gone. */
void session_wait_unread(struct session *session);
/* Ctrl-C was seen to: from here on another is awaited. */
void session_clear_interrupt(struct session *session);
/* Ends the program as Ctrl-C would have. */
void session_interrupted(struct session *session) __attribute__((noreturn));

/*
 * Gives up the wait for the last reply of a stream (Manager.Cancel), and takes that reply. As
 * session_next().
 */
int session_cancel(struct session *session);

/* Connects anew, where the daemon's engine hung up: true where `result` says so and it is there
 * again. */
bool session_reconnect(struct session *session, int result);

/* The full name of the daemon's last error; NULL: none. Borrowed, as is the value below. */
const char *session_error_name(const struct session *session);
json_t *session_error_parameters(const struct session *session);

/* Waits until the daemon hangs up. -ETIMEDOUT after `deadline_ms`; 0: none. */
int session_wait_end(struct session *session, long long deadline_ms);

/* Tells the failure `result` of a call, and says what to exit with. */
enum cmd_exit session_fail(struct session *session, int result);

/* Tells a failure of our own: `error` is one of the names above. Returns `code`. */
enum cmd_exit session_refuse(struct session *session, enum cmd_exit code, const char *error,
                             const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Prints a JSON value on one line of standard output and lets go of it. */
void session_print_json(json_t *value);

/* Writes out what was printed so far. 0, or -ECANCELED where that cannot be done any more. */
int session_write_out(struct session *session);

/* Writes out what was printed. A reader that went away is no error; a full disk is. */
enum cmd_exit session_flush(struct session *session, enum cmd_exit code);

#endif
