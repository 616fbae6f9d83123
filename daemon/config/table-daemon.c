/* The keys of the daemon itself and of those that speak with it. */
#include <limits.h>

#include "daemon/config/table-rows.h"
#include "daemon/config/target.h"
#include "daemon/config/value.h"

#define AT(member) offsetof(struct daemon_config, member)

static const struct key musterd_keys[] = {
    {.name = "socket",
     .type = &value_path,
     .offset = AT(socket),
     .help = "The socket muster speaks to; by default /run/muster/musterd.sock, for a user "
             "$XDG_RUNTIME_DIR/muster/musterd.sock."},
    {.name = "socket_mode",
     .type = &value_mode,
     .offset = AT(socket_mode),
     .fallback = "0600",
     .help = "The mode of that socket."},
    {.name = "socket_owner",
     .type = &value_owner,
     .offset = AT(socket_owner),
     .help = "Who owns that socket, as user or user:group; by default whom musterd runs as."},
    {.name = "run_dir",
     .type = &value_path,
     .offset = AT(run_dir),
     .help = "Where musterd keeps what ends with it; by default /run/muster, for a user "
             "$XDG_RUNTIME_DIR/muster."},
    {.name = "state_dir",
     .type = &value_path,
     .offset = AT(state_dir),
     .help = "Where musterd keeps what outlives a reboot; by default /var/lib/muster, for a user "
             "$XDG_STATE_HOME/muster."},
    {.name = "engine_timeout",
     .type = &value_seconds,
     .offset = AT(engine_timeout_usec),
     .fallback = "30",
     .help =
         "Seconds that the engine may take nothing of what waits for it, until it counts as hung "
         "and another takes its place; 0 for ever."},
    {.name = "on_guardian_death",
     .type = &value_guardian_death,
     .offset = AT(on_guardian_death),
     .fallback = "auto",
     .help =
         "What becomes of the processes when the guardian is killed: stop ends them, leave lets "
         "them run for the next musterd to take over; auto is stop in a container, else leave."},
    {.name = "keep_workers",
     .type = &value_bool,
     .offset = AT(keep_workers),
     .fallback = "false",
     .help = "SIGTERM ends musterd alone, and the next one takes its processes over."},
    {.name = "strict",
     .type = &value_bool,
     .offset = AT(strict),
     .fallback = "false",
     .help =
         "Refuse to start or reload while the configuration has an error, as supervisord does."},
};

const struct key_list table_musterd_keys = KEY_LIST(musterd_keys);

static const struct key supervisord_keys[] = {
    {.name = "logfile",
     .type = &value_logpath,
     .offset = AT(logfile),
     .fallback = "supervisord.log",
     .help = "The log of musterd itself: a path, or NONE."},
    {.name = "logfile_maxbytes",
     .type = &value_size,
     .offset = AT(logfile_maxbytes),
     .fallback = "50MB",
     .help = "The size at which it is rotated; 0 for never."},
    {.name = "logfile_backups",
     .type = &value_count,
     .offset = AT(logfile_backups),
     .fallback = "10",
     .help = "How many rotated logs are kept; 0 begins the log anew.",
     .max = LOG_BACKUPS_MAX},
    {.name = "loglevel",
     .type = &value_level,
     .offset = AT(loglevel),
     .fallback = "info",
     .help = "What is logged: critical, error, warn, info, debug, trace or blather."},
    {.name = "pidfile",
     .type = &value_file,
     .offset = AT(pidfile),
     .fallback = "supervisord.pid",
     .help = "Where musterd writes its pid."},
    {.name = "umask",
     .type = &value_umask,
     .offset = AT(umask),
     .fallback = "022",
     .help = "The umask of musterd, and so of its programs."},
    {.name = "nodaemon",
     .type = &value_bool,
     .offset = AT(nodaemon),
     .fallback = "false",
     .help = "Stay in the foreground."},
    {.name = "silent",
     .type = &value_bool,
     .offset = AT(silent),
     .fallback = "false",
     .help = "Do not log to standard output in the foreground."},
    {.name = "minfds",
     .type = &value_count,
     .offset = AT(minfds),
     .fallback = "1024",
     .help = "File descriptors that must be there to start.",
     .max = INT_MAX},
    {.name = "minprocs",
     .type = &value_count,
     .offset = AT(minprocs),
     .fallback = "200",
     .help = "Processes that must be allowed to start.",
     .max = INT_MAX},
    {.name = "nocleanup",
     .type = &value_bool,
     .offset = AT(nocleanup),
     .fallback = "false",
     .help = "Keep old AUTO logs in childlogdir at start."},
    {.name = "childlogdir",
     .type = &value_directory,
     .offset = AT(childlogdir),
     .help = "Where AUTO logs go; by default $TMPDIR, else /tmp."},
    {.name = "user",
     .type = &value_user,
     .offset = AT(user),
     .help = "The user musterd becomes at start; by default who started it."},
    {.name = "directory",
     .type = &value_directory,
     .offset = AT(directory),
     .help = "Where musterd goes when it becomes a daemon; by default it stays."},
    {.name = "strip_ansi",
     .type = &value_bool,
     .offset = AT(strip_ansi),
     .fallback = "false",
     .help = "Take terminal colour codes out of the logs of programs."},
    {.name = "environment",
     .type = &value_environment,
     .offset = AT(environment),
     .help = "KEY=\"value\",KEY2=\"value2\": added to the environment of every program.",
     .expand = EXPAND_TWICE},
    {.name = "identifier",
     .type = &value_text,
     .offset = AT(identifier),
     .fallback = "supervisor",
     .help = "How this daemon calls itself, also in the names of AUTO logs."},
};

const struct key_list table_supervisord_keys = KEY_LIST(supervisord_keys);

#undef AT
#define AT(member) offsetof(struct http_config, member)

static const char username_help[] = "The name to log in with; by default nobody has to.";
static const char password_help[] = "Its password, or {SHA} and the SHA-1 of it.";

static const struct key unix_http_keys[] = {
    {.name = "file",
     .type = &value_path,
     .offset = AT(file),
     .help = "The socket that supervisorctl and other XML-RPC clients speak to; must be there."},
    {.name = "chmod",
     .type = &value_mode,
     .offset = AT(chmod),
     .fallback = "0700",
     .help = "The mode of that socket."},
    {.name = "chown",
     .type = &value_owner,
     .offset = AT(chown),
     .help = "Who owns that socket, as user or user:group; by default whom musterd runs as."},
    {.name = "username", .type = &value_text, .offset = AT(username), .help = username_help},
    {.name = "password", .type = &value_text, .offset = AT(password), .help = password_help},
};

const struct key_list table_unix_http_keys = KEY_LIST(unix_http_keys);

static const struct key inet_http_keys[] = {
    {.name = "port",
     .type = &value_port,
     .offset = 0,
     .help =
         "host:port to listen at for XML-RPC clients, *:port for all addresses; must be there."},
    {.name = "username", .type = &value_text, .offset = AT(username), .help = username_help},
    {.name = "password", .type = &value_text, .offset = AT(password), .help = password_help},
};

const struct key_list table_inet_http_keys = KEY_LIST(inet_http_keys);

#undef AT
#define AT(member) offsetof(struct rpcinterface_target, member)

static const struct key rpcinterface_keys[] = {
    {.name = "supervisor.rpcinterface_factory",
     .type = &value_text,
     .offset = AT(factory),
     .fallback = "supervisor.rpcinterface:make_main_rpcinterface",
     .help = "A Python function in supervisord; here only the one of its own interface is known."},
};

const struct key_list table_rpcinterface_keys = KEY_LIST(rpcinterface_keys);

#undef AT
#define AT(member) offsetof(struct ctl_config, member)

static const struct key supervisorctl_keys[] = {
    {.name = "serverurl",
     .type = &value_text,
     .offset = AT(serverurl),
     .fallback = "http://localhost:9001",
     .help = "Where supervisorctl finds the daemon: unix:///path or http://host:port."},
    {.name = "username",
     .type = &value_text,
     .offset = AT(username),
     .help = "The name supervisorctl logs in with."},
    {.name = "password",
     .type = &value_text,
     .offset = AT(password),
     .help = "The password supervisorctl logs in with."},
    {.name = "prompt",
     .type = &value_text,
     .offset = AT(prompt),
     .fallback = "supervisor",
     .help = "The prompt of supervisorctl."},
    {.name = "history_file",
     .type = &value_path,
     .offset = AT(history_file),
     .help = "Where supervisorctl keeps its history; by default nowhere."},
};

const struct key_list table_supervisorctl_keys = KEY_LIST(supervisorctl_keys);

#undef AT
#define AT(member) offsetof(struct include_target, member)

static const struct key include_keys[] = {
    {.name = "files",
     .type = &value_text,
     .offset = AT(files),
     .help =
         "Files to read too, parted by blanks, with * ? [], relative to the file this stands in."},
};

const struct key_list table_include_keys = KEY_LIST(include_keys);
