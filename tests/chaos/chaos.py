#!/usr/bin/env python3
"""Two hundred workers live, write, crash and are restarted, clients call, and somebody with a seeded dice
kills: engines, workers, clients. Afterwards the workers' own records say what happened, and the daemon's
logs, states and exit codes have to agree with them, to the line.

    tests/chaos/chaos.py [--seconds N] [--seed N] [--workers N]"""

# seconds: 240

import argparse
import collections
import contextlib
import os
import random
import re
import resource
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fire import (BUILD, GROWN_UP_SECONDS, LIFE, MANAGER, PROCESS, FireDaemon, Interrupted,  # noqa: E402
                  age_of, descriptors_of, is_alive, kill)
from lives import END_NONE, exitcode_of, life_problems, line_problems  # noqa: E402
from story import until  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument("--seconds", type=float, default=float(os.environ.get("CHAOS_SECONDS", "10")))
parser.add_argument("--seed", type=int, default=int(os.environ.get("CHAOS_SEED", "20260701")))
parser.add_argument("--workers", type=int, default=200)
options = parser.parse_args()
AGAIN = f"(tests/chaos/chaos.py --seconds {options.seconds:g} --seed {options.seed} --workers {options.workers})"

# How long it takes at most until all is quiet after the last kill: the longest pause before an engine, the
# longest backoff, a stop.
QUIET_SECONDS = 60

# Kind, share of 200, what it does, and how it is supervised. %(lives)s and %(ends)s are thrown.
KINDS = [
    ("runner", 80, "pace 100", "autorestart=true"),
    ("writer", 20, "pace 6", "autorestart=true\nstdout_logfile_maxbytes=16KB\nstdout_logfile_backups=9000"),
    ("exiter", 35, "pace 100 live %(lives)s end %(ends)s", "autorestart=true"),
    ("once", 15, "burst 3 live %(lives)s end %(ends)s", "autorestart=false"),
    ("looper", 10, "burst 1 live 30 end 3", "startsecs=1\nstartretries=2"),
    ("picky", 15, "pace 100 live %(lives)s end 0,2,ABRT,1,SEGV,0,HUP", "autorestart=unexpected\nexitcodes=0,2"),
    ("deaf", 10, "pace 100 term -1", "autorestart=true\nstopwaitsecs=1"),
    ("tree", 10, "pace 50 tree 40", "autorestart=true"),
    ("bunch", 5, "pace 50 term 3 tree 0", "autorestart=true\nstopasgroup=true\nkillasgroup=true"),
]
ALWAYS_UP = {"runner", "writer", "exiter", "deaf", "tree", "bunch"}


def tell(*words):
    print(*words, AGAIN, flush=True)


class Worker:
    def __init__(self, kind, number, words, extra, dice):
        self.kind, self.extra = kind, extra
        self.name = f"{kind}{number:02d}"
        self.words = words % {
            "lives": ",".join(str(dice.randint(30, 2500)) for _ in range(5)),
            "ends": ",".join(dice.choice(["0", "1", "2", "7", "99", "TERM", "KILL", "USR1"]) for _ in range(7)),
        }
        self.wish = False  # to be up, as far as is known; None where a call was cut off
        self.version = 0
        self.is_changed = False  # in the file, and perhaps not yet in force: an update will stop it
        self.asked = threading.Lock()  # one call at a time says what it is to be
        self.killed = collections.defaultdict(set)  # signals, by life

    def section(self, here):
        return (f"[program:{self.name}]\ncommand={LIFE} {here}/{self.name}.life {self.name} {self.words}\n"
                f"environment=VERSION=\"{self.version}\"\nautostart=false\nredirect_stderr=true\n"
                f"stdout_logfile={here}/{self.name}.log\n"
                + ("" if "maxbytes" in self.extra else "stdout_logfile_maxbytes=0\n")
                + ("" if "startsecs" in self.extra else "startsecs=0\n") + self.extra + "\n")


class Fire:
    """All that goes on at once, and what it has found to be wrong."""

    def __init__(self):
        self.dice = random.Random(options.seed)
        self.workers = []
        for kind, share, words, extra in KINDS:
            for number in range(max(1, share * options.workers // 200)):
                self.workers.append(Worker(kind, number, words, extra, self.dice))
        self.by_name = {worker.name: worker for worker in self.workers}
        self.daemon = FireDaemon("# programs\n")
        # What is meant to kill is not to be caught and reported.
        self.daemon.environment["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":handle_segv=0:handle_abort=0"
        self.problems = []
        self.counts = collections.Counter()
        self.clients = []
        self.over = threading.Event()
        self.configure()

    def configure(self):
        self.daemon.configure("".join(worker.section(self.daemon.directory) for worker in self.workers))

    # --- who is killed ---

    def engines(self, dice):
        """The one that runs. The young are mostly spared: else it is pauses that are tested."""
        with contextlib.suppress(FileNotFoundError):
            return [pid for pid in self.daemon.engine_pids()[:1]
                    if age_of(pid) > GROWN_UP_SECONDS or dice.random() < 0.1]
        return []

    def kill_engine(self, dice, number):
        for pid in self.engines(dice):
            self.counts["engines killed"] += 1
            kill(pid, number)

    def stop_engine(self, dice, number):
        """It hangs for a while, and goes on or dies."""
        for pid in self.engines(dice):
            self.counts["engines stopped"] += 1
            kill(pid, signal.SIGSTOP)
            self.over.wait(dice.uniform(0.02, 0.4))
            kill(pid, number)
            kill(pid, signal.SIGCONT)

    def kill_worker(self, dice, number, whom="pid"):
        worker = dice.choice(self.workers)
        lives = self.daemon.lives(worker.name)
        if not lives or lives[-1].end != END_NONE or not getattr(lives[-1], whom):
            return
        life = lives[-1]
        try:
            handle = os.pidfd_open(getattr(life, whom))
        except ProcessLookupError:
            return
        try:
            # Now that we hold it: is it still the one?
            with open(f"/proc/{getattr(life, whom)}/cmdline", "rb") as file:
                if f"/{worker.name}.life\0".encode() not in file.read():
                    return
            if whom == "pid" and number != signal.SIGSTOP:
                worker.killed[life.number].add(int(number))
            signal.pidfd_send_signal(handle, number)
            if number == signal.SIGSTOP:
                self.over.wait(dice.uniform(0.01, 0.2))
                signal.pidfd_send_signal(handle, signal.SIGCONT)
        except (ProcessLookupError, FileNotFoundError):
            pass
        finally:
            os.close(handle)

    def kill_child(self, dice, number):
        self.kill_worker(dice, number, "child_pid")

    def kill_client(self, dice, number):
        if self.clients:
            kill(dice.choice(self.clients).pid, number)

    def begin_client(self, dice, _):
        """A real client, which waits, follows, watches, or only asks."""
        name = dice.choice(self.workers).name
        words = dice.choice([["join", name], ["join", name], ["tail", "-f", name], ["watch"], ["ps", "run*"],
                             ["status", name], ["pid", name], ["tail", name]])
        self.clients = [client for client in self.clients if client.poll() is None]
        if len(self.clients) < 12:
            self.clients.append(subprocess.Popen(
                [os.path.join(BUILD, "muster"), "-s", self.daemon.socket_path, *words], stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                env={**os.environ, **self.daemon.environment}))

    def signal_guardian(self, dice, number):
        kill(self.daemon.guardian, number)

    # Weight, who, with what.
    KILLS = [
        (10, kill_engine, signal.SIGKILL),
        (2, kill_engine, signal.SIGSEGV),
        (2, kill_engine, signal.SIGABRT),
        (3, stop_engine, signal.SIGKILL),
        (2, stop_engine, signal.SIGCONT),
        (40, kill_worker, signal.SIGKILL),
        (10, kill_worker, signal.SIGSEGV),
        (10, kill_worker, signal.SIGABRT),
        (10, kill_worker, signal.SIGSTOP),
        (10, kill_child, signal.SIGKILL),
        (10, kill_client, signal.SIGKILL),
        (5, kill_client, signal.SIGTERM),
        (15, begin_client, None),
        (2, signal_guardian, signal.SIGUSR2),
    ]

    def kill_on(self, dice):
        weights = [row[0] for row in self.KILLS]
        while not self.over.is_set():
            _, who, number = dice.choices(self.KILLS, weights)[0]
            self.counts[who.__name__] += 1
            who(self, dice, number)
            # Now and then at once.
            self.over.wait(dice.choice([0, 0.02, 0.05, 0.1, 0.1, 0.2]))

    # --- what clients ask for ---

    def control(self, verb, wish):
        def ask(dice):
            worker = dice.choice(self.workers)
            if not worker.asked.acquire(blocking=False):
                return
            with contextlib.ExitStack() as stack:
                stack.callback(worker.asked.release)
                worker.wish = None
                self.daemon.once(PROCESS + verb, selectors=[worker.name], wait=dice.random() < 0.5)
                worker.wish = wish
        return ask

    def signal(self, dice):
        worker = dice.choice(self.workers)
        self.daemon.once(PROCESS + "Signal", selectors=[worker.name], signal=dice.choice(["CONT", "INT", "WINCH"]))

    def look(self, dice):
        worker = dice.choice(self.workers)
        method, parameters = dice.choice([
            ("List", {}), ("List", {"selectors": [worker.name]}), ("ExitCode", {"name": worker.name}),
            ("Logs", {"selectors": [worker.name], "lines": 5}), ("Join", {"name": worker.name, "timeout": 0.3}),
            ("Send", {"name": worker.name, "data": "x" * dice.randint(1, 5000)})])
        self.daemon.once(PROCESS + method, **parameters)

    def update(self, dice):
        with self.configuring:
            for worker in dice.sample(self.workers, 3):
                worker.version += 1
                worker.is_changed = True
            self.configure()
            if dice.random() < 0.3:
                groups = [worker.name for worker in dice.sample(self.workers, 5)]
                self.daemon.once(MANAGER + "Update", groups=groups)
            elif "error" not in self.daemon.once(MANAGER + "Update"):
                self.update_done()

    def upgrade(self, dice):
        """By the same binary: guardian and engine are other processes' images afterwards."""
        reply = self.daemon.once(MANAGER + "Upgrade")
        if "parameters" in reply and "version" in reply["parameters"]:
            self.counts["upgrades"] += 1

    def update_done(self):
        """What was changed has been stopped; autostart is off."""
        for worker in self.workers:
            if worker.is_changed:
                worker.wish = None
            worker.is_changed = False

    configuring = threading.Lock()

    def ask_on(self, dice):
        calls = [(20, self.control("Start", True)), (10, self.control("Terminate", False)),
                 (10, self.control("Restart", True)), (3, self.control("Kill", False)), (5, self.signal),
                 (20, self.look), (2, self.update), (1, self.upgrade)]
        weights = [row[0] for row in calls]
        while not self.over.is_set():
            ask = dice.choices(calls, weights)[0][1]
            try:
                ask(dice)
                self.counts["calls answered"] += 1
            except Interrupted:
                self.counts["calls cut off"] += 1
            except TimeoutError as error:
                self.problems.append(f"a call hung: {error}")
            self.over.wait(dice.choice([0, 0, 0.01, 0.05]))

    # --- afterwards ---

    def state_problem(self, worker):
        """What the daemon says, against what the worker wrote; None where it agrees."""
        lives = self.daemon.lives(worker.name)
        process = self.daemon.process_of(worker.name)
        state, pid, exitcode = process["state"], process.get("pid"), process.get("exitcode")
        last = lives[-1] if lives else None
        up = last is not None and is_alive(last.pid)
        if state in ("running", "starting") and pid is not None:
            return None if up and last.pid == pid else f"{worker.name} is {state} as {pid}, its life was {last}"
        if state in ("stopping", "starting"):
            return f"{worker.name} is still {state}"
        if up:
            return f"{worker.name} is {state}, and lives as {last.pid}"
        if worker.wish and worker.kind in ALWAYS_UP:
            return f"{worker.name} is {state}, and was to be up"
        if worker.wish is False and state not in ("stopped", "exited", "fatal"):
            return f"{worker.name} is {state}, and was to be down"
        if last is not None and exitcode is not None and exitcode_of(last) not in (exitcode, None):
            if -exitcode not in worker.killed[last.number] and not self.left_no_record(worker, lives, exitcode):
                return f"{worker.name} has exitcode {exitcode}, its life was {last}"
        return None

    def left_no_record(self, worker, lives, exitcode):
        """The last that was started ended by a signal before it could write anything."""
        spawned = [match[2] for match in self.SPAWNED.finditer(self.daemon.text("musterd.log"))
                   if match[1] == worker.name]
        return (exitcode in (-signal.SIGTERM, -signal.SIGKILL, -signal.SIGINT) and spawned
                and int(spawned[-1]) not in [life.pid for life in lives])

    def check_states(self):
        for worker in self.workers:
            found = ["?"]

            def agrees(worker=worker, found=found):
                found[0] = self.state_problem(worker)
                return not found[0]

            if not until(agrees, QUIET_SECONDS):
                self.problems.append(found[0])

    END = re.compile(r"(exited|stopped): (\S+) \((exit status \d+|terminated by SIG\w+|terminated by signal \d+)"
                     r"(?: \(core dumped\))?(?:; (?:not )?expected)?\)")

    SPAWNED = re.compile(r"spawned: '(\S+)' with pid (\d+)")

    def check_ends(self):
        """Every end that the daemon has told, against every life: each once, in order, with its status."""
        told = collections.defaultdict(list)
        pids = {}
        engines = 0
        for line in self.daemon.text("musterd.log").splitlines():
            engines += " engine started again " in line
            if match := self.SPAWNED.search(line):
                pids[match[1]] = int(match[2])
            elif match := self.END.search(line):
                # An engine that died before it told of a start leaves none.
                told[match[2]].append((match[1], match[3], pids.pop(match[2], None), engines))
        for worker in self.workers:
            self.check_ends_of(worker, told[worker.name])

    # How one may end before it has begun its record: by a stop, or by the signals that are sent here.
    BEFORE_RECORD = ("terminated by SIGTERM", "terminated by SIGKILL", "terminated by SIGINT")

    def check_ends_of(self, worker, told):
        lives = self.daemon.lives(worker.name)
        recorded = {life.pid for life in lives}
        at, last = 0, None
        for how, text, pid, engine in told:
            life = lives[at] if at < len(lives) else None
            # Told by an engine that died before it was noted, and once more by the next.
            again = pid is None and last == (how, text, engine - 1)
            if life and pid in (None, life.pid) and text in self.possible_ends(worker, life, how):
                at += 1
            elif not again and (pid in recorded or text not in self.BEFORE_RECORD):
                self.problems.append(f"{worker.name}: the daemon tells '{how}: {text}' of pid {pid}, life {at + 1}"
                                     f" was {life}")
                return
            last = (how, text, engine)
        if at < len(lives):
            self.problems.append(f"{worker.name}: of {len(lives)} lives the ends of {at} were told")

    @staticmethod
    def possible_ends(worker, life, how):
        codes = {exitcode_of(life)} - {None}
        codes |= {-number for number in worker.killed[life.number]}
        if how == "stopped" or life.end == END_NONE:
            codes.add(-signal.SIGKILL)
        return {f"exit status {code}" if code >= 0 else f"terminated by {signal.Signals(-code).name}" for code in codes}

    def descriptors(self):
        engine = self.daemon.engine_pid()
        kill(engine)
        until(lambda: self.daemon.engine_pid() != engine)
        return [{kind: count for kind, count in descriptors_of(pid).items() if not re.search(r"\.log(\.\d+)?$", kind)}
                for pid in (self.daemon.guardian, self.daemon.engine_pid())]

    def check_descriptors(self, before):
        leaks = []

        def nothing_leaks():
            # Clients that follow or watch go on through everything, each with a connection.
            clients = {"socket": sum(client.poll() is None for client in self.clients)}
            leaks[:] = [f"{who} has {count} of {kind}, not {was.get(kind, 0)}"
                        for who, was, now, more in zip(("the guardian", "the engine"), before, self.descriptors(),
                                                       ({}, clients))
                        for kind, count in now.items() if count > was.get(kind, 0) + more.get(kind, 0)]
            return not leaks

        until(nothing_leaks, 10)
        self.problems += leaks

    def run(self):
        daemon = self.daemon
        if not daemon.begin():
            self.problems.append("the daemon does not answer")
            return
        before = self.descriptors()
        daemon.ask(PROCESS + "Start", selectors=["all"], wait=False)
        for worker in self.workers:
            worker.wish = True
        threads = [threading.Thread(target=self.kill_on, args=(random.Random(self.dice.random()),))]
        threads += [threading.Thread(target=self.ask_on, args=(random.Random(self.dice.random()),)) for _ in range(3)]
        for thread in threads:
            thread.start()
        self.over.wait(options.seconds)
        self.over.set()
        for thread in threads:
            thread.join(QUIET_SECONDS * 2)
            if thread.is_alive():
                self.problems.append("a thread of the test hangs")
        # What a call that was cut off has begun is to be brought to its end, too.
        if not until(lambda: "error" not in daemon.ask(MANAGER + "Update"), QUIET_SECONDS):
            self.problems.append("an update is never done")
        self.update_done()
        self.check_states()
        self.problems += [f"{pid} is a zombie" for pid in daemon.zombies()]
        starts = daemon.engine_starts()
        daemon.ask(PROCESS + "Terminate", selectors=["all"], wait=True)
        for process in daemon.ask(PROCESS + "List")["parameters"]["processes"]:
            if process["state"] not in ("stopped", "exited", "fatal"):
                self.problems.append(f"{process['name']} is {process['state']} after a stop of all")
        # Who has ended by itself keeps its pipes, who is removed has none.
        daemon.configure("")
        daemon.ask(MANAGER + "Update")
        self.check_descriptors(before)
        kill(daemon.guardian, signal.SIGTERM)
        if not until(lambda: daemon.process.poll() is not None, QUIET_SECONDS):
            self.problems.append("the daemon does not end")
        for client in self.clients:
            try:
                client.wait(QUIET_SECONDS)
            except subprocess.TimeoutExpired:
                self.problems.append(f"a client hangs: {client.args}")
                client.kill()
        for worker in self.workers:
            lives = daemon.lives(worker.name)
            self.counts["lives"] += len(lives)
            self.counts["lines"] += sum(done for life in lives for _, done in life.voices)
            self.problems += life_problems(lives, worker.name)
            self.problems += line_problems(lives, daemon.log(worker.name), worker.name)
        self.check_ends()
        tell(f"# {starts} engines,", ", ".join(f"{count} {what.replace('_', ' ')}"
                                                for what, count in sorted(self.counts.items())))


def main():
    tell(f"# seed {options.seed}, {options.workers} workers, {options.seconds:g} s")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    fire = Fire()
    fire.run()
    problems = fire.problems + fire.daemon.end(bool(fire.problems))
    for problem in problems[:100]:
        tell(f"#   {problem}")
    tell(f"{'not ' if problems else ''}ok 1 - killed at random: {len(problems)} problems")
    tell("1..1 #")
    sys.exit(1 if problems else 0)


main()
