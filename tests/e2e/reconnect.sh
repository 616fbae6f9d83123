#!/bin/sh
# Engines are killed one after the other, and clients go on: what may be said twice does not fail, is
# not done twice and not told twice; of the rest it is said that it is not known.
# plain build too
# seconds: 120
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

SECONDS_LONG=8
W=$HELPER/worker
configure <<EOF
[program:web]
command=sleep 1000
startsecs=0

[program:job]
command=sleep 1000
autostart=false
startsecs=0

[program:batch]
command=$W note $DIR/batches x exit 0
autostart=false
autorestart=false
startsecs=0

[program:restarted]
command=sleep 1000
startsecs=0

[program:joined]
command=$W on USR1 exit 9 -- say up pause
autorestart=false
startsecs=0
stdout_logfile=$DIR/joined.log
EOF
start_musterd
wait_for has_line "$DIR/joined.log" up

say 'clients that wait all the time'
"$MUSTER" join joined >"$DIR/join.out" 2>&1 &
joiner=$!
"$MUSTER" tail -f joined >"$DIR/tail.out" 2>&1 &
tailer=$!
"$MUSTER" --json watch >"$DIR/watch.out" 2>"$DIR/watch.err" &
watcher=$!
wait_for has_line "$DIR/tail.out" up

say 'a program on one connection, and many short ones, while engines are killed'
"$HELPER/survivor" kill "$MUSTER_SOCKET" $SECONDS_LONG >"$DIR/killed.out" 2>&1 &
killer=$!
"$HELPER/survivor" call "$MUSTER_SOCKET" $SECONDS_LONG >"$DIR/survivor.out" 2>&1 &
caller=$!
pid=$(pid_of web)
count=0
failed=

# One command; where it is wrong, it is kept.
wants() { # "status [status]", command...
    _either=$1
    shift
    run "$@"
    count=$((count + 1))
    case " $_either " in
    *" $STATUS "*) ;;
    *) failed="$failed$* gives $STATUS: $OUT; " ;;
    esac
}

while ! is_gone "$killer"; do
    wants 0 muster is-alive web
    wants 0 muster pid web
    [ "$OUT" = "$pid" ] || failed="${failed}web has pid $OUT, not $pid; "
    wants 0 muster list
    wants 0 muster status web
    wants 0 muster start web
    wants 0 muster version
    wants '0 5' muster signal WINCH web
    [ "$STATUS" = 0 ] || case $OUT in
    *'it is not known whether org.muster.Process.Signal was carried out') ;;
    *) failed="$failed$OUT; " ;;
    esac
done
wait "$killer"
is 0 $?
wait "$caller"
is 0 $?
is '' "$failed"
echo "# $count commands; engines killed: $(cat "$DIR/killed.out"); calls, batches, unsure: $(cat "$DIR/survivor.out")"
read -r calls batches unsure <"$DIR/survivor.out"
check [ "$calls" -ge 1000 ]
check [ "$unsure" -le "$(cat "$DIR/killed.out")" ]

say 'no start was lost or made twice'
is "$batches" "$(wc -l <"$DIR/batches")"

say 'those that wait are still there'
check [ -d "/proc/$tailer" ]
check [ -d "/proc/$watcher" ]
wait_for has_line "$DIR/tail.out" 'some lines may be missing here$'
wait_for has_line "$DIR/watch.err" 'some events may be missing here$'
kill -USR1 "$(pid_of joined)"
wait_for is_gone "$joiner"
wait "$joiner"
is 0 $?
is 9 "$(cat "$DIR/join.out")"
wait_for has_line "$DIR/watch.out" '"subject":"joined".*"to":"exited"'

say 'the end of the daemon is told, and not waited for'
stop_musterd
is 0 "$STATUS"
wait_for is_gone "$tailer"
wait "$tailer"
is 5 $?
wait_for is_gone "$watcher"
wait "$watcher"
is 5 $?
matches 'failed: (no musterd listens|there is no socket)' "$(tail -n 1 "$DIR/tail.out")"
matches '^\{"error":"org.muster.Client.NotReached"' "$(tail -n 1 "$DIR/watch.out")"
