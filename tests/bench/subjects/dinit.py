"""dinit, where it is on the path. It captures no logs: a worker writes its own file."""

import os

from subjects.subject import Subject, write_file


class Dinit(Subject):
    name = "dinit"
    programs = ("dinit", "dinitctl")
    captures_logs = False

    def write(self, directory, jobs):
        services = os.path.join(directory, "services")
        for job in jobs:
            limit = "restart-limit-count = 0\n" if job.may_crash else ""
            write_file(f"{services}/{job.name}",
                       f"type = process\ncommand = {job.program}\nrestart = true\n{limit}")
        wanted = "".join(f"waits-for = {job.name}\n" for job in jobs)
        write_file(f"{services}/boot", f"type = internal\n{wanted}")

    def start_argv(self, directory, jobs):
        return ["dinit", "--user", "--services-dir", os.path.join(directory, "services"),
                "--socket-path", os.path.join(directory, "dinit.sock")]

    def status_argv(self, directory, jobs, name=None):
        return ["dinitctl", "--socket-path", os.path.join(directory, "dinit.sock"),
                *(["status", name] if name else ["list"])]
