/* A [program:x] section, or its kin, to the processes that it asks for. */
#include "daemon/config/program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/parse.h"
#include "daemon/config/arena.h"
#include "daemon/config/environment.h"
#include "daemon/config/fingerprint.h"
#include "daemon/config/group.h"
#include "daemon/config/ini.h"
#include "daemon/config/load.h"
#include "daemon/config/note.h"
#include "daemon/config/section.h"
#include "daemon/config/target.h"
#include "daemon/config/value.h"

static const enum program_kind program_kinds[SECTION_KIND_COUNT] = {
    [SECTION_PROGRAM] = PROGRAM_PLAIN,
    [SECTION_EVENTLISTENER] = PROGRAM_EVENTLISTENER,
    [SECTION_FCGI] = PROGRAM_FCGI,
};

bool program_expects_exit(const struct program *program, int status)
{
	if (status < 0 || status > 255)
		return false;
	return program->exitcodes[status / 64] >> (status % 64) & 1;
}

char *program_file(struct load *load, const struct ini_section *ini)
{
	if (load->file != ini->file) {
		load->file_path = arena_strdup(load->arena, ini->file->path);
		load->file = load->file_path ? ini->file : NULL;
	}
	return load->file_path;
}

/* command= in words. Whether there is such a program is seen when it starts, not now. */
static int check_command(struct section *section, struct program *program)
{
	const char *why, *quoted;
	char **words, **argv;
	size_t count;
	int result;

	program->argv = section->argv;
	if (program->argv)
		return 0;
	if (!program->command)
		return section->fault ? 0 : section_fault(section, NULL, "command= is missing");
	result = parse_words(program->command, &words, &count, &why);
	if (result == -EINVAL) {
		quoted = note_quote(section->load->scratch, program->command);
		return quoted ? section_fault(section, "command", "can't parse command %s: %s",
		                              quoted, why)
		              : -ENOMEM;
	}
	if (result < 0)
		return result;
	argv = arena_array(section->load->arena, count + 1, sizeof(*argv));
	for (size_t i = 0; argv && i < count; i++) {
		argv[i] = arena_strdup(section->load->arena, words[i]);
		if (!argv[i])
			argv = NULL;
	}
	free(words);
	if (!argv)
		return -ENOMEM;
	if (count == 0)
		return section_fault(section, "command", "it is empty");
	program->argv = argv;
	return 0;
}

static int check_stop(struct section *section, struct program *program)
{
	if (!section_find(section, "killasgroup"))
		program->killasgroup = program->stopasgroup;
	if (program->stopasgroup && !program->killasgroup)
		return section_fault(section, "killasgroup",
		                     "it must not be false where stopasgroup is true");
	return 0;
}

static int check_log(struct section *section, struct log_config *log, const char *key)
{
	if (log->kind == LOG_SYSLOG)
		log->syslog = true;
	if (log->kind == LOG_AUTO && log->maxbytes == 0)
		return section_warn(section, key,
		                    "an AUTO log without rotation may fill the disk: set "
		                    "%s_maxbytes above 0",
		                    key);
	return 0;
}

/* A terminal has one output, and somebody has to read it. */
static int check_tty(struct section *section, struct program *program)
{
	if (!program->tty)
		return 0;
	program->redirect_stderr = true;
	if (program->stdout_log.kind == LOG_NONE)
		return section_fault(section, "stdout_logfile",
		                     "it must not be NONE where tty is true");
	return 0;
}

static int check_logs(struct section *section, struct program *program)
{
	int result = check_log(section, &program->stdout_log, "stdout_logfile");

	if (result == 0)
		result = check_log(section, &program->stderr_log, "stderr_logfile");
	if (result < 0 || !program->redirect_stderr)
		return result;
	if (program->stderr_log.kind == LOG_PATH)
		result = section_warn(section, "stderr_logfile",
		                      "it is ignored because redirect_stderr is true");
	program->stderr_log.kind = LOG_NONE;
	program->stderr_log.path = NULL;
	return result;
}

static int check_listener(struct section *section, struct program_target *target)
{
	int result = 0;

	if (section->kind != SECTION_EVENTLISTENER)
		return 0;
	if (!target->listener.events || !target->listener.events[0])
		result = section->fault ? 0 : section_fault(section, NULL, "events= is missing");
	if (result == 0 && target->program.redirect_stderr)
		result = section_fault(section, "redirect_stderr",
		                       "it must be false: standard output carries the protocol of "
		                       "event listeners");
	return result;
}

static int check_fcgi(struct section *section, struct program_target *target)
{
	static const char *const unix_keys[] = {"socket_owner", "socket_mode"};
	const char *socket = target->fcgi.socket;
	int result = 0;

	if (section->kind != SECTION_FCGI)
		return 0;
	if (!socket)
		return section->fault ? 0 : section_fault(section, NULL, "socket= is missing");
	for (size_t i = 0; i < 2 && result == 0; i++) {
		if (strncmp(socket, "unix:", 5) != 0 && section_find(section, unix_keys[i]))
			result =
			    section_fault(section, unix_keys[i], "it is for a Unix socket only");
	}
	return result;
}

static int check_name(struct section *section, struct program *program)
{
	struct load *load = section->load;
	size_t size;

	if (!program->name)
		return 0;
	if (strcmp(program->name, program->group) == 0) {
		program->name = program->group;
		program->full_name = program->group;
		return 0;
	}
	size = strlen(program->group) + 1 + strlen(program->name);
	if (size > PROGRAM_NAME_MAX) {
		program->name = NULL;
		return section_fault(section, "process_name",
		                     "the full name, group:name, has %zu bytes; %d are allowed",
		                     size, PROGRAM_NAME_MAX);
	}
	program->full_name = arena_printf(load->arena, "%s:%s", program->group, program->name);
	return program->full_name ? 0 : -ENOMEM;
}

/* All that one key alone does not tell. */
static int check_program(struct section *section, struct program_target *target)
{
	int result = check_command(section, &target->program);

	if (result == 0)
		result = check_stop(section, &target->program);
	if (result == 0)
		result = check_tty(section, &target->program);
	if (result == 0)
		result = check_logs(section, &target->program);
	if (result == 0)
		result = check_listener(section, target);
	if (result == 0)
		result = check_fcgi(section, target);
	if (result == 0)
		result = check_name(section, &target->program);
	return result;
}

static void take_fingerprint(const struct section *section, struct program_target *target)
{
	uint64_t fingerprint = FINGERPRINT_START;

	for (size_t i = 0; i < table_rows(section->kind); i++) {
		const struct key *key = table_key(section->kind, i);

		if (key->is_identity)
			key->type->add(&fingerprint, (const char *)target + key->offset);
	}
	fingerprint_add(&fingerprint, &target->program.kind, sizeof(target->program.kind));
	fingerprint_add_text(&fingerprint, target->program.full_name);
	fingerprint_add_text(&fingerprint, target->program.broken);
	target->program.fingerprint = fingerprint ? fingerprint : 1;
}

/* One process: section->target is filled anew. */
static int read_process(struct section *section, char *group)
{
	struct program_target *target = section->target;
	struct program *program = &target->program;
	struct load *load = section->load;
	int result = section_set_defaults(section);

	program->umask = -1;
	program->kind = program_kinds[section->kind];
	program->group = group;
	program->file = program_file(load, section->ini);
	program->line = section->ini->line;
	if (!program->file)
		result = -ENOMEM;
	section->scope.own_environment = NULL;
	if (result == 0)
		result = section_read(section, STEP_ENVIRONMENT);
	section->scope.own_environment = program->environment;
	if (result == 0)
		result = section_read(section, STEP_REST);
	if (result == 0)
		result = environment_merge(load->arena, load->config->daemon.environment,
		                           program->environment, &program->environment);
	return result == 0 ? check_program(section, target) : result;
}

/* Makes it last: broken, named by the section where it has no name of its own. */
static int keep_process(struct section *section, struct program_set *set)
{
	struct program_target *target = section->target;
	struct program *copy = arena_alloc(section->load->arena, sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	target->program.broken = section->fault;
	take_fingerprint(section, target);
	*copy = target->program;
	set->programs[set->count++] = copy;
	section->load->process_count++;
	return 0;
}

/* A section whose processes cannot be named is there as one, under its own name. */
static int keep_unnamed(struct section *section, const char *name, struct program_set *set)
{
	struct program *program = &((struct program_target *)section->target)->program;
	int result;

	section->load->process_count -= set->count;
	set->count = 0;
	program->name = arena_strdup(section->load->arena, name);
	if (!program->name)
		return -ENOMEM;
	result = check_name(section, program);
	return result == 0 && program->name ? keep_process(section, set) : result;
}

static int read_processes(struct section *section, const char *name, char *group,
                          const struct program_target *counts, struct program_set *set)
{
	struct program_target *target = section->target;
	char *counts_fault = section->fault;
	int result;

	for (unsigned i = 0; i < counts->numprocs; i++) {
		section->scope.has_process = true;
		section->scope.process_num = (long)counts->numprocs_start + (long)i;
		section->scope.numprocs = (long)counts->numprocs;
		/* What is wrong with the first is not said again of each. */
		section->is_quiet = i > 0 && section->fault && set->programs[0]->broken;
		if (!section->is_quiet)
			section->fault = counts_fault;
		result = read_process(section, group);
		if (result < 0)
			return result;
		if (!target->program.name)
			return keep_unnamed(section, name, set);
		result = keep_process(section, set);
		if (result < 0)
			return result;
	}
	return 0;
}

static int check_counts(struct section *section, struct program_target *counts)
{
	const struct ini_option *option = section_find(section, "process_name");
	size_t room = CONFIG_PROCESSES_MAX - section->load->process_count;
	int result = 0;

	if (counts->numprocs > room) {
		result =
		    section_fault(section, "numprocs", "that makes more than %u processes together",
		                  CONFIG_PROCESSES_MAX);
		counts->numprocs = room > 0 ? 1 : 0;
	} else if (counts->numprocs > 1 && (!option || !strstr(option->value, "%(process_num)"))) {
		result = section_fault(section, option ? "process_name" : "numprocs",
		                       "process_name must hold %%(process_num) where numprocs is "
		                       "above 1");
		counts->numprocs = 1;
	}
	return result;
}

static int compare_programs(const void *left, const void *right)
{
	const struct program *a = *(struct program *const *)left;
	const struct program *b = *(struct program *const *)right;

	if (a->priority != b->priority)
		return a->priority < b->priority ? -1 : 1;
	return strcmp(a->name, b->name);
}

/* What belongs to the group rather than to a process, from the last process read. */
static int keep_extras(struct section *section, const struct program_target *target,
                       struct program_set *set)
{
	struct arena *arena = section->load->arena;

	set->kind = program_kinds[section->kind];
	set->priority = target->program.priority;
	if (section->kind == SECTION_EVENTLISTENER) {
		/* Listeners start first and stop last; the process keeps its 999. */
		if (!section_find(section, "priority"))
			set->priority = -1;
		set->listener = arena_alloc(arena, sizeof(*set->listener));
		if (!set->listener)
			return -ENOMEM;
		*set->listener = target->listener;
	}
	if (section->kind == SECTION_FCGI) {
		set->fcgi = arena_alloc(arena, sizeof(*set->fcgi));
		if (!set->fcgi)
			return -ENOMEM;
		*set->fcgi = target->fcgi;
	}
	return 0;
}

int program_read(struct load *load, enum section_kind kind, const struct ini_section *ini,
                 const char *name, char *group, struct program_set *ret_set)
{
	struct program_target target, counts;
	struct section section = {
	    .load = load, .kind = kind, .ini = ini, .scope = load->scope, .target = &target};
	struct program_set set = {.ini = ini};
	int result;

	section.scope.program_name = name;
	section.scope.group_name = group;
	if (ini && ini->unreadable && !(section.fault = arena_strdup(load->arena, ini->unreadable)))
		return -ENOMEM;
	result = section_set_defaults(&section);
	if (result == 0)
		result = section_read(&section, STEP_COUNT);
	if (result < 0)
		return result;
	counts = target;
	result = check_counts(&section, &counts);
	if (result < 0)
		return result;
	set.programs = arena_array(load->scratch, counts.numprocs + 1, sizeof(*set.programs));
	if (!set.programs)
		return -ENOMEM;
	result = read_processes(&section, name, group, &counts, &set);
	if (result == 0)
		result = keep_extras(&section, &target, &set);
	if (result < 0)
		return result;
	qsort(set.programs, set.count, sizeof(*set.programs), compare_programs);
	*ret_set = set;
	return 0;
}

int program_read_one(struct section *section, char *name, struct program **ret_program)
{
	struct program_target target;
	struct program_set set = {.programs = ret_program};
	int result;

	section->target = &target;
	result = read_process(section, name);
	return result == 0 ? keep_process(section, &set) : result;
}
