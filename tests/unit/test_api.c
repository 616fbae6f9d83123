/* fakes: fake_daemon fake_client fake_supervisor */
/*
 * The tables of the interfaces against their descriptions, both ways, and what is common to all
 * calls: lookup, rights, parameters, errors, oneway.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/description.h"
#include "common/json.h"
#include "daemon/api/api.h"
#include "daemon/api/writer.h"
#include "tests/unit/fake_daemon.h"

#define PARAMETERS_MAX 16

/* A parameter as a description has it. */
struct parameter {
	char name[64];
	char type[64];
	bool optional;
};

static const char *description_of(const char *interface)
{
	for (const struct description *at = descriptions; at->interface; at++)
		if (strcmp(at->interface, interface) == 0)
			return at->text;
	return NULL;
}

/* Takes "name: ?type" up to a comma or the end. */
static const char *parse_parameter(const char *text, struct parameter *parameter)
{
	int used = 0;

	memset(parameter, 0, sizeof(*parameter));
	assert_int_equal(sscanf(text, " %63[a-z0-9_]: %n", parameter->name, &used), 1);
	text += used;
	parameter->optional = *text == '?';
	text += parameter->optional;
	assert_int_equal(sscanf(text, "%63[][a-zA-Z]%n", parameter->type, &used), 1);
	text += used;
	return *text == ',' ? text + 1 : text;
}

static size_t parse_parameters(const char *text, struct parameter *parameters)
{
	size_t count = 0;

	while (*text != ')') {
		assert_true(count < PARAMETERS_MAX);
		text = parse_parameter(text, &parameters[count++]);
	}
	return count;
}

static enum json_kind kind_of(const char *type)
{
	static const struct {
		const char *type;
		enum json_kind kind;
	} kinds[] = {
	    {"string", JSON_FIELD_STRING},    {"bool", JSON_FIELD_BOOL},
	    {"int", JSON_FIELD_INT},          {"float", JSON_FIELD_NUMBER},
	    {"object", JSON_FIELD_OBJECT},    {"[string]string", JSON_FIELD_OBJECT},
	    {"[]string", JSON_FIELD_STRINGS},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].type, type) == 0)
			return kinds[i].kind;
	fail_msg("no kind for type %s", type);
	return JSON_FIELD_OBJECT;
}

static void check_fields(const struct api_method *method, const char *text)
{
	struct parameter parameters[PARAMETERS_MAX];
	size_t count = parse_parameters(text, parameters);
	size_t rows = 0;

	while (method->fields && method->fields[rows].name)
		rows++;
	assert_int_equal(rows, count);
	for (size_t i = 0; i < count; i++) {
		const struct json_field *field = method->fields;

		while (field->name && strcmp(field->name, parameters[i].name) != 0)
			field++;
		assert_non_null(field->name);
		assert_int_equal(field->kind, kind_of(parameters[i].type));
		assert_int_equal(field->required, !parameters[i].optional);
	}
}

static void every_row_is_described(void **state)
{
	(void)state;
	for (const struct api_interface *const *at = api_interfaces; *at; at++) {
		const char *text = description_of((*at)->name);

		assert_non_null(text);
		for (const struct api_method *const *m = (*at)->methods; *m; m++) {
			char line[128];
			const char *found;

			snprintf(line, sizeof(line), "\nmethod %s(", (*m)->name);
			found = strstr(text, line);
			if (!found)
				fail_msg("%s.%s is not described", (*at)->name, (*m)->name);
			check_fields(*m, found + strlen(line));
			assert_true((*m)->request_size <= API_REQUEST_MAX);
			assert_non_null((*m)->exec);
		}
	}
}

static void every_described_method_has_a_row(void **state)
{
	(void)state;
	for (const struct api_interface *const *at = api_interfaces; *at; at++) {
		const char *text = description_of((*at)->name);
		size_t described = 0;
		size_t rows = 0;

		for (text = strstr(text, "\nmethod "); text; text = strstr(text + 1, "\nmethod "))
			described++;
		while ((*at)->methods[rows])
			rows++;
		assert_int_equal(rows, described);
	}
}

static void tables_are_in_order(void **state)
{
	(void)state;
	for (const struct api_interface *const *at = api_interfaces; *at; at++) {
		if (at[1])
			assert_true(strcmp(at[0]->name, at[1]->name) < 0);
		for (const struct api_method *const *m = (*at)->methods; m[0] && m[1]; m++)
			assert_true(strcmp(m[0]->name, m[1]->name) < 0);
	}
}

static void a_right_is_one_right_and_its_lack_is_declared(void **state)
{
	(void)state;
	for (const struct api_interface *const *at = api_interfaces; *at; at++) {
		char error[128];

		snprintf(error, sizeof(error), "%s.NotPermitted", (*at)->name);
		for (const struct api_method *const *m = (*at)->methods; *m; m++) {
			unsigned right = (*m)->flags & API_ALL_RIGHTS;

			assert_int_equal(right & (right - 1), 0);
			if (right) {
				assert_true(api_error_is_declared(error));
				assert_non_null(api_right_name(right));
			}
		}
	}
	assert_string_equal(api_right_name(API_CONTROL | API_MORE), "control");
	assert_null(api_right_name(API_MORE));
}

static void errors_are_found_by_their_whole_name(void **state)
{
	(void)state;
	assert_true(api_error_is_declared("org.muster.Process.NoSuchProcess"));
	assert_true(api_error_is_declared("org.varlink.service.InvalidParameter"));
	assert_false(api_error_is_declared("org.muster.Process.NoSuch"));
	assert_false(api_error_is_declared("org.muster.Process.NotNow"));
	assert_false(api_error_is_declared("org.muster.Nothing.NotNow"));
	assert_false(api_error_is_declared("NotNow"));
}

static void unknown_names_are_told(void **state)
{
	struct fake_daemon *daemon = *state;

	client_call(&daemon->client, "org.example.Thing.Do", "{}", "");
	client_expect(&daemon->client, "{'error':'org.varlink.service.InterfaceNotFound',"
	                               "'parameters':{'interface':'org.example.Thing'}}");
	client_call(&daemon->client, "org.muster.Proces.List", "{}", "");
	client_expect(&daemon->client, "{'error':'org.varlink.service.InterfaceNotFound',"
	                               "'parameters':{'interface':'org.muster.Proces'}}");
	client_call(&daemon->client, "NoDot", "{}", "");
	client_expect(&daemon->client, "{'error':'org.varlink.service.InterfaceNotFound',"
	                               "'parameters':{'interface':'NoDot'}}");
	client_call(&daemon->client, "org.muster.Process.Fly", "{}", "");
	client_expect(&daemon->client, "{'error':'org.varlink.service.MethodNotFound',"
	                               "'parameters':{'method':'org.muster.Process.Fly'}}");
}

static void wrong_parameters_are_named(void **state)
{
	static const struct {
		const char *method;
		const char *parameters;
		const char *wrong;
	} cases[] = {
	    {"org.muster.Process.Pid", "{}", "name"},
	    {"org.muster.Process.Pid", "{'name':1}", "name"},
	    {"org.muster.Process.Pid", "{'name':'web','nmae':'web'}", "nmae"},
	    {"org.muster.Process.List", "{'selectors':'web'}", "selectors"},
	    {"org.muster.Process.List", "{'selectors':[1]}", "selectors"},
	    {"org.muster.Process.Join", "{'name':'web','timeout':-0.5}", "timeout"},
	    {"org.muster.Process.Join", "{'name':'web','timeout':'1'}", "timeout"},
	    {"org.muster.Process.Logs", "{'selectors':['web'],'lines':-1}", "lines"},
	    {"org.muster.Process.Logs", "{'selectors':['web'],'stream':'x'}", "stream"},
	    {"org.muster.Process.Logs", "{'selectors':['web'],'follow':true}", "follow"},
	    {"org.muster.Manager.Status", "{'x':1}", "x"},
	    {"org.muster.Manager.Watch", "{'types':['no_such']}", "types"},
	};
	struct fake_daemon *daemon = *state;

	fake_process_add(daemon->supervisor, "web", STATE_RUNNING);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char reply[256];

		snprintf(reply, sizeof(reply),
		         "{'error':'org.varlink.service.InvalidParameter',"
		         "'parameters':{'parameter':'%s'}}",
		         cases[i].wrong);
		client_call(&daemon->client, cases[i].method, cases[i].parameters, "");
		client_expect(&daemon->client, reply);
	}
}

static void rights_are_root_s_and_the_daemon_s_own(void **state)
{
	(void)state;
	assert_int_equal(api_rights_of(0), API_ALL_RIGHTS);
	assert_int_equal(api_rights_of(geteuid()), API_ALL_RIGHTS);
	assert_int_equal(api_rights_of(geteuid() + 12345), 0);
}

static void a_oneway_call_has_no_reply(void **state)
{
	struct fake_daemon *daemon = *state;

	client_call(&daemon->client, "org.muster.Manager.Status", "{}", ",'oneway':true");
	client_call(&daemon->client, "org.muster.Process.Pid", "{'name':'x'}", ",'oneway':true");
	assert_true(client_is_silent(&daemon->client));
	client_call(&daemon->client, "org.muster.Manager.Cancel", "{}", "");
	client_expect(&daemon->client, "{'parameters':{}}");
}

static void the_service_describes_what_it_serves(void **state)
{
	struct fake_daemon *daemon = *state;
	json_t *reply;
	json_t *text;

	client_call(&daemon->client, "org.varlink.service.GetInfo", "{}", "");
	reply = client_receive(&daemon->client);
	text = json_object_get(json_object_get(reply, "parameters"), "interfaces");
	assert_int_equal(json_array_size(text), 3);
	json_decref(reply);

	client_call(&daemon->client, "org.varlink.service.GetInterfaceDescription",
	            "{'interface':'org.muster.Process'}", "");
	reply = client_receive(&daemon->client);
	text = json_object_get(json_object_get(reply, "parameters"), "description");
	assert_string_equal(json_string_value(text), description_of("org.muster.Process"));
	json_decref(reply);

	/* described in the source, but not served yet */
	client_call(&daemon->client, "org.varlink.service.GetInterfaceDescription",
	            "{'interface':'org.muster.Pool'}", "");
	client_expect(&daemon->client, "{'error':'org.varlink.service.InterfaceNotFound',"
	                               "'parameters':{'interface':'org.muster.Pool'}}");
}

static void seconds_are_clamped_and_never_negative(void **state)
{
	uint64_t usec = 7;

	(void)state;
	assert_int_equal(api_seconds_to_usec(0.25, &usec), 0);
	assert_int_equal(usec, 250000);
	assert_int_equal(api_seconds_to_usec(1e300, &usec), 0);
	assert_int_equal(usec, 315360000000000u);
	assert_true(api_seconds_to_usec(-1e-9, &usec) < 0);
	assert_int_equal(usec, 315360000000000u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_row_is_described),
	    cmocka_unit_test(every_described_method_has_a_row),
	    cmocka_unit_test(tables_are_in_order),
	    cmocka_unit_test(a_right_is_one_right_and_its_lack_is_declared),
	    cmocka_unit_test(errors_are_found_by_their_whole_name),
	    cmocka_unit_test_setup_teardown(unknown_names_are_told, fake_daemon_setup,
	                                    fake_daemon_teardown),
	    cmocka_unit_test_setup_teardown(wrong_parameters_are_named, fake_daemon_setup,
	                                    fake_daemon_teardown),
	    cmocka_unit_test(rights_are_root_s_and_the_daemon_s_own),
	    cmocka_unit_test_setup_teardown(a_oneway_call_has_no_reply, fake_daemon_setup,
	                                    fake_daemon_teardown),
	    cmocka_unit_test_setup_teardown(the_service_describes_what_it_serves, fake_daemon_setup,
	                                    fake_daemon_teardown),
	    cmocka_unit_test(seconds_are_clamped_and_never_negative),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
