#!/bin/sh
# daemon_of= in the file: what ends with another, over restarts, updates and an engine that is killed.
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

configure <<EOF
[program:web]
command=sleep 1000
startsecs=0

[program:log]
command=sleep 1000
startsecs=0
autorestart=true
daemon_of=web

[program:crash]
command=$HELPER/worker on USR1 exit 3 -- say up pause
startsecs=0
autorestart=false

[program:late]
command=sleep 1000
startsecs=0
daemon_of=crash

[program:lost]
command=sleep 1000
daemon_of=wbe
EOF
expect 1 "$MUSTERD" --check "$CONF"
matches "lost: daemon_of: there is no process or group 'wbe'"
start_musterd

say 'the section of a wrong name is broken, the others run'
expect 0 muster is-alive web log crash late
expect 3 muster status lost
matches '^lost +FATAL .*wbe'
is web "$(field log daemon_of)"

say 'a restart is no end'
pid=$(pid_of log)
expect 0 muster restart web
is "$pid" "$(pid_of log)"

say 'a stop is one, and it is not restarted'
expect 0 muster stop web
wait_for in_state log STOPPED
check is_gone "$pid"
check log_has "web has ended, and 'log' ends with it"
expect 0 muster start web
check in_state log STOPPED
expect 0 muster start log

say 'so is an end by itself'
kill -USR1 "$(pid_of crash)"
wait_for in_state late STOPPED
check in_state crash EXITED

say 'an end while there is no engine is not missed'
expect 0 muster start crash late
has_up() { has_line "$(field crash stdout_logfile)" up; }
wait_for has_up
pid=$(pid_of late)
crash=$(pid_of crash)
engine=$(engine_pid)
kill -STOP "$engine"
kill -KILL "$crash"
wait_for is_gone "$crash"
kill -KILL "$engine"
wait_for has_new_engine "$engine"
wait_for in_state late STOPPED
check is_gone "$pid"

say 'an update that mends the name brings it'
sed -i 's/=wbe/=web/' "$CONF"
expect 0 muster update
matches '^lost: '
expect 0 muster is-alive lost
stop_musterd
is 0 "$STATUS"
