#!/bin/sh
# The engine is killed with SIGKILL: no process notices, and nothing that was promised is forgotten.
# plain build too
# seconds: 180
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

W=$HELPER/worker
# For each line that it is sent: 2000 numbered ones.
cat >"$DIR/counter.py" <<EOF
import sys
n = 0
print("ready", file=sys.stderr)
for line in sys.stdin:
    for i in range(2000):
        n += 1
        print(n)
EOF
configure <<EOF
[program:web]
command=sleep 1000
startsecs=0

[program:ends]
command=$W on TERM exit 7 -- on USR1 exit 9 -- pause
autorestart=false
startsecs=0

[program:starting]
command=$W pause
startsecs=5

[program:crasher]
command=$W note $DIR/crasher-starts x exit 1
startsecs=1
startretries=3
autostart=false

[program:deaf]
command=$W ignore TERM say up pause
stopwaitsecs=3
startsecs=0
stdout_logfile=$DIR/deaf.log

[program:off]
command=sleep 1000
autostart=false

[program:counter]
command=python3 -u $DIR/counter.py
startsecs=0
stdout_logfile=$DIR/counter.log
stdout_logfile_maxbytes=20KB
stdout_logfile_backups=1000
EOF

# Kills the engine and waits for the next one.
kill_engine() {
    _engine=$(engine_pid)
    must kill -KILL "$_engine"
    wait_for has_new_engine "$_engine"
}

# All that was logged, in order: backups count down to the log itself.
counted() {
    for _number in $(seq 1000 -1 1); do
        [ ! -e "$DIR/counter.log.$_number" ] || cat "$DIR/counter.log.$_number"
    done
    cat "$DIR/counter.log"
}

start_musterd
wait_for has_line "$DIR/deaf.log" up
wait_for in_state counter RUNNING
is_ready() { has_line "$(field counter stderr_logfile)" ready; }
wait_for is_ready
names='web ends deaf counter starting'

say 'the same processes run on'
before=$(for name in $names; do pid_of "$name"; done)
kill_engine
after=$(for name in $names; do pid_of "$name"; done)
is "$before" "$after"
expect 0 muster ps --no-heading -o name,state,pid web
is "web RUNNING $(echo "$before" | head -n 1)"
check in_state off STOPPED
check log_has 'engine started again as pid [0-9]+ \(crash\)'
# shellcheck disable=SC2086 # words
expect 0 muster is-alive $names
check in_state web RUNNING

say 'the next exit is seen, with its status'
kill -USR1 "$(pid_of ends)"
expect 0 muster join --timeout 10 ends
is 9
expect 0 muster start ends
kill_engine
expect 0 muster stop ends
expect 0 muster exitcode ends
is 7

say 'an exit while there is no engine is seen by the next'
expect 0 muster start ends
engine=$(engine_pid)
pid=$(pid_of ends)
kill -STOP "$engine"
kill -USR1 "$pid"
wait_for is_gone "$pid"
kill -KILL "$engine"
wait_for has_new_engine "$engine"
expect 0 muster join --timeout 10 ends
is 9

say 'and what has autorestart is started again'
engine=$(engine_pid)
pid=$(pid_of web)
kill -KILL "$engine" "$pid"
wait_for has_new_pid web "$pid"
check in_state web RUNNING

say 'startsecs run on: counted from the start, not from the new engine'
wait_for in_state starting RUNNING
pid=$(pid_of starting)
kill_engine
is "$pid" "$(pid_of starting)"
check in_state starting RUNNING

say 'a stop under way is brought to its end in its time'
pid=$(pid_of deaf)
began=$(date +%s)
expect 0 muster stop --no-wait deaf
kill_engine
check in_state deaf STOPPING
expect 0 muster join --timeout 20 deaf
is -9
check [ $(($(date +%s) - began)) -le 8 ]
check is_gone "$pid"

say 'the pauses between starts, and their number'
expect 0 muster start --no-wait crasher
wait_for has_lines "$DIR/crasher-starts" x 1
kill_engine
wait_for has_lines "$DIR/crasher-starts" x 2
kill_engine
wait_for in_state crasher FATAL
is 4 "$(count_lines "$DIR/crasher-starts" x)"

say 'what was stopped stays stopped'
expect 0 muster stop web
kill_engine
check in_state web STOPPED
check in_state crasher FATAL
expect 0 muster start web

say 'no byte of a log is lost or doubled'
for round in 1 2 3 4; do
    muster send counter "$round"
    kill_engine
done
logged() { [ "$(counted | wc -l)" -ge 8000 ]; }
wait_for logged
counted >"$DIR/counted"
seq 8000 >"$DIR/wanted"
check cmp "$DIR/wanted" "$DIR/counted"

say 'killed many times in a row, without a chance to begin'
before=$(pid_of web)
has_engine() { [ -n "$(engine_pid)" ]; }
for _ in 1 2 3 4; do
    until_true has_engine
    kill -KILL "$(engine_pid)" 2>/dev/null
done
wait_for muster version
is "$before" "$(pid_of web)"

say 'a client that waits goes on with the next engine'
expect 0 muster start ends
"$MUSTER" join ends >"$DIR/join.out" 2>&1 &
waiter=$!
wait_for has_client
kill_engine
check [ -d "/proc/$waiter" ]
kill -USR1 "$(pid_of ends)"
wait_for is_gone "$waiter"
wait "$waiter"
is 0 $?
is 9 "$(cat "$DIR/join.out")"

say 'and the daemon still ends as it should'
pids=$(for name in web counter starting; do pid_of "$name"; done)
stop_musterd
is 0 "$STATUS"
for pid in $pids; do
    check is_gone "$pid"
done
