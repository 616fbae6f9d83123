"""Restart: SIGKILL to main() of the replacement, one worker at a time, each killed once.

Each only once, since most supervisors hold back a worker that has not lived for a second.
"""

import os
import signal
import time

from measure import BenchError, Budget, Metric, Row, p99

KILLS = 50
KILLS_S = 4        # slow ones get fewer kills
WAIT_S = 10
PAUSE_S = 0.005


def sample(bench, subject):
    latencies = []
    with bench.running(subject, bench.jobs(KILLS)) as run:
        pids = [pid for _, pid, _ in run.wait_started()]
        run.settle()
        until = time.monotonic() + KILLS_S
        for count, pid in enumerate(pids, start=KILLS):
            killed_ns = time.monotonic_ns()
            os.kill(pid, signal.SIGKILL)
            if not run.stamps.wait(count + 1, WAIT_S):
                raise BenchError(f"a killed worker was not back in {WAIT_S} s")
            latencies.append((run.stamps.read(count, count + 1)[0][0] - killed_ns) / 1e6)
            if time.monotonic() > until:
                break
            time.sleep(PAUSE_S)
    return {"restart": latencies}


RESTART = Row(
    name="restart",
    metrics=(
        Metric("restart", "SIGKILL to next main(), median", "ms", Budget(1.3, of_floor=True)),
        Metric("restart-p99", "    p99", "ms", source="restart", pick=p99),
    ),
    sample=sample,
)
