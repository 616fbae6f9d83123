/* org.muster.Manager: the supervisor as a whole. Update, Upgrade and Watch, which wait, have
 * their own files. */
#include "daemon/api/api-manager.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/state.h"
#include "daemon/api/api.h"
#include "daemon/api/writer.h"
#include "daemon/config/config.h"
#include "daemon/config/diff.h"
#include "daemon/process/supervisor.h"

static void cancel_exec(struct api_call *call, const void *request);
static void reload_exec(struct api_call *call, const void *request);
static void reread_exec(struct api_call *call, const void *request);
static void shutdown_exec(struct api_call *call, const void *request);
static void status_exec(struct api_call *call, const void *request);

static const struct api_method cancel = {
    .name = "Cancel",
    .exec = cancel_exec,
};

static const struct api_method reload = {
    .name = "Reload",
    .flags = API_MANAGE,
    .exec = reload_exec,
};

static const struct api_method reread = {
    .name = "Reread",
    .flags = API_MANAGE,
    .exec = reread_exec,
};

static const struct api_method shut_down = {
    .name = "Shutdown",
    .flags = API_MANAGE,
    .exec = shutdown_exec,
};

static const struct api_method status = {
    .name = "Status",
    .flags = API_READ,
    .exec = status_exec,
};

static const struct api_method *const methods[] = {
    &cancel,
    &reload,
    &reread,
    &shut_down,
    &status,
    &api_manager_update,
    &api_manager_upgrade,
    &api_manager_watch,
    NULL,
};

extern const struct api_interface api_manager;
const struct api_interface api_manager = {"org.muster.Manager", methods};

void api_manager_refuse_now(struct api_call *call)
{
	enum supervisor_state state = supervisor_state(api_supervisor(call->api));

	api_error_text(call, "org.muster.Manager.NotNow", "state", supervisor_state_name(state));
}

/* The text of a note without the "file:line: " that the reply has in fields of their own. */
static const char *note_message(const struct config_note *note)
{
	char line[24];
	const char *text = note->text;
	size_t size = note->file ? strlen(note->file) : 0;

	snprintf(line, sizeof(line), ":%d: ", note->line);
	if (size && strncmp(text, note->file, size) == 0 &&
	    strncmp(text + size, line, strlen(line)) == 0)
		return text + size + strlen(line);
	return text;
}

void api_manager_refuse_config(struct api_call *call, int error, const struct config_notes *notes)
{
	const struct config *config = supervisor_config(api_supervisor(call->api));
	const struct config_note *note = NULL;
	struct writer *writer;

	if (error == -ENOMEM) {
		api_call_fail(call);
		return;
	}
	for (size_t i = 0; i < notes->count && !note; i++)
		if (notes->items[i].is_error)
			note = &notes->items[i];
	writer = api_error_begin(call, "BadConfig");
	writer_text(writer, "file", note && note->file ? note->file : config->file);
	writer_int(writer, "line", note ? note->line : 0);
	writer_text(writer, "message", note ? note_message(note) : strerror(-error));
	api_reply_end(call);
}

/* A wait that Cancel could end is ended when it is read; by its turn there is nothing left to do.
 */
static void cancel_exec(struct api_call *call, const void *request)
{
	(void)request;
	api_reply_empty(call);
}

static void reload_exec(struct api_call *call, const void *request)
{
	(void)request;
	if (supervisor_reload(api_supervisor(call->api)) < 0)
		api_manager_refuse_now(call);
	else
		api_reply_empty(call);
}

static void reread_exec(struct api_call *call, const void *request)
{
	struct config_notes notes = {0};
	struct diff_entry *entries = NULL;
	struct config *config = NULL;
	struct writer *writer;
	size_t count = 0;
	int ret;

	(void)request;
	ret = supervisor_reread(api_supervisor(call->api), &notes, &config, &entries, &count);
	if (ret < 0) {
		api_manager_refuse_config(call, ret, &notes);
		goto out;
	}
	writer = api_reply_begin(call);
	writer_open_array(writer, "changes");
	for (size_t i = 0; i < count; i++) {
		const struct group_config *group =
		    entries[i].after ? entries[i].after : entries[i].before;

		writer_open_object(writer, NULL);
		writer_text(writer, "group", group->name);
		writer_text(writer, "change", diff_change_name(entries[i].change));
		writer_close_object(writer);
	}
	writer_close_array(writer);
	api_reply_end(call);
	free(entries);
	config_free(config);
out:
	config_notes_done(&notes);
}

/* The reply goes out with this turn; the end of the daemon is seen as the end of the connection. */
static void shutdown_exec(struct api_call *call, const void *request)
{
	(void)request;
	(void)supervisor_shutdown(api_supervisor(call->api)); /* -EALREADY is as good */
	api_reply_empty(call);
}

static void status_exec(struct api_call *call, const void *request)
{
	const struct supervisor *supervisor = api_supervisor(call->api);
	const struct config *config = supervisor_config(supervisor);
	struct supervisor_origin origin;
	struct writer *writer = api_reply_begin(call);

	(void)request;
	supervisor_origin(supervisor, &origin);
	writer_text(writer, "version", MUSTER_VERSION);
	writer_text(writer, "identifier",
	            config->daemon.identifier ? config->daemon.identifier : "");
	writer_text(writer, "state", supervisor_state_name(supervisor_state(supervisor)));
	writer_int(writer, "guardian_pid", origin.guardian_pid);
	writer_int(writer, "engine_pid", origin.engine_pid);
	writer_int(writer, "engine_starts", origin.engine_starts);
	writer_text(writer, "engine_reason", origin.engine_reason);
	writer_int(writer, "since_usec", (int64_t)origin.since_usec);
	writer_text(writer, "config_file", config->file ? config->file : "");
	writer_open_object(writer, "processes");
	for (int state = 0; state < STATE_COUNT; state++)
		writer_int(writer, state_name((enum process_state)state),
		           (int64_t)supervisor_count_in(supervisor, state));
	writer_close_object(writer);
	api_reply_end(call);
}
