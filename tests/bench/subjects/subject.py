"""What the bench has to know about a supervisor."""

import os
import shutil
import signal


class Subject:
    name = ""
    programs = ()                  # needed on the path
    stop_signal = signal.SIGTERM   # to the daemon: stop the workers, then end
    status_exits = ("0",)          # of the status command, where it has done its work
    ledger_mapping = ""            # in the name of a file that the guardian maps, where it has one
    captures_logs = True           # output passes through the supervisor or loggers of its own
    mixes_programs = True          # runs different programs side by side

    def __init__(self, tools):
        self.tools = tools

    def missing(self):
        """Why it cannot be measured here; None where it can."""
        for program in self.programs:
            if not shutil.which(program):
                return f"{program} is not installed"
        return None

    def write(self, directory, jobs):
        """Writes the natural configuration for these workers."""
        raise NotImplementedError

    def start_argv(self, directory, jobs):
        """The daemon, in the foreground."""
        raise NotImplementedError

    def status_argv(self, directory, jobs, name=None):
        """The command that shows one worker, or all; None where there is none."""
        return None

    def ps_argv(self, directory):
        """The command that shows all workers as ps does; None where there is none."""
        return None

    def calls_argv(self, directory, name, seconds, depth, server_cpu):
        """The program that prints calls a second; None where there is none."""
        return None

    def gap_argv(self, directory, name, kills):
        """The program that kills the engine and prints what a client saw; None: there is none."""
        return None

    def ledgers(self):
        """The subjects without a ledger and with one, by name of the samples."""
        return {}

    def flooders(self):
        """The subjects by which a flooding worker's output is captured."""
        return [self] if self.captures_logs else []

    def log_files(self, directory, name):
        """The log of a captured worker, oldest first."""
        raise NotImplementedError


def write_file(path, text, executable=False):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
    if executable:
        os.chmod(path, 0o755)


def rotated(path):
    """PATH.10 ... PATH.1 PATH, as far as they are there."""
    files = [path]
    while os.path.exists(f"{path}.{len(files)}"):
        files.insert(0, f"{path}.{len(files)}")
    return files


def archived(directory, prefix="@"):
    """@... @... current, as svlogd and s6-log name them."""
    try:
        old = sorted(name for name in os.listdir(directory) if name.startswith(prefix))
    except FileNotFoundError:
        old = []
    return [os.path.join(directory, name) for name in [*old, "current"]]
