#!/bin/sh
# An engine that hangs is replaced as one that died: by the first client that knocks, or the first exit
# that it does not take. One that has nothing to do is left alone.
# plain build too
# seconds: 120
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

W=$HELPER/worker
{
    printf '[supervisord]\nlogfile=%s/musterd.log\nchildlogdir=%s\n' "$DIR" "$DIR"
    printf '[musterd]\nsocket=%s\nrun_dir=%s/run\nengine_timeout=1\n' "$MUSTER_SOCKET" "$DIR"
    cat <<EOF
[program:web]
command=$W pause
startsecs=0
stopsignal=TERM

[program:ends]
command=$W on USR1 exit 9 -- pause
autorestart=false
startsecs=0
EOF
} >"$CONF"
start_musterd
wait_for in_state web RUNNING
wait_for in_state ends RUNNING
web=$(pid_of web)

say 'a client that knocks has its answer, by another engine'
engine=$(engine_pid)
must kill -STOP "$engine"
is "$web" "$(pid_of web)"
wait_for is_gone "$engine"
check log_has 'engine started again .*\(hang\)'
is 0 "$("$MUSTER" terminate --json ends >/dev/null; echo $?)"
check muster start ends

say 'an exit that is not taken has the same effect, and is applied once'
engine=$(engine_pid)
must kill -STOP "$engine"
must kill -USR1 "$(ps -o pid= --ppid "$DAEMON_PID" | while read -r pid; do
    tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q 'USR1 exit 9' && echo "$pid"
done)"
wait_for is_gone "$engine"
wait_for in_state ends EXITED
is 9 "$("$MUSTER" exitcode ends)"
is "$web" "$(pid_of web)"

say 'one that answers is left alone, however much comes'
engine=$(engine_pid)
for _ in $(seq 1 30); do
    muster pid web >/dev/null
done
wait_for in_state web RUNNING
is "$engine" "$(engine_pid)"
