"""A daemon under fire: one of a test's own whose engine dies now and then. Calls are repeated where the
connection ends in the middle, as a careful client's would be."""

import atexit
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lives import children_of, descriptors_of, is_alive, leftovers, lives_of, log_text, zombies_of  # noqa: E402
from story import BUILD, TOP, Client, Daemon, until  # noqa: E402

PROCESS = "org.muster.Process."
MANAGER = "org.muster.Manager."

# Workers without a sanitizer where there are some: they are many, and start often.
LIFE = os.path.join(TOP, "build/helper/life")
if not os.path.exists(LIFE):
    LIFE = os.path.join(BUILD, "helper/life")

# A call that takes longer hangs.
CALL_SECONDS = float(os.environ.get("CALL_SECONDS", "60"))


class Interrupted(Exception):
    """The connection ended before the reply: the call was carried out or was not."""


class FireDaemon(Daemon):
    def __init__(self, text=""):
        super().__init__(text)
        self.point_path = os.path.join(self.directory, "crash-point")
        self.environment = {"MUSTER_CRASH_POINT": self.point_path, "MUSTER_TEST": self.directory}

    def begin(self):
        """Starts it; False where it does not answer."""
        atexit.register(self.end_all)
        self.output = self.open_output()
        self.process = subprocess.Popen(
            [os.path.join(BUILD, "musterd"), "-n", "-c", self.path("muster.conf")], stdin=subprocess.DEVNULL,
            stdout=self.output, stderr=subprocess.STDOUT, env={**os.environ, **self.environment})
        return until(lambda: self.process.poll() is not None or self.status()) and self.process.poll() is None

    def end(self, failed=False):
        """Ends it where it runs, and what was left over; what was not as it should be. The directory is kept
        where something had `failed` or is wrong now."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            status = self.process.wait(self.WAIT_SECONDS)
            problems = [] if status == 0 else [f"the daemon ended with {status}"]
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            problems = ["the daemon did not end"]
        for pid in self.leftovers():
            problems.append(f"{pid} is left over")
            kill(pid)
        problems += [f"{path} is left over" for path in ("musterd.sock", "musterd.pid")
                     if os.path.exists(self.path(path))]
        text = self.text("musterd.out") + self.text("musterd.log")
        if "Sanitizer" in text or "runtime error:" in text:
            problems.append("a sanitizer has reported")
        if (failed or problems) and "TEST_LOG" in os.environ:
            kept = os.path.join(os.environ["TEST_LOG"], os.path.basename(self.directory))
            shutil.copytree(self.directory, kept, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.sock"))
            problems.append(f"the files are in {kept}")
        shutil.rmtree(self.directory, ignore_errors=True)
        return problems

    def end_all(self):
        """However the test ends, nothing of it stays."""
        if self.process.poll() is None:
            self.process.kill()
        for pid in self.leftovers():
            kill(pid)
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def guardian(self):
        return self.process.pid

    def path(self, name):
        return os.path.join(self.directory, name)

    def configure(self, text):
        """What stands below the sections of the daemon, anew."""
        with open(self.path("muster.conf")) as file:
            head = file.read().split("# programs\n")[0]
        with open(self.path("new.conf"), "w") as file:
            file.write(head + "# programs\n" + text)
        os.rename(self.path("new.conf"), self.path("muster.conf"))

    # --- calls ---

    def once(self, method, **parameters):
        """One call on a connection of its own; the whole reply."""
        try:
            with Client(self) as client:
                client.socket.settimeout(CALL_SECONDS)
                return client.ask(method, **parameters)
        except (EOFError, ConnectionError, FileNotFoundError) as error:
            raise Interrupted(method) from error

    def ask(self, method, **parameters):
        """Of calls that may be repeated: until there is a reply."""
        deadline = time.monotonic() + CALL_SECONDS
        while True:
            try:
                return self.once(method, **parameters)
            except Interrupted:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)  # lint: polls

    def tell(self, verb, name, wait=False):
        """A verb for one process; True where it was certainly carried out, or was needless."""
        try:
            self.once(PROCESS + verb, selectors=[name], wait=wait)
            return True
        except Interrupted:
            return False

    def status(self):
        try:
            return self.once(MANAGER + "Status").get("parameters")
        except Interrupted:
            return None

    def process_of(self, name):
        reply = self.ask(PROCESS + "List", selectors=[name])
        return reply["parameters"]["processes"][0]

    # --- engines ---

    def engine_starts(self):
        return self.ask(MANAGER + "Status")["parameters"]["engine_starts"]

    def engine_pid(self):
        return self.ask(MANAGER + "Status")["parameters"]["engine_pid"]

    def engine_pids(self):
        """Without asking it: of what the guardian has, what is named so; the oldest first."""
        found = []
        for pid in children_of(self.guardian):
            with contextlib.suppress(OSError):
                with open(f"/proc/{pid}/comm") as file:
                    if file.read().startswith("musterd: engine"):
                        found.append(pid)
        return found

    def arm(self, point, passage):
        with open(self.point_path + ".new", "w") as file:
            file.write(f"{point} {passage}\n")
        os.rename(self.point_path + ".new", self.point_path)

    def is_armed(self):
        return os.path.exists(self.point_path)

    def disarm(self):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.point_path)

    # --- what workers did ---

    def lives(self, name):
        return lives_of(self.path(name + ".life"))

    def log(self, name):
        return log_text(self.path(name + ".log"))

    def zombies(self):
        """Of the guardian; what has just ended is not one yet."""
        left = []

        def none():
            left[:] = zombies_of(self.guardian)
            return not left

        until(none)
        return left

    def leftovers(self):
        return leftovers(self.directory)


def age_of(pid):
    """Seconds since a process was begun."""
    with open(f"/proc/{pid}/stat") as file:
        ticks = int(file.read().rsplit(")", 1)[1].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")


# An engine that dies younger than a second is followed by the next after a pause.
GROWN_UP_SECONDS = 1.05


def kill(pid, number=signal.SIGKILL):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


__all__ = ["BUILD", "FireDaemon", "GROWN_UP_SECONDS", "Interrupted", "LIFE", "MANAGER", "PROCESS", "age_of",
           "descriptors_of", "is_alive", "kill"]
