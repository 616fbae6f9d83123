"""musterd, from this tree."""

import os

from subjects.ini import Ini


class Musterd(Ini):
    name = "musterd"
    file_name = "muster.conf"
    ledger_mapping = "ledger"   # a memfd or a file, see ledger.c and preflight.c

    def __init__(self, tools, program=None, on_guardian_death="auto"):
        super().__init__(tools)
        self.program = program or tools.product("musterd")
        self.on_guardian_death = on_guardian_death

    def missing(self):
        for program in ("musterd", "muster"):
            if not os.access(self.tools.product(program), os.X_OK):
                return f"{self.tools.product(program)} is not built (run make first)"
        return None

    def head(self, directory, jobs):
        return f"""\
[supervisord]
logfile={directory}/musterd.log
pidfile={directory}/musterd.pid
childlogdir={directory}

[musterd]
socket={self._socket(directory)}
run_dir={directory}/run
state_dir={directory}/state
on_guardian_death={self.on_guardian_death}
"""

    def start_argv(self, directory, jobs):
        return [self.program, "-n", "-c", self.config(directory)]

    def status_argv(self, directory, jobs, name=None):
        return [*self._muster(directory), "status", *([name] if name else [])]

    def ps_argv(self, directory):
        return [*self._muster(directory), "ps"]

    def calls_argv(self, directory, name, seconds, depth, server_cpu):
        client = self.tools.path("alive")
        if not os.path.exists(client):
            return None
        return [client, self._socket(directory), name, str(seconds), str(depth)]

    def gap_argv(self, directory, name, kills):
        client = self.tools.path("gap")
        if not os.path.exists(client):
            return None
        return [client, self._socket(directory), name, str(kills)]

    def ledgers(self):
        bare = self.tools.path("musterd-bare")
        if not os.path.exists(bare):
            return {}
        # Where processes are to outlive the guardian, the ledger is a file.
        return {"ledger-bare": Musterd(self.tools, bare, "stop"),
                "ledger-memfd": Musterd(self.tools, None, "stop"),
                "ledger-file": Musterd(self.tools, None, "leave")}

    def _muster(self, directory):
        return [self.tools.product("muster"), "-s", self._socket(directory)]

    @staticmethod
    def _socket(directory):
        return os.path.join(directory, "musterd.sock")
