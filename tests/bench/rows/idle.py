"""Idle: how often the supervisor wakes up while a hundred workers do nothing, logs captured."""

import time

import process
from measure import Budget, Metric, Row


def sample(bench, subject):
    with bench.running(subject, bench.jobs(100, captured=subject.captures_logs)) as run:
        run.settle()
        own = run.own()
        before, begin = sum(map(process.switches, own)), time.monotonic()
        time.sleep(bench.window_s)
        count = sum(map(process.switches, own)) - before
        return {"idle": [count / (time.monotonic() - begin)]}


IDLE = Row(
    name="idle",
    metrics=(Metric("idle", "100 idle workers: wake-ups", "/s", Budget(0)),),
    sample=sample,
    repetitions=1,
)
