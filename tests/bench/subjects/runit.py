"""runit: runsvdir, a runsv for each worker, and an svlogd for each log."""

import os
import signal

from subjects.subject import Subject, archived, write_file

# runsvdir waits a second where its directory changed within the present one.
OLD = 1_000_000_000
LOG_CONFIG = "s50000000\nn40\n"


class Runit(Subject):
    name = "runit"
    programs = ("runsvdir", "runsv", "sv", "svlogd")
    stop_signal = signal.SIGHUP

    def write(self, directory, jobs):
        services = os.path.join(directory, "services")
        os.mkdir(services)
        for job in jobs:
            service = os.path.join(services, job.name)
            os.mkdir(service)
            os.symlink(job.program, os.path.join(service, "run"))
            if job.captured:
                write_file(f"{service}/log/run", "#!/bin/sh\nexec svlogd ./main\n", True)
                write_file(f"{service}/log/main/config", LOG_CONFIG)
        os.utime(services, (OLD, OLD))

    def start_argv(self, directory, jobs):
        return ["runsvdir", os.path.join(directory, "services")]

    def status_argv(self, directory, jobs, name=None):
        names = [name] if name else [job.name for job in jobs]
        return ["sv", "status", *(f"{directory}/services/{each}" for each in names)]

    def log_files(self, directory, name):
        return archived(f"{directory}/services/{name}/log/main")
