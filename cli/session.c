/*
 * The connection of one run, and the words for what went wrong. The wait for a stream's replies is
 * one poll over daemon, Ctrl-C and the reader of our output, so `muster watch | head -1` ends with
 * head and Ctrl-C is noticed without a signal handler.
 */
#include "cli/session.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "cli/alloc.h"
#include "cli/width.h"
#include "common/muster.h"
#include "common/proto.h"

#define SESSION_TEXT_SIZE 1024
/* A stream that is lost so often, without a reply between, is not asked for again. */
#define SESSION_RESUMES_MAX 100
#define SESSION_POLL_MAX_MS (3600 * 1000)

struct session {
	const struct cmd_globals *globals;
	struct muster *muster; /* NULL: not connected yet */
	bool unreachable;      /* the last result is connect's */
	int interrupt_fd;      /* signalfd of SIGINT; -1: Ctrl-C ends the program */
	bool waits_unread;     /* goes on waiting where nobody reads standard output any more */
	int output_errno;      /* why standard output could not be written; 0: it could */
	unsigned resumes;      /* of a stream, since its last reply */
};

/* Errors of the daemon with an exit code of their own; all others are CMD_REFUSED. */
static const struct {
	const char *error;
	enum cmd_exit code;
} error_codes[] = {
    {SESSION_NO_SUCH_PROCESS, CMD_NO_PROCESS},
    {"org.muster.Process.NotRunning", CMD_NOT_RUNNING},
    {"org.muster.Process.BadSignal", CMD_USAGE},
    {PROTO_INVALID_PARAMETER, CMD_USAGE},
};

struct session *session_new(const struct cmd_globals *globals)
{
	struct session *session = alloc_zero(1, sizeof(*session));

	session->globals = globals;
	session->interrupt_fd = -1;
	return session;
}

void session_free(struct session *session)
{
	if (!session)
		return;
	muster_close(session->muster);
	if (session->interrupt_fd >= 0)
		close(session->interrupt_fd);
	free(session);
}

bool session_json(const struct session *session)
{
	return session->globals->json;
}

bool session_terminal(const struct session *session)
{
	return !session->globals->json && isatty(STDOUT_FILENO);
}

bool session_color(const struct session *session)
{
	const char *no_color = getenv("NO_COLOR");
	const char *terminal = getenv("TERM");

	return !session->globals->no_color && !(no_color && no_color[0]) &&
	       !(terminal && strcmp(terminal, "dumb") == 0) && session_terminal(session);
}

static int session_open(struct session *session)
{
	int result;

	if (session->muster)
		return 0;
	result = muster_connect(session->globals->socket, &session->muster);
	session->unreachable = result < 0;
	return result;
}

long long session_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* What poll(2) may wait; 0 for a deadline is none. */
static int session_left_ms(long long deadline_ms)
{
	long long left_ms = deadline_ms - session_now_ms();

	if (!deadline_ms)
		return -1;
	if (left_ms < 0)
		return 0;
	return left_ms > SESSION_POLL_MAX_MS ? SESSION_POLL_MAX_MS : (int)left_ms;
}

int session_try(struct session *session, const char *method, json_t *parameters, json_t **ret_reply)
{
	int result = session_open(session);

	if (result < 0) {
		json_decref(parameters);
		return result;
	}
	return muster_call(session->muster, method, parameters, ret_reply);
}

int session_stream(struct session *session, const char *method, json_t *parameters)
{
	int result = session_open(session);

	if (result < 0) {
		json_decref(parameters);
		return result;
	}
	return muster_call_more(session->muster, method, parameters);
}

int session_try_until(struct session *session, long long deadline_ms, const char *method,
                      json_t **ret_reply)
{
	int result = session_open(session);

	if (result < 0)
		return result;
	muster_set_timeout(session->muster, session_left_ms(deadline_ms));
	result = muster_call(session->muster, method, NULL, ret_reply);
	muster_set_timeout(session->muster, -1);
	if (result == 0)
		session->resumes = 0;
	return result;
}

enum cmd_exit session_call(struct session *session, const char *method, json_t *parameters,
                           json_t **ret_reply)
{
	int result = session_try(session, method, parameters, ret_reply);

	return result == 0 ? CMD_DONE : session_fail(session, result);
}

/* Waits until the daemon has something to say: 0, -EINTR, -ECANCELED, -ETIMEDOUT or another errno.
 */
static int session_wait(struct session *session, long long deadline_ms)
{
	struct pollfd polled[] = {
	    {.fd = muster_fd(session->muster), .events = POLLIN},
	    {.fd = session->interrupt_fd, .events = POLLIN},
	    /* POLLERR: nobody reads it any more */
	    {.fd = session->waits_unread ? -1 : STDOUT_FILENO, .events = 0},
	};
	int result = poll(polled, sizeof(polled) / sizeof(polled[0]), session_left_ms(deadline_ms));

	if (result < 0)
		return errno == EINTR ? 0 : -errno;
	if (polled[1].revents)
		return -EINTR;
	if (polled[0].revents)
		return 0;
	if (polled[2].revents & (POLLERR | POLLHUP)) {
		session->output_errno = EPIPE;
		return -ECANCELED;
	}
	return deadline_ms && session_now_ms() >= deadline_ms ? -ETIMEDOUT : 0;
}

int session_take(struct session *session, json_t **ret_reply, bool *ret_more)
{
	int result;

	muster_set_timeout(session->muster, 0);
	result = muster_next(session->muster, ret_reply, ret_more);
	muster_set_timeout(session->muster, -1);
	return result;
}

int session_fd(const struct session *session)
{
	return muster_fd(session->muster);
}

int session_interrupt_fd(const struct session *session)
{
	return session->interrupt_fd;
}

int session_write_out(struct session *session)
{
	if (fflush(stdout) == 0)
		return 0;
	session->output_errno = errno;
	return -ECANCELED;
}

int session_next(struct session *session, long long deadline_ms, json_t **ret_reply, bool *ret_more)
{
	for (;;) {
		/* What has come is taken without waiting; the wait is ours. */
		int result = session_take(session, ret_reply, ret_more);

		if (result != -ETIMEDOUT)
			return result;
		if (session_write_out(session) < 0 && !session->waits_unread)
			return -ECANCELED;
		result = session_wait(session, deadline_ms);
		if (result < 0)
			return result;
	}
}

int session_follow(struct session *session, const struct session_stream *stream, json_t **ret_reply,
                   bool *ret_more)
{
	int result = session_next(session, 0, ret_reply, ret_more);

	while (result == -ECONNRESET && session->resumes++ < SESSION_RESUMES_MAX) {
		result = session_stream(session, stream->method, json_incref(stream->parameters));
		if (result != 0)
			break;
		fflush(stdout);
		if (stream->missed)
			fprintf(stderr,
			        "muster: the connection to musterd was lost, and is there again: "
			        "some %s may be missing here\n",
			        stream->missed);
		result = session_next(session, 0, ret_reply, ret_more);
	}
	return result;
}

void session_hold_interrupt(struct session *session)
{
	sigset_t signals;

	if (session->interrupt_fd >= 0)
		return;
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	session->interrupt_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (session->interrupt_fd >= 0)
		sigprocmask(SIG_BLOCK, &signals, NULL);
}

void session_wait_unread(struct session *session)
{
	session->waits_unread = true;
}

void session_clear_interrupt(struct session *session)
{
	struct signalfd_siginfo signals;

	while (read(session->interrupt_fd, &signals, sizeof(signals)) > 0)
		continue;
}

int session_cancel(struct session *session)
{
	int result = muster_call_oneway(session->muster, "org.muster.Manager.Cancel", NULL);
	bool more = true;

	while (result == 0 && more) {
		json_t *reply = NULL;
		result = muster_next(session->muster, &reply, &more);
		json_decref(reply);
	}
	return result;
}

bool session_reconnect(struct session *session, int result)
{
	if (result != -ECONNRESET && result != -EPIPE)
		return false;
	muster_close(session->muster);
	session->muster = NULL;
	return session_open(session) == 0;
}

void session_interrupted(struct session *session)
{
	sigset_t signals;

	fflush(stdout);
	session_free(session);
	signal(SIGINT, SIG_DFL);
	raise(SIGINT);
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_UNBLOCK, &signals, NULL);
	_exit(128 + SIGINT);
}

const char *session_error_name(const struct session *session)
{
	return session->muster ? muster_error_name(session->muster) : NULL;
}

json_t *session_error_parameters(const struct session *session)
{
	return session->muster ? muster_error_parameters(session->muster) : NULL;
}

int session_wait_end(struct session *session, long long deadline_ms)
{
	struct pollfd polled = {.fd = muster_fd(session->muster), .events = 0};
	int result;

	do
		result = poll(&polled, 1, session_left_ms(deadline_ms));
	while (result < 0 && errno == EINTR);
	return result == 0 ? -ETIMEDOUT : 0;
}

static void print_trouble(const char *text)
{
	fputs("muster: ", stderr);
	width_print(text, stderr);
	fputc('\n', stderr);
}

static enum cmd_exit fail_connect(struct session *session, int result)
{
	char *path = muster_socket_path(session->globals->socket);
	enum cmd_exit code = session_refuse(
	    session, CMD_NO_DAEMON, SESSION_ERROR_NO_DAEMON,
	    result == -EPERM
		? "%s is served by another user's process (%s): name it with -s to use it all the "
		  "same"
		: "no musterd answers at %s (%s): start one with `musterd -c FILE`, or name "
		  "another socket with -s",
	    path ? path : "its socket", strerror(-result));

	free(path);
	return code;
}

static enum cmd_exit fail_connection(struct session *session, int result)
{
	char *path = muster_socket_path(session->globals->socket);
	enum cmd_exit code =
	    session_refuse(session, CMD_NO_DAEMON, SESSION_ERROR_NO_DAEMON,
	                   "the connection to musterd at %s failed: %s", path ? path : "its socket",
	                   muster_strerror(session->muster, result));

	free(path);
	return code;
}

static enum cmd_exit fail_refused(struct session *session, int result)
{
	const char *error = muster_error_name(session->muster);
	json_t *parameters = muster_error_parameters(session->muster);
	enum cmd_exit code = CMD_REFUSED;

	if (!error)
		error = "";
	for (size_t i = 0; i < sizeof(error_codes) / sizeof(error_codes[0]); i++) {
		if (strcmp(error, error_codes[i].error) == 0)
			code = error_codes[i].code;
	}
	if (session_json(session))
		session_print_json(json_pack(
		    "{s:s, s:O?, s:o}", "error", error, "parameters", parameters, "message",
		    alloc_json_text(muster_strerror(session->muster, result))));
	else
		print_trouble(muster_strerror(session->muster, result));
	return code;
}

enum cmd_exit session_fail(struct session *session, int result)
{
	if (result == MUSTER_REFUSED)
		return fail_refused(session, result);
	if (result == -ECANCELED)
		return CMD_DONE; /* session_flush() judges what became of the output */
	if (result == MUSTER_UNSURE)
		return session_refuse(session, CMD_NO_DAEMON, SESSION_ERROR_UNSURE, "%s",
		                      muster_strerror(session->muster, result));
	if (session->unreachable)
		return fail_connect(session, result);
	return fail_connection(session, result);
}

enum cmd_exit session_refuse(struct session *session, enum cmd_exit code, const char *error,
                             const char *format, ...)
{
	char text[SESSION_TEXT_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (session_json(session))
		session_print_json(json_pack("{s:s, s:{s:o}, s:o}", "error", error, "parameters",
		                             "message", alloc_json_text(text), "message",
		                             alloc_json_text(text)));
	else
		print_trouble(text);
	return code;
}

void session_print_json(json_t *value)
{
	alloc_json(value);
	if (json_dumpf(value, stdout, JSON_COMPACT | JSON_ENCODE_ANY) == 0)
		putchar('\n');
	json_decref(value);
}

enum cmd_exit session_flush(struct session *session, enum cmd_exit code)
{
	int error = session->output_errno;

	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout) && !error)
		return code;
	if (!error)
		error = errno ? errno : EIO;
	if (error == EPIPE)
		return code;
	fprintf(stderr, "muster: cannot write to standard output: %s\n", strerror(error));
	return code == CMD_DONE ? CMD_REFUSED : code;
}
