"""Start: exec of the daemon to main() of the last worker. Stop: request to the last one gone.

Nothing looks at /proc in between: what was looked at there is slower to reap.
"""

import time

from measure import COUNTED_AS_RUNNING_S, Budget, Metric, Row


def sample(bench, subject):
    with bench.running(subject, bench.jobs(bench.many)) as run:
        records = run.wait_started()
        last_ns = max(ns for ns, _, _ in records)
        time.sleep(COUNTED_AS_RUNNING_S)
        return {"start": [(last_ns - run.started_ns) / 1e6], "stop": [run.stop() * 1e3]}


START = Row(
    name="start",
    metrics=(
        Metric("start", "exec to {many} running", "ms", Budget(1.3, of_floor=True)),
        Metric("stop", "stop of {many} and the daemon", "ms", Budget(1.3, of_floor=True)),
    ),
    sample=sample,
    repetitions=5,
    seconds_max=12,
)
