/*
 * From a message to the method it calls, and back to one final reply. Everything that all methods
 * have in common is here: they see a decoded request of a caller who has the right.
 */
#include "daemon/api/api.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/description.h"
#include "common/json.h"
#include "common/log.h"
#include "common/proto.h"
#include "daemon/api/conn.h"
#include "daemon/api/waits.h"
#include "daemon/api/writer.h"
#include "daemon/base/clock.h"
#include "daemon/base/loop.h"
#include "daemon/process/supervisor.h"

extern const struct api_interface api_manager;
extern const struct api_interface api_process;
extern const struct api_interface api_service;

const struct api_interface *const api_interfaces[] = {
    &api_manager,
    &api_process,
    &api_service,
    NULL,
};
#define API_INTERFACE_COUNT (sizeof(api_interfaces) / sizeof(api_interfaces[0]) - 1)

/* The tests are built with it: there a mistake of ours ends the program. */
#if defined(__SANITIZE_ADDRESS__)
#define API_IN_TESTS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define API_IN_TESTS 1
#endif
#endif
#ifndef API_IN_TESTS
#define API_IN_TESTS 0
#endif

/* The rights that a call has to have to change anything. */
#define API_CHANGES (API_CONTROL | API_RUN | API_MANAGE)

/* Between two lines in the log about what clients do wrong. */
#define API_COMPLAINT_USEC USEC_PER_SEC

static const struct {
	unsigned right;
	const char *name;
} right_names[] = {
    {API_READ, "read"}, {API_CONTROL, "control"}, {API_RUN, "run"},
    {API_SYNC, "sync"}, {API_MANAGE, "manage"},
};

static const struct json_field no_fields[] = {{.name = NULL}};

struct api {
	struct loop *loop;
	struct supervisor *supervisor;
	struct waits *waits;
	struct writer writer; /* of the reply that is being written */
	bool writing;         /* there is one, and so no other may be begun */
	uint64_t complained_usec;
	size_t files;            /* taken with api_take_files() */
	size_t changes;          /* calls that wait and change something */
	struct loop_work *quiet; /* to be done once there is one of them; or NULL */
};

/* A method broke a rule of this file. */
static void api_mistake(const char *where, const char *what)
{
	log_error("api: %s %s", where, what);
	if (API_IN_TESTS)
		abort();
}

struct api *api_new(struct loop *loop, struct supervisor *supervisor)
{
	struct api *api = calloc(1, sizeof(*api));

	if (!api)
		return NULL;
	api->loop = loop;
	api->supervisor = supervisor;
	api->waits = waits_new(loop, supervisor);
	if (!api->waits) {
		free(api);
		return NULL;
	}
	return api;
}

void api_free(struct api *api)
{
	if (!api)
		return;
	waits_free(api->waits);
	writer_done(&api->writer);
	free(api);
}

struct loop *api_loop(const struct api *api)
{
	return api->loop;
}

struct supervisor *api_supervisor(const struct api *api)
{
	return api->supervisor;
}

struct waits *api_waits(const struct api *api)
{
	return api->waits;
}

bool api_may_complain(struct api *api)
{
	uint64_t now = clock_monotonic_usec();

	if (api->complained_usec && now - api->complained_usec < API_COMPLAINT_USEC)
		return false;
	api->complained_usec = now;
	return true;
}

int api_take_files(struct api *api, size_t count)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return -errno;
	if (count > limit.rlim_cur / API_FILES_SHARE ||
	    api->files > limit.rlim_cur / API_FILES_SHARE - count)
		return -EMFILE;
	api->files += count;
	return 0;
}

void api_give_back_files(struct api *api, size_t count)
{
	api->files -= count;
}

bool api_is_quiet_but_for(const struct api *api, const struct api_call *call)
{
	return api->changes == (call->is_change ? 1u : 0u);
}

void api_when_quiet(struct api *api, struct loop_work *work)
{
	api->quiet = work;
}

unsigned api_rights_of(unsigned uid)
{
	return uid == 0 || uid == geteuid() ? API_ALL_RIGHTS : 0;
}

const char *api_right_name(unsigned flags)
{
	for (size_t i = 0; i < sizeof(right_names) / sizeof(right_names[0]); i++)
		if (flags & right_names[i].right)
			return right_names[i].name;
	return NULL;
}

/* Like strcmp, of a text that is cut after `size` bytes with one that is not. */
static int compare_cut(const char *cut, size_t size, const char *whole)
{
	int order = strncmp(cut, whole, size);

	return order != 0 ? order : whole[size] ? -1 : 0;
}

static const struct api_interface *api_find_interface(const char *name, size_t size)
{
	size_t low = 0;
	size_t high = API_INTERFACE_COUNT;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = compare_cut(name, size, api_interfaces[middle]->name);

		if (order == 0)
			return api_interfaces[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

/* An interface has a dozen methods or two: their first letters tell most of them apart. */
static const struct api_method *api_find_method(const struct api_interface *interface,
                                                const char *name)
{
	for (const struct api_method *const *at = interface->methods; *at; at++)
		if ((*at)->name[0] == name[0] && strcmp((*at)->name, name) == 0)
			return *at;
	return NULL;
}

static void api_dispatch(struct api_call *call, const char *name)
{
	const char *dot = strrchr(name, '.');
	const char *interface_end = dot ? dot : name + strlen(name);
	const struct json_field *fields;
	const char *field;
	size_t size = (size_t)(interface_end - name);

	call->interface = api_find_interface(name, size);
	if (!call->interface) {
		struct writer *writer = api_error_begin(call, PROTO_INTERFACE_NOT_FOUND);
		writer_text_sized(writer, "interface", name, size);
		api_reply_end(call);
		return;
	}
	call->method = api_find_method(call->interface, dot + 1);
	if (!call->method) {
		api_error_text(call, PROTO_METHOD_NOT_FOUND, "method", name);
		return;
	}
	if (call->method->flags & API_ALL_RIGHTS & ~call->rights) {
		const char *right = api_right_name(call->method->flags & ~call->rights);
		api_error_text(call, "NotPermitted", "right", right);
		return;
	}
	fields = call->method->fields ? call->method->fields : no_fields;
	if (json_decode(call->parameters, fields, call->request, &field) < 0) {
		api_error_invalid(call, field);
		return;
	}
	if (!(call->method->flags & API_MORE))
		call->more = false;
	call->method->exec(call, call->request);
}

int api_call_begin(struct api_call *call, const char *message, size_t size, const char **ret_why)
{
	struct proto_call envelope;
	int ret = proto_decode_call(message, size, &envelope, ret_why);

	if (ret < 0)
		return ret;
	call->parameters = envelope.parameters;
	call->more = envelope.more && !envelope.oneway;
	call->oneway = envelope.oneway;
	call->open = true;
	call->wait = NULL;
	envelope.parameters = NULL;
	api_dispatch(call, envelope.method);
	if (call->open && !call->wait) {
		api_mistake(envelope.method, "neither answered nor waits");
		api_call_fail(call);
	}
	proto_call_done(&envelope);
	return 0;
}

/* The call is over: what it held goes. */
static void api_call_close(struct api_call *call)
{
	const struct api_wait *wait = call->wait;

	call->open = false;
	call->wait = NULL;
	if (call->is_change) {
		call->is_change = false;
		/* The one that is left is the one that wants to know. */
		if (--call->api->changes == 1 && call->api->quiet)
			loop_defer(call->api->loop, call->api->quiet);
	}
	if (wait)
		wait->release(call->wait_data);
	json_decref(call->parameters);
	call->parameters = NULL;
}

void api_call_abandon(struct api_call *call)
{
	if (call->open)
		api_call_close(call);
}

void api_call_drained(struct api_call *call)
{
	if (call->open && call->wait && call->wait->drained)
		call->wait->drained(call, call->wait_data);
}

void api_call_cancel(struct api_call *call)
{
	if (call->open && call->wait)
		call->wait->cancel(call, call->wait_data);
}

bool api_is_cancel(const char *message, size_t size)
{
	static const char name[] = "org.muster.Manager.Cancel";
	struct proto_call envelope;
	const char *why;
	bool is_cancel;

	if (!memmem(message, size, name, sizeof(name) - 1))
		return false;
	if (proto_decode_call(message, size, &envelope, &why) < 0)
		return false;
	is_cancel = strcmp(envelope.method, name) == 0;
	proto_call_done(&envelope);
	return is_cancel;
}

void api_call_wait(struct api_call *call, const struct api_wait *wait, void *data)
{
	call->wait = wait;
	call->wait_data = data;
	if (!call->is_change && (call->method->flags & API_CHANGES)) {
		call->is_change = true;
		call->api->changes++;
	}
}

bool api_call_is_congested(const struct api_call *call)
{
	return conn_is_congested(call->conn);
}

static void writer_literal(struct writer *writer, const char *text)
{
	writer_raw(writer, text, strlen(text));
}

/* The one writer, empty. */
static struct writer *api_writer(struct api_call *call)
{
	struct api *api = call->api;

	if (api->writing)
		api_mistake(call->method ? call->method->name : "a call",
		            "begins a reply within another");
	api->writing = true;
	writer_reset(&api->writer);
	return &api->writer;
}

struct writer *api_reply_begin(struct api_call *call)
{
	struct writer *writer = api_writer(call);

	writer_literal(writer, "{\"parameters\":{");
	return writer;
}

static void api_reply_send(struct api_call *call)
{
	struct writer *writer = &call->api->writer;

	call->api->writing = false;
	if (writer->failed)
		conn_fail(call->conn, "out of memory for a reply");
	else if (!call->oneway)
		conn_send(call->conn, writer->data, writer->used);
}

void api_reply_end(struct api_call *call)
{
	writer_literal(&call->api->writer, "}}");
	api_reply_send(call);
	api_call_close(call);
	conn_call_ended(call->conn);
}

void api_reply_continue(struct api_call *call)
{
	if (!call->more)
		api_mistake(call->method->name, "has more replies than were asked for");
	writer_literal(&call->api->writer, "},\"continues\":true}");
	api_reply_send(call);
}

void api_reply_empty(struct api_call *call)
{
	api_reply_begin(call);
	api_reply_end(call);
}

void api_call_fail(struct api_call *call)
{
	conn_fail(call->conn, "out of memory for a call");
	api_call_close(call);
	conn_call_ended(call->conn);
}

bool api_error_is_declared(const char *full_name)
{
	const char *dot = strrchr(full_name, '.');
	const char *name = dot ? dot + 1 : full_name;
	size_t size = strlen(name);

	for (const struct description *at = descriptions; dot && at->interface; at++) {
		const char *line = at->text;

		if (compare_cut(full_name, (size_t)(dot - full_name), at->interface) != 0)
			continue;
		while ((line = strstr(line, "\nerror ")) != NULL) {
			line += strlen("\nerror ");
			if (strncmp(line, name, size) == 0 &&
			    (line[size] == ' ' || line[size] == '('))
				return true;
		}
	}
	return false;
}

struct writer *api_error_begin(struct api_call *call, const char *name)
{
	struct writer *writer = api_writer(call);
	size_t start;

	writer_literal(writer, "{\"error\":\"");
	start = writer->used;
	if (!strchr(name, '.')) {
		writer_literal(writer, call->interface->name);
		writer_literal(writer, ".");
	}
	writer_literal(writer, name);
	/* An error that no description has is a mistake of ours; tests are to stumble over it. */
	writer_raw(writer, "", 1);
	if (!writer->failed) {
		if (!api_error_is_declared(writer->data + start))
			api_mistake(writer->data + start, "is not declared");
		writer->used--;
	}
	writer_literal(writer, "\",\"parameters\":{");
	return writer;
}

void api_error_text(struct api_call *call, const char *name, const char *key, const char *value)
{
	writer_text(api_error_begin(call, name), key, value);
	api_reply_end(call);
}

void api_error_invalid(struct api_call *call, const char *parameter)
{
	api_error_text(call, PROTO_INVALID_PARAMETER, "parameter", parameter);
}

int api_seconds_to_usec(double seconds, uint64_t *ret_usec)
{
	if (!(seconds >= 0))
		return -EINVAL;
	if (seconds > API_SECONDS_MAX)
		seconds = API_SECONDS_MAX;
	*ret_usec = (uint64_t)(seconds * USEC_PER_SEC);
	return 0;
}
