/* Process.List: all that is known of each process. */
#include <stdlib.h>

#include "common/json.h"
#include "common/state.h"
#include "daemon/api/api-process.h"
#include "daemon/api/api.h"
#include "daemon/api/writer.h"
#include "daemon/config/program.h"
#include "daemon/process/process.h"

/* Room for supervisord's words about a process. */
#define LIST_DESCRIPTION_MAX 1024u

struct list_request {
	json_t *selectors;
};

static void list_exec(struct api_call *call, const void *request);

static const struct json_field list_fields[] = {
    {"selectors", JSON_FIELD_STRINGS, false, offsetof(struct list_request, selectors), 0},
    {.name = NULL},
};

const struct api_method api_process_list = {
    .name = "List",
    .flags = API_READ,
    .fields = list_fields,
    .request_size = sizeof(struct list_request),
    .exec = list_exec,
};

/* The words it is run with; those of a command that could not be split are told as they stand. */
static void write_command(struct writer *writer, const struct program *program)
{
	writer_open_array(writer, "command");
	if (!program->argv && program->command)
		writer_text(writer, NULL, program->command);
	for (char **word = program->argv; word && *word; word++)
		writer_text(writer, NULL, *word);
	writer_close_array(writer);
}

/* What is not there is left out: so is every null of a reply. */
static void write_optional(struct writer *writer, const char *key, const char *text)
{
	if (text)
		writer_text(writer, key, text);
}

static void write_process(struct writer *writer, const struct process *process)
{
	char description[LIST_DESCRIPTION_MAX];
	int exitcode;

	process_describe(process, description, sizeof(description));
	writer_open_object(writer, NULL);
	writer_text(writer, "name", process_name(process));
	writer_text(writer, "group", process_group(process));
	writer_text(writer, "state", state_name(process_state(process)));
	if (process_pid(process) > 0)
		writer_int(writer, "pid", process_pid(process));
	if (process_exitcode(process, &exitcode))
		writer_int(writer, "exitcode", exitcode);
	writer_int(writer, "state_since_usec", (int64_t)process_state_since_usec(process));
	if (process_started_usec(process) > 0)
		writer_int(writer, "started_usec", (int64_t)process_started_usec(process));
	writer_int(writer, "restarts", process_restarts(process));
	write_command(writer, process_program(process));
	writer_text(writer, "description", description);
	write_optional(writer, "spawn_error", process_spawn_error(process));
	write_optional(writer, "stdout_logfile", process_logfile(process, 1));
	write_optional(writer, "stderr_logfile", process_logfile(process, 2));
	writer_close_object(writer);
}

static void list_exec(struct api_call *call, const void *request)
{
	const struct list_request *wanted = request;
	struct process **processes;
	struct writer *writer;
	size_t count;

	if (api_process_select(call, wanted->selectors, &processes, &count) < 0)
		return;
	writer = api_reply_begin(call);
	writer_open_array(writer, "processes");
	for (size_t i = 0; i < count; i++)
		write_process(writer, processes[i]);
	writer_close_array(writer);
	api_reply_end(call);
	free(processes);
}
