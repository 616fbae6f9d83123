"""The command line: `muster ps` of a thousand workers beside `ps aux` of the same machine."""

from measure import Budget, Metric, Row, Skipped

CALLS = 5
TURNS = 4


def sample(bench, subject):
    if not subject.ps_argv(""):
        raise Skipped("-")
    ours, theirs = [], []
    with bench.running(subject, bench.jobs(bench.many)) as run:
        run.settle()
        for _ in range(TURNS):
            ours += run.repeat(subject.ps_argv(run.directory), CALLS, bench.window_s)
            theirs += run.repeat(["ps", "aux"], CALLS, bench.window_s)
    return {"ps": ours, "ps-aux": theirs,
            "ps-ratio": [mine / other for mine, other in zip(sorted(ours), sorted(theirs))]}


PS = Row(
    name="ps",
    metrics=(
        Metric("ps", "ps of {many}", "ms"),
        Metric("ps-aux", "    ps aux meanwhile", "ms"),
        Metric("ps-ratio", "    ps / ps aux", "", Budget(0.5)),
    ),
    sample=sample,
    repetitions=1,
)
