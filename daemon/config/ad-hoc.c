/*
 * What Run was asked for, brought into the shape of a section of a file: from there on it is read
 * as any [program:x].
 */
#include "daemon/config/ad-hoc.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "daemon/config/arena.h"
#include "daemon/config/environment.h"
#include "daemon/config/group.h"
#include "daemon/config/ini-store.h"
#include "daemon/config/load.h"
#include "daemon/config/note.h"
#include "daemon/config/section.h"
#include "daemon/config/user.h"
#include "daemon/config/value.h"

/* What a process that is run once wants otherwise than one that is kept up. */
static const char *const defaults[][2] = {
    {"autorestart", "false"},
    {"startsecs", "0"},
};

static const struct ini_file ad_hoc_file = {.path = "muster run", .here = "/"};

static int load_init(struct load *load)
{
	load->arena = arena_new();
	load->scratch = arena_new();
	load->ini = ini_new();
	load->config = load->arena ? arena_alloc(load->arena, sizeof(*load->config)) : NULL;
	load->users = load->arena ? user_cache_new(load->arena) : NULL;
	if (!load->config || !load->scratch || !load->ini || !load->users)
		return -ENOMEM;
	load->config->arena = load->arena;
	load->uid = geteuid();
	return 0;
}

static void load_done(struct load *load, bool keep)
{
	user_cache_free(load->users);
	ini_free(load->ini);
	arena_free(load->scratch);
	if (!keep)
		arena_free(load->arena);
}

/* A copy of an array of texts in the arena; NULL when out of memory. */
static char **copy_texts(struct arena *arena, const char *const *texts)
{
	size_t count = 0;
	char **copy;

	while (texts && texts[count])
		count++;
	copy = arena_array(arena, count + 1, sizeof(*copy));
	for (size_t i = 0; copy && i < count; i++) {
		copy[i] = arena_strdup(arena, texts[i]);
		if (!copy[i])
			return NULL;
	}
	return copy;
}

/* Root and the daemon's own user may what the daemon may. */
static bool is_stranger(const struct load *load, const struct ad_hoc *wanted)
{
	return wanted->caller.uid != 0 && wanted->caller.uid != load->uid;
}

/* "KEY=value" each, and not too many. */
static int check_environment(struct section *section, const char *const *entries)
{
	size_t count = 0;

	for (; entries && entries[count]; count++)
		if (entries[count][0] == '=' || !strchr(entries[count], '='))
			return section_fault(section, "environment", "an entry is no KEY=value");
	if (count > AD_HOC_ENVIRONMENT_MAX)
		return section_fault(section, "environment", "more than %u variables",
		                     AD_HOC_ENVIRONMENT_MAX);
	return 0;
}

/* What comes under environment= of the options. A stranger sees nothing of the daemon's own. */
static int take_environment(struct section *section, const struct ad_hoc *wanted,
                            char *const *environment)
{
	struct load *load = section->load;
	bool shown = !is_stranger(load, wanted);
	char **base = copy_texts(load->arena, shown ? (const char *const *)environment : NULL);
	char **own = copy_texts(load->arena, wanted->environment);

	if (!base || !own)
		return -ENOMEM;
	return environment_merge(load->arena, base, own, &load->config->daemon.environment);
}

static int add_option(struct load *load, struct ini_section *ini, const char *key,
                      const char *value)
{
	struct ini_option *option = ini_open_option(load->ini, ini, key, &ad_hoc_file, 0);

	if (!option)
		return -ENOMEM;
	option->value = value;
	option->tag = table_find_key(SECTION_PROGRAM, key);
	return 0;
}

static int take_option(struct section *section, struct ini_section *ini, const char *name,
                       const char *value)
{
	const struct key *key = table_find_key(SECTION_PROGRAM, name);
	const char *near = key ? NULL : table_suggest_key(SECTION_PROGRAM, name);

	/* The key of a fault is kept for longer than the option's name. */
	if (!key && !(name = arena_strdup(section->load->arena, name)))
		return -ENOMEM;
	if (!key)
		return section_fault(section, name, "there is no such key%s%s%s",
		                     near ? "; did you mean " : "", near ? near : "",
		                     near ? "?" : "");
	if (key->no_ad_hoc)
		return section_fault(section, key->name,
		                     "it is for processes that a file names only");
	return add_option(section->load, ini, name, value);
}

static int take_options(struct section *section, struct ini_section *ini,
                        const struct ad_hoc *wanted)
{
	const char *const *option = wanted->options;
	int result = add_option(section->load, ini, "process_name", wanted->name);

	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]) && result == 0; i++)
		result = add_option(section->load, ini, defaults[i][0], defaults[i][1]);
	for (; option && *option && result == 0; option += 2)
		result = take_option(section, ini, option[0], option[1]);
	return result;
}

/* It runs as the caller, and as somebody else only where the caller is root. */
static int take_user(struct section *section, struct program *program, const struct ad_hoc *wanted)
{
	struct arena *arena = section->load->arena;
	struct user_config *user = &program->user;
	const struct user_config *caller = &wanted->caller;

	if (user->name && caller->uid == 0)
		return 0;
	if (user->name && user->uid != caller->uid)
		return section_fault(section, "user", "only root may run it as another user");
	if (section->load->uid != 0 && section->load->uid != caller->uid)
		return section_fault(section, "user",
		                     "musterd runs as user %u, and cannot run it as the caller",
		                     (unsigned)section->load->uid);
	*user = *caller;
	user->name = arena_printf(arena, "%lu", (unsigned long)caller->uid);
	user->groups = arena_array(arena, caller->group_count + 1, sizeof(*user->groups));
	if (!user->name || !user->groups)
		return -ENOMEM;
	if (caller->group_count)
		memcpy(user->groups, caller->groups, caller->group_count * sizeof(*user->groups));
	return 0;
}

/* The daemon opens logs, with all its rights. */
static int check_log(struct section *section, const struct log_config *log, const char *key,
                     const struct ad_hoc *wanted)
{
	if (log->kind != LOG_PATH || !is_stranger(section->load, wanted))
		return 0;
	return section_fault(section, key,
	                     "only root and the user of musterd may name a file: AUTO or NONE");
}

/* A daemon of its caller is shown as such. */
static int take_master(struct section *section, struct program *program,
                       const struct ad_hoc *wanted)
{
	if (!wanted->daemon)
		return 0;
	if (program->daemon_of)
		return section_fault(section, "daemon_of", "it is a daemon of its caller already");
	program->daemon_of = arena_printf(section->load->arena, "pid %d", (int)wanted->caller_pid);
	return program->daemon_of ? 0 : -ENOMEM;
}

static int finish_program(struct section *section, struct program *program,
                          const struct ad_hoc *wanted)
{
	int result = take_user(section, program, wanted);

	if (result == 0)
		result = take_master(section, program, wanted);
	if (result == 0)
		result = check_log(section, &program->stdout_log, "stdout_logfile", wanted);
	if (result == 0)
		result = check_log(section, &program->stderr_log, "stderr_logfile", wanted);
	program->is_ad_hoc = true;
	program->is_stranger = is_stranger(section->load, wanted);
	program->search_path = environment_find(program->environment, "PATH", strlen("PATH"));
	program->broken = section->fault;
	return result;
}

static int read_program(struct section *section, const struct ad_hoc *wanted, char *name,
                        char *const *environment, struct program **ret_program)
{
	struct load *load = section->load;
	const char *title = arena_printf(load->scratch, "program:%s", name);
	struct ini_section *ini =
	    title ? ini_open_section(load->ini, title, &ad_hoc_file, 0) : NULL;
	const char *why = value_check_name(name);
	int result = ini ? 0 : -ENOMEM;

	section->ini = ini;
	section->argv = copy_texts(load->arena, wanted->argv);
	if (result == 0 && !section->argv)
		result = -ENOMEM;
	if (result == 0 && why)
		result = section_fault(section, "name", "%s", why);
	if (result == 0 && (!section->argv[0] || !*section->argv[0]))
		result = section_fault(section, "command", "it is empty");
	if (result == 0)
		result = check_environment(section, wanted->environment);
	if (result == 0)
		result = take_environment(section, wanted, environment);
	if (result == 0)
		result = take_options(section, ini, wanted);
	if (result == 0)
		result = program_read_one(section, name, ret_program);
	return result == 0 ? finish_program(section, *ret_program, wanted) : result;
}

static int make_group(struct load *load, char *name, struct program *program)
{
	struct group_config *group = arena_alloc(load->arena, sizeof(*group));
	struct config *config = load->config;

	config->groups = arena_array(load->arena, 1, sizeof(*config->groups));
	if (group)
		group->programs = arena_array(load->arena, 1, sizeof(*group->programs));
	if (!group || !group->programs || !config->groups)
		return -ENOMEM;
	group->name = name;
	group->kind = program->kind;
	group->priority = program->priority;
	group->programs[0] = program;
	group->program_count = 1;
	config->groups[0] = group;
	config->group_count = 1;
	return 0;
}

/* What was said of it, for longer than the reading takes. */
static int keep_fault(const struct section *section, struct ad_hoc_fault *ret_fault)
{
	struct ad_hoc_fault fault = {0};

	if (section->fault) {
		fault.option = section->fault_key ? section->fault_key : "command";
		fault.why = arena_strdup(section->load->arena, section->fault_why);
		if (!fault.why)
			return -ENOMEM;
	}
	*ret_fault = fault;
	return 0;
}

int config_load_ad_hoc(const struct ad_hoc *wanted, char *const *environment,
                       struct ad_hoc_fault *ret_fault, struct config **ret_config)
{
	struct config_notes notes = {0};
	struct load load = {.notes = &notes};
	struct section section = {.load = &load, .kind = SECTION_PROGRAM, .is_literal = true};
	struct program *program = NULL;
	char *name = NULL;
	int result = load_init(&load);

	if (result == 0 && !(name = arena_strdup(load.arena, wanted->name)))
		result = -ENOMEM;
	if (result == 0)
		result = read_program(&section, wanted, name, environment, &program);
	if (result == 0)
		result = make_group(&load, name, program);
	if (result == 0)
		result = keep_fault(&section, ret_fault);
	if (result == 0)
		*ret_config = load.config;
	load_done(&load, result == 0);
	config_notes_done(&notes);
	return result;
}

void ad_hoc_make_name(const char *word, char name[AD_HOC_NAME_SIZE])
{
	size_t size = strlen(word);
	size_t used = 0;

	while (size > 0 && word[size - 1] == '/')
		size--;
	for (size_t i = size; i > 0 && word[i - 1] != '/'; i--)
		used++;
	word += size - used;
	if (used >= AD_HOC_NAME_SIZE)
		used = AD_HOC_NAME_SIZE - 1;
	/* Not in the middle of a character. */
	while (used > 0 && used < strlen(word) && ((unsigned char)word[used] & 0xc0) == 0x80)
		used--;
	for (size_t i = 0; i < used; i++)
		name[i] = (unsigned char)word[i] <= ' ' || word[i] == 0x7f || word[i] == ':'
		              ? '_'
		              : word[i];
	name[used] = '\0';
	if (used == 0)
		memcpy(name, "run", sizeof("run"));
}
