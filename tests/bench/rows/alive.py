"""Calls: IsAlive a second, beside an epoll ping-pong over the same kind of socket.

With caller and daemon each on a processor of its own, where each call waits for two wake-ups, and
both on one, where it does not. Left alone, the scheduler picks one or the other by chance, and the
two differ tenfold.
"""

import os

from measure import Budget, Metric, Row, Skipped

SECONDS = 0.4
TURNS = 4
# name of the samples, calls in flight, on one processor
KINDS = (("alive", 1, False), ("alive-one-cpu", 1, True), ("alive-pipelined", 64, False))


def sample(bench, subject):
    if not subject.calls_argv("", "", SECONDS, 1, 0):
        raise Skipped("-")
    result = {name: [] for name, _, _ in KINDS}
    cpus = sorted(os.sched_getaffinity(0))
    with bench.running(subject, bench.jobs(10)) as run:
        run.settle()
        for _ in range(TURNS):
            for name, depth, together in KINDS:
                server_cpu = cpus[0] if together else cpus[-1]
                for pid in run.own():
                    os.sched_setaffinity(pid, {server_cpu})
                argv = subject.calls_argv(run.directory, run.jobs[0].name, SECONDS, depth,
                                          server_cpu)
                result[name].append(float(run.command(["taskset", "-c", str(cpus[0]), *argv])))
    return result


ALIVE = Row(
    name="alive",
    metrics=(
        Metric("alive", "is_alive, one in flight, two CPUs", "/s",
               Budget(0.7, of_floor=True, at_least=True)),
        Metric("alive-one-cpu", "    on one CPU", "/s",
               Budget(0.7, of_floor=True, at_least=True)),
        Metric("alive-pipelined", "    64 in flight, two CPUs", "/s",
               Budget(200_000, at_least=True)),
    ),
    sample=sample,
    repetitions=2,
)
