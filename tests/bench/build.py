"""Compiles the bench's own C programs into $O/bench."""

import glob
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
FLAGS = ["-std=gnu11", "-D_GNU_SOURCE", "-I" + ROOT, "-O2", "-Wall", "-Wextra"]
BARE = ["-static", "-nostdlib", "-ffreestanding", "-fno-stack-protector", "-fno-pie"]

# What bare.c has another form of.
BARE_CALLS = ("ledger_create", "ledger_commit", "channel_send_keep", "channel_send_drop")

# program: source, flags, objects and archives of $O, libraries
PROGRAMS = {
    "worker": ("worker.c", BARE, [], []),
    "crasher": ("worker.c", [*BARE, "-DBENCH_CRASH"], [], []),
    "flood": ("flood.c", [], [], []),
    "floor": ("floor.c", [], [], []),
    "logpump": ("logpump.c", [], [], []),
    "pingpong": ("pingpong.c", [], [], []),
    "repeat": ("repeat.c", [], [], []),
    "alive": ("alive.c", [], ["libcommon.a"], ["-ljansson"]),
    "gap": ("gap.c", [], ["libcommon.a"], ["-ljansson"]),
    "musterd-bare": ("bare.c", ["-Wl,--wrap=" + call for call in BARE_CALLS],
                     ["obj/daemon/*.o", "libdaemon.a", "libcommon.a"],
                     ["-levent_core", "-linih", "-ljansson"]),
}

# What is supervised; every other process below a daemon is the supervisor's own.
WORKERS = ("worker", "crasher", "flood")


class BuildError(Exception):
    pass


class Tools:
    def __init__(self, output, compiler):
        self.output = os.path.join(ROOT, output)
        self.directory = os.path.join(self.output, "bench")
        self.compiler = compiler
        self.workers = {self.path(name) for name in WORKERS}

    def path(self, name):
        return os.path.join(self.directory, name)

    def product(self, name):
        """One of the project's own programs."""
        return os.path.join(self.output, name)

    def make(self):
        os.makedirs(self.directory, exist_ok=True)
        for name in PROGRAMS:
            self._make_one(name)

    def _make_one(self, name):
        source, flags, archives, libraries = PROGRAMS[name]
        found = []
        for archive in archives:
            paths = sorted(glob.glob(self.product(archive)))
            if not paths:
                print(f"bench: {name} is left out: {self.product(archive)} is not there "
                      "(run make first)", file=sys.stderr)
                return
            found += paths
        command = [self.compiler, *FLAGS, *flags, os.path.join(HERE, source), *found,
                   *libraries, "-o", self.path(name)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError as error:
            raise BuildError(f"cannot run the compiler: {error}") from error
        if done.returncode != 0:
            raise BuildError(f"{source} does not compile:\n{done.stderr}")
