"""The run itself: each row with each subject in turn, several times over, in private directories."""

import contextlib
import dataclasses
import os
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time

import process

STAMP = struct.Struct("<QII")
START_LIMIT_S = 60
STOP_LIMIT_S = 60
COMMAND_LIMIT_S = 60
POLL_S = 0.002
SETTLE_TURNS_MAX = 4
# All subjects count a worker as running after a second, and treat an earlier death as a failed start.
COUNTED_AS_RUNNING_S = 1.4


class BenchError(Exception):
    """A subject did not do what a row needs; the row goes on without it."""


class Skipped(Exception):
    """A row does not apply to a subject, in a word why."""


@dataclasses.dataclass(frozen=True)
class Job:
    """One worker, as a subject's configuration has to spell it."""
    name: str
    program: str            # path
    captured: bool = False  # its output goes to a log
    may_crash: bool = False # it is to be started again however soon it ends
    log_backups: int = 40   # more than most rows write, so that what is missing was lost


@dataclasses.dataclass(frozen=True)
class Budget:
    limit: float
    of_floor: bool = False  # the limit is a multiple of the floor's figure
    at_least: bool = False

    def text(self):
        sign = ">=" if self.at_least else "<="
        return f"{sign} {self.limit:g}" + ("x floor" if self.of_floor else "")

    def met(self, value, floor):
        """None where it cannot be said."""
        if self.of_floor and not floor:
            return None
        limit = self.limit * floor if self.of_floor else self.limit
        return value >= limit if self.at_least else value <= limit


def p99(values):
    return sorted(values)[min(len(values) - 1, int(len(values) * 0.99))]


@dataclasses.dataclass(frozen=True)
class Metric:
    """One figure of a row: which samples it is made of, and how."""
    name: str
    title: str
    unit: str
    budget: Budget = None
    source: str = ""            # name of the samples, where not the metric's own
    pick: callable = statistics.median

    def samples_name(self):
        return self.source or self.name


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    metrics: tuple
    sample: callable            # (bench, subject) to {samples name: [values]}
    repetitions: int = 3
    quick_repetitions: int = 1
    seconds_max: float = 20     # a subject that has used so much gets no further repetition


class Stamps:
    """What the workers told: see stamp.h."""

    def __init__(self, path):
        self.path = path
        self.file = open(path, "a+b", buffering=0)

    def close(self):
        self.file.close()

    def count(self):
        return os.fstat(self.file.fileno()).st_size // STAMP.size

    def read(self, first=0, last=None):
        """[(ns, pid, lines)] from record `first` on."""
        size = ((self.count() if last is None else last) - first) * STAMP.size
        return list(STAMP.iter_unpack(os.pread(self.file.fileno(), size, first * STAMP.size)))

    def wait(self, count, limit_s):
        """Until so many records are there; false where time runs out."""
        until = time.monotonic() + limit_s
        while self.count() < count:
            if time.monotonic() > until:
                return False
            time.sleep(POLL_S)
        return True


class Run:
    """A subject that runs, with its workers."""

    def __init__(self, bench, subject, jobs, directory, environment):
        self.bench = bench
        self.subject = subject
        self.jobs = jobs
        self.directory = directory
        self.stamps = Stamps(environment["BENCH_STAMPS"])
        self.log_path = os.path.join(directory, "daemon.log")
        subject.write(directory, jobs)
        argv = subject.start_argv(directory, jobs)
        self.pid, self.started_ns = process.start(argv, environment, directory, self.log_path,
                                                     subject.stop_signal)

    def close(self):
        process.end_all()
        self.stamps.close()

    def fail(self, what):
        with contextlib.suppress(FileNotFoundError):
            with open(self.log_path, errors="replace") as file:
                what += "".join("\n    " + line.rstrip() for line in file.readlines()[-5:])
        raise BenchError(what)

    def wait_started(self, count=None):
        """Until main() of so many workers was reached. Returns their records."""
        count = len(self.jobs) if count is None else count
        if not self.stamps.wait(count, START_LIMIT_S):
            self.fail(f"{self.stamps.count()} of {count} workers started in {START_LIMIT_S} s")
        return self.stamps.read(0, count)

    def settle(self):
        """Until the workers count as running and the supervisor's processes are all there."""
        self.wait_started()
        before, now = -1, len(self.own())
        for _ in range(SETTLE_TURNS_MAX):
            if now == before:
                break
            time.sleep(COUNTED_AS_RUNNING_S)
            before, now = now, len(self.own())
        if not os.path.exists(f"/proc/{self.pid}/exe"):
            self.fail("the daemon has ended")

    def slow_writes(self):
        """[(ns, pid, us)] of the writes that a flood was to tell of."""
        with contextlib.closing(Stamps(self.stamps.path + ".slow")) as stamps:
            return stamps.read()

    def own(self):
        return process.own(self.pid, self.bench.tools.workers)

    def stop(self):
        """Asks the daemon to end; returns the seconds until it and everything below it had."""
        def too_long(_signal, _frame):
            raise BenchError(f"did not stop in {STOP_LIMIT_S} s")

        previous = signal.signal(signal.SIGALRM, too_long)
        signal.alarm(STOP_LIMIT_S)
        try:
            begin = time.monotonic()
            os.kill(self.pid, self.subject.stop_signal)
            process.reap_all()
            return time.monotonic() - begin
        finally:
            signal.alarm(0)
            signal.signal(signal.SIGALRM, previous)

    def repeat(self, argv, count, seconds):
        """Milliseconds of each run of a command; it must succeed."""
        done = self.command([self.bench.tools.path("repeat"), str(count), str(seconds), *argv])
        lines = [line.split() for line in done.splitlines()]
        failed = [status for _, status in lines if status not in self.subject.status_exits]
        if failed or not lines:
            again = subprocess.run(argv, capture_output=True, text=True, check=False,
                                   timeout=COMMAND_LIMIT_S)
            self.fail(f"{' '.join(argv[:4])} ended with {failed[:1]}; run again, it says: "
                      f"{again.stderr.strip()} ({again.returncode})")
        return [int(ns) / 1e6 for ns, _ in lines]

    def command(self, argv):
        """Standard output of a helper that has to succeed."""
        try:
            done = subprocess.run(argv, capture_output=True, text=True, check=False,
                                  timeout=COMMAND_LIMIT_S)
        except (OSError, subprocess.TimeoutExpired) as error:
            self.fail(str(error))
        if done.returncode != 0:
            self.fail(f"{argv[0]}: {done.stderr.strip()}")
        return done.stdout


class Bench:
    def __init__(self, tools, quick):
        self.tools = tools
        self.quick = quick
        self.many = 200 if quick else 1000
        self.window_s = 1.5 if quick else 5

    def __enter__(self):
        parent = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.directory = tempfile.mkdtemp(prefix="muster-bench-", dir=parent)
        return self

    def __exit__(self, *_):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        process.end_all()
        shutil.rmtree(self.directory, ignore_errors=True)

    def jobs(self, count, program="worker", prefix="w", **how):
        path = self.tools.path(program)
        return [Job(f"{prefix}{index}", path, **how) for index in range(count)]

    @contextlib.contextmanager
    def running(self, subject, jobs, lines=""):
        """Starts a subject with workers; at the end nothing of it is left. lines: see flood.c."""
        directory = tempfile.mkdtemp(dir=self.directory)
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith(("MUSTER", "BENCH", "NOTIFY_"))}
        environment["BENCH_STAMPS"] = os.path.join(directory, "stamps")
        environment["BENCH_LINES"] = lines
        run = None
        try:
            run = Run(self, subject, jobs, directory, environment)
            yield run
        finally:
            if run:
                run.close()
            shutil.rmtree(directory, ignore_errors=True)

    def measure(self, rows, subjects):
        """Samples of each row and subject, repetition by repetition, so that noise is shared."""
        results = {"quick": self.quick, "many": self.many, "rows": [], "left_out": {}}
        present = []
        for subject in subjects:
            reason = subject.missing()
            if reason:
                results["left_out"][subject.name] = reason
                print(f"bench: {subject.name} is left out: {reason}", file=sys.stderr)
            else:
                present.append(subject)
        results["subjects"] = [subject.name for subject in present]
        begin = time.monotonic()
        for row in rows:
            results["rows"].append(self._measure_row(row, present))
        results["seconds"] = time.monotonic() - begin
        return results

    def _measure_row(self, row, subjects):
        repetitions = row.quick_repetitions if self.quick else row.repetitions
        samples = {subject.name: {} for subject in subjects}
        words = {}
        spent = dict.fromkeys(samples, 0.0)
        for repetition in range(repetitions):
            for subject in subjects:
                if subject.name in words or spent[subject.name] > row.seconds_max:
                    continue
                begin = time.monotonic()
                try:
                    for name, values in row.sample(self, subject).items():
                        samples[subject.name].setdefault(name, []).extend(values)
                except Skipped as why:
                    words[subject.name] = str(why)
                except BenchError as why:
                    words[subject.name] = "failed"
                    print(f"bench: {row.name}: {subject.name}: {why}", file=sys.stderr)
                took = time.monotonic() - begin
                spent[subject.name] += took
                if subject.name not in words:
                    print(f"bench: {row.name} {repetition + 1}/{repetitions} {subject.name}: "
                          f"{took:.1f} s", file=sys.stderr)
        return {"row": row, "samples": samples, "words": words}
