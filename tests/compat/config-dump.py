"""Prints what supervisord makes of a configuration, as tests/helper/config-dump.c prints ours.

Needs Debian's package supervisor, which is loaded as a library; nothing is started. Exit status 1
where supervisord refuses the file; then its words are on standard error.
"""

import io
import socket
import sys

from supervisor import datatypes, options
from supervisor.loggers import LevelsByDescription

LEVELS = {getattr(LevelsByDescription, name): name for name in dir(LevelsByDescription) if name[0] != "_"}
RESTARTS = {
    False: "false",
    datatypes.RestartWhenExitUnexpected: "unexpected",
    datatypes.RestartUnconditionally: "true",
}
KINDS = {
    "ProcessGroupConfig": "program",
    "EventListenerPoolConfig": "eventlistener",
    "FastCGIGroupConfig": "fcgi-program",
}
SAME = """priority startretries stopsignal stopasgroup killasgroup autostart redirect_stderr
    stdout_logfile_maxbytes stdout_logfile_backups stdout_capture_maxbytes stdout_events_enabled
    stdout_syslog stderr_logfile_maxbytes stderr_logfile_backups stderr_capture_maxbytes
    stderr_events_enabled stderr_syslog startsecs stopwaitsecs""".split()


def escape(text):
    data = text.encode("utf-8", "surrogateescape")
    return "".join(chr(c) if 32 <= c <= 126 and c != 92 else "\\x%02x" % c for c in data)


def show(key, value):
    if isinstance(value, bool):
        value = "true" if value else "false"
    elif value is None:
        value = "(none)"
    print(f"{key}={escape(str(int(value) if isinstance(value, int) else value))}")


def show_environment(prefix, environment):
    for key, value in environment.items():
        show(f"{prefix}environment.{key}", value)


def logfile(value):
    if value is None:
        return "none"
    return "auto" if value is datatypes.Automatic else value


def show_process(prefix, process):
    for key in SAME:
        show(prefix + key, getattr(process, key))
    for key in ("name", "command", "directory", "serverurl"):
        show(prefix + key, getattr(process, key))
    for key in ("stdout_logfile", "stderr_logfile"):
        show(prefix + key, logfile(getattr(process, key)))
    show(prefix + "uid", -1 if process.uid is None else process.uid)
    show(prefix + "umask", -1 if process.umask is None else process.umask)
    show(prefix + "autorestart", RESTARTS[process.autorestart])
    show(prefix + "exitcodes", ",".join(str(code) for code in sorted(set(process.exitcodes))))
    show_environment(prefix, process.environment)


def show_group(index, group):
    prefix = f"group.{index}."
    show(prefix + "name", group.name)
    show(prefix + "kind", KINDS[type(group).__name__])
    show(prefix + "priority", group.priority)
    if hasattr(group, "buffer_size"):
        show(prefix + "buffer_size", group.buffer_size)
        names = {value: key for key, value in vars(options_events().EventTypes).items() if key[0] != "_"}
        for event in group.pool_events:
            show(prefix + "event", names[event])
    if hasattr(group, "socket_config"):
        show(prefix + "socket", group.socket_config.url)
        show(prefix + "socket_backlog", group.socket_config.backlog or 0)
    # The order in which it starts them: by priority, else as they are.
    for number, process in enumerate(sorted(group.process_configs, key=lambda p: p.priority)):
        show_process(f"{prefix}{number}.", process)


def options_events():
    from supervisor import events

    return events


def show_server(server):
    is_unix = server["family"] == socket.AF_UNIX
    prefix = "unix_http_server." if is_unix else "inet_http_server."
    show(prefix + "file", server["file"] if is_unix else None)
    show(prefix + "host", None if is_unix else server["host"] or None)
    show(prefix + "port", 0 if is_unix else server["port"])
    if is_unix:
        show(prefix + "chmod", server["chmod"])
        show(prefix + "chown.uid", server["chown"][0])
        show(prefix + "chown.gid", server["chown"][1])
    show(prefix + "username", server["username"])
    show(prefix + "password", server["password"])


def show_daemon(loaded):
    prefix, section = "supervisord.", loaded.configroot.supervisord
    for key in """logfile_maxbytes logfile_backups umask minfds minprocs childlogdir user directory
            identifier""".split():
        show(prefix + key, getattr(section, key))
    for key in ("nodaemon", "silent", "nocleanup", "strip_ansi"):
        show(prefix + key, bool(getattr(section, key)))
    show(prefix + "logfile", loaded.logfile)
    show(prefix + "pidfile", loaded.pidfile)
    show(prefix + "loglevel", LEVELS[section.loglevel])
    show_environment(prefix, section.environment)


def main():
    loaded = options.ServerOptions()
    loaded.stderr, output = sys.stderr, io.StringIO()
    sys.stdout, real = output, sys.stdout
    try:
        loaded.realize(["-c", sys.argv[1]])
        show_daemon(loaded)
        for server in loaded.server_configs:
            show_server(server)
        for index, group in enumerate(loaded.process_group_configs):
            show_group(index, group)
    except SystemExit:
        sys.exit(1)
    except Exception as error:  # what it does not catch ends it too
        print(f"Error: {error!r}", file=sys.stderr)
        sys.exit(1)
    finally:
        sys.stdout = real
    print(output.getvalue(), end="")


main()
