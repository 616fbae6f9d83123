#!/bin/sh
# The guardian is killed, or it and the engine together, or it goes by itself (keep_workers): the next
# musterd takes over what runs, with its logs, and starts nothing twice.
# plain build too
# seconds: 240
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

W=$HELPER/worker
cat >"$DIR/counter.py" <<EOF
import sys, time
n = 0
while True:
    n += 1
    print(n)
    if n % 20 == 0:
        time.sleep(0.002)
EOF
configure <<EOF
on_guardian_death=leave
keep_workers=true

[program:web]
command=$W pause
startsecs=0

[program:ends]
command=$W on USR1 exit 9 -- pause
autorestart=false
startsecs=0

[program:again]
command=$W on USR1 exit 9 -- pause
autorestart=true
startsecs=0

[program:off]
command=$W pause
autostart=false

[program:halted]
command=$W pause
startsecs=0

[program:deaf]
command=$W ignore TERM say up pause
startsecs=0
stopwaitsecs=2

[program:tree]
command=sh -c "$W ignore HUP pause & exec $W pause"
startsecs=0
stopwaitsecs=2

[program:counter]
command=python3 -u $DIR/counter.py
startsecs=0
stdout_logfile=$DIR/counter.log
stdout_logfile_maxbytes=40KB
stdout_logfile_backups=1000
EOF
PROGRAMS='web ends again halted deaf tree counter'

counted() {
    for _number in $(seq 1000 -1 1); do
        [ ! -e "$DIR/counter.log.$_number" ] || cat "$DIR/counter.log.$_number"
    done
    cat "$DIR/counter.log"
}
is_in_order() {
    counted | awk '$1 != NR { print "line " NR " is " $1; exit 1 }'
}
pids_now() {
    for _name in $PROGRAMS; do
        printf '%s=%s ' "$_name" "$(pid_of "$_name")"
    done
}
logs_more() {
    [ "$(counted | tail -n 1)" -gt "$1" ]
}
# Both at once: neither sees the other die.
kill_both() {
    _engine=$(engine_pid)
    kill -STOP "$_engine"
    kill -KILL "$_engine" "$DAEMON_PID"
    wait "$DAEMON_PID"
    DAEMON_PID=
    until_true is_gone "$_engine"
}
kill_guardian() {
    _engine=$(engine_pid)
    kill -KILL "$DAEMON_PID"
    wait "$DAEMON_PID"
    DAEMON_PID=
    wait_for is_gone "$_engine"
}

start_musterd
for name in $PROGRAMS; do
    wait_for in_state "$name" RUNNING
done
must muster terminate halted
wait_for has_text "$DIR/counter.log"
PROGRAMS='web ends again deaf tree counter'
before=$(pids_now)

for how in kill_guardian kill_both kill_guardian stop_musterd; do
    say "$how: the next one takes over"
    last=$(counted | tail -n 1)
    $how
    start_musterd
    is "$before" "$(pids_now)"
    check in_state off STOPPED
    check in_state halted STOPPED
    wait_for logs_more "$last"
done
is 0 "$STATUS"

say 'what ends now is seen, with its status where the kernel tells'
pid=$(pid_of ends)
must muster signal USR1 ends
wait_for in_state ends EXITED
case $(muster exitcode ends 2>&1) in
9) ok 'its status is known' ;;
*) check log_has 'ends .pid .* has ended, and nobody can tell how' ;;
esac
pid=$(pid_of again)
must muster signal USR1 again
wait_for has_new_pid again "$pid"
wait_for in_state again RUNNING

say 'a restart, and then it is one of our own'
pid=$(pid_of again)
must muster signal USR1 again
wait_for has_new_pid again "$pid"
is "$DAEMON_PID" "$(ps -o ppid= -p "$(pid_of again)" | tr -d ' ')"

say 'an engine that dies after that is followed by another, which still knows whose is what'
engine=$(engine_pid)
web=$(pid_of web)
must kill -KILL "$engine"
wait_for has_new_engine "$engine"
is "$web" "$(pid_of web)"

say 'a stop takes the whole tree, and SIGKILL where it is needed'
tree=$(pid_of tree)
left=$(pgrep -g "$tree" | grep -vx "$tree")
check kill -0 "$left"
must muster terminate tree
wait_for is_gone "$left"
deaf=$(pid_of deaf)
must muster terminate deaf
check log_has "killing 'deaf' .$deaf. with SIGKILL"
check is_gone "$deaf"

say 'what ends while nobody looks is not taken for another'
web=$(pid_of web)
kill_guardian
kill -KILL "$web"
wait_for is_gone "$web"
start_musterd
wait_for has_new_pid web "$web"
check log_has 'exited: web .(exit status unknown|terminated by SIGKILL)'

say 'nothing was lost or doubled of what was written meanwhile'
must muster terminate counter
check is_in_order

say 'a ledger that is not ours is not used'
muster shutdown >/dev/null
wait_for is_gone "$DAEMON_PID"
wait "$DAEMON_PID"
DAEMON_PID=
ledger=$(echo "$DIR"/run/ledger-*)
check [ ! -e "$ledger" ]
ledger=$DIR/run/ledger-$(printf '%s' "$MUSTER_SOCKET" | python3 -c '
import sys
h = 2166136261
for byte in sys.stdin.buffer.read():
    h = (h ^ byte) * 16777619 & 0xffffffff
print(f"{h:08x}")')
ln -s /etc/passwd "$ledger"
start_musterd
check has_line "$DIR/musterd.out" 'cannot use .*ledger.*no process will outlive'
stop_musterd
rm "$ledger"
printf 'garbage' >"$ledger"
chmod 600 "$ledger"
start_musterd
wait_for in_state web RUNNING
web=$(pid_of web)

say 'muster shutdown ends everything'
muster shutdown >/dev/null
wait_for is_gone "$DAEMON_PID"
wait "$DAEMON_PID"
DAEMON_PID=
check is_gone "$web"
check [ ! -e "$ledger" ]
