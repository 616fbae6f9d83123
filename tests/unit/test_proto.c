/* Varlink envelopes: what is taken, what is refused and with which words, and what is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/proto.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void test_a_full_call(void **state)
{
	static const char text[] = "{\"method\":\"org.muster.Process.Join\",\"parameters\":{"
				   "\"name\":\"web\"},\"more\":true}";
	struct proto_call call;
	const char *why = NULL;

	(void)state;
	assert_int_equal(proto_decode_call(text, strlen(text), &call, &why), 0);
	assert_string_equal(call.method, "org.muster.Process.Join");
	assert_string_equal(json_string_value(json_object_get(call.parameters, "name")), "web");
	assert_true(call.more);
	assert_false(call.oneway);
	assert_null(why);
	assert_int_equal(call.parameters->refcount, 1);
	proto_call_done(&call);
	assert_null(call.method);
	proto_call_done(&call); /* twice does no harm */
}

static void test_forms_of_a_call(void **state)
{
	static const char *const texts[] = {
	    "{\"method\":\"a.B\"}",
	    " {\"parameters\" : null , \"method\" : \"a.B\"}\n",
	    "{\"method\":\"a.B\",\"parameters\":{},\"more\":false,\"oneway\":false}",
	    "{\"method\":\"a.B\",\"upgrade\":false}",
	    "{\"method\":\"a.B\",\"more\":null,\"upgrade\":null}",
	    "{\"future\":[1,{}],\"method\":\"a.B\",\"Method\":3}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct proto_call call;
		const char *why;

		assert_int_equal(proto_decode_call(texts[i], strlen(texts[i]), &call, &why), 0);
		assert_string_equal(call.method, "a.B");
		assert_true(json_is_object(call.parameters));
		assert_int_equal(json_object_size(call.parameters), 0);
		assert_false(call.more || call.oneway);
		proto_call_done(&call);
	}
}

static void test_calls_that_are_refused(void **state)
{
	static const struct {
		const char *text;
		const char *why;
	} rows[] = {
	    {"", "not JSON"},
	    {"x", "not JSON"},
	    {"{\"method\":\"a.B\"", "not JSON"},
	    {"{\"method\":\"a.B\"}x", "not JSON"},
	    {"{\"method\":\"a.B\"}{}", "not JSON"},
	    {"{\"method\":\"a.B\",\"method\":\"a.C\"}", "not JSON"},
	    {"{\"method\":\"a.\\u0000B\"}", "not JSON"},
	    {"{\"method\":\"a.\xff\"}", "not JSON"},
	    {"{\"method\":\"a.B\",\"parameters\":{\"x\":1e999}}", "not JSON"},
	    {"3", "not JSON"},
	    {"[]", "not a JSON object"},
	    {"{}", "\"method\" is missing"},
	    {"{\"method\":null}", "\"method\" is missing"},
	    {"{\"method\":1}", "\"method\" is missing or not a string"},
	    {"{\"method\":\"\"}", "\"method\" is empty"},
	    {"{\"method\":\"a.B\",\"parameters\":[]}", "\"parameters\" is not an object"},
	    {"{\"method\":\"a.B\",\"parameters\":\"x\"}", "\"parameters\" is not an object"},
	    {"{\"method\":\"a.B\",\"more\":1}", "\"more\" is not"},
	    {"{\"method\":\"a.B\",\"oneway\":\"true\"}", "\"oneway\" is not"},
	    {"{\"method\":\"a.B\",\"upgrade\":{}}", "\"upgrade\" is not true or false"},
	    {"{\"method\":\"a.B\",\"upgrade\":true}", "\"upgrade\" is not offered"},
	    {"{\"method\":\"a.B\",\"more\":true,\"oneway\":true}", "not both"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct proto_call call = {0};
		const char *why = NULL;

		assert_int_equal(proto_decode_call(rows[i].text, strlen(rows[i].text), &call, &why),
		                 -EBADMSG);
		assert_non_null(why);
		if (!strstr(why, rows[i].why))
			fail_msg("%s: \"%s\" says no \"%s\"", rows[i].text, why, rows[i].why);
		assert_null(call.method);
		assert_null(call.parameters);
	}
}

/* A call cut at any byte is no call, and a NUL anywhere makes it none. */
static void test_a_call_cut_short(void **state)
{
	static const char text[] =
	    "{\"method\":\"a.B\",\"parameters\":{\"x\":[1,2.5,\"y\",null,{}]}}";
	struct proto_call call;
	const char *why;

	(void)state;
	for (size_t size = 0; size < sizeof(text) - 1; size++) {
		char copy[sizeof(text)];

		assert_int_equal(proto_decode_call(text, size, &call, &why), -EBADMSG);
		memcpy(copy, text, sizeof(text));
		copy[size] = '\0';
		assert_int_equal(proto_decode_call(copy, sizeof(text) - 1, &call, &why), -EBADMSG);
	}
}

/* `depth` containers, alternately objects and arrays, the first being the parameters. */
static char *nested_call(unsigned depth)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	fputs("{\"method\":\"a.B\",\"parameters\":", out);
	for (unsigned i = 0; i < depth; i++)
		fputs(i % 2 ? "[" : "{\"x\":", out);
	fputs("1", out);
	for (unsigned i = depth; i-- > 0;)
		fputs(i % 2 ? "]" : "}", out);
	fputs("}", out);
	fclose(out);
	return text;
}

static void test_depth_is_limited(void **state)
{
	static const unsigned depths[] = {1, PROTO_DEPTH_MAX, PROTO_DEPTH_MAX + 1, 1000, 100000};

	(void)state;
	for (size_t i = 0; i < sizeof(depths) / sizeof(depths[0]); i++) {
		struct proto_call call;
		const char *why = NULL;
		char *text = nested_call(depths[i]);
		int ret = proto_decode_call(text, strlen(text), &call, &why);

		if (depths[i] <= PROTO_DEPTH_MAX) {
			assert_int_equal(ret, 0);
			proto_call_done(&call);
		} else {
			assert_int_equal(ret, -EBADMSG);
			assert_non_null(why);
		}
		free(text);
	}
}

static void test_replies(void **state)
{
	static const struct {
		const char *text;
		int ret;
		const char *error;
		size_t parameters;
		bool continues;
	} rows[] = {
	    {"{}", 0, NULL, 0, false},
	    {"{\"parameters\":{\"alive\":true}}", 0, NULL, 1, false},
	    {"{\"parameters\":{\"a\":1,\"b\":2},\"continues\":true}", 0, NULL, 2, true},
	    {"{\"error\":\"a.E\"}", 0, "a.E", 0, false},
	    {"{\"error\":\"a.E\",\"parameters\":{\"name\":\"x\"}}", 0, "a.E", 1, false},
	    {"{\"error\":null,\"parameters\":null,\"x\":1}", 0, NULL, 0, false},
	    {"{\"error\":1}", -EBADMSG, NULL, 0, false},
	    {"{\"continues\":1}", -EBADMSG, NULL, 0, false},
	    {"{\"parameters\":[]}", -EBADMSG, NULL, 0, false},
	    {"[]", -EBADMSG, NULL, 0, false},
	    {"", -EBADMSG, NULL, 0, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct proto_reply reply = {0};
		const char *why = NULL;
		int ret = proto_decode_reply(rows[i].text, strlen(rows[i].text), &reply, &why);

		assert_int_equal(ret, rows[i].ret);
		assert_int_equal(why != NULL, ret < 0);
		assert_int_equal(reply.error != NULL, rows[i].error != NULL);
		if (rows[i].error)
			assert_string_equal(reply.error, rows[i].error);
		assert_int_equal(json_object_size(reply.parameters), rows[i].parameters);
		assert_int_equal(reply.continues, rows[i].continues);
		proto_reply_done(&reply);
	}
}

static void assert_text(char *text, size_t size, const char *expected)
{
	assert_non_null(text);
	assert_string_equal(text, expected);
	assert_int_equal(size, strlen(expected));
	free(text);
}

static void test_encode(void **state)
{
	json_t *parameters = json_pack("{s:s, s:f}", "name", "a\"\n", "timeout", 1.5);
	json_t *empty = json_object();
	size_t size = 0;
	char *text;

	(void)state;
	text = proto_encode_call("a.B", NULL, false, false, &size);
	assert_text(text, size, "{\"method\":\"a.B\"}");
	text = proto_encode_call("a.\"B", parameters, true, false, &size);
	assert_text(
	    text, size,
	    "{\"method\":\"a.\\\"B\",\"parameters\":{\"name\":\"a\\\"\\n\",\"timeout\":1.5},"
	    "\"more\":true}");
	text = proto_encode_call("a.B", empty, false, true, &size);
	assert_text(text, size, "{\"method\":\"a.B\",\"parameters\":{},\"oneway\":true}");
	text = proto_encode_reply(NULL, NULL, false, &size);
	assert_text(text, size, "{\"parameters\":{}}");
	text = proto_encode_reply(NULL, parameters, true, &size);
	assert_text(text, size,
	            "{\"parameters\":{\"name\":\"a\\\"\\n\",\"timeout\":1.5},\"continues\":true}");
	text = proto_encode_reply("a.E", empty, false, &size);
	assert_text(text, size, "{\"error\":\"a.E\",\"parameters\":{}}");
	assert_int_equal(parameters->refcount, 1);
	json_decref(parameters);
	json_decref(empty);
}

static void test_what_cannot_be_encoded(void **state)
{
	json_t *bytes = json_object();
	size_t size = 4711;

	(void)state;
	assert_null(proto_encode_call("a.\xff", NULL, false, false, &size));
	assert_int_equal(json_object_set_new(bytes, "x", json_string_nocheck("\xff")), 0);
	assert_null(proto_encode_reply(NULL, bytes, false, &size));
	assert_int_equal(size, 4711);
	json_decref(bytes);
}

/* What one side writes, the other reads, also where it is large. */
static void test_there_and_back(void **state)
{
	json_t *names = json_array(), *parameters;
	struct proto_reply reply;
	const char *why;
	size_t size;
	char *text;

	(void)state;
	for (int i = 0; i < 50000; i++)
		assert_int_equal(
		    json_array_append_new(names, json_sprintf("worker-%d \xe2\x82\xac", i)), 0);
	parameters = json_pack("{s:o}", "names", names);
	text = proto_encode_reply("a.E", parameters, true, &size);
	assert_non_null(text);
	assert_int_equal(strlen(text), size);
	assert_int_equal(proto_decode_reply(text, size, &reply, &why), 0);
	assert_string_equal(reply.error, "a.E");
	assert_true(reply.continues);
	assert_true(json_equal(reply.parameters, parameters));
	proto_reply_done(&reply);
	json_decref(parameters);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_full_call),
	    cmocka_unit_test(test_forms_of_a_call),
	    cmocka_unit_test(test_calls_that_are_refused),
	    cmocka_unit_test(test_a_call_cut_short),
	    cmocka_unit_test(test_depth_is_limited),
	    cmocka_unit_test(test_replies),
	    cmocka_unit_test(test_encode),
	    cmocka_unit_test(test_what_cannot_be_encoded),
	    cmocka_unit_test(test_there_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
