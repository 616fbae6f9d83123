"""s6: s6-svscan, an s6-supervise for each worker and each log, and an s6-log for each log.

A service without readiness notification, as here, is started again a second after its death; that
is s6's default and no flaw of the measurement.
"""

import os

from subjects.subject import Subject, archived, write_file


class S6(Subject):
    name = "s6"
    programs = ("s6-svscan", "s6-supervise", "s6-svstat", "s6-log")

    def write(self, directory, jobs):
        services = os.path.join(directory, "services")
        os.mkdir(services)
        for job in jobs:
            service = os.path.join(services, job.name)
            os.mkdir(service)
            os.symlink(job.program, os.path.join(service, "run"))
            if job.captured:
                write_file(f"{service}/log/run", "#!/bin/sh\nexec s6-log n40 s50000000 ./main\n",
                           True)

    def start_argv(self, directory, jobs):
        return ["s6-svscan", "-c", str(2 * len(jobs) + 10), os.path.join(directory, "services")]

    def status_argv(self, directory, jobs, name=None):
        if name:
            return ["s6-svstat", f"{directory}/services/{name}"]
        return ["sh", "-c", 'for service in "$1"/*; do s6-svstat "$service"; done', "sh",
                os.path.join(directory, "services")]

    def log_files(self, directory, name):
        return archived(f"{directory}/services/{name}/log/main")
