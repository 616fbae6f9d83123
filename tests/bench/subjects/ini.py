"""The configuration that supervisord and musterd share."""

import os

from subjects.subject import Subject, rotated, write_file

LOG_MAXBYTES = "50MB"


class Ini(Subject):
    file_name = ""

    def head(self, directory, jobs):
        """The sections before the programs."""
        raise NotImplementedError

    def config(self, directory):
        return os.path.join(directory, self.file_name)

    def write(self, directory, jobs):
        sections = [self._program(directory, job) for job in jobs]
        write_file(self.config(directory), "\n".join([self.head(directory, jobs), *sections]))

    def _program(self, directory, job):
        lines = [f"[program:{job.name}]", f"command={job.program}", "autorestart=true"]
        if job.may_crash:
            lines.append("startsecs=0")
        if job.captured:
            lines += [f"stdout_logfile={directory}/{job.name}.log", "redirect_stderr=true",
                      f"stdout_logfile_maxbytes={LOG_MAXBYTES}",
                      f"stdout_logfile_backups={job.log_backups}"]
        else:
            lines += ["stdout_logfile=NONE", "stderr_logfile=NONE"]
        return "\n".join(lines) + "\n"

    def log_files(self, directory, name):
        return rotated(os.path.join(directory, name + ".log"))
