/* Loading from end to end. */
#include "daemon/config/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "daemon/config/arena.h"
#include "daemon/config/command.h"
#include "daemon/config/ini.h"
#include "daemon/config/load.h"
#include "daemon/config/note.h"
#include "daemon/config/section.h"
#include "daemon/config/source.h"
#include "daemon/config/user.h"

static int load_init(struct load *load)
{
	struct utsname name;

	load->arena = arena_new();
	load->scratch = arena_new();
	load->ini = ini_new();
	load->config = load->arena ? arena_alloc(load->arena, sizeof(*load->config)) : NULL;
	load->users = load->arena ? user_cache_new(load->arena) : NULL;
	if (!load->config || !load->scratch || !load->ini || !load->users)
		return -ENOMEM;
	load->config->arena = load->arena;
	load->uid = geteuid();
	load->scope.environment = environ;
	if (uname(&name) < 0)
		return -errno;
	load->scope.host_node_name = arena_strdup(load->scratch, name.nodename);
	return load->scope.host_node_name ? 0 : -ENOMEM;
}

/* The arena stays where the configuration does. */
static void load_done(struct load *load, bool keep)
{
	user_cache_free(load->users);
	ini_free(load->ini);
	arena_free(load->scratch);
	if (!keep)
		arena_free(load->arena);
}

static int warn_of_empty(struct load *load)
{
	const struct place place = {.file = load->config->file};

	if (ini_sections(load->ini) || load->config->command)
		return 0;
	return note_add(load->notes, false, &place, "there is nothing in it: nothing will run");
}

static int load_run(struct load *load, const char *file)
{
	int result = file ? include_read(load, file) : 0;

	if (result == 0)
		result = warn_of_empty(load);
	if (result == 0)
		result = section_match_names(load);
	if (result == 0)
		result = daemon_read(load);
	if (result == 0 && !file)
		command_set_daemon(load->config);
	if (result == 0)
		result = group_read_all(load);
	return result;
}

int config_load_with(const char *file, char *const *command, struct source *source,
                     struct config_notes *notes, struct config **ret_config)
{
	struct load load = {.source = source, .notes = notes};
	int result = load_init(&load);

	if (result == 0) {
		load.config->command = command;
		result = load_run(&load, file);
	}
	note_sort(notes);
	load_done(&load, result == 0);
	if (result < 0)
		return result;
	*ret_config = load.config;
	return 0;
}

int config_load(const char *file, struct source *source, struct config_notes *notes,
                struct config **ret_config)
{
	return config_load_with(file, NULL, source, notes, ret_config);
}

void config_free(struct config *config)
{
	if (config)
		arena_free(config->arena);
}

const struct group_config *config_find_group(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->group_count; i++) {
		if (strcmp(config->groups[i]->name, name) == 0)
			return config->groups[i];
	}
	return NULL;
}

size_t config_process_count(const struct config *config)
{
	size_t count = 0;

	for (size_t i = 0; i < config->group_count; i++)
		count += config->groups[i]->program_count;
	return count;
}
