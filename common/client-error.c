/*
 * Errors in words that a person can act on. The table has every error of the interfaces in
 * common/api; a test holds one against the other. An error that it does not have (of a newer
 * daemon) is shown with its name and parameters.
 */
#include "common/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The longest name of a parameter between braces in the tables below. */
#define CLIENT_PARAMETER_MAX 32

#define NOT_PERMITTED "not permitted: the right \"{right}\" is missing"
#define TOO_LARGE "too large: the limit is {limit} bytes"

const struct client_error client_errors[] = {
    {"org.muster.Array.NoSuchArray", "no such array: {name}"},
    {"org.muster.Array.OtherDeclaration",
     "array {name} exists with another declaration: {length} of type {typecode}"},
    {"org.muster.Array.BadTypecode", "no such typecode: {typecode}"},
    {"org.muster.Array.OutOfRange", "array {name} has {length} values: there is no index {index}"},
    {"org.muster.Array.BadValue", "a value does not fit array {name} of type {typecode}"},
    {"org.muster.Array.NotPermitted", NOT_PERMITTED},
    {"org.muster.Barrier.NoSuchBarrier", "no such barrier: {name}"},
    {"org.muster.Barrier.OtherDeclaration", "barrier {name} exists for {parties} parties"},
    {"org.muster.Barrier.Broken", "barrier {name} is broken"},
    {"org.muster.Barrier.InUse", "barrier {name} is waited for"},
    {"org.muster.Barrier.NotPermitted", NOT_PERMITTED},
    {"org.muster.Condition.NotOwner", "the caller does not hold lock {lock}"},
    {"org.muster.Condition.NotPermitted", NOT_PERMITTED},
    {"org.muster.Event.NotPermitted", NOT_PERMITTED},
    {"org.muster.Local.NoSuchKey", "no such key: {key}"},
    {"org.muster.Local.NoSuchProcess", "no such process: {name}"},
    {"org.muster.Local.NoProcess", "the caller belongs to no supervised process: name one"},
    {"org.muster.Local.TooLarge", TOO_LARGE},
    {"org.muster.Local.NotPermitted", NOT_PERMITTED},
    {"org.muster.Lock.NotHeld", "lock {name} is not held"},
    {"org.muster.Lock.NotOwner", "lock {name} is held by another: {holder}"},
    {"org.muster.Lock.WrongKind", "{name} is in use as a {kind}"},
    {"org.muster.Lock.Deadlock", "waiting for lock {name} would never end: {circle}"},
    {"org.muster.Lock.NotPermitted", NOT_PERMITTED},
    {"org.muster.Manager.BadConfig", "{file}:{line}: {message}"},
    {"org.muster.Manager.NotPermitted", NOT_PERMITTED},
    {"org.muster.Manager.NotNow", "not now: musterd is {state}"},
    {"org.muster.Manager.UpgradeRefused", "{message}"},
    {"org.muster.Pool.NoSuchPool", "no such pool: {name}"},
    {"org.muster.Pool.NoSuchTask", "no such task: {id}"},
    {"org.muster.Pool.Closed", "pool {pool} takes no more tasks"},
    {"org.muster.Pool.TooLarge", TOO_LARGE},
    {"org.muster.Pool.NotPermitted", NOT_PERMITTED},
    {"org.muster.Process.NoSuchProcess", "no such process: {name}"},
    {"org.muster.Process.AlreadyStarted", "already started: {name}"},
    {"org.muster.Process.NotRunning", "not running: {name}"},
    {"org.muster.Process.SpawnError", "{name} could not be started: {message}"},
    {"org.muster.Process.AbnormalTermination",
     "{name} ended before it counted as started (exit code {exitcode})"},
    {"org.muster.Process.BadSignal", "no such signal: {signal}"},
    {"org.muster.Process.NoLog", "{name} has no {stream} log"},
    {"org.muster.Process.NameInUse", "the name is in use: {name}"},
    {"org.muster.Process.InvalidOption", "{option}: {message}"},
    {"org.muster.Process.StillRunning", "{name} has not ended: terminate it first"},
    {"org.muster.Process.NotAdHoc", "{name} is in the configuration: take it out there"},
    {"org.muster.Process.NotPermitted", NOT_PERMITTED},
    {"org.muster.Queue.NoSuchQueue", "no such queue: {name}"},
    {"org.muster.Queue.OtherDeclaration",
     "queue {name} exists with another declaration: maxsize {maxsize}, durable {durable}"},
    {"org.muster.Queue.Empty", "queue {name} is empty"},
    {"org.muster.Queue.Full", "queue {name} is full"},
    {"org.muster.Queue.TooManyDone", "more items of queue {name} were told done than were put"},
    {"org.muster.Queue.NoSuchReceipt", "no such receipt: {receipt}"},
    {"org.muster.Queue.TooLarge", TOO_LARGE},
    {"org.muster.Queue.NotPermitted", NOT_PERMITTED},
    {"org.muster.Semaphore.NoSuchSemaphore", "no such semaphore: {name}"},
    {"org.muster.Semaphore.OtherDeclaration",
     "semaphore {name} exists with another declaration: initial {initial}, bounded {bounded}"},
    {"org.muster.Semaphore.OverRelease", "semaphore {name} was released more than acquired"},
    {"org.muster.Semaphore.InUse", "semaphore {name} is in use"},
    {"org.muster.Semaphore.NotPermitted", NOT_PERMITTED},
    {"org.muster.Timer.NoSuchTimer", "no such timer: {id}"},
    {"org.muster.Timer.BadSchedule", "schedule \"{schedule}\", position {position}: {message}"},
    {"org.muster.Timer.NotPermitted", NOT_PERMITTED},
    {"org.varlink.service.InterfaceNotFound", "musterd has no interface {interface}"},
    {"org.varlink.service.MethodNotFound", "musterd has no method {method}"},
    {"org.varlink.service.MethodNotImplemented", "this musterd cannot {method} yet"},
    {"org.varlink.service.InvalidParameter", "invalid parameter: {parameter}"},
    {0},
};

static const struct {
	int error;
	const char *words;
} errnos[] = {
    {ENOENT, "there is no socket of musterd"},
    {ECONNREFUSED, "no musterd listens on the socket"},
    {EPERM, "the socket is another user's: name it to use it all the same"},
    {EACCES, "this user may not use the socket of musterd"},
    {ENAMETOOLONG, "the path is too long for a socket"},
    {ETIMEDOUT, "musterd did not answer in time"},
    {ECONNRESET, "musterd closed the connection"},
    {EBADMSG, "the answer is not valid Varlink, or too long"},
    {EBUSY, "replies to earlier calls are still to be taken"},
    {EMSGSIZE, "the call is longer than musterd reads"},
    {ENOBUFS, "too many replies wait to be taken"},
    {-MUSTER_UNSURE,
     "the connection to musterd was lost: it is not known whether the call was carried out"},
};

const char *client_errno_words(int error)
{
	const char *words;

	for (size_t i = 0; i < sizeof(errnos) / sizeof(errnos[0]); i++) {
		if (errnos[i].error == error)
			return errnos[i].words;
	}
	words = strerrordesc_np(error);
	return words ? words : "unknown error";
}

/* Names come from outside: control characters, of both sets, must not reach a terminal. */
static void put_text(FILE *out, const unsigned char *text)
{
	for (; *text; text++) {
		bool second_set = text[0] == 0xc2 && text[1] >= 0x80 && text[1] <= 0x9f;

		fputc(second_set || *text < ' ' || *text == 0x7f ? '?' : *text, out);
		text += second_set;
	}
}

/* A parameter as a person would write it. */
static void put_parameter(FILE *out, json_t *value)
{
	char *text;

	if (json_is_string(value)) {
		put_text(out, (const unsigned char *)json_string_value(value));
		return;
	}
	text = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII) : NULL;
	fputs(text ? text : "?", out);
	free(text);
}

static void put_words(FILE *out, const char *words, json_t *parameters)
{
	while (*words) {
		char name[CLIENT_PARAMETER_MAX];
		size_t plain = strcspn(words, "{"), size;

		fwrite(words, 1, plain, out);
		words += plain;
		if (*words == '\0')
			break;
		size = strcspn(++words, "}");
		if (size < sizeof(name)) {
			memcpy(name, words, size);
			name[size] = '\0';
			put_parameter(out, json_object_get(parameters, name));
		}
		words += size;
		words += *words == '}';
	}
}

static const struct client_error *error_find(const char *name)
{
	for (const struct client_error *error = client_errors; error->name; error++) {
		if (strcmp(error->name, name) == 0)
			return error;
	}
	return NULL;
}

char *client_error_words(const char *name, json_t *parameters)
{
	const struct client_error *error = error_find(name);
	char *words = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&words, &size);
	bool failed;

	if (!out)
		return NULL;
	if (error) {
		put_words(out, error->words, parameters);
	} else {
		fputs("musterd answered with ", out);
		put_text(out, (const unsigned char *)name);
		fputc(' ', out);
		put_parameter(out, parameters);
	}
	failed = ferror(out) != 0;
	if (fclose(out) != 0 || failed) {
		free(words);
		return NULL;
	}
	return words;
}
