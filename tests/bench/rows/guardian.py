"""Guardian: memory of that process alone, beside the ledger that it shares, and how long its code is.

It is what everything depends on, so both are to stay small.
"""

import glob
import os

import build
import process
from measure import Budget, Metric, Row, Skipped

SOURCES = os.path.join(build.ROOT, "daemon", "guardian", "*.c")


def _pss_kib(bench, subject, count):
    with bench.running(subject, bench.jobs(count, captured=True)) as run:
        run.settle()
        return process.pss_beside_kib(run.pid, subject.ledger_mapping)


def _lines():
    total = 0
    for path in glob.glob(SOURCES):
        with open(path) as file:
            total += sum(1 for _ in file)
    return total


def sample(bench, subject):
    if not subject.ledger_mapping:
        raise Skipped("-")
    none, many = (_pss_kib(bench, subject, count) for count in (0, bench.many))
    return {"guardian-0": [none], "guardian-1000": [many], "guardian-lines": [_lines()]}


GUARDIAN = Row(
    name="guardian",
    metrics=(
        Metric("guardian-0", "guardian beside the ledger: PSS, no worker", "KiB", Budget(400)),
        Metric("guardian-1000", "    {many} workers and logs", "KiB", Budget(400)),
        Metric("guardian-lines", "    its code", "lines"),
    ),
    sample=sample,
    repetitions=1,
)
