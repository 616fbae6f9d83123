#!/bin/sh
# fork fails, since the user may have no process more: it is said, tried again, and costs nobody else
# anything.
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

[ "$(id -u)" -eq 0 ] || skip 'becoming another user is for root'

say 'no process more for this user: the program says so, and is tried again'
# A copy, since a user may not see where this was built. To look for leaks, a sanitizer makes a process.
chmod 755 "$DIR"
mkdir -p "$DIR/own/bin"
cp "$MUSTERD" "$DIR/own/bin/musterd"
chown -R uucp "$DIR/own"
uid=$(id -u uucp)
MUSTER_SOCKET=$DIR/own/musterd.sock
cat >"$CONF" <<EOF
[supervisord]
logfile=$DIR/own/musterd.log
pidfile=$DIR/own/musterd.pid
childlogdir=$DIR/own
minprocs=1
[musterd]
socket=$MUSTER_SOCKET
run_dir=$DIR/own/run
state_dir=$DIR/own/state
[program:first]
command=sleep 1000
startsecs=0
priority=1
[program:many]
command=sleep 1000
process_name=%(program_name)s_%(process_num)02d
numprocs=6
startsecs=0
startretries=60
EOF
chmod 644 "$CONF"
takers=
for _ in $(seq 16); do
    setpriv --reuid="$uid" --regid="$uid" --clear-groups sleep 1000 &
    takers="$takers $!"
done
_musterd=$MUSTERD
MUSTERD=$DIR/own/bin/musterd
start_under setpriv --reuid="$uid" --regid="$uid" --clear-groups prlimit --nproc=20:20 env \
    "ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0" --
MUSTERD=$_musterd
wait_for in_state first RUNNING
backs_off() { muster status 'many:*' | grep -q 'BACKOFF .*creating the process: Resource temporarily unavailable'; }
wait_for backs_off
check in_state first RUNNING

say 'as soon as there is room, they come up'
# shellcheck disable=SC2086 # pids
kill $takers
all_run() { ! muster status | grep -qv RUNNING; }
wait_for all_run
stop_musterd
is 0 "$STATUS"
