/*
 * What is common to all calls: the table of interfaces, who may call what, parameters decoded into
 * a struct, one final reply. An interface is a const struct in a file of its own, and so is a
 * method, whose exec gives the final reply or puts the call off with api_call_wait().
 */
#ifndef MUSTER_API_API_H
#define MUSTER_API_API_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct api;
struct api_call;
struct conn;
struct json_field;
struct loop;
struct loop_work;
struct supervisor;
struct waits;
struct writer;

/* The right that a method needs (one of the first five, or none), and what else there is to it. */
enum api_flag {
	API_READ = 1u << 0,
	API_CONTROL = 1u << 1,
	API_RUN = 1u << 2,
	API_SYNC = 1u << 3,
	API_MANAGE = 1u << 4,
	API_ALL_RIGHTS = API_READ | API_CONTROL | API_RUN | API_SYNC | API_MANAGE,
	API_MORE = 1u << 5 /* may answer more than once where "more" was asked for */
};

/* The largest request struct. */
#define API_REQUEST_MAX 64u
/* A time in seconds over this is as good as this: ten years. */
#define API_SECONDS_MAX 315360000.0

struct api_method {
	const char *name; /* "IsAlive" */
	unsigned flags;
	const struct json_field *fields; /* NULL: it takes no parameters */
	size_t request_size;
	/* request is the decoded struct; it and the text in it are there until the final reply. */
	void (*exec)(struct api_call *call, const void *request);
};

struct api_interface {
	const char *name;                        /* "org.muster.Process" */
	const struct api_method *const *methods; /* by name, NULL-ended */
};

/* By name, NULL-ended. */
extern const struct api_interface *const api_interfaces[];

/* What a call that waits is told. `data` belongs to the waiting call. */
struct api_wait {
	/* Frees data: after the final reply, or when the connection has gone. Once, always. */
	void (*release)(void *data);
	/* The caller will wait no longer: give the final reply now, as if the time had run out. */
	void (*cancel)(struct api_call *call, void *data);
	/* The caller has read what it was sent, after api_call_is_congested(); or NULL. */
	void (*drained)(struct api_call *call, void *data);
};

/* The call in progress of a connection, which embeds it. Handlers read the first three fields. */
struct api_call {
	struct api *api;
	struct conn *conn;
	bool more; /* the caller takes several replies, and so does the method */
	bool oneway;
	bool open;       /* begun, and its final reply not given yet */
	bool is_change;  /* waits, and is one of those that change something */
	unsigned rights; /* of the caller: API_READ ... */
	const struct api_interface *interface;
	const struct api_method *method;
	json_t *parameters;
	_Alignas(max_align_t) char request[API_REQUEST_MAX];
	const struct api_wait *wait;
	void *wait_data;
};

/* NULL when out of memory. Loop and supervisor must outlive it, and it all connections. */
struct api *api_new(struct loop *loop, struct supervisor *supervisor);
void api_free(struct api *api);

struct loop *api_loop(const struct api *api);
struct supervisor *api_supervisor(const struct api *api);
struct waits *api_waits(const struct api *api);

/* False where a line about a client was logged within this second: no client fills the log. */
bool api_may_complain(struct api *api);
/* All clients together may follow as many logs as this part of the descriptors: else -EMFILE. */
#define API_FILES_SHARE 4u
int api_take_files(struct api *api, size_t count);
void api_give_back_files(struct api *api, size_t count);

/* True where no call waits that changes something, but for `call`. Otherwise the work is done in
 * the turn after that has come to be; NULL: nobody wants to know any more. */
bool api_is_quiet_but_for(const struct api *api, const struct api_call *call);
void api_when_quiet(struct api *api, struct loop_work *work);

/* The rights of a user: all for root and the daemon's own, none for others. */
unsigned api_rights_of(unsigned uid);
/* "control": the name of the right that the flags ask for; NULL where they ask for none. */
const char *api_right_name(unsigned flags);

/* For the connection: one message in. -EBADMSG with *ret_why where it is no call; -ENOMEM. */
int api_call_begin(struct api_call *call, const char *message, size_t size, const char **ret_why);
/* The connection goes away; or its reader has caught up; or the wait is to end now. */
void api_call_abandon(struct api_call *call);
void api_call_drained(struct api_call *call);
void api_call_cancel(struct api_call *call);
/* True where the message is a call of org.muster.Manager.Cancel. */
bool api_is_cancel(const char *message, size_t size);

/*
 * A reply: the writer stands inside of "parameters". api_reply_end() makes it the final one; then
 * the call, its request and its wait are gone. api_reply_continue() sends it with "continues"; only
 * for call->more. A reply that runs out of memory closes the connection.
 */
struct writer *api_reply_begin(struct api_call *call);
void api_reply_end(struct api_call *call);
void api_reply_continue(struct api_call *call);
/* A final reply without parameters. */
void api_reply_empty(struct api_call *call);
/* Gives up on a call where there is no memory to answer it: the connection is closed. */
void api_call_fail(struct api_call *call);

/* Errors are final. name: as the call's interface declares it, or in full where another does. */
struct writer *api_error_begin(struct api_call *call, const char *name);
void api_error_text(struct api_call *call, const char *name, const char *key, const char *value);
void api_error_invalid(struct api_call *call, const char *parameter);

/* True where an interface declares the error ("org.muster.Process.NoLog"). */
bool api_error_is_declared(const char *full_name);

/* Puts the call off: exec may return without a reply. */
void api_call_wait(struct api_call *call, const struct api_wait *wait, void *data);

/* The caller reads slower than it is sent: a stream had better pause until `drained`. */
bool api_call_is_congested(const struct api_call *call);

/* Seconds of a request as microseconds; clamped. -EINVAL where negative. */
int api_seconds_to_usec(double seconds, uint64_t *ret_usec);

#endif
