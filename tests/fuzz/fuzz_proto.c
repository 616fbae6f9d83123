/*
 * Calls and replies from the socket's bytes: frames, envelopes, parameters by a table. What was
 * decoded, encoded and decoded again must be the same.
 */
#include "tests/fuzz/fuzz.h"

#include "common/frame.h"
#include "common/json.h"
#include "common/proto.h"

#include <stdlib.h>
#include <string.h>

struct request {
	const char *name;
	bool wait;
	bool wait_given;
	json_int_t count;
	double timeout;
	json_t *selectors;
	json_t *options;
	json_t *values;
};

static const struct json_field fields[] = {
    {"name", JSON_FIELD_STRING, true, offsetof(struct request, name), 0},
    {"wait", JSON_FIELD_BOOL, false, offsetof(struct request, wait),
     offsetof(struct request, wait_given)},
    {"count", JSON_FIELD_INT, false, offsetof(struct request, count), 0},
    {"timeout", JSON_FIELD_NUMBER, false, offsetof(struct request, timeout), 0},
    {"selectors", JSON_FIELD_STRINGS, false, offsetof(struct request, selectors), 0},
    {"options", JSON_FIELD_OBJECT, false, offsetof(struct request, options), 0},
    {"values", JSON_FIELD_ARRAY, false, offsetof(struct request, values), 0},
    {0},
};

static void decode_parameters(json_t *parameters)
{
	struct request request;
	const char *field = NULL;

	if (json_decode(parameters, fields, &request, &field) < 0) {
		FUZZ_REQUIRE(field != NULL);
	} else {
		FUZZ_REQUIRE(request.name != NULL);
		FUZZ_REQUIRE(json_text_is_utf8(request.name, strlen(request.name)));
	}
	if (json_decode_known(parameters, fields, &request, &field) == 0)
		FUZZ_REQUIRE(request.name != NULL);
}

static void try_call(const char *text, size_t size)
{
	struct proto_call call, again;
	const char *why = NULL;
	size_t encoded_size;
	char *encoded;

	if (proto_decode_call(text, size, &call, &why) < 0) {
		FUZZ_REQUIRE(why != NULL);
		return;
	}
	decode_parameters(call.parameters);
	encoded =
	    proto_encode_call(call.method, call.parameters, call.more, call.oneway, &encoded_size);
	FUZZ_REQUIRE(encoded && strlen(encoded) == encoded_size);
	FUZZ_REQUIRE(proto_decode_call(encoded, encoded_size, &again, &why) == 0);
	FUZZ_REQUIRE(strcmp(call.method, again.method) == 0 && call.more == again.more);
	FUZZ_REQUIRE(call.oneway == again.oneway && json_equal(call.parameters, again.parameters));
	proto_call_done(&call);
	proto_call_done(&again);
	free(encoded);
}

static void try_reply(const char *text, size_t size)
{
	struct proto_reply reply, again;
	const char *why = NULL;
	size_t encoded_size;
	char *encoded;

	if (proto_decode_reply(text, size, &reply, &why) < 0) {
		FUZZ_REQUIRE(why != NULL);
		return;
	}
	encoded = proto_encode_reply(reply.error, reply.parameters, reply.continues, &encoded_size);
	FUZZ_REQUIRE(encoded && strlen(encoded) == encoded_size);
	FUZZ_REQUIRE(proto_decode_reply(encoded, encoded_size, &again, &why) == 0);
	FUZZ_REQUIRE(!reply.error == !again.error && reply.continues == again.continues);
	FUZZ_REQUIRE(json_equal(reply.parameters, again.parameters));
	proto_reply_done(&reply);
	proto_reply_done(&again);
	free(encoded);
}

/* Any bytes become a JSON string, and are UTF-8 exactly where nothing had to be replaced. */
static void try_text(const char *text, size_t size)
{
	json_t *value = json_text(text, size);
	size_t length = json_string_length(value);
	bool same = length == size && memcmp(json_string_value(value), text, size) == 0;

	FUZZ_REQUIRE(value && json_text_is_utf8(json_string_value(value), length));
	FUZZ_REQUIRE(json_text_is_utf8(text, size) == same);
	json_decref(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame frame;
	const char *message;
	size_t message_size;

	try_text((const char *)data, size);
	frame_init(&frame);
	FUZZ_REQUIRE(frame_append_message(&frame, (const char *)data, size) == 0);
	while (frame_next(&frame, PROTO_MESSAGE_MAX, &message, &message_size) == 1) {
		try_call(message, message_size);
		try_reply(message, message_size);
	}
	frame_done(&frame);
	return 0;
}
