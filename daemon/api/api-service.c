/* org.varlink.service: who answers here, and the text of the interfaces that are in the table. */
#include <string.h>

#include "common/description.h"
#include "common/json.h"
#include "common/proto.h"
#include "daemon/api/api.h"
#include "daemon/api/writer.h"

#define SERVICE_VENDOR "muster"
#define SERVICE_PRODUCT "musterd"
#define SERVICE_URL ""

struct describe_request {
	const char *interface;
};

static void get_info_exec(struct api_call *call, const void *request);
static void get_interface_description_exec(struct api_call *call, const void *request);

static const struct json_field describe_fields[] = {
    {"interface", JSON_FIELD_STRING, true, offsetof(struct describe_request, interface), 0},
    {.name = NULL},
};

static const struct api_method get_info = {
    .name = "GetInfo",
    .exec = get_info_exec,
};

static const struct api_method get_interface_description = {
    .name = "GetInterfaceDescription",
    .fields = describe_fields,
    .request_size = sizeof(struct describe_request),
    .exec = get_interface_description_exec,
};

static const struct api_method *const methods[] = {
    &get_info,
    &get_interface_description,
    NULL,
};

extern const struct api_interface api_service;
const struct api_interface api_service = {"org.varlink.service", methods};

static void get_info_exec(struct api_call *call, const void *request)
{
	struct writer *writer = api_reply_begin(call);

	(void)request;
	writer_text(writer, "vendor", SERVICE_VENDOR);
	writer_text(writer, "product", SERVICE_PRODUCT);
	writer_text(writer, "version", MUSTER_VERSION);
	writer_text(writer, "url", SERVICE_URL);
	writer_open_array(writer, "interfaces");
	for (const struct api_interface *const *at = api_interfaces; *at; at++)
		writer_text(writer, NULL, (*at)->name);
	writer_close_array(writer);
	api_reply_end(call);
}

static bool is_served(const char *interface)
{
	for (const struct api_interface *const *at = api_interfaces; *at; at++)
		if (strcmp((*at)->name, interface) == 0)
			return true;
	return false;
}

static void get_interface_description_exec(struct api_call *call, const void *request)
{
	const struct describe_request *wanted = request;
	const struct description *at = descriptions;

	while (at->interface && strcmp(at->interface, wanted->interface) != 0)
		at++;
	if (!at->interface || !is_served(wanted->interface)) {
		api_error_text(call, PROTO_INTERFACE_NOT_FOUND, "interface", wanted->interface);
		return;
	}
	writer_text(api_reply_begin(call), "description", at->text);
	api_reply_end(call);
}
