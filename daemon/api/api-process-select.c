/* Names and selectors of a call to processes; what names nothing is answered here. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/api/api-process.h"
#include "daemon/api/api.h"
#include "daemon/process/process.h"
#include "daemon/process/supervisor.h"

/* The processes selected so far, and a set of them by address to have each but once. */
struct selection {
	struct process **items;
	size_t count;
	struct process **set;
	size_t set_size; /* a power of two, at least twice the number of processes */
};

static bool is_plain_name(const char *name)
{
	return !strpbrk(name, "*?[:") && strcmp(name, "all") != 0;
}

struct process *api_process_find(struct api_call *call, const char *name)
{
	const struct supervisor *supervisor = api_supervisor(call->api);
	struct process *process = supervisor_find(supervisor, name);
	struct process **processes;
	size_t count;

	if (!process && is_plain_name(name) &&
	    supervisor_select(supervisor, name, &processes, &count) == 0) {
		if (count == 1)
			process = processes[0];
		free(processes);
	}
	if (!process)
		api_error_text(call, "NoSuchProcess", "name", name);
	return process;
}

/* A group or a pattern: what is held against every process. */
static bool is_wide(const struct supervisor *supervisor, const char *selector)
{
	size_t size = strlen(selector);

	if (strcmp(selector, "all") == 0)
		return true;
	return (strpbrk(selector, "*?[") || (size && selector[size - 1] == ':')) &&
	       !supervisor_find(supervisor, selector);
}

static size_t count_stars(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += *text == '*';
	return count;
}

/* -E2BIG where the selectors are more, or longer, than a call may have. */
static int check_selectors(const struct supervisor *supervisor, json_t *selectors)
{
	size_t patterns = 0;
	size_t patterns_size = 0;
	json_t *selector;
	size_t i;

	if (json_array_size(selectors) > SELECTORS_MAX)
		return -E2BIG;
	json_array_foreach(selectors, i, selector)
	{
		const char *text = json_string_value(selector);

		if (json_string_length(selector) > SELECTOR_SIZE_MAX)
			return -E2BIG;
		if (!is_wide(supervisor, text))
			continue;
		patterns_size += json_string_length(selector);
		if (++patterns > SELECTOR_PATTERNS_MAX ||
		    patterns_size > SELECTOR_PATTERNS_SIZE_MAX ||
		    count_stars(text) > SELECTOR_PATTERN_STARS_MAX)
			return -E2BIG;
	}
	return 0;
}

static int selection_init(struct selection *selection, size_t most)
{
	*selection = (struct selection){.set_size = 4};
	while (selection->set_size < most * 2)
		selection->set_size *= 2;
	selection->items = calloc(most + 1, sizeof(struct process *));
	selection->set = calloc(selection->set_size, sizeof(struct process *));
	return selection->items && selection->set ? 0 : -ENOMEM;
}

static void selection_add(struct selection *selection, struct process *process)
{
	size_t at = ((uintptr_t)process >> 4) * 2654435761u & (selection->set_size - 1);

	while (selection->set[at]) {
		if (selection->set[at] == process)
			return;
		at = (at + 1) & (selection->set_size - 1);
	}
	selection->set[at] = process;
	selection->items[selection->count++] = process;
}

static int selection_add_selector(struct selection *selection, const struct supervisor *supervisor,
                                  const char *selector)
{
	struct process **processes;
	size_t count;
	int ret = supervisor_select(supervisor, selector, &processes, &count);

	if (ret < 0)
		return ret;
	for (size_t i = 0; i < count; i++)
		selection_add(selection, processes[i]);
	free(processes);
	return 0;
}

int api_process_select(struct api_call *call, json_t *selectors, struct process ***ret_processes,
                       size_t *ret_count)
{
	const struct supervisor *supervisor = api_supervisor(call->api);
	const char *name = NULL;
	struct selection selection = {0};
	struct process *process;
	json_t *selector;
	size_t i;
	int ret = check_selectors(supervisor, selectors);

	if (ret == 0)
		ret = selection_init(&selection, supervisor_count(supervisor));
	if (ret < 0)
		goto out;
	for (i = 0; !selectors && (process = supervisor_at(supervisor, i)) != NULL; i++)
		selection_add(&selection, process);
	json_array_foreach(selectors, i, selector)
	{
		name = json_string_value(selector);
		ret = selection_add_selector(&selection, supervisor, name);
		if (ret < 0)
			goto out;
	}
	*ret_processes = selection.items;
	*ret_count = selection.count;
	selection.items = NULL;
out:
	if (ret == -ENOENT)
		api_error_text(call, "NoSuchProcess", "name", name);
	else if (ret == -E2BIG)
		api_error_invalid(call, "selectors");
	else if (ret < 0)
		api_call_fail(call);
	free(selection.items);
	free(selection.set);
	return ret;
}
