/* [supervisord], [musterd], the servers and the client: into struct config, with their defaults. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/path.h"
#include "daemon/config/arena.h"
#include "daemon/config/ini.h"
#include "daemon/config/load.h"
#include "daemon/config/pathname.h"
#include "daemon/config/section.h"
#include "daemon/config/target.h"

#define STATE_DIR_OF_ROOT "/var/lib/muster"

static struct section daemon_section(struct load *load, enum section_kind kind, void *target)
{
	return (struct section){.load = load,
	                        .kind = kind,
	                        .ini = ini_find_section(load->ini, table_section_name(kind)),
	                        .scope = load->scope,
	                        .target = target};
}

/* Defaults, then environment=, then the rest, which may use it as supervisord's do. */
static int daemon_read_section(struct section *section)
{
	int result = section_set_defaults(section);

	if (result == 0)
		result = section_read(section, STEP_ENVIRONMENT);
	if (result == 0)
		result = section_read(section, STEP_REST);
	return result;
}

/* A text from a function that gives heap memory. */
static int keep_heap(struct load *load, char *text, char **field)
{
	char *copy = text ? arena_strdup(load->arena, text) : NULL;

	free(text);
	if (!copy)
		return -ENOMEM;
	*field = copy;
	return 0;
}

static char *default_state_dir(struct arena *arena)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

	if (geteuid() == 0)
		return arena_strdup(arena, STATE_DIR_OF_ROOT);
	if (state && state[0] == '/')
		return arena_printf(arena, "%s/muster", state);
	if (home && home[0] == '/')
		return arena_printf(arena, "%s/.local/state/muster", home);
	return arena_printf(arena, "/tmp/muster-%lu/state", (unsigned long)geteuid());
}

/* What tempfile.gettempdir() of Python looks at. */
static char *default_child_log_dir(struct arena *arena)
{
	static const char *const variables[] = {"TMPDIR", "TEMP", "TMP"};

	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		const char *directory = getenv(variables[i]);

		if (directory && directory[0] == '/' && pathname_is_directory(directory))
			return arena_strdup(arena, directory);
	}
	return arena_strdup(arena, "/tmp");
}

/* podman(1), docker(1) and systemd-nspawn(1) leave one of these. */
static bool daemon_is_in_container(void)
{
	return getenv("container") || access("/.dockerenv", F_OK) == 0 ||
	       access("/run/.containerenv", F_OK) == 0;
}

/* Defaults that depend on who and where we are. */
static int daemon_fill_in(struct load *load, struct daemon_config *daemon)
{
	int result = 0;

	if (!daemon->socket)
		result = keep_heap(load, path_default_socket(), &daemon->socket);
	if (result == 0 && !daemon->run_dir)
		result = keep_heap(load, path_run_dir(), &daemon->run_dir);
	if (daemon->on_guardian_death == GUARDIAN_DEATH_AUTO)
		daemon->on_guardian_death =
		    daemon_is_in_container() ? GUARDIAN_DEATH_STOP : GUARDIAN_DEATH_LEAVE;
	if (!daemon->state_dir)
		daemon->state_dir = default_state_dir(load->arena);
	if (!daemon->childlogdir)
		daemon->childlogdir = default_child_log_dir(load->arena);
	if (!daemon->environment)
		daemon->environment = arena_array(load->arena, 1, sizeof(*daemon->environment));
	if (result == 0 && (!daemon->state_dir || !daemon->childlogdir || !daemon->environment))
		result = -ENOMEM;
	return result;
}

/* To go on as root because the user that was asked for is not there would be the worst of answers.
 */
static int daemon_read_user(struct section *section, struct daemon_config *daemon)
{
	int result = section_read_key(section, "user");

	/* A line that cannot be read may have been the user's. */
	if (!section->fault && section->ini && section->ini->unreadable)
		section->fault = arena_strdup(section->load->arena, section->ini->unreadable);
	daemon->broken = section->fault;
	section->fault = NULL;
	return result;
}

static int daemon_read_main(struct load *load)
{
	struct daemon_config *daemon = &load->config->daemon, musterd;
	struct section section = daemon_section(load, SECTION_SUPERVISORD, daemon);
	int result = daemon_read_section(&section);

	if (result == 0) {
		section.fault = NULL;
		result = daemon_read_user(&section, daemon);
	}
	if (result < 0)
		return result;
	/* Two sections, one struct: the keys of [musterd] are read aside. */
	section = daemon_section(load, SECTION_MUSTERD, &musterd);
	result = daemon_read_section(&section);
	if (result < 0)
		return result;
	daemon->socket = musterd.socket;
	daemon->socket_mode = musterd.socket_mode;
	daemon->socket_owner = musterd.socket_owner;
	daemon->run_dir = musterd.run_dir;
	daemon->state_dir = musterd.state_dir;
	daemon->strict = musterd.strict;
	daemon->engine_timeout_usec = musterd.engine_timeout_usec;
	daemon->on_guardian_death = musterd.on_guardian_death;
	daemon->keep_workers = musterd.keep_workers;
	return daemon_fill_in(load, daemon);
}

/* A server is there when its section is, and it knows where to listen. */
static int daemon_read_server(struct load *load, enum section_kind kind, const char *address_key,
                              struct http_config *http)
{
	struct section section = daemon_section(load, kind, http);
	int result = daemon_read_section(&section);

	if (result < 0 || !section.ini)
		return result;
	http->present = http->file || http->port;
	if (!section_find(&section, address_key))
		result = section_fault(&section, NULL, "%s= is missing", address_key);
	if (result == 0 && !http->username != !http->password)
		result = section_fault(&section, http->username ? "username" : "password",
		                       "username= and password= go together");
	return result;
}

static int daemon_read_rpcinterfaces(struct load *load)
{
	const struct ini_section *ini = ini_sections(load->ini);
	struct rpcinterface_target target;
	enum section_kind kind;
	const char *name;
	int result = 0;

	for (; ini && result == 0; ini = ini->next) {
		struct section section = daemon_section(load, SECTION_RPCINTERFACE, &target);
		const char *own = table_key(SECTION_RPCINTERFACE, 0)->fallback;

		if (table_find_section(ini->name, &kind, &name) < 0 || kind != SECTION_RPCINTERFACE)
			continue;
		section.ini = ini;
		result = daemon_read_section(&section);
		if (result == 0 && strcmp(target.factory, own) != 0)
			result =
			    section_warn(&section, table_key(SECTION_RPCINTERFACE, 0)->name,
			                 "interfaces in Python are not supported; it is left out");
	}
	return result;
}

int daemon_read(struct load *load)
{
	struct config *config = load->config;
	struct section ctl = daemon_section(load, SECTION_SUPERVISORCTL, &config->ctl);
	int result = daemon_read_main(load);

	if (result == 0)
		result = daemon_read_server(load, SECTION_UNIX_HTTP, "file", &config->unix_http);
	if (result == 0)
		result = daemon_read_server(load, SECTION_INET_HTTP, "port", &config->inet_http);
	if (result == 0)
		result = daemon_read_rpcinterfaces(load);
	if (result == 0)
		result = daemon_read_section(&ctl);
	load->scope.daemon_environment = config->daemon.environment;
	if (config->daemon.user.name)
		load->uid = config->daemon.user.uid;
	return result;
}
