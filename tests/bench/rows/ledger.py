"""Ledger: what ledger and store cost a start, beside the same objects without them (bare.c).

Wall time is from exec to main() of the last worker; CPU is the supervisor's own, until all count as
running. The parts are measured in turn, in any order.
"""

import random
import time

import process
from measure import COUNTED_AS_RUNNING_S, Metric, Row, Skipped


def _per_start_us(bench, subject):
    """Wall time and processor time of one start of many, logs captured."""
    with bench.running(subject, bench.jobs(bench.many, captured=True)) as run:
        records = run.wait_started()
        wall_ns = max(ns for ns, _, _ in records) - run.started_ns
        time.sleep(COUNTED_AS_RUNNING_S)
        cpu_ns = sum(map(process.cpu_ns, run.own()))
        return wall_ns / 1e3 / bench.many, cpu_ns / 1e3 / bench.many


def sample(bench, subject):
    parts = subject.ledgers()
    if not parts:
        raise Skipped("-")
    result = {}
    for name, part in random.sample(list(parts.items()), len(parts)):
        wall_us, cpu_us = _per_start_us(bench, part)
        result[name], result[name + "-cpu"] = [wall_us], [cpu_us]
    for kind in ("", "-cpu"):
        result["ledger-ratio" + kind] = [
            result["ledger-memfd" + kind][0] / result["ledger-bare" + kind][0]]
    return result


LEDGER = Row(
    name="ledger",
    metrics=(
        Metric("ledger-bare", "a start of {many}, no ledger and store", "us"),
        Metric("ledger-memfd", "    with them", "us"),
        Metric("ledger-file", "    with them, the ledger a file", "us"),
        Metric("ledger-ratio", "    with / without", ""),
        Metric("ledger-bare-cpu", "    own CPU, no ledger and store", "us"),
        Metric("ledger-memfd-cpu", "    own CPU, with them", "us"),
        Metric("ledger-file-cpu", "    own CPU, the ledger a file", "us"),
        Metric("ledger-ratio-cpu", "    own CPU, with / without", ""),
    ),
    sample=sample,
    repetitions=5,
    seconds_max=30,
)
