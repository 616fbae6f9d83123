"""supervisord, Debian's package "supervisor"."""

from subjects.ini import Ini

FDS_PER_WORKER = 4  # three pipes, and some for the rest


class Supervisord(Ini):
    name = "supervisord"
    programs = ("supervisord", "supervisorctl")
    file_name = "supervisord.conf"

    def head(self, directory, jobs):
        return f"""\
[unix_http_server]
file={directory}/supervisor.sock

[supervisord]
nodaemon=true
logfile={directory}/supervisord.log
pidfile={directory}/supervisord.pid
childlogdir={directory}
minfds={max(1024, FDS_PER_WORKER * len(jobs))}

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl=unix://{directory}/supervisor.sock
"""

    def start_argv(self, directory, jobs):
        return ["supervisord", "-n", "-c", self.config(directory)]

    def status_argv(self, directory, jobs, name=None):
        return ["supervisorctl", "-c", self.config(directory), "status", *([name] if name else [])]
