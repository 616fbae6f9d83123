/* Manager.Update: the groups brought in line with the configuration, told one by one with "more".
 */
#include <errno.h>
#include <stdlib.h>

#include "common/json.h"
#include "daemon/api/api-manager.h"
#include "daemon/api/api.h"
#include "daemon/api/writer.h"
#include "daemon/config/config.h"
#include "daemon/process/supervisor.h"

/* Groups that one call may name. */
#define UPDATE_GROUPS_MAX 4096u

struct update_request {
	json_t *groups;
};

struct update {
	struct api_call *call;
	struct writer changes; /* those that are to be told at the end */
	bool under_way;
};

static void update_exec(struct api_call *call, const void *request);

static const struct json_field update_fields[] = {
    {"groups", JSON_FIELD_STRINGS, false, offsetof(struct update_request, groups), 0},
    {.name = NULL},
};

const struct api_method api_manager_update = {
    .name = "Update",
    .flags = API_MANAGE | API_MORE,
    .fields = update_fields,
    .request_size = sizeof(struct update_request),
    .exec = update_exec,
};

static void update_release(void *data)
{
	struct update *update = data;

	if (update->under_way)
		supervisor_update_forget(api_supervisor(update->call->api), update);
	writer_done(&update->changes);
	free(update);
}

/* What was told so far is all there is to tell. */
static void update_finish(struct api_call *call, void *data)
{
	struct update *update = data;
	struct writer *writer = api_reply_begin(call);

	writer_open_array(writer, "changes");
	writer_join(writer, &update->changes);
	writer_close_array(writer);
	api_reply_end(call);
}

static const struct api_wait update_wait = {
    .release = update_release,
    .cancel = update_finish,
};

static void update_report(void *arg, const char *group, const char *change)
{
	struct update *update = arg;
	struct writer *writer = &update->changes;

	if (!change) {
		update->under_way = false;
		update_finish(update->call, update);
		return;
	}
	if (update->call->more) {
		writer = api_reply_begin(update->call);
		writer_open_array(writer, "changes");
	}
	writer_open_object(writer, NULL);
	writer_text(writer, "group", group);
	writer_text(writer, "change", change);
	writer_close_object(writer);
	if (update->call->more) {
		writer_close_array(writer);
		api_reply_continue(update->call);
	}
}

/* The names as an array that ends with NULL; *ret_names NULL where none were given. */
static int update_groups(json_t *groups, const char ***ret_names)
{
	size_t count = json_array_size(groups);
	const char **names;

	if (!groups) {
		*ret_names = NULL;
		return 0;
	}
	names = calloc(count + 1, sizeof(*names));
	if (!names)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		names[i] = json_string_value(json_array_get(groups, i));
	*ret_names = names;
	return 0;
}

static void update_exec(struct api_call *call, const void *request)
{
	const struct update_request *wanted = request;
	struct config_notes notes = {0};
	struct update *update;
	const char **names = NULL;
	int ret;

	if (json_array_size(wanted->groups) > UPDATE_GROUPS_MAX) {
		api_error_invalid(call, "groups");
		return;
	}
	update = calloc(1, sizeof(*update));
	if (!update || update_groups(wanted->groups, &names) < 0) {
		free(update);
		api_call_fail(call);
		return;
	}
	update->call = call;
	update->under_way = true;
	api_call_wait(call, &update_wait, update);
	ret = supervisor_update(api_supervisor(call->api), names, &notes, update_report, update);
	/* Where it went well, `update` may be gone already. */
	if (ret < 0)
		update->under_way = false;
	if (ret == -EBUSY)
		api_manager_refuse_now(call);
	else if (ret < 0)
		api_manager_refuse_config(call, ret, &notes);
	config_notes_done(&notes);
	free(names);
}
