#!/bin/sh
# The end of an essential program is the end of everything, in order and with its exit code.
# plain build too
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

W=$HELPER/worker

# The daemon has ended by itself; its exit status is in $STATUS.
await_end() {
    wait_for is_gone "$DAEMON_PID"
    wait "$DAEMON_PID"
    STATUS=$?
    DAEMON_PID=
}

configure <<EOF
[program:web]
command=$W on TERM exit 3 -- on USR1 exit 0 -- pause
autorestart=false
startsecs=0
essential=true

[program:again]
command=$W on USR1 exit 5 -- pause
autorestart=true
startsecs=0
essential=true

[program:slow]
command=$W ignore TERM pause
stopwaitsecs=2
startsecs=0

[program:lost]
command=$DIR/no-such-command
autostart=false
startretries=0
essential=true
EOF

say 'a stop on purpose, and an end with a restart ahead, end nothing else'
start_musterd
wait_for in_state web RUNNING
expect 0 muster terminate web
wait_for in_state web STOPPED
wait_for in_state again RUNNING
again_pid=$(pid_of again)
expect 0 muster signal USR1 again
wait_for has_new_pid again "$again_pid"
wait_for in_state slow RUNNING
expect 0 muster start web

say 'an exit status is handed on, also by an engine that follows another'
slow_pid=$(pid_of slow)
must kill -TERM "$(pid_of web)"
wait_for log_has 'essential program web has ended \(exit status 3\): ending everything'
must kill -KILL "$(engine_pid)"
await_end
is 3 "$STATUS"
check is_gone "$slow_pid"
check log_has 'engine started again'

say 'a signal is 128 and its number'
start_musterd
wait_for in_state web RUNNING
must kill -KILL "$(pid_of web)"
await_end
is 137 "$STATUS"

say 'an end that is expected is one too'
start_musterd
wait_for in_state web RUNNING
expect 0 muster signal USR1 web
await_end
is 0 "$STATUS"

say 'a command that is not there is 127'
start_musterd
run muster start lost
await_end
is 127 "$STATUS"
check log_has 'essential program lost cannot be started \(.*no-such-command'

say 'and one that may not be executed 126'
echo text >"$DIR/no-such-command"
start_musterd
run muster start lost
await_end
is 126 "$STATUS"
rm "$DIR/no-such-command"

say 'an end on request is none of a program'
start_musterd
wait_for in_state web RUNNING
stop_musterd
is 0 "$STATUS"

say 'nor is an update that takes the program away'
start_musterd
wait_for in_state web RUNNING
configure <<EOF
[program:other]
command=sleep 1000
startsecs=0
EOF
expect 0 muster update
wait_for in_state other RUNNING
check kill -0 "$DAEMON_PID"
