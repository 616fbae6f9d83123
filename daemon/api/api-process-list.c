/* Process.List: all that is known of each process. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

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
	json_t *fields;
};

static void list_exec(struct api_call *call, const void *request);

static const struct json_field list_fields[] = {
    {"selectors", JSON_FIELD_STRINGS, false, offsetof(struct list_request, selectors), 0},
    {"fields", JSON_FIELD_STRINGS, false, offsetof(struct list_request, fields), 0},
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
static void write_command(struct writer *writer, const char *key, const struct process *process)
{
	const struct program *program = process_program(process);

	writer_open_array(writer, key);
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

static void write_name(struct writer *writer, const char *key, const struct process *process)
{
	writer_text(writer, key, process_name(process));
}

static void write_group(struct writer *writer, const char *key, const struct process *process)
{
	writer_text(writer, key, process_group(process));
}

static void write_state(struct writer *writer, const char *key, const struct process *process)
{
	writer_text(writer, key, state_name(process_state(process)));
}

static void write_pid(struct writer *writer, const char *key, const struct process *process)
{
	if (process_pid(process) > 0)
		writer_int(writer, key, process_pid(process));
}

static void write_exitcode(struct writer *writer, const char *key, const struct process *process)
{
	int exitcode;

	if (process_exitcode(process, &exitcode))
		writer_int(writer, key, exitcode);
}

static void write_since(struct writer *writer, const char *key, const struct process *process)
{
	writer_int(writer, key, (int64_t)process_state_since_usec(process));
}

static void write_started(struct writer *writer, const char *key, const struct process *process)
{
	if (process_started_usec(process) > 0)
		writer_int(writer, key, (int64_t)process_started_usec(process));
}

static void write_restarts(struct writer *writer, const char *key, const struct process *process)
{
	writer_int(writer, key, process_restarts(process));
}

static void write_description(struct writer *writer, const char *key, const struct process *process)
{
	char description[LIST_DESCRIPTION_MAX];

	process_describe(process, description, sizeof(description));
	writer_text(writer, key, description);
}

static void write_spawn_error(struct writer *writer, const char *key, const struct process *process)
{
	write_optional(writer, key, process_spawn_error(process));
}

static void write_stdout(struct writer *writer, const char *key, const struct process *process)
{
	write_optional(writer, key, process_logfile(process, 1));
}

static void write_stderr(struct writer *writer, const char *key, const struct process *process)
{
	write_optional(writer, key, process_logfile(process, 2));
}

static void write_daemon_of(struct writer *writer, const char *key, const struct process *process)
{
	write_optional(writer, key, process_program(process)->daemon_of);
}

static void write_tty(struct writer *writer, const char *key, const struct process *process)
{
	if (process_program(process)->tty)
		writer_bool(writer, key, true);
}

/* The members of type Process, in its order. */
static const struct {
	const char *name;
	void (*write)(struct writer *writer, const char *key, const struct process *process);
} members[] = {
    {"name", write_name},
    {"group", write_group},
    {"state", write_state},
    {"pid", write_pid},
    {"exitcode", write_exitcode},
    {"state_since_usec", write_since},
    {"started_usec", write_started},
    {"restarts", write_restarts},
    {"command", write_command},
    {"description", write_description},
    {"spawn_error", write_spawn_error},
    {"stdout_logfile", write_stdout},
    {"stderr_logfile", write_stderr},
    {"daemon_of", write_daemon_of},
    {"tty", write_tty},
};
#define MEMBER_COUNT (sizeof(members) / sizeof(members[0]))

/* A bit for each member that was asked for; a name that is no member asks for nothing. */
static uint32_t list_members(json_t *fields)
{
	uint32_t wanted = 0;
	json_t *field;
	size_t i;

	if (!fields)
		return UINT32_MAX;
	json_array_foreach(fields, i, field) for (size_t member = 0; member < MEMBER_COUNT;
	                                          member++) if (strcmp(json_string_value(field),
	                                                               members[member].name) == 0)
	    wanted |= 1u << member;
	return wanted;
}

static void write_process(struct writer *writer, const struct process *process, uint32_t wanted)
{
	writer_open_object(writer, NULL);
	for (size_t member = 0; member < MEMBER_COUNT; member++)
		if (wanted & (1u << member))
			members[member].write(writer, members[member].name, process);
	writer_close_object(writer);
}

static void list_exec(struct api_call *call, const void *request)
{
	const struct list_request *wanted = request;
	struct process **processes;
	uint32_t members_wanted = list_members(wanted->fields);
	struct writer *writer;
	size_t count;

	if (api_process_select(call, wanted->selectors, &processes, &count) < 0)
		return;
	writer = api_reply_begin(call);
	writer_open_array(writer, "processes");
	for (size_t i = 0; i < count; i++)
		write_process(writer, processes[i], members_wanted);
	writer_close_array(writer);
	api_reply_end(call);
	free(processes);
}
