"""Many slow writers: a hundred workers with about a hundred lines a second each.

Processor time of the supervisor and its loggers, and how old a line is when it is on disk.
"""

import os
import time

import process
from measure import BenchError, Budget, Metric, Row, Skipped, p99

WORKERS = 100
PACE = "100 0 0 10000"   # a line, a write, each 10 ms: see flood.c
LINE_SIZE = 100
TIME = slice(13, 33)
POLL_S = 0.001


def _ages_ms(path, seconds):
    """Ages of the lines of one log at the moment they can be read there."""
    ages = []
    until = time.monotonic() + seconds
    rest = b""   # of a line of which only the beginning could be read yet
    with open(path, "rb", buffering=0) as file:
        file.seek(os.fstat(file.fileno()).st_size // LINE_SIZE * LINE_SIZE)
        while time.monotonic() < until:
            text, now_ns = rest + file.read(), time.monotonic_ns()
            rest = text[len(text) // LINE_SIZE * LINE_SIZE:]
            for start in range(0, len(text) - LINE_SIZE + 1, LINE_SIZE):
                ages.append((now_ns - int(text[start:start + LINE_SIZE][TIME])) / 1e6)
            time.sleep(POLL_S)
    return ages


def sample(bench, subject):
    if not subject.captures_logs:
        raise Skipped("-")
    with bench.running(subject, bench.jobs(WORKERS, "flood", captured=True), PACE) as run:
        run.settle()
        own = run.own()
        logs = [subject.log_files(run.directory, job.name)[-1] for job in run.jobs]
        cpu, size, begin = sum(map(process.cpu_ns, own)), sum(map(os.path.getsize, logs)), \
            time.monotonic()
        time.sleep(bench.window_s)
        seconds = time.monotonic() - begin
        cpu = sum(map(process.cpu_ns, own)) - cpu
        lines = (sum(map(os.path.getsize, logs)) - size) / LINE_SIZE
        ages = _ages_ms(logs[0], bench.window_s / 2)
        if not ages:
            raise BenchError("no line came to the disk")
        return {"paced": [cpu / 1e7 / seconds], "paced-lines": [lines / seconds],
                "paced-age": ages}


PACED = Row(
    name="paced",
    metrics=(
        Metric("paced", "100 workers x 100 lines/s: CPU", "%", Budget(3)),
        Metric("paced-lines", "    lines on disk", "/s"),
        Metric("paced-age", "    age of a line on disk, median", "ms"),
        Metric("paced-age-p99", "    p99", "ms", Budget(100), source="paced-age", pick=p99),
    ),
    sample=sample,
    repetitions=1,
)
