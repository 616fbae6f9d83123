"""Helpers of the end-to-end tests that are written in Python: the words of tests/lib.sh, and a client of
the socket that can misbehave. Standard library only; what is printed is TAP."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get("MUSTER_BUILD", os.path.join(TOP, "build"))
WAIT_SECONDS = float(os.environ.get("WAIT_SECONDS", "20"))

_count = 0
_failed = 0
_says = "the test"


def say(text):
    global _says
    _says = text
    print("#", text, flush=True)


def check(name, true):
    global _count, _failed
    _count += 1
    _failed += not true
    print(f"{'' if true else 'not '}ok {_count} - {_says}: {name}".replace("\n", "\\n"), flush=True)


def equal(got, want):
    check(f"{want!r}" if got == want else f"{got!r}, not {want!r}", got == want)


def until(true, seconds=None):
    """Tries until it is true; false when the time is up. The one place that sleeps."""
    deadline = time.monotonic() + (seconds or WAIT_SECONDS)
    while True:
        try:
            if true():
                return True
        except (OSError, EOFError):
            pass
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)  # lint: polls


def finish():
    """The plan, for the end of a test; true where nothing has failed."""
    print(f"1..{_count}", flush=True)
    return _failed == 0


def wait_for(name, true):
    check(name, until(true))


class Client:
    """A connection to the daemon's socket."""

    def __init__(self, daemon):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(WAIT_SECONDS)
        self.socket.connect(daemon.socket_path)
        self.received = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, method, more=False, oneway=False, **parameters):
        call = {"method": method, "parameters": parameters}
        if more:
            call["more"] = True
        if oneway:
            call["oneway"] = True
        self.socket.sendall(json.dumps(call).encode() + b"\0")

    def receive(self):
        while b"\0" not in self.received:
            data = self.socket.recv(65536)
            if not data:
                raise EOFError("the daemon hung up")
            self.received += data
        message, self.received = self.received.split(b"\0", 1)
        return json.loads(message)

    def ask(self, method, **parameters):
        """The whole reply, an error too."""
        self.send(method, **parameters)
        return self.receive()

    def call(self, method, **parameters):
        return self.ask(method, **parameters)["parameters"]


class Daemon:
    """A musterd of the test's own, in a private directory that is gone at the end."""

    WAIT_SECONDS = WAIT_SECONDS

    def __init__(self, text):
        self.directory = tempfile.mkdtemp(prefix="muster-test.")
        self.environment = {}
        self.socket_path = os.path.join(self.directory, "musterd.sock")
        with open(os.path.join(self.directory, "muster.conf"), "w") as conf:
            conf.write("[supervisord]\nlogfile={0}/musterd.log\nchildlogdir={0}\n"
                       "pidfile={0}/musterd.pid\n"
                       "[musterd]\nsocket={0}/musterd.sock\nrun_dir={0}/run\nstate_dir={0}/state\n"
                       .format(self.directory))
            conf.write(text)

    def open_output(self):
        return open(os.path.join(self.directory, "musterd.out"), "w")

    def __enter__(self):
        self.output = self.open_output()
        self.process = subprocess.Popen(
            [os.path.join(BUILD, "musterd"), "-n", "-c", os.path.join(self.directory, "muster.conf")],
            stdin=subprocess.DEVNULL, stdout=self.output, stderr=subprocess.STDOUT,
            env={**os.environ, **self.environment})
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        if not until(lambda: self.process.poll() is not None or self.status()):
            check("musterd answers", False)
        return self

    def __exit__(self, kind, *_):
        self.process.terminate()
        try:
            status = self.process.wait(WAIT_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = None
        say("the end")
        equal(status, 0)
        text = self.text("musterd.out") + self.text("musterd.log")
        check("no report of a sanitizer", "Sanitizer" not in text and "runtime error:" not in text)
        if kind:
            check(f"no {kind.__name__}", False)
        if not finish():
            print("".join("# " + line for line in text.splitlines(True)[-200:]))
            if "TEST_LOG" in os.environ:
                shutil.copytree(self.directory, os.environ["TEST_LOG"], dirs_exist_ok=True,
                                ignore=shutil.ignore_patterns("*.sock"))
        shutil.rmtree(self.directory)
        if _failed and not kind:
            sys.exit(1)

    def text(self, name):
        with open(os.path.join(self.directory, name), errors="replace") as file:
            return file.read()

    def size(self, name):
        return os.path.getsize(os.path.join(self.directory, name))

    def status(self):
        with Client(self) as client:
            return client.call("org.muster.Manager.Status")

    def engine(self, what):
        return f"/proc/{self.status()['engine_pid']}/{what}"

    def descriptors(self):
        return len(os.listdir(self.engine("fd")))

    def engine_kb(self):
        """Memory that the engine has for itself."""
        with open(self.engine("status")) as file:
            return int(next(line for line in file if line.startswith("VmRSS")).split()[1])
