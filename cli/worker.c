/* Decodes processes leniently: a newer daemon may say more, and what is missing is shown as such.
 */
#include "cli/worker.h"

#include <limits.h>

#include "cli/alloc.h"

#define COLOR_GREEN "\033[32m"
#define COLOR_YELLOW "\033[33m"
#define COLOR_RED "\033[31m"

static const char *const state_colors[] = {
    [STATE_STOPPED] = NULL,        [STATE_WAITING] = COLOR_YELLOW, [STATE_STARTING] = COLOR_YELLOW,
    [STATE_RUNNING] = COLOR_GREEN, [STATE_BACKOFF] = COLOR_YELLOW, [STATE_STOPPING] = COLOR_YELLOW,
    [STATE_EXITED] = NULL,         [STATE_FATAL] = COLOR_RED,      [STATE_COUNT] = NULL,
};

static const char *text_of(json_t *process, const char *key)
{
	return json_string_value(json_object_get(process, key));
}

static int int_of(json_t *value)
{
	json_int_t number = json_integer_value(value);

	return number >= INT_MIN && number <= INT_MAX ? (int)number : 0;
}

static void decode_one(json_t *process, struct worker *worker)
{
	json_t *exitcode = json_object_get(process, "exitcode");

	worker->name = text_of(process, "name");
	worker->group = text_of(process, "group");
	worker->description = text_of(process, "description");
	worker->health = text_of(process, "health");
	worker->stdout_logfile = text_of(process, "stdout_logfile");
	worker->stderr_logfile = text_of(process, "stderr_logfile");
	worker->state_name = text_of(process, "state");
	worker->state = STATE_COUNT;
	if (worker->state_name)
		state_parse(worker->state_name, &worker->state);
	worker->command = json_object_get(process, "command");
	worker->pid = int_of(json_object_get(process, "pid"));
	worker->has_exitcode = json_is_integer(exitcode);
	worker->exitcode = int_of(exitcode);
	worker->restarts = json_integer_value(json_object_get(process, "restarts"));
	worker->started_usec = json_integer_value(json_object_get(process, "started_usec"));
	worker->state_since_usec = json_integer_value(json_object_get(process, "state_since_usec"));
}

struct worker *worker_decode(json_t *reply, size_t *ret_count)
{
	json_t *processes = json_object_get(reply, "processes");
	struct worker *workers = alloc_zero(json_array_size(processes), sizeof(*workers));
	size_t count = 0;
	json_t *process;
	size_t i;

	json_array_foreach(processes, i, process)
	{
		decode_one(process, &workers[count]);
		if (workers[count].name)
			count++;
	}
	*ret_count = count;
	return workers;
}

const char *worker_state_title(const struct worker *worker)
{
	if (worker->state < STATE_COUNT)
		return state_title(worker->state);
	return worker->state_name ? worker->state_name : "?";
}

const char *worker_state_color(const struct worker *worker)
{
	return state_colors[worker->state];
}
