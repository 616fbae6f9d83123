#!/usr/bin/env python3
"""Each crash point by itself: an engine is brought there and dies, and the next one has to go on as if
nothing had been: the same processes, one life at a time, every exit once, every line once.

    tests/chaos/points.py [PART-OF-A-NAME...]

A build with crash points is needed (daemon/base/crashpoint.h)."""

# seconds: 180

import concurrent.futures
import os
import re
import signal
import socket
import sys
import threading
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fire import (GROWN_UP_SECONDS, LIFE, MANAGER, PROCESS, FireDaemon, Interrupted, age_of,  # noqa: E402
                  descriptors_of, is_alive, kill)
from lives import exitcode_of, life_problems, line_problems, lines_of  # noqa: E402
from story import BUILD, TOP, check, equal, finish, say, until  # noqa: E402

ONLY = sys.argv[1:]
DAEMONS = 14  # at a time
TELLING = threading.Lock()

# What a story needs; %(here)s is the daemon's directory. A worker writes its record to NAME.life and its
# lines to NAME.log.
COMMON = """startsecs=0
autorestart=false
autostart=false
stdout_logfile=%(here)s/%(name)s.log
stdout_logfile_maxbytes=0
redirect_stderr=true
"""
PROGRAMS = {
    # It runs all the time, and must never notice anything.
    "steady": ("pace 4", "autostart=true\nstdout_logfile_maxbytes=8KB\nstdout_logfile_backups=2000"),
    "plain": ("burst 20 pace 20", ""),
    "again": ("burst 20", "autorestart=true"),
    "slow": ("burst 20", "startsecs=1"),
    "deaf": ("burst 20 term -1", "stopwaitsecs=1"),
    "tree": ("pace 10 tree 150", ""),
    "twig": ("pace 10 tree 0", ""),
    "crash": ("live 60 end 3", "startsecs=1\nstartretries=1"),
    "roller": ("pace 2", "stdout_logfile_maxbytes=1KB\nstdout_logfile_backups=3"),
    "emptied": ("pace 2", "stdout_logfile_maxbytes=1KB\nstdout_logfile_backups=0"),
    "copied": ("pace 5", "stdout_logfile=/dev/stdout"),
    "absent": (None, "command=/no/such/program\nstartretries=0"),
    "changed": ("burst 5 pace %(version)d", "autostart=true"),
}
FRESH = 12  # programs that were never started


def section(name, here, words, extra):
    lines = {}
    for line in (COMMON % {"here": here, "name": name} + extra).split("\n"):
        if line:
            key, value = line.split("=", 1)
            lines[key] = value
    if words is not None:
        lines["command"] = f"{LIFE} {here}/{name}.life {name} {words}"
    return f"[program:{name}]\n" + "".join(f"{key}={value}\n" for key, value in lines.items())


def programs(here, version=20, names=None):
    text = ""
    for name, (words, extra) in PROGRAMS.items():
        if names is None or name in names:
            text += section(name, here, words and words % {"version": version}, extra)
    if names is None:
        for i in range(FRESH):
            text += section(f"fresh{i}", here, "burst 20 pace 20", "")
    return text


def crash_points():
    with open(os.path.join(TOP, "daemon/base/crashpoint.h")) as file:
        return re.findall(r'X\([A-Z_]+, "([a-z-]+)"\)', file.read())


class Story:
    """One way to pass a point, and what has to be so afterwards: check() gives what is not. It starts from
    what `arrange` leaves."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.problems = []

    def expect(self, what, true):
        if not until(true, 15):
            self.problems.append("not so: " + what)

    def arrange(self):
        pass

    def drive(self):
        raise NotImplementedError

    def check(self):
        pass

    # --- words of the stories ---

    def start(self, name):
        """It is up, with a life of its own."""
        lives = len(self.daemon.lives(name))
        self.daemon.ask(PROCESS + "Start", selectors=[name])
        self.expect(f"{name} begins a life", lambda: len(self.daemon.lives(name)) > lives)

    def stop(self, name):
        self.daemon.ask(PROCESS + "Terminate", selectors=[name])

    def is_in(self, name, *states):
        return self.daemon.process_of(name)["state"] in states

    def expect_state(self, name, *states):
        self.expect(f"{name} is {' or '.join(states)}", lambda: self.is_in(name, *states))

    def insist(self, verb, name, unless):
        """The verb, and again where the engine died before it meant anything."""
        if not self.daemon.tell(verb, name) and not until(lambda: self.is_in(name, *unless), 1.5):
            self.daemon.tell(verb, name)

    def expect_lives(self, name, count):
        """So many in all, the last of them the process that the daemon has."""
        self.expect(f"{name} has had {count} lives", lambda: len(self.daemon.lives(name)) >= count)
        lives = self.daemon.lives(name)
        if len(lives) != count:
            self.problems.append(f"{name} has had {len(lives)} lives, not {count}")
        process = self.daemon.process_of(name)
        if process.get("pid") is not None and (not lives or lives[-1].pid != process["pid"]):
            self.problems.append(f"{name} is pid {process['pid']}, its last life was not")

    def expect_end(self, name, state, exitcode):
        self.expect_state(name, state)
        process = self.daemon.process_of(name)
        if process.get("exitcode") != exitcode:
            self.problems.append(f"{name} has exitcode {process.get('exitcode')}, not {exitcode}")
        lives = self.daemon.lives(name)
        if lives and is_alive(lives[-1].pid):
            self.problems.append(f"{name} is {state} and lives")

    def expect_lines(self, name):
        """Every line of lives that are over, and of one that lasts all but the last."""
        problems = ["lines"]

        def whole():
            lives = self.daemon.lives(name)
            text = self.daemon.log(name)
            lives = self.daemon.lives(name)[:len(lives)] if lives and exitcode_of(lives[-1]) is None else lives
            problems[:] = line_problems(lives, text, name)
            return not problems

        if not until(whole, 10):
            self.problems.extend(problems)


class FirstStart(Story):
    """A program that was never started: all that a start needs is made."""

    def arrange(self):
        self.name = f"fresh{self.daemon.fresh}"
        self.daemon.fresh += 1

    def drive(self):
        self.insist("Start", self.name, ("starting", "running"))

    def check(self):
        self.expect_state(self.name, "running")
        self.expect_lives(self.name, 1)
        self.stop(self.name)
        self.expect_end(self.name, "stopped", 15)
        self.expect_lives(self.name, 1)
        self.expect_lines(self.name)


class Start(Story):
    """A program that ran before."""

    name = "plain"

    def arrange(self):
        self.start(self.name)
        self.stop(self.name)
        self.lives = len(self.daemon.lives(self.name))

    def drive(self):
        self.insist("Start", self.name, ("starting", "running"))

    def check(self):
        self.expect_state(self.name, "running")
        self.expect_lives(self.name, self.lives + 1)
        self.stop(self.name)
        self.expect_end(self.name, "stopped", 15)
        self.expect_lines(self.name)


class SlowStart(Start):
    """It counts as started after a while."""

    name = "slow"

    def check(self):
        super().check()
        if self.daemon.process_of(self.name).get("spawn_error"):
            self.problems.append("it has an error")


class Stop(Story):
    name, exitcode, told = "plain", 15, 2

    def arrange(self):
        self.start(self.name)
        self.lives = len(self.daemon.lives(self.name))

    def drive(self):
        self.insist("Terminate", self.name, ("stopping", "stopped"))

    def check(self):
        self.expect_end(self.name, "stopped", self.exitcode)
        self.expect_lives(self.name, self.lives)
        self.expect_lines(self.name)
        # An engine that died between the signal and its note sends it once more, no other does.
        if self.daemon.lives(self.name)[-1].told > self.told:
            self.problems.append(f"told {self.daemon.lives(self.name)[-1].told} times")


class StopDeaf(Stop):
    name, exitcode = "deaf", -9


class Kill(StopDeaf):
    def drive(self):
        self.insist("Kill", self.name, ("stopping", "stopped"))


class StopTree(Stop):
    """What the leader leaves behind writes until it ends."""

    name = "tree"

    def check(self):
        super().check()
        life = self.daemon.lives(self.name)[-1]
        if is_alive(life.child_pid):
            self.problems.append("its child lives")


class StopTwig(StopTree):
    """The tree ends while there is no engine, with a last line."""

    name = "twig"


class Exit(Story):
    """By itself, and it is not to be started again."""

    name = "plain"

    def arrange(self):
        self.start(self.name)
        self.lives = len(self.daemon.lives(self.name))

    def drive(self):
        kill(self.daemon.lives(self.name)[-1].pid, signal.SIGINT)

    def check(self):
        self.expect_end(self.name, "exited", 15)
        self.expect_lives(self.name, self.lives)
        self.expect_lines(self.name)


class Restart(Exit):
    """By itself, and it is to be started again."""

    name = "again"

    def arrange(self):
        super().arrange()
        self.restarts = self.daemon.process_of(self.name)["restarts"]

    def check(self):
        self.expect_lives(self.name, self.lives + 1)
        self.expect_state(self.name, "running")
        restarts = self.daemon.process_of(self.name)["restarts"]
        if restarts != self.restarts + 1:
            self.problems.append(f"restarts went from {self.restarts} to {restarts}")
        self.stop(self.name)
        self.expect_lines(self.name)


class EndEarlyUnseen(Story):
    """It ends too early while the engine does not look: when it ended counts, not when that is heard of."""

    def arrange(self):
        self.lives = len(self.daemon.lives("slow"))

    def drive(self):
        self.daemon.tell("Start", "slow")
        self.expect("it begins a life", lambda: len(self.daemon.lives("slow")) > self.lives)
        self.lives = len(self.daemon.lives("slow"))
        life = self.daemon.lives("slow")[-1]
        engine = self.daemon.engine_pid()
        kill(engine, signal.SIGSTOP)
        kill(life.pid, signal.SIGINT)
        until(lambda: time.monotonic_ns() > life.began_nsec + 1.3e9)
        kill(engine)

    def check(self):
        # From BACKOFF it comes back; had it counted as started, it would have stayed away.
        self.expect_lives("slow", self.lives + 1)
        self.expect_state("slow", "running")
        self.stop("slow")


class GiveUp(Story):
    """It ends too early, twice."""

    def arrange(self):
        self.lives = len(self.daemon.lives("crash"))

    def drive(self):
        self.insist("Start", "crash", ("starting", "backoff", "fatal"))

    def check(self):
        self.expect_end("crash", "fatal", 3)
        self.expect_lives("crash", self.lives + 2)


class Absent(Story):
    """It cannot be executed."""

    def drive(self):
        self.insist("Start", "absent", ("fatal",))

    def check(self):
        self.expect_state("absent", "fatal")
        if "no/such/program" not in (self.daemon.process_of("absent").get("spawn_error") or ""):
            self.problems.append("it does not say why")


class Chatter(Story):
    """It is the lines that lead there."""

    name, backups = "steady", None

    def drive(self):
        if self.name != "steady":
            self.start(self.name)

    def numbers(self):
        lives = self.daemon.lives(self.name)
        found, torn = lines_of(self.daemon.log(self.name), self.name)
        if torn:
            self.problems.append(f"torn: {torn[:3]}")
        return found.get((lives[-1].number, 0), [])

    def check(self):
        if self.name == "steady":
            return
        written = self.daemon.lives(self.name)[-1].voices[0][1]
        self.expect("it goes on", lambda: self.daemon.lives(self.name)[-1].voices[0][1] > written + 150)
        self.stop(self.name)
        self.expect_state(self.name, "stopped")
        self.check_lines()

    def check_lines(self):
        """Old ones may have gone, one after another; the others follow each other up to the last."""
        done = self.daemon.lives(self.name)[-1].voices[0][1]
        numbers = self.numbers()
        if not numbers or numbers != list(range(numbers[0], done + 1)):
            self.problems.append(f"of {done} lines these are there: {numbers}")


class Roll(Chatter):
    name = "roller"

    def check_lines(self):
        super().check_lines()
        files = [self.daemon.path("roller.log")] + [self.daemon.path(f"roller.log.{i}") for i in (1, 2, 3)]
        self.problems += [f"{path} is not there" for path in files if not os.path.exists(path)]


class Empty(Chatter):
    name = "emptied"


class Socket(Chatter):
    """Through a socket that is not ours."""

    name = "copied"

    def numbers(self):
        lives = self.daemon.lives(self.name)
        lines = [line + b"\n" for line in self.daemon.copied().split(b"\n") if line.startswith(b"copied ")]
        return lines_of(b"".join(lines), self.name)[0].get((lives[-1].number, 0), [])

    def check_lines(self):
        done = self.daemon.lives(self.name)[-1].voices[0][1]
        numbers = []

        def whole():
            numbers[:] = self.numbers()
            return self.is_right(numbers, done)

        if not until(whole):
            self.problems.append(f"of {done} lines these are there: {numbers}")

    def is_right(self, numbers, done):
        return numbers == list(range(1, done + 1))


class Append(Socket):
    """To a file that is opened for appending: a piece may be doubled, once, and nothing is lost."""

    def is_right(self, numbers, done):
        goes_back = [i for i in range(1, len(numbers)) if numbers[i] != numbers[i - 1] + 1]
        return set(numbers) == set(range(1, done + 1)) and len(goes_back) <= 1


class Update(Story):
    """The program that was changed is another one afterwards, and once."""

    groups = None

    def arrange(self):
        self.lives = len(self.daemon.lives("changed"))
        self.daemon.version += 1
        self.daemon.configure(programs(self.daemon.directory, self.daemon.version))

    def drive(self):
        try:
            self.daemon.once(MANAGER + "Update", **({"groups": self.groups} if self.groups else {}))
        except Interrupted:
            # Before it is remembered it is as if it had not been asked for.
            if not until(self.is_done, 3):
                self.daemon.ask(MANAGER + "Update")

    def is_done(self):
        return self.daemon.ask(MANAGER + "Reread")["parameters"]["changes"] == []

    def check(self):
        self.expect("nothing is left to be updated", self.is_done)
        self.expect_state("changed", "running")
        # Where it was started before the update was noted as done, it is started once more.
        self.expect("a new life", lambda: len(self.daemon.lives("changed")) > self.lives)
        lives = self.daemon.lives("changed")
        if not self.lives < len(lives) <= self.lives + 1:
            self.problems.append(f"lives went from {self.lives} to {len(lives)}")
        command = self.daemon.process_of("changed")["command"]
        if command[-1] != str(self.daemon.version):
            self.problems.append(f"it is {command}")
        self.expect_lines("changed")


class UpdateOne(Update):
    groups = ["changed"]


class UpdateAll(Update):
    """After an update of one group, which is new, an update of all: the new one goes on untouched."""

    def arrange(self):
        self.added = f"added{self.daemon.version}"
        text = section(self.added, self.daemon.directory, "pace 20", "autostart=true")
        self.daemon.configure(programs(self.daemon.directory, self.daemon.version) + text)
        self.daemon.ask(MANAGER + "Update", groups=[self.added])
        self.expect("the new one begins", lambda: self.daemon.lives(self.added))
        super().arrange()
        with open(self.daemon.path("muster.conf"), "a") as file:
            file.write(text)

    def check(self):
        super().check()
        self.expect_lives(self.added, 1)
        self.expect_state(self.added, "running")
        if f"{self.added} (pid" in self.daemon.text("musterd.log"):
            self.problems.append("for a moment it was nobody's")
        self.expect_lines(self.added)


class Begin(Story):
    """An engine dies while it begins; an exit and a stop wait for it."""

    def arrange(self):
        self.start("again")
        self.start("deaf")
        self.start("plain")
        self.lives = {name: len(self.daemon.lives(name)) for name in ("again", "deaf", "plain")}
        self.restarts = self.daemon.process_of("again")["restarts"]
        self.daemon.tell("Terminate", "deaf")

    def drive(self):
        engine = self.daemon.engine_pid()
        kill(engine, signal.SIGSTOP)
        for name in ("again", "plain"):
            pid = self.daemon.lives(name)[-1].pid
            kill(pid, signal.SIGINT)
            self.expect(f"{name} ends", lambda pid=pid: not os.path.exists(f"/proc/{pid}"))
        kill(engine)

    def check(self):
        self.expect_end("plain", "exited", 15)
        self.expect_end("deaf", "stopped", -9)
        self.expect_lives("again", self.lives["again"] + 1)
        if self.daemon.process_of("again")["restarts"] != self.restarts + 1:
            self.problems.append("it was not restarted once")
        for name in ("plain", "deaf"):
            self.expect_lives(name, self.lives[name])
        self.stop("again")
        for name in self.lives:
            self.expect_lines(name)


class Reload(Story):
    """Everything ends, and what starts by itself does so again."""

    def arrange(self):
        self.start("plain")
        self.lives = {name: len(self.daemon.lives(name)) for name in ("steady", "changed", "plain")}

    def drive(self):
        kill(self.daemon.guardian, signal.SIGHUP)

    def check(self):
        self.expect_lives("steady", self.lives["steady"] + 1)
        self.expect_lives("changed", self.lives["changed"] + 1)
        self.expect_state("steady", "running")
        self.expect_state("plain", "stopped")
        self.expect_lives("plain", self.lives["plain"])


# Point, the how many-th passage of it, and how to get there.
STORIES = [
    *[(point, 1, FirstStart) for point in (
        "state-written", "state-committed", "pipes-made", "pipes-kept", "spawn-announced", "child-born",
        "child-entered", "child-cloned", "child-taken")],
    ("state-written", 2, FirstStart),
    ("state-committed", 2, FirstStart),
    *[(point, 1, Start) for point in ("pipes-made", "spawn-announced", "child-born", "child-entered", "child-cloned",
                                      "child-taken")],
    ("deadline-come", 1, SlowStart),
    ("state-committed", 2, SlowStart),
    ("spawn-failed", 1, Absent),
    *[(point, 1, Stop) for point in (
        "state-written", "state-committed", "stop-signalled", "exit-peeked", "exit-settled", "exit-applied",
        "exit-consumed", "tree-gone", "pipes-forgotten", "pipes-dropped")],
    ("state-committed", 2, Stop),
    ("state-committed", 3, Stop),
    ("deadline-come", 1, StopDeaf),
    ("state-committed", 2, StopDeaf),
    ("kill-signalled", 1, StopDeaf),
    ("state-committed", 1, Kill),
    ("kill-signalled", 1, Kill),
    *[(point, 1, StopTree) for point in ("exit-applied", "tree-told", "tree-gone")],
    ("tree-told", 1, StopTwig),
    *[(point, 1, Exit) for point in ("exit-peeked", "exit-settled", "state-committed", "exit-applied",
                                     "exit-consumed")],
    *[(point, 1, Restart) for point in (
        "exit-peeked", "exit-settled", "state-written", "state-committed", "exit-applied", "exit-consumed",
        "deadline-come", "spawn-announced", "child-born", "child-entered", "child-cloned", "child-taken")],
    ("state-committed", 2, Restart),
    *[("state-committed", n, GiveUp) for n in (1, 2, 3, 4, 5)],
    ("deadline-come", 1, GiveUp),
    ("engine-fenced", 1, EndEarlyUnseen),
    ("log-spliced", 1, Chatter),
    ("log-spliced", 9, Chatter),
    *[("log-shifted", n, Roll) for n in (1, 2, 3, 4, 5, 6)],
    ("log-rotated", 1, Roll),
    ("log-rotated", 4, Roll),
    ("log-emptied", 1, Empty),
    ("log-spliced", 5, Socket),
    *[(point, 1, Update) for point in (
        "update-remembered", "update-stopped", "update-removed", "record-released", "record-taken", "update-added",
        "update-replaced", "update-layered", "update-kept", "update-forgotten")],
    *[(point, 1, UpdateOne) for point in ("update-remembered", "update-replaced", "update-layered",
                                          "update-forgotten")],
    *[(point, 1, UpdateAll) for point in ("update-replaced", "update-layered", "update-kept", "update-forgotten")],
    *[(point, 1, Begin) for point in ("engine-fenced", "engine-configured", "engine-listening", "engine-adopted",
                                      "engine-caught-up", "engine-recovered", "exit-peeked", "exit-applied",
                                      "state-committed")],
    ("exit-peeked", 2, Begin),
    *[(point, 1, Reload) for point in ("signal-applied", "end-intended", "end-stopped", "config-forgotten",
                                       "record-released", "records-released")],
]

# The very first engine of a daemon.
FIRST = [("engine-fenced", 1), ("engine-configured", 1), ("socket-made", 1), ("socket-kept", 1), ("update-kept", 1),
         ("record-taken", 1), ("record-taken", 2), ("engine-adopted", 1), ("engine-recovered", 1), ("pipes-made", 1),
         ("state-committed", 1), ("child-cloned", 2)]

# A daemon whose standard output is a file for appending.
APPEND = [("log-copied", 1), ("log-copied", 9)]

# The last ones.
LAST = [("signal-applied", 1), ("end-intended", 1), ("state-committed", 2), ("exit-applied", 1), ("end-stopped", 1),
        ("socket-removed", 1), ("records-released", 1)]


def is_chosen(title):
    return not ONLY or any(word in title for word in ONLY)


class SteadyEye:
    """What must be so whatever happens to the engine."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.pid = daemon.lives("steady")[-1].pid

    def problems(self):
        lives = self.daemon.lives("steady")
        found = [problem for name in PROGRAMS for problem in life_problems(self.daemon.lives(name), name)]
        if lives[-1].pid != self.pid or not is_alive(self.pid):
            found.append("steady is another process")
        if self.daemon.process_of("steady")["pid"] != self.pid:
            found.append("the daemon takes another process for steady")
        written = lives[-1].voices[0][1]
        if not until(lambda: self.daemon.lives("steady")[-1].voices[0][1] > written):
            found.append("steady writes no more")
        return found + [f"{pid} is a zombie" for pid in self.daemon.zombies()]


def run_story(daemon, point, passage, kind):
    story = kind(daemon)
    grow_old(daemon)
    story.arrange()
    eye = None if kind is Reload else SteadyEye(daemon)
    starts = daemon.engine_starts()
    daemon.arm(point, passage)
    story.drive()
    if not until(lambda: not daemon.is_armed(), 15):
        daemon.disarm()
        story.problems.append("the point was not passed")
    story.check()
    died = daemon.engine_starts() - starts
    if died != (1 + (kind in (Begin, EndEarlyUnseen, Reload))):
        story.problems.append(f"{died} engines were started")
    return story.problems + (eye.problems() if eye else [])


class OutputReader:
    """The daemon's standard output is a socket, as a service's is."""

    def __init__(self, path):
        self.ours, self.its = socket.socketpair()
        self.path, self.text = path, b""
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        with open(self.path, "ab", buffering=0) as file:
            while data := self.ours.recv(65536):
                self.text += data
                file.write(data)


class PointsDaemon(FireDaemon):
    def __init__(self, names=None, append=False):
        super().__init__("# programs\n")
        self.configure(programs(self.directory, names=names))
        self.reader = None if append else OutputReader(self.path("musterd.out"))
        self.fresh = 0  # the next program that was never started
        self.version = 20

    def open_output(self):
        return self.reader.its if self.reader else open(self.path("musterd.out"), "ab")

    def copied(self):
        return self.reader.text if self.reader else self.text("musterd.out").encode()


def settled_descriptors(daemon):
    """Of guardian and engine, with everything stopped but what starts by itself, and in a fresh engine. Logs
    are left out: who was started has one from then on."""
    for name, (_, extra) in PROGRAMS.items():
        if "autostart=true" not in extra:
            daemon.ask(PROCESS + "Start", selectors=[name], wait=False)
            daemon.ask(PROCESS + "Terminate", selectors=[name])
    daemon.configure(programs(daemon.directory, daemon.version))
    daemon.ask(MANAGER + "Update")
    engine = daemon.engine_pid()
    kill(engine)
    until(lambda: daemon.engine_pid() != engine)
    return [{kind: count for kind, count in descriptors_of(pid).items() if not re.search(r"\.log(\.\d+)?$", kind)}
            for pid in (daemon.guardian, daemon.engine_pid())]


def grow_old(daemon):
    """An engine that dies young is followed by the next after a pause, which is not the point here."""
    engine = daemon.engine_pid()
    until(lambda: age_of(engine) > GROWN_UP_SECONDS)


def run_running(stories, tell):
    """One daemon, and one story after another from an iterator that several share."""
    daemon = PointsDaemon()
    problems = [] if daemon.begin() else ["it does not answer"]
    until(lambda: daemon.lives("steady") and daemon.lives("changed"))
    before = settled_descriptors(daemon)
    for point, passage, kind in stories:
        found = run_story(daemon, point, passage, kind)
        tell(f"{point} {passage} ({kind.__name__})", found)
        problems += ["a story failed"] if found else []
    leaks = ["?"]

    def nothing_leaks():
        leaks[:] = [f"{who} has {count} of {kind}, not {was.get(kind, 0)}"
                    for who, was, now in zip(("guardian", "engine"), before, settled_descriptors(daemon))
                    for kind, count in now.items() if count > was.get(kind, 0)]
        return not leaks

    until(nothing_leaks)
    problems += leaks
    kill(daemon.guardian, signal.SIGTERM)
    until(lambda: daemon.process.poll() is not None)
    for name in ("steady", "changed"):
        problems += line_problems(daemon.lives(name), daemon.log(name), name)
    tell("after all of them", problems + daemon.end(bool(problems)))


def run_first(point, passage):
    daemon = PointsDaemon(["steady", "changed"])
    daemon.arm(point, passage)
    story = Story(daemon)
    story.expect("it answers", daemon.begin)
    if daemon.is_armed():
        story.problems.append("the point was not passed")
    for name in ("steady", "changed"):
        story.expect_state(name, "running")
        story.expect_lives(name, 1)
    if daemon.engine_starts() != 2:
        story.problems.append(f"{daemon.engine_starts()} engines were started")
    story.problems += SteadyEye(daemon).problems()
    return story.problems + daemon.end(bool(story.problems))


def run_append(point, passage):
    daemon = PointsDaemon(["steady", "changed", "copied"], append=True)
    problems = [] if daemon.begin() else ["it does not answer"]
    until(lambda: daemon.lives("steady"))
    problems += run_story(daemon, point, passage, Append)
    return problems + daemon.end(bool(problems))


def run_last(point, passage):
    names = ["steady", "changed", "tree", "again"]
    daemon = PointsDaemon(names)
    story = Story(daemon)
    story.expect("it answers", daemon.begin)
    for name in ("steady", "changed"):
        story.expect_state(name, "running")
    story.start("tree")
    story.start("again")
    # It has ended and is to be started again, at a time that comes while nobody looks.
    kill(daemon.lives("again")[-1].pid, signal.SIGINT)
    story.expect_state("again", "exited")
    engine = daemon.engine_pid()
    kill(engine, signal.SIGSTOP)
    due = daemon.lives("again")[-1].began_nsec + 1.2e9
    until(lambda: time.monotonic_ns() > due)
    kill(daemon.guardian, signal.SIGTERM)
    daemon.arm(point, passage)
    kill(engine)
    story.expect("the daemon ends", lambda: daemon.process.poll() is not None)
    if daemon.is_armed():
        story.problems.append("the point was not passed")
    for name in names:
        lives = daemon.lives(name)
        if [exitcode_of(life) for life in lives] != [15]:
            story.problems.append(f"{name} lived and ended otherwise: {lives}")
        story.problems += line_problems(lives, daemon.log(name), name)
    return story.problems + daemon.end(bool(story.problems))


def tell_problems(title, problems):
    with TELLING:
        check(title, not problems)
        for problem in problems:
            print(f"#   {problem}", flush=True)


def run_all():
    """Several daemons at a time: what takes long is waiting."""
    running = iter([row for row in STORIES if is_chosen(f"{row[0]} {row[1]} {row[2].__name__}")])
    jobs = []
    for name, run, rows in (("First", run_first, FIRST), ("Last", run_last, LAST), ("Append", run_append, APPEND)):
        jobs += [lambda run=run, row=row, title=f"{row[0]} {row[1]} ({name})": tell_problems(title, run(*row))
                 for row in rows if is_chosen(f"{row[0]} {row[1]} {name}")]
    jobs += [lambda: run_running(running, tell_problems)] * (1 if ONLY else DAEMONS)
    say("killed at")
    with concurrent.futures.ThreadPoolExecutor(DAEMONS) as pool:
        for done in concurrent.futures.as_completed([pool.submit(job) for job in jobs]):
            if done.exception():
                tell_problems("a story", traceback.format_exception(done.exception()))


def check_table():
    say("the table of points")
    passed = {row[0] for row in STORIES + FIRST + LAST + APPEND}
    equal(sorted(set(crash_points()) - passed), [])
    equal(sorted(passed - set(crash_points())), [])


with open(os.path.join(BUILD, "musterd"), "rb") as binary:
    if b"MUSTER_CRASH_POINT" not in binary.read():
        print("ok 1 - # SKIP this build has no crash points (make CRASH_POINTS=1)")
        sys.exit(0)
check_table()
run_all()
sys.exit(0 if finish() else 1)
