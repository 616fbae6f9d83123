#!/bin/sh
# The plainest story: the daemon starts what it is told to, and ends it.
# plain build too
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

configure <<'EOF'
[program:web]
command=sleep 1000
startsecs=0

[program:batch]
command=sh -c 'exit 3'
autostart=false
autorestart=false
startsecs=0
EOF

say 'musterd starts what has autostart'
start_musterd
wait_for in_state web RUNNING
expect 0 muster is-alive web
expect 0 muster pid web
web_pid=$OUT
check kill -0 "$web_pid"
expect 1 muster is-alive batch

say 'a program that is started by hand ends, and its exit code is kept'
expect 0 muster start batch
expect 0 muster join --timeout 10 batch
expect 0 muster exitcode batch
is 3

say 'terminate stops it for good'
expect 0 muster terminate web
wait_for in_state web STOPPED
check is_gone "$web_pid"
expect 1 muster is-alive web
expect 0 muster exitcode web
is -15

say 'start brings another process'
expect 0 muster start web
expect 0 muster pid web
new_pid=$OUT
check [ "$new_pid" != "$web_pid" ]

say 'an unknown name is told apart'
expect 4 muster is-alive nobody

say 'the end of the daemon is the end of its processes'
stop_musterd
is 0 "$STATUS"
check is_gone "$new_pid"
check [ ! -e "$MUSTER_SOCKET" ]

say 'and then the client says that it is not there'
expect 5 muster status
matches "$MUSTER_SOCKET"
