"""The command line: status of a thousand workers, and of one of them."""

from measure import Budget, Metric, Row, Skipped

CALLS = 40


def sample(bench, subject):
    jobs = bench.jobs(bench.many)
    if not subject.status_argv("", jobs):
        raise Skipped("-")
    with bench.running(subject, jobs) as run:
        run.settle()
        return {
            name: run.repeat(subject.status_argv(run.directory, jobs, one), CALLS, bench.window_s)
            for name, one in (("status", None), ("status-one", jobs[-1].name))}


STATUS = Row(
    name="status",
    metrics=(
        Metric("status", "status of {many}", "ms", Budget(10)),
        Metric("status-one", "status of one of {many}", "ms", Budget(3)),
    ),
    sample=sample,
    repetitions=2,
    seconds_max=12,
)
