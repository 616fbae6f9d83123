#!/bin/sh
# `make demo`: starts musterd on conf/demo.conf in a private directory and walks through the main job,
# printing each command and its answer. Exit status 0 when each command ended as it should.
# `make run` (--run BUILD): the same daemon in the foreground, until it is interrupted.
set -u
top=$(cd "$(dirname "$0")/.." && pwd)
build=${MUSTER_BUILD:-$top/build}
if [ "${1-}" = --run ]; then
    build=$top/${2:-build}
fi
PATH=$build:$PATH:/usr/sbin:/sbin

DEMO_DIR=$(mktemp -d "${TMPDIR:-/tmp}/muster-demo.XXXXXX") || exit 1
MUSTER_SOCKET=$DEMO_DIR/musterd.sock
export DEMO_DIR DEMO_PORT MUSTER_SOCKET

# The first port from 8400 on that nothing listens on.
DEMO_PORT=8400
while grep -qi ":$(printf '%04X' "$DEMO_PORT") 0*:0000 0A" /proc/net/tcp; do
    DEMO_PORT=$((DEMO_PORT + 1))
done

if [ "${1-}" = --run ]; then
    trap 'rm -rf "$DEMO_DIR"' EXIT
    trap : INT TERM
    echo "In another terminal: export PATH=\"$build:\$PATH\" MUSTER_SOCKET=$MUSTER_SOCKET"
    echo 'and then, say: muster ps'
    musterd -n -c "$top/conf/demo.conf" &
    pid=$!
    # An interrupt comes to musterd too; wait until it has stopped everything.
    while kill -0 "$pid" 2>/dev/null; do wait "$pid"; done
    exit 0
fi

daemon=
finish() {
    status=$?
    trap - EXIT
    if [ -n "$daemon" ] && kill -TERM "$daemon" 2>/dev/null; then
        wait "$daemon"
    fi
    [ "$status" -eq 0 ] || tail -n 20 "$DEMO_DIR/musterd.out" 2>/dev/null
    rm -rf "$DEMO_DIR"
    exit "$status"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

# step STATUS COMMAND...: prints the command as one would type it, runs it, and insists on its exit
# status.
right=0
wrong=0
step() {
    wanted=$1
    shift
    printf '\n$'
    for word; do
        case $word in
        *[*?]*) printf " '%s'" "$word" ;;
        *) printf ' %s' "$word" ;;
        esac
    done
    echo
    "$@"
    got=$?
    [ "$got" -eq 0 ] || echo "[exit status $got]"
    if [ "$got" -eq "$wanted" ]; then
        right=$((right + 1))
    else
        echo "demo: that should have been exit status $wanted"
        wrong=$((wrong + 1))
    fi
}

# eventually COMMAND...: until it succeeds, 10 seconds at most.
eventually() {
    tries=200
    until "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || return 1
        sleep 0.05 # lint: polls
    done
}

web_answers() {
    python3 -c 'import sys, urllib.request as u; u.urlopen(sys.argv[1], timeout=1).read(1)' \
        "http://127.0.0.1:$DEMO_PORT/"
}

printf '$ musterd -n -c conf/demo.conf &\n'
musterd -n -c "$top/conf/demo.conf" >"$DEMO_DIR/musterd.out" 2>&1 &
daemon=$!
if ! eventually muster version || ! eventually web_answers; then
    echo 'demo: musterd or its web server did not come up'
    exit 1
fi
eventually sh -c 'muster status follow:follow_2 | grep -q RUNNING'

step 0 muster ps
step 0 muster ps python
step 0 muster is-alive web
step 0 muster pid web
step 3 muster status # not all run
step 0 muster tail -n 5 chatty
step 0 muster restart web
eventually web_answers || wrong=$((wrong + 1))
step 0 muster status web
step 0 muster terminate digest
step 1 muster is-alive digest
step 0 muster exitcode digest
step 0 muster start job
step 0 muster join --timeout 15 job
step 0 muster exitcode job
step 0 muster tail job
step 0 muster terminate 'follow:*'
step 0 muster start 'follow:*'
step 0 muster ps 'follow'
step 3 muster status crasher
step 0 muster shutdown

wait "$daemon"
status=$?
daemon=
printf '\nmusterd has stopped everything and ended with exit status %d\n' "$status"
[ "$status" -eq 0 ] || wrong=$((wrong + 1))
printf '\n%d passed, %d failed\n' "$right" "$wrong"
[ "$wrong" -eq 0 ]
