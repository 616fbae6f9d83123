/*
 * libmuster: speaks with musterd over its Unix socket (Varlink, https://varlink.org).
 *
 * One struct muster is one connection; it is not shared between threads. Calls block, up to the
 * timeout set for the connection. Results are 0, or a negative errno for trouble with the
 * connection, or MUSTER_REFUSED where the daemon answered with an error: then muster_error_name()
 * and muster_error_parameters() have it until the next call. See libmuster(3).
 */
#ifndef MUSTER_H
#define MUSTER_H

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MUSTER_API __attribute__((visibility("default")))

/* The daemon answered, with an error. Not an errno. */
#define MUSTER_REFUSED 1

/* The connection was lost, and the call may have been carried out or not. Used for nothing else. */
#define MUSTER_UNSURE (-EREMCHG)

struct muster;

/*
 * Connects to `address`, the path of a socket ("unix:" may stand before it); NULL means
 * $MUSTER_SOCKET, else the default place. -ENOENT, -ECONNREFUSED, -EACCES ... as connect(2);
 * -ENAMETOOLONG for a path longer than a socket's may be; -ETIMEDOUT where nobody accepts it for
 * 10 seconds; -EPERM where the default place of a user is served by another than that user or root
 * (a place that was named may be anybody's). muster_close(NULL) does nothing.
 */
MUSTER_API int muster_connect(const char *address, struct muster **ret_muster);
MUSTER_API void muster_close(struct muster *muster);

/* The path muster_connect(address) connects to. Heap text, owned by the caller. */
MUSTER_API char *muster_socket_path(const char *address);

/*
 * The connection's descriptor, to poll(2) while a stream is awaited; owned by the connection.
 * Replies may have been read ahead: poll it only after muster_next() with a timeout of 0 gave
 * -ETIMEDOUT. It keeps its number where the connection is made again; what epoll(7) knew of it then
 * has to be told anew.
 */
MUSTER_API int muster_fd(const struct muster *muster);

/*
 * Milliseconds a call may take until it ends with -ETIMEDOUT; negative (the default): no limit. The
 * daemon may still carry out a call that was given up so, also one without a reply; its late reply
 * is dropped, and what it waits for it is told to wait for no longer (Manager.Cancel). A
 * muster_next() that timed out can be called again. After -EBADMSG, -ENOMEM and the like the
 * connection is of no more use, and gives the same trouble again.
 */
MUSTER_API void muster_set_timeout(struct muster *muster, int timeout_ms);

/*
 * What happens where the daemon's engine dies or is replaced, which ends all its connections. true
 * (the default): the connection is made again, within the call's timeout, and what was under way is
 * repeated where it may be: what only asks, and Start, Terminate and Kill, which say how things
 * shall be. Join goes on for what is left of its time. Of the others, one that had not been sent
 * whole is sent again; else the result is MUSTER_UNSURE. A stream of which part would be missed
 * (Watch, Logs with follow, an answer that was half taken) ends with -ECONNRESET, and may be called
 * again. Pipelined calls are repeated where all of them may be; else each gives the same result.
 * -ENOENT or -ECONNREFUSED where nobody listens for half a second: the daemon has ended. The next
 * call tries again.
 *
 * false: -ECONNRESET, and the connection is of no more use.
 */
MUSTER_API void muster_set_repeat(struct muster *muster, bool repeat);

/*
 * One call, one reply. `parameters` is a reference that the call takes over, also where it fails
 * (NULL for none). *ret_reply, where wanted, is the reply's parameters, owned by the caller. A
 * reply longer than 256 MiB or one that is no Varlink gives -EBADMSG; a call longer than 1 MiB
 * -EMSGSIZE; -EINVAL for parameters that are no object or a name that is no UTF-8; -EBUSY while a
 * stream or pipelined calls are open.
 */
MUSTER_API int muster_call(struct muster *muster, const char *method, json_t *parameters,
                           json_t **ret_reply);

/*
 * A call with any number of replies ("more"): muster_call_more() sends it, then muster_next() gives
 * reply after reply, and in *ret_more whether another follows. After the last one, or
 * MUSTER_REFUSED, the connection is free again. -EINVAL where no reply is to come.
 */
MUSTER_API int muster_call_more(struct muster *muster, const char *method, json_t *parameters);
MUSTER_API int muster_next(struct muster *muster, json_t **ret_reply, bool *ret_more);

/* Sends a call that has no reply; also while a stream or pipelined calls are open. */
MUSTER_API int muster_call_oneway(struct muster *muster, const char *method, json_t *parameters);

/*
 * Sends a call without waiting for its reply; the replies are then taken by muster_next(), one a
 * call, in the order sent, MUSTER_REFUSED being one of them. Sends are buffered; muster_next()
 * flushes. -ENOBUFS, and nothing sent, where more than 256 MiB of replies wait to be taken.
 */
MUSTER_API int muster_send(struct muster *muster, const char *method, json_t *parameters);

/* The daemon's last error: its full name, and its parameters (borrowed). NULL where there is none.
 */
MUSTER_API const char *muster_error_name(const struct muster *muster);
MUSTER_API json_t *muster_error_parameters(const struct muster *muster);

/*
 * Words for a result of any function above: the text of an errno, or the daemon's error in plain
 * English ("no such process: web"). Valid until the next call on the connection, which may be NULL
 * for a result that is an errno.
 */
MUSTER_API const char *muster_strerror(const struct muster *muster, int result);

/*
 * The words of multiprocessing.Process, each one call of org.muster.Process. A pid of 0 means that
 * it has none; *ret_has_exitcode is false while it is alive or was never started. An exit code is
 * the exit status, or -N where signal N ended it. timeout_s: seconds, negative for no limit;
 * *ret_alive tells whether the time ran out. Start, terminate and kill wait until it is done; where
 * a selector names several processes, the first that failed is the error. -EINVAL for a name that
 * is no UTF-8 or a timeout that is no number.
 */
MUSTER_API int muster_process_is_alive(struct muster *muster, const char *name, bool *ret_alive);
MUSTER_API int muster_process_pid(struct muster *muster, const char *name, int *ret_pid);
MUSTER_API int muster_process_exitcode(struct muster *muster, const char *name,
                                       bool *ret_has_exitcode, int *ret_exitcode);
MUSTER_API int muster_process_join(struct muster *muster, const char *name, double timeout_s,
                                   bool *ret_alive, bool *ret_has_exitcode, int *ret_exitcode);
MUSTER_API int muster_process_start(struct muster *muster, const char *selector);
MUSTER_API int muster_process_terminate(struct muster *muster, const char *selector);
MUSTER_API int muster_process_kill(struct muster *muster, const char *selector);

#ifdef __cplusplus
}
#endif

#endif
