/*
 * What may be said twice. A call that ends without its NUL was never carried out, so only those
 * that were sent whole are judged. For these the daemon is the one who knows what the first call
 * did: the second one says when it was first made, and the daemon counts what has happened since as
 * done by it (job.c), so a batch that has ended meanwhile is not started a second time.
 */
#include "common/client-repeat.h"

#include "common/muster.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of calls that are kept for a repeat, on one connection. */
#define REPEAT_KEEP_MAX (16 * 1024 * 1024)
#define USEC_PER_SEC 1000000

/* What calls of REPEAT_WISH have: when they were first made; and, of each reply, whose outcome. */
#define REPEAT_ASKED "asked_usec"
#define REPEAT_OUTCOMES "outcomes"
#define REPEAT_NAME "name"

const struct repeat_row repeat_rows[] = {
    {"org.muster.Process.List", REPEAT_READ, NULL, NULL},
    {"org.muster.Process.IsAlive", REPEAT_READ, NULL, NULL},
    {"org.muster.Process.Pid", REPEAT_READ, NULL, NULL},
    {"org.muster.Process.ExitCode", REPEAT_READ, NULL, NULL},
    {"org.muster.Process.Join", REPEAT_READ, "timeout", NULL},
    {"org.muster.Process.Logs", REPEAT_READ, NULL, "follow"},
    {"org.muster.Process.Start", REPEAT_WISH, NULL, NULL},
    {"org.muster.Process.Terminate", REPEAT_WISH, NULL, NULL},
    {"org.muster.Process.Kill", REPEAT_WISH, NULL, NULL},
    {"org.muster.Manager.Status", REPEAT_READ, NULL, NULL},
    {"org.muster.Manager.Reread", REPEAT_READ, NULL, NULL},
    {"org.muster.Manager.Watch", REPEAT_GAP, NULL, NULL},
    /* The wait that it was to end has ended with its connection. */
    {"org.muster.Manager.Cancel", REPEAT_READ, NULL, NULL},
    {"org.varlink.service.GetInfo", REPEAT_READ, NULL, NULL},
    {"org.varlink.service.GetInterfaceDescription", REPEAT_READ, NULL, NULL},
    {0},
};

struct client_call {
	struct client_call *next;
	char *text;
	size_t size;
	uint64_t end;       /* where on the connection it ends */
	int64_t asked_usec; /* when it was first made */
	bool repeated;      /* it was sent whole on a connection before this one */
	bool answered;      /* part of its answer was given to the caller */
	json_t *told;       /* names whose outcomes were; NULL: none */
};

static void call_free(struct client_calls *calls, struct client_call *call)
{
	calls->size -= call->size;
	json_decref(call->told);
	free(call->text);
	free(call);
}

void client_calls_keep(struct client_calls *calls, const struct client_link *link, char *text,
                       size_t size)
{
	bool fits = !calls->forgotten && calls->size + size <= REPEAT_KEEP_MAX;
	struct client_call *call = fits ? calloc(1, sizeof(*call)) : NULL;

	if (!call) {
		free(text);
		client_calls_clear(calls);
		calls->forgotten = true;
		return;
	}
	call->text = text;
	call->size = size;
	call->end = link->queued;
	call->asked_usec = client_now_usec();
	if (calls->last)
		calls->last->next = call;
	else
		calls->first = call;
	calls->last = call;
	calls->size += size;
}

void client_calls_pop(struct client_calls *calls)
{
	struct client_call *call = calls->first;

	if (!call)
		return;
	calls->first = call->next;
	if (!calls->first)
		calls->last = NULL;
	call_free(calls, call);
}

void client_calls_drop_last(struct client_calls *calls)
{
	struct client_call *call = calls->first;

	if (!call || call == calls->last) {
		client_calls_pop(calls);
		return;
	}
	while (call->next != calls->last)
		call = call->next;
	call_free(calls, calls->last);
	call->next = NULL;
	calls->last = call;
}

void client_calls_clear(struct client_calls *calls)
{
	while (calls->first)
		client_calls_pop(calls);
	calls->forgotten = false;
}

bool client_calls_look(struct client_calls *calls, struct proto_reply *reply)
{
	struct client_call *call = calls->first;
	json_t *outcomes = json_object_get(reply->parameters, REPEAT_OUTCOMES);
	size_t before = json_array_size(outcomes), i = 0;

	if (!call)
		return false;
	call->answered = true;
	if (before == 0)
		return false;
	if (!call->told)
		call->told = json_object();
	while (i < json_array_size(outcomes)) {
		const char *name =
		    json_string_value(json_object_get(json_array_get(outcomes, i), REPEAT_NAME));

		if (name && call->repeated && json_object_get(call->told, name)) {
			json_array_remove(outcomes, i);
			continue;
		}
		if (name)
			json_object_set_new(call->told, name, json_true());
		i++;
	}
	return reply->continues && json_array_size(outcomes) == 0;
}

static const struct repeat_row *row_find(const char *method)
{
	for (const struct repeat_row *row = repeat_rows; row->method; row++) {
		if (strcmp(row->method, method) == 0)
			return row;
	}
	return NULL;
}

/*
 * One call that was sent whole. *wish is the one wish that all of them may have: two that differ
 * could have been carried out in an order that a repeat would turn round.
 */
static int call_judge(struct client_call *call, const struct proto_call *decoded,
                      const struct repeat_row **wish)
{
	const struct repeat_row *row = row_find(decoded->method);

	if (!row)
		return MUSTER_UNSURE;
	if (row->kind == REPEAT_WISH) {
		if (*wish && *wish != row)
			return MUSTER_UNSURE;
		*wish = row;
	} else if (row->kind == REPEAT_GAP || call->answered) {
		return -ECONNRESET;
	}
	if (row->follow && json_is_true(json_object_get(decoded->parameters, row->follow)))
		return -ECONNRESET;
	call->repeated = true;
	return 0;
}

int client_calls_judge(struct client_calls *calls, uint64_t sent, char **ret_method)
{
	const struct repeat_row *wish = NULL;
	int ret = calls->forgotten ? MUSTER_UNSURE : 0;

	*ret_method = NULL;
	for (struct client_call *call = calls->first; call && ret == 0; call = call->next) {
		struct proto_call decoded;
		const char *why;

		if (call->end > sent)
			continue;
		if (proto_decode_call(call->text, call->size, &decoded, &why) < 0)
			return MUSTER_UNSURE;
		ret = call_judge(call, &decoded, &wish);
		if (ret == MUSTER_UNSURE)
			*ret_method = strdup(decoded.method);
		proto_call_done(&decoded);
	}
	return ret;
}

/* The parameters of the second call. */
static int call_reword(const struct client_call *call, const struct repeat_row *row,
                       json_t *parameters)
{
	json_t *timeout = row->timeout ? json_object_get(parameters, row->timeout) : NULL;
	int ret = 0;

	if (json_number_value(timeout) > 0) {
		double gone_s = (double)(client_now_usec() - call->asked_usec) / USEC_PER_SEC;
		double left_s = json_number_value(timeout) - gone_s;

		ret = json_object_set_new(parameters, row->timeout,
		                          json_real(left_s > 0 ? left_s : 0));
	}
	if (row->kind == REPEAT_WISH)
		ret = json_object_set_new(parameters, REPEAT_ASKED, json_integer(call->asked_usec));
	return ret < 0 ? -ENOMEM : 0;
}

static int call_queue_reworded(const struct client_call *call, struct client_link *link)
{
	struct proto_call decoded;
	const char *why;
	size_t size = 0;
	char *text = NULL;
	int ret;

	ret = proto_decode_call(call->text, call->size, &decoded, &why);
	if (ret < 0)
		return ret;
	ret = call_reword(call, row_find(decoded.method), decoded.parameters);
	if (ret == 0)
		text = proto_encode_call(decoded.method, decoded.parameters, decoded.more, false,
		                         &size);
	proto_call_done(&decoded);
	if (ret == 0)
		ret = !text                      ? -ENOMEM
		      : size > PROTO_MESSAGE_MAX ? -EMSGSIZE
		                                 : client_link_queue(link, text, size);
	free(text);
	return ret;
}

int client_calls_repeat(struct client_calls *calls, struct client_link *link)
{
	int ret = 0;

	for (struct client_call *call = calls->first; call && ret == 0; call = call->next) {
		ret = call->repeated ? call_queue_reworded(call, link)
		                     : client_link_queue(link, call->text, call->size);
		call->end = link->queued;
	}
	return ret;
}
