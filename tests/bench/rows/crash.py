"""Crash loop: fifty workers that exit at once and are to be started again at once.

What a restart costs the supervisor, and how long `status` of a healthy worker takes meanwhile.
"""

import time

import process
from measure import BenchError, Budget, Metric, Row, p99

CRASHERS = 50
CALLS = 200


def sample(bench, subject):
    healthy = bench.jobs(1) if subject.mixes_programs else []
    jobs = [*healthy, *bench.jobs(CRASHERS, "crasher", "c", may_crash=True)]
    with bench.running(subject, jobs) as run:
        run.settle()
        own = run.own()
        cpu, count, begin = sum(map(process.cpu_ns, own)), run.stamps.count(), time.monotonic()
        time.sleep(bench.window_s)
        cpu = sum(map(process.cpu_ns, own)) - cpu
        count, seconds = run.stamps.count() - count, time.monotonic() - begin
        if not count:
            raise BenchError("nothing was started again")
        result = {"crash": [cpu / 1e3 / count], "crash-rate": [count / seconds]}
        status = subject.status_argv(run.directory, jobs, "w0")
        if status:
            result["crash-status"] = run.repeat(status, CALLS, bench.window_s)
        return result


CRASH = Row(
    name="crash",
    metrics=(
        Metric("crash", "50 crash-loopers: own CPU a restart", "us", Budget(100)),
        Metric("crash-rate", "    restarts", "/s"),
        Metric("crash-status", "    status of another, median", "ms"),
        Metric("crash-status-p99", "    p99", "ms", Budget(5), source="crash-status", pick=p99),
    ),
    sample=sample,
    repetitions=2,
    seconds_max=10,
)
