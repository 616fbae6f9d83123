#!/bin/sh
# The guardian is killed with SIGKILL, and on_guardian_death=stop: the engine ends every process in
# order, itself, and its socket; a client does not hang, and another daemon can be started at once.
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

W=$HELPER/worker
configure <<EOF
on_guardian_death=stop

[program:polite]
command=$W on TERM note $DIR/got TERM exit 0 -- say up pause
startsecs=0
stdout_logfile=$DIR/polite.log

[program:deaf]
process_name=%(program_name)s_%(process_num)d
numprocs=8
command=$W ignore TERM say up pause
stopwaitsecs=1
startsecs=0
stdout_logfile=$DIR/deaf_%(process_num)d.log

[program:waiting]
command=$W exit 1
startretries=100
EOF
start_musterd
wait_for has_line "$DIR/polite.log" up
for i in 0 1 2 3 4 5 6 7; do
    wait_for has_line "$DIR/deaf_$i.log" up
done
pids="$(pid_of polite) $(for i in 0 1 2 3 4 5 6 7; do pid_of "deaf:deaf_$i"; done)"
engine=$(engine_pid)

say 'the guardian is killed while a client waits'
"$MUSTER" join polite >"$DIR/join.out" 2>&1 &
waiter=$!
wait_for has_client
began=$(date +%s)
kill -KILL "$DAEMON_PID"
wait "$DAEMON_PID"
DAEMON_PID=

say 'every process ends, with its stop signal first'
for pid in $pids; do
    wait_for is_gone "$pid"
done
is TERM "$(cat "$DIR/got")"

say 'and the engine with its socket'
wait_for is_gone "$engine"
check [ ! -e "$MUSTER_SOCKET" ]
check log_has 'the guardian has died: stopping every process'
has_no 'Bad message' "$(cat "$DIR/musterd.log")"

say 'the deaf are waited for together, not one after the other'
check [ $(($(date +%s) - began)) -le 4 ]

say 'the client has its answer'
wait_for is_gone "$waiter"
wait "$waiter"
check [ $? -ne 0 ]

say 'another daemon starts in the same place'
start_musterd
wait_for in_state polite RUNNING
stop_musterd
is 0 "$STATUS"

say 'guardian and engine killed together: what is left is not touched, and a daemon can be started'
start_musterd
wait_for in_state polite RUNNING
pid=$(pid_of polite)
engine=$(engine_pid)
kill -STOP "$engine"
kill -KILL "$engine" "$DAEMON_PID"
wait "$DAEMON_PID"
DAEMON_PID=
wait_for is_gone "$engine"
check kill -0 "$pid"
start_musterd
wait_for in_state polite RUNNING
check has_new_pid polite "$pid"
# It is this test that ends what nobody looks after any more.
for pid in $(leftovers); do
    [ "$(ps -o ppid= -p "$pid" | tr -d ' ')" = "$DAEMON_PID" ] || [ "$pid" = "$DAEMON_PID" ] || kill -KILL "$pid"
done
