"""Gap: the engine is killed. How long a client has no answer, and how long a writer is held up.

The client asks IsAlive, one call after the other, on a connection that is made again. The writer
fills its pipe some milliseconds after nobody reads it any more. Told are the longest time between
two answers after a kill, and the longest write(2) that began before the client had its answer.
"""

from measure import Budget, Metric, Row, Skipped, p99

KILLS = 20
KILLS_QUICK = 3
PACE = "65536 0 0 200 1000"   # 64 KiB each 200 us, writes above 1 ms are told: see flood.c


def _longest_write_ms(writes, killed_ns, gap_ns):
    """0 where none took as long as a millisecond."""
    return max((us for ns, _, us in writes
                if killed_ns < ns and ns - us * 1000 < killed_ns + gap_ns), default=0) / 1e3


def _gaps(bench, subject, count):
    """[ms] of the client and [ms] of the writer, a kill each."""
    writer = bench.jobs(1, "flood", "f", captured=True, log_backups=1)
    jobs = writer + bench.jobs(count - 1, captured=True)
    kills = KILLS_QUICK if bench.quick else KILLS
    with bench.running(subject, jobs, PACE) as run:
        run.settle()
        argv = subject.gap_argv(run.directory, jobs[-1].name, kills)
        lines = [[int(ns) for ns in line.split()] for line in run.command(argv).splitlines()]
        writes = run.slow_writes()
    return ([longest / 1e6 for _, longest in lines],
            [_longest_write_ms(writes, *line) for line in lines])


def sample(bench, subject):
    if not subject.gap_argv("", "", KILLS):
        raise Skipped("-")
    result = {}
    for name, count in (("10", 10), ("100", 100), ("1000", bench.many)):
        result["gap-" + name], result["gap-write-" + name] = _gaps(bench, subject, count)
    return result


def _metrics(name, count, budget=None):
    client, writer = "gap-" + name, "gap-write-" + name
    return (
        Metric(client, f"engine killed, {count} workers: no answer", "ms", budget),
        Metric(client + "-p99", "    p99", "ms", source=client, pick=p99),
        Metric(writer, "    a writer is held up", "ms"),
        Metric(writer + "-p99", "    p99", "ms", source=writer, pick=p99),
    )


GAP = Row(
    name="gap",
    metrics=(*_metrics("10", "10"), *_metrics("100", "100"),
             *_metrics("1000", "{many}", Budget(100))),
    sample=sample,
    repetitions=1,
)
