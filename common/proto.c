/*
 * Varlink envelopes. Every call and reply of the program goes through here, so the decode is one
 * pass over a table, and the encode writes the few bytes of the envelope around the parameters
 * instead of building an object for them.
 */
#include "common/proto.h"

#include "common/json.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define PROTO_FIRST_SIZE 128

struct envelope {
	const char *method;
	const char *error;
	json_t *parameters;
	bool more;
	bool oneway;
	bool upgrade;
	bool continues;
};

#define ENVELOPE(member, kind, required)                                      \
	{                                                                     \
#member, kind, required, offsetof(struct envelope, member), 0 \
	}

static const struct json_field call_fields[] = {
    ENVELOPE(method, JSON_FIELD_STRING, true), ENVELOPE(parameters, JSON_FIELD_OBJECT, false),
    ENVELOPE(more, JSON_FIELD_BOOL, false),    ENVELOPE(oneway, JSON_FIELD_BOOL, false),
    ENVELOPE(upgrade, JSON_FIELD_BOOL, false), {0},
};

static const struct json_field reply_fields[] = {
    ENVELOPE(error, JSON_FIELD_STRING, false),
    ENVELOPE(parameters, JSON_FIELD_OBJECT, false),
    ENVELOPE(continues, JSON_FIELD_BOOL, false),
    {0},
};

static const struct {
	const char *member;
	const char *why;
} complaints[] = {
    {"method", "\"method\" is missing or not a string"},
    {"error", "\"error\" is not a string"},
    {"parameters", "\"parameters\" is not an object"},
    {"more", "\"more\" is not true or false"},
    {"oneway", "\"oneway\" is not true or false"},
    {"upgrade", "\"upgrade\" is not true or false"},
    {"continues", "\"continues\" is not true or false"},
};

static const char *envelope_complaint(const char *member)
{
	for (size_t i = 0; i < sizeof(complaints) / sizeof(complaints[0]); i++) {
		if (strcmp(member, complaints[i].member) == 0)
			return complaints[i].why;
	}
	return "a member is of the wrong type";
}

/* Whether containers in `value` stand no deeper than `depth`; so deep it recurses, no deeper. */
static bool proto_depth_fits(json_t *value, unsigned depth)
{
	const char *key;
	json_t *item;
	size_t i;

	if (!json_is_object(value) && !json_is_array(value))
		return true;
	if (depth == 0)
		return false;
	json_object_foreach(value, key, item)
	{
		if (!proto_depth_fits(item, depth - 1))
			return false;
	}
	json_array_foreach(value, i, item)
	{
		if (!proto_depth_fits(item, depth - 1))
			return false;
	}
	return true;
}

/*
 * Text to envelope, which points into *ret_root, owned by the caller; its parameters, owned by the
 * caller too, are an empty object where none were given.
 */
static int envelope_decode(const char *text, size_t size, const struct json_field *fields,
                           struct envelope *ret_envelope, json_t **ret_root, const char **ret_why)
{
	struct envelope envelope = {0};
	json_error_t error;
	const char *member;
	json_t *root;
	int ret = -EBADMSG;

	root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
	/* A whole number too large for an integer is a large number still. */
	if (!root && json_error_code(&error) == json_error_numeric_overflow)
		root = json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL,
		                  &error);
	if (!root) {
		if (json_error_code(&error) == json_error_out_of_memory)
			return -ENOMEM;
		*ret_why = "the message is not JSON, or not what JSON may be here";
		return -EBADMSG;
	}
	if (!json_is_object(root)) {
		*ret_why = "the message is not a JSON object";
		goto out;
	}
	if (json_decode_known(root, fields, &envelope, &member) < 0) {
		*ret_why = envelope_complaint(member);
		goto out;
	}
	if (!proto_depth_fits(envelope.parameters, PROTO_DEPTH_MAX)) {
		*ret_why = "\"parameters\" is nested too deeply";
		goto out;
	}
	ret = -ENOMEM;
	envelope.parameters =
	    envelope.parameters ? json_incref(envelope.parameters) : json_object();
	if (!envelope.parameters)
		goto out;
	*ret_envelope = envelope;
	*ret_root = root;
	return 0;
out:
	json_decref(root);
	return ret;
}

static const char *call_complaint(const struct envelope *envelope)
{
	if (envelope->method[0] == '\0')
		return "\"method\" is empty";
	if (envelope->upgrade)
		return "\"upgrade\" is not offered here";
	if (envelope->more && envelope->oneway)
		return "a call is \"more\" or \"oneway\", not both";
	return NULL;
}

int proto_decode_call(const char *text, size_t size, struct proto_call *ret_call,
                      const char **ret_why)
{
	struct envelope envelope;
	const char *complaint;
	char *method = NULL;
	json_t *root;
	int ret;

	ret = envelope_decode(text, size, call_fields, &envelope, &root, ret_why);
	if (ret < 0)
		return ret;
	complaint = call_complaint(&envelope);
	if (complaint) {
		*ret_why = complaint;
		ret = -EBADMSG;
	} else if ((method = strdup(envelope.method)) == NULL) {
		ret = -ENOMEM;
	}
	if (ret < 0)
		json_decref(envelope.parameters);
	else
		*ret_call = (struct proto_call){method, envelope.parameters, envelope.more,
		                                envelope.oneway};
	json_decref(root);
	return ret;
}

int proto_decode_reply(const char *text, size_t size, struct proto_reply *ret_reply,
                       const char **ret_why)
{
	struct envelope envelope;
	char *error = NULL;
	json_t *root;
	int ret;

	ret = envelope_decode(text, size, reply_fields, &envelope, &root, ret_why);
	if (ret < 0)
		return ret;
	if (envelope.error && (error = strdup(envelope.error)) == NULL) {
		ret = -ENOMEM;
		json_decref(envelope.parameters);
	} else {
		*ret_reply = (struct proto_reply){error, envelope.parameters, envelope.continues};
	}
	json_decref(root);
	return ret;
}

void proto_call_done(struct proto_call *call)
{
	free(call->method);
	json_decref(call->parameters);
	*call = (struct proto_call){0};
}

void proto_reply_done(struct proto_reply *reply)
{
	free(reply->error);
	json_decref(reply->parameters);
	*reply = (struct proto_reply){0};
}

/* Text that grows; once it could not, it stays failed, so that only the end has to be checked. */
struct text {
	char *data;
	size_t used;
	size_t size;
	bool failed;
};

/* Also jansson's callback, which takes -1 for "stop". */
static int text_put(const char *data, size_t size, void *arg)
{
	struct text *text = arg;

	if (text->failed)
		return -1;
	if (size >= text->size - text->used) { /* one byte is kept for a NUL */
		size_t wanted = text->size ? text->size : PROTO_FIRST_SIZE;
		char *grown;

		while (wanted <= SIZE_MAX / 2 && wanted - text->used <= size)
			wanted *= 2;
		grown = wanted - text->used > size ? realloc(text->data, wanted) : NULL;
		if (!grown) {
			text->failed = true;
			return -1;
		}
		text->data = grown;
		text->size = wanted;
	}
	memcpy(text->data + text->used, data, size);
	text->used += size;
	return 0;
}

static void text_put_string(struct text *text, const char *string)
{
	(void)text_put(string, strlen(string), text);
}

static void text_put_json(struct text *text, json_t *value)
{
	if (json_dump_callback(value, text_put, text, JSON_COMPACT | JSON_ENCODE_ANY) < 0)
		text->failed = true;
}

static void text_put_member(struct text *text, const char *key, const char *value)
{
	json_t *string = json_string(value);

	text_put_string(text, key);
	text_put_json(text, string); /* a NULL fails here */
	json_decref(string);
}

static void text_put_parameters(struct text *text, json_t *parameters)
{
	if (parameters && json_object_size(parameters) > 0)
		text_put_json(text, parameters);
	else
		text_put_string(text, "{}");
}

static char *text_finish(struct text *text, size_t *ret_size)
{
	(void)text_put("", 1, text);
	if (text->failed) {
		free(text->data);
		return NULL;
	}
	*ret_size = text->used - 1;
	return text->data;
}

char *proto_encode_call(const char *method, json_t *parameters, bool more, bool oneway,
                        size_t *ret_size)
{
	struct text text = {0};

	text_put_member(&text, "{\"method\":", method);
	if (parameters) {
		text_put_string(&text, ",\"parameters\":");
		text_put_parameters(&text, parameters);
	}
	if (more)
		text_put_string(&text, ",\"more\":true");
	if (oneway)
		text_put_string(&text, ",\"oneway\":true");
	text_put_string(&text, "}");
	return text_finish(&text, ret_size);
}

char *proto_encode_reply(const char *error, json_t *parameters, bool continues, size_t *ret_size)
{
	struct text text = {0};

	if (error)
		text_put_member(&text, "{\"error\":", error);
	text_put_string(&text, error ? ",\"parameters\":" : "{\"parameters\":");
	text_put_parameters(&text, parameters);
	if (continues)
		text_put_string(&text, ",\"continues\":true");
	text_put_string(&text, "}");
	return text_finish(&text, ret_size);
}
