/* `musterd -- CMD ARGS...`: the words are taken as they are, nothing is quoted or expanded. */
#include "daemon/config/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config/arena.h"
#include "daemon/config/command.h"
#include "daemon/config/environment.h"
#include "daemon/config/fingerprint.h"
#include "daemon/config/group.h"
#include "daemon/config/load.h"
#include "daemon/config/section.h"
#include "daemon/config/target.h"
#include "daemon/config/value.h"

/* What stands for a section's place, and for a name where that of the file is none. */
static const char command_place[] = "command line";
static const char command_name[] = "command";

void command_set_daemon(struct config *config)
{
	config->daemon.logfile = NULL;
	config->daemon.loglevel = LEVEL_WARN;
	config->daemon.pidfile = NULL;
	config->daemon.nodaemon = true;
	config->daemon.nocleanup = true;
}

static int command_copy_words(struct load *load, struct program *program)
{
	char *const *words = load->config->command;
	size_t count = 0;

	while (words[count])
		count++;
	program->argv = arena_array(load->arena, count + 1, sizeof(*program->argv));
	if (!program->argv)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		program->argv[i] = arena_strdup(load->arena, words[i]);
		if (!program->argv[i])
			return -ENOMEM;
	}
	program->command = program->argv[0];
	return 0;
}

/* The name of its file, as ps(1) shows it. */
static int command_set_name(struct load *load, struct program *program)
{
	const char *slash = strrchr(program->argv[0], '/');
	const char *name = slash ? slash + 1 : program->argv[0];

	program->name = arena_strdup(load->arena, value_check_name(name) ? command_name : name);
	program->file = arena_strdup(load->arena, command_place);
	program->group = program->name;
	program->full_name = program->name;
	return program->name && program->file ? 0 : -ENOMEM;
}

static void command_set_policy(struct program *program)
{
	program->kind = PROGRAM_PLAIN;
	program->umask = -1;
	program->autostart = true;
	program->autorestart = AUTORESTART_FALSE;
	program->startsecs_usec = 0;
	program->startretries = 0;
	program->stdout_log.kind = LOG_NONE;
	program->stderr_log.kind = LOG_NONE;
	program->essential = true;
	program->is_foreground = true;
}

static void command_take_fingerprint(struct program *program)
{
	uint64_t fingerprint = FINGERPRINT_START;

	fingerprint_add_texts(&fingerprint, program->argv);
	fingerprint_add_texts(&fingerprint, program->environment);
	program->fingerprint = fingerprint ? fingerprint : 1;
}

int command_read(struct load *load, struct program_set *ret_set)
{
	struct program_target target;
	struct section section = {
	    .load = load, .kind = SECTION_PROGRAM, .scope = load->scope, .target = &target};
	struct program *program = arena_alloc(load->arena, sizeof(*program));
	struct program **programs = arena_array(load->scratch, 1, sizeof(struct program *));
	int result = program && programs ? section_set_defaults(&section) : -ENOMEM;

	if (result < 0)
		return result;
	*program = target.program;
	command_set_policy(program);
	result = command_copy_words(load, program);
	if (result == 0)
		result = command_set_name(load, program);
	if (result == 0)
		result = environment_merge(load->arena, load->config->daemon.environment, NULL,
		                           &program->environment);
	if (result < 0)
		return result;
	command_take_fingerprint(program);
	programs[0] = program;
	load->process_count++;
	*ret_set = (struct program_set){
	    .programs = programs, .count = 1, .kind = PROGRAM_PLAIN, .priority = program->priority};
	return 0;
}
