#!/bin/sh
# The run directory's disk has no room for the records of all processes: those that have one run, the
# others are told, and neither daemon nor engine dies of it.
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

mkdir "$DIR/run"
if [ "$(id -u)" -ne 0 ] || ! mount -t tmpfs -o size=64k none "$DIR/run" 2>/dev/null; then
    skip 'a file system of its own needs root'
fi
trap 'umount -l "$DIR/run"; _at_exit' EXIT

configure <<EOF
on_guardian_death=leave

[program:many]
process_name=%(program_name)s_%(process_num)03d
numprocs=120
command=sleep 1000
startsecs=0
stdout_logfile=NONE
stderr_logfile=NONE
EOF
start_musterd

say 'some have no room'
wait_for log_has 'cannot supervise many:many_.*: No space left on device'
wait_for in_state many:many_000 RUNNING
check log_has 'spawned: .many:many_000'
running() { muster list | grep -c '^many:'; }
check [ "$(running)" -ge 10 ]
check [ "$(running)" -lt 120 ]

say 'and an engine that starts again is none the worse for it'
pid=$(pid_of many:many_000)
engine=$(engine_pid)
must kill -KILL "$engine"
wait_for has_new_engine "$engine"
is "$pid" "$(pid_of many:many_000)"
check log_has 'engine started again'

say 'no room for anything at all: it runs without'
muster shutdown >/dev/null
wait_for is_gone "$DAEMON_PID"
wait "$DAEMON_PID"
DAEMON_PID=
head -c 100000 /dev/zero >"$DIR/run/filling" 2>/dev/null
start_musterd
check has_line "$DIR/musterd.out" 'cannot use .*ledger.*No space left on device; no process will outlive'
wait_for in_state many:many_119 RUNNING
