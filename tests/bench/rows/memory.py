"""Memory: proportional set size of the supervisor's own processes, logs captured."""

import process
from measure import Budget, Metric, Row


def _pss_kib(bench, subject, count):
    with bench.running(subject, bench.jobs(count, captured=subject.captures_logs)) as run:
        run.settle()
        return sum(process.pss_kib(pid) for pid in run.own())


def sample(bench, subject):
    none, hundred, many = (_pss_kib(bench, subject, count) for count in (0, 100, bench.many))
    further = (many - hundred) * 1024 / (bench.many - 100)
    return {"memory-0": [none], "memory-100": [hundred], "memory-1000": [many],
            "memory-further": [further]}


MEMORY = Row(
    name="memory",
    metrics=(
        Metric("memory-0", "PSS, no worker", "KiB"),
        Metric("memory-100", "PSS, 100 workers and logs", "KiB", Budget(3584)),
        Metric("memory-1000", "PSS, {many} workers and logs", "KiB"),
        Metric("memory-further", "each further worker", "bytes", Budget(3072)),
    ),
    sample=sample,
    repetitions=1,
)
