/*
 * libmuster: the words of multiprocessing.Process, each one call of org.muster.Process. A reply
 * that lacks what its interface promises is no Varlink of ours: -EBADMSG.
 */
#include "common/client.h"

#include "common/json.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROCESS "org.muster.Process."

struct process_reply {
	bool alive;
	bool pid_given;
	bool exitcode_given;
	json_int_t pid;
	json_int_t exitcode;
	json_t *outcomes;
};

#define REPLY(member, kind, required)                                              \
	{                                                                          \
#member, kind, required, offsetof(struct process_reply, member), 0 \
	}
#define REPLY_NULLABLE(member, kind)                                          \
	{                                                                     \
#member, kind, false, offsetof(struct process_reply, member), \
		    offsetof(struct process_reply, member##_given)            \
	}

static const struct json_field alive_fields[] = {REPLY(alive, JSON_FIELD_BOOL, true), {0}};
static const struct json_field pid_fields[] = {REPLY_NULLABLE(pid, JSON_FIELD_INT), {0}};
static const struct json_field exitcode_fields[] = {REPLY_NULLABLE(exitcode, JSON_FIELD_INT), {0}};
static const struct json_field join_fields[] = {
    REPLY(alive, JSON_FIELD_BOOL, true), REPLY_NULLABLE(exitcode, JSON_FIELD_INT), {0}};
static const struct json_field outcomes_fields[] = {REPLY(outcomes, JSON_FIELD_ARRAY, true), {0}};

struct outcome {
	const char *name;
	const char *status;
	const char *message;
};

static const struct json_field outcome_fields[] = {
    {"name", JSON_FIELD_STRING, true, offsetof(struct outcome, name), 0},
    {"status", JSON_FIELD_STRING, true, offsetof(struct outcome, status), 0},
    {"message", JSON_FIELD_STRING, false, offsetof(struct outcome, message), 0},
    {0},
};

/*
 * The call with `parameters` (taken over), decoded by `fields`. What is borrowed in *ret_reply
 * lives as long as *ret_object, which the caller owns, or does not want (NULL).
 */
static int process_call(struct muster *muster, const char *method, json_t *parameters,
                        const struct json_field *fields, struct process_reply *ret_reply,
                        json_t **ret_object)
{
	struct process_reply reply;
	const char *field;
	json_t *object;
	int ret;

	if (!parameters)
		return -ENOMEM;
	ret = muster_call(muster, method, parameters, &object);
	if (ret != 0)
		return ret;
	if (json_decode_known(object, fields, &reply, &field) < 0)
		ret = -EBADMSG;
	else
		*ret_reply = reply;
	if (ret == 0 && ret_object)
		*ret_object = object;
	else
		json_decref(object);
	return ret;
}

static bool is_text(const char *text)
{
	return text && json_text_is_utf8(text, strlen(text));
}

static bool is_int(json_int_t value)
{
	return value >= INT_MIN && value <= INT_MAX;
}

int muster_process_is_alive(struct muster *muster, const char *name, bool *ret_alive)
{
	struct process_reply reply;
	int ret;

	if (!is_text(name))
		return -EINVAL;
	ret = process_call(muster, PROCESS "IsAlive", json_pack("{s:s}", "name", name),
	                   alive_fields, &reply, NULL);
	if (ret == 0)
		*ret_alive = reply.alive;
	return ret;
}

int muster_process_pid(struct muster *muster, const char *name, int *ret_pid)
{
	struct process_reply reply;
	int ret;

	if (!is_text(name))
		return -EINVAL;
	ret = process_call(muster, PROCESS "Pid", json_pack("{s:s}", "name", name), pid_fields,
	                   &reply, NULL);
	if (ret != 0)
		return ret;
	if (!is_int(reply.pid) || reply.pid < 0)
		return -EBADMSG;
	*ret_pid = (int)reply.pid;
	return 0;
}

int muster_process_exitcode(struct muster *muster, const char *name, bool *ret_has_exitcode,
                            int *ret_exitcode)
{
	struct process_reply reply;
	int ret;

	if (!is_text(name))
		return -EINVAL;
	ret = process_call(muster, PROCESS "ExitCode", json_pack("{s:s}", "name", name),
	                   exitcode_fields, &reply, NULL);
	if (ret != 0)
		return ret;
	if (!is_int(reply.exitcode))
		return -EBADMSG;
	*ret_has_exitcode = reply.exitcode_given;
	*ret_exitcode = (int)reply.exitcode;
	return 0;
}

int muster_process_join(struct muster *muster, const char *name, double timeout_s, bool *ret_alive,
                        bool *ret_has_exitcode, int *ret_exitcode)
{
	struct process_reply reply;
	json_t *timeout;
	int ret;

	if (!is_text(name) || isnan(timeout_s))
		return -EINVAL;
	timeout = timeout_s < 0 || isinf(timeout_s) ? json_null() : json_real(timeout_s);
	ret = process_call(muster, PROCESS "Join",
	                   json_pack("{s:s, s:o}", "name", name, "timeout", timeout), join_fields,
	                   &reply, NULL);
	if (ret != 0)
		return ret;
	if (!is_int(reply.exitcode))
		return -EBADMSG;
	*ret_alive = reply.alive;
	*ret_has_exitcode = reply.exitcode_given;
	*ret_exitcode = (int)reply.exitcode;
	return 0;
}

/* Makes an outcome that is the name of an error the connection's error. */
static int outcome_refuse(struct muster *muster, json_t *object, const struct outcome *outcome)
{
	char *name = NULL, *words = NULL;
	int ret = -ENOMEM;

	if (asprintf(&name, "%s%s", strchr(outcome->status, '.') ? "" : PROCESS, outcome->status) <
	    0)
		return -ENOMEM;
	if (!outcome->message || asprintf(&words, "%s: %s", outcome->name, outcome->message) >= 0)
		ret = client_refuse(muster, name, object, words);
	free(name);
	return ret;
}

/* The first outcome that is an error decides. */
static int outcomes_check(struct muster *muster, json_t *outcomes)
{
	json_t *item;
	size_t i;

	json_array_foreach(outcomes, i, item)
	{
		struct outcome outcome;
		const char *field;

		if (!json_is_object(item) ||
		    json_decode_known(item, outcome_fields, &outcome, &field) < 0)
			return -EBADMSG;
		if (strcmp(outcome.status, "done") != 0 && strcmp(outcome.status, "already") != 0)
			return outcome_refuse(muster, item, &outcome);
	}
	return 0;
}

static int process_change(struct muster *muster, const char *method, const char *selector)
{
	struct process_reply reply;
	json_t *object;
	int ret;

	if (!is_text(selector))
		return -EINVAL;
	ret = process_call(muster, method, json_pack("{s:[s]}", "selectors", selector),
	                   outcomes_fields, &reply, &object);
	if (ret != 0)
		return ret;
	ret = outcomes_check(muster, reply.outcomes);
	json_decref(object);
	return ret;
}

int muster_process_start(struct muster *muster, const char *selector)
{
	return process_change(muster, PROCESS "Start", selector);
}

int muster_process_terminate(struct muster *muster, const char *selector)
{
	return process_change(muster, PROCESS "Terminate", selector);
}

int muster_process_kill(struct muster *muster, const char *selector)
{
	return process_change(muster, PROCESS "Kill", selector);
}
