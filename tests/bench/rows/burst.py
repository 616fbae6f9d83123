"""Burst: a hundred workers are killed at once; how long until all are back."""

import os
import signal
import time

from measure import COUNTED_AS_RUNNING_S, BenchError, Budget, Metric, Row

WORKERS = 100
BURSTS = 2
WAIT_S = 20


def sample(bench, subject):
    times = []
    with bench.running(subject, bench.jobs(WORKERS)) as run:
        pids = [pid for _, pid, _ in run.wait_started()]
        run.settle()
        for burst in range(1, BURSTS + 1):
            begin_ns = time.monotonic_ns()
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
            if not run.stamps.wait((burst + 1) * WORKERS, WAIT_S):
                raise BenchError(f"{WORKERS} killed workers were not back in {WAIT_S} s")
            records = run.stamps.read(burst * WORKERS, (burst + 1) * WORKERS)
            times.append((max(ns for ns, _, _ in records) - begin_ns) / 1e6)
            pids = [pid for _, pid, _ in records]
            time.sleep(COUNTED_AS_RUNNING_S)
    return {"burst": times}


BURST = Row(
    name="burst",
    metrics=(Metric("burst", "100 killed at once, all back", "ms", Budget(1.3, of_floor=True)),),
    sample=sample,
)
