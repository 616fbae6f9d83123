"""One flooding worker: how fast its log is written, in large and small writes, and what is lost."""

import os
import time

import process
from measure import BenchError, Budget, Metric, Row, Skipped

LINE_SIZE = 100
SECONDS = 2                  # the worker ends its flood after so long ...
# ... or so much: name of the samples, size of a write, bytes in all
KINDS = (("flood-64k", 65536, 600_000_000), ("flood-100", 100, 100_000_000))
STALLED_S = 2                # the log has not grown for so long: no more will come
LIMIT_S = 40
POLL_S = 0.002


def _size(paths):
    total = 0
    for path in paths:
        try:
            total += os.path.getsize(path)
        except FileNotFoundError:
            pass
    return total


def _wait_written(run, name):
    """Until all that the worker wrote is in its log. Returns (stamps, ns when it was, bytes)."""
    grown_ns, before = time.monotonic_ns(), -1
    until = grown_ns + LIMIT_S * 1_000_000_000
    while True:
        done = run.stamps.count() >= 2
        size = _size(run.subject.log_files(run.directory, name))
        now_ns = time.monotonic_ns()
        if size != before:
            grown_ns, before = now_ns, size
        stamps = run.stamps.read(0, 2)
        if done and size >= stamps[1][2] * LINE_SIZE:
            return stamps, now_ns, size
        if done and now_ns > grown_ns + STALLED_S * 1_000_000_000:
            return stamps, grown_ns, size
        if now_ns > until:
            raise BenchError(f"the log was not written in {LIMIT_S} s")
        time.sleep(POLL_S)


def _flood(bench, subject, write_size, total):
    how = f"{write_size} {total} {SECONDS} 0"
    with bench.running(subject, bench.jobs(1, "flood", captured=True), how) as run:
        run.wait_started(1)
        own = run.own()
        cpu = sum(map(process.cpu_ns, own))
        stamps, end_ns, size = _wait_written(run, run.jobs[0].name)
        own = run.own()
        cpu = sum(map(process.cpu_ns, own)) - cpu
        files = [path for path in subject.log_files(run.directory, run.jobs[0].name)
                 if os.path.exists(path)]
        lines, lost, doubled, broken = map(
            int, run.command([bench.tools.path("flood"), "check", *files]).split())
        cut_off = max(0, stamps[1][2] - lost - (lines - doubled - broken))
        bad = lost + doubled + broken + cut_off
        return (size / 1e6 / ((end_ns - stamps[0][0]) / 1e9), cpu / size, bad * LINE_SIZE)


def sample(bench, subject):
    flooders = subject.flooders()
    if not flooders:
        raise Skipped("-")
    result = {"flood-lost": []}
    for name, write_size, total in KINDS:
        measured = [_flood(bench, flooder, write_size, total) for flooder in flooders]
        rate, cpu, _ = max(measured)
        result[name], result[name + "-cpu"] = [rate], [cpu]
        result["flood-lost"].append(sum(lost for _, _, lost in measured))
    return result


FLOOD = Row(
    name="flood",
    metrics=(
        Metric("flood-64k", "log of one flood, 64 KiB writes", "MB/s",
               Budget(0.9, of_floor=True, at_least=True)),
        Metric("flood-64k-cpu", "    own CPU", "s/GB"),
        Metric("flood-100", "log of one flood, 100 B writes", "MB/s",
               Budget(0.9, of_floor=True, at_least=True)),
        Metric("flood-100-cpu", "    own CPU", "s/GB"),
        Metric("flood-lost", "bytes lost, doubled or broken", "bytes", Budget(0), pick=sum),
    ),
    sample=sample,
    seconds_max=25,
)
