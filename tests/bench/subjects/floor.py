"""The floor: floor.c for processes, logpump.c for logs, pingpong.c for calls."""

import os

from subjects.subject import Subject


class Floor(Subject):
    name = "floor"
    captures_logs = False
    mixes_programs = False

    def write(self, directory, jobs):
        pass

    def start_argv(self, directory, jobs):
        program = jobs[0].program if jobs else "/nonexistent"
        return [self.tools.path("floor"), str(len(jobs)), program]

    def calls_argv(self, directory, name, seconds, depth, server_cpu):
        return [self.tools.path("pingpong"), str(seconds), str(depth), str(server_cpu)]

    def flooders(self):
        return [Pump(self.tools, mode) for mode in ("cat", "rw", "splice")]


class Pump(Floor):
    """One way to move one worker's output into a file; the best of them is the floor."""

    def __init__(self, tools, mode):
        super().__init__(tools)
        self.mode = mode

    def start_argv(self, directory, jobs):
        log = self.log_files(directory, jobs[0].name)[0]
        return [self.tools.path("logpump"), self.mode, log, jobs[0].program]

    def log_files(self, directory, name):
        return [os.path.join(directory, name + ".log")]
