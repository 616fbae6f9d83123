# Helpers of the end-to-end scripts; a script begins with
#
#   . "$(dirname "$0")/../lib.sh"
#
# and reads as a story, in the words of tests/tap.sh. It has a private directory ($DIR) with a daemon of
# its own ($MUSTER_SOCKET); both are gone when it ends, however it ends.
# shellcheck shell=sh disable=SC2119,SC2120 # functions with optional arguments
set -u

TOP=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/tap.sh
. "$TOP/tests/tap.sh"
: "${MUSTER_BUILD:=$TOP/build}"
MUSTERD=$MUSTER_BUILD/musterd
MUSTER=$MUSTER_BUILD/muster
HELPER=$MUSTER_BUILD/helper

DIR=$(mktemp -d "${TMPDIR:-/tmp}/muster-test.XXXXXX") || exit 1
CONF=$DIR/muster.conf
MUSTER_SOCKET=$DIR/musterd.sock
DAEMON_PID=
export TOP MUSTER HELPER DIR CONF MUSTER_SOCKET

in_state() { # name, STATE
    "$MUSTER" status "$1" | grep -q "^$1 .*$2"
}

muster() {
    "$MUSTER" "$@"
}

# Writes $CONF from standard input, below a [musterd] section of this test's own.
configure() {
    {
        printf '[supervisord]\nlogfile=%s/musterd.log\nchildlogdir=%s\n' "$DIR" "$DIR"
        printf '[musterd]\nsocket=%s\nrun_dir=%s/run\nstate_dir=%s/state\n' \
            "$MUSTER_SOCKET" "$DIR" "$DIR"
        cat
    } >"$CONF"
}

# start_musterd [ARGUMENT...]: starts it on $CONF and waits until it answers.
start_musterd() {
    "$MUSTERD" -n -c "$CONF" "$@" >>"$DIR/musterd.out" 2>&1 &
    DAEMON_PID=$!
    until_true daemon_answers_or_ended
    if ! muster version >/dev/null 2>&1; then
        not_ok 'musterd answers'
        exit 1
    fi
}

daemon_answers_or_ended() {
    is_gone "$DAEMON_PID" || muster version
}

# stop_musterd [SIGNAL]: ends it and waits for it; its exit status is in $STATUS.
stop_musterd() {
    kill "-${1:-TERM}" "$DAEMON_PID" 2>/dev/null
    if ! until_true is_gone "$DAEMON_PID"; then
        not_ok "musterd ends within $WAIT_SECONDS s"
        kill -KILL "$DAEMON_PID" 2>/dev/null
    fi
    wait "$DAEMON_PID"
    STATUS=$?
    DAEMON_PID=
}

# What the workers were, as a record for a test that has to find them gone.
worker_pids() {
    muster list --json 2>/dev/null | grep -o '"pid": *[0-9]*' | grep -o '[0-9]*$'
}

_at_exit() {
    _status=$?
    trap - EXIT
    if [ -n "$DAEMON_PID" ]; then
        stop_musterd
    fi
    # A sanitizer's report is a failure of the test whose daemon wrote it.
    if grep -qsE 'ERROR: (Address|Leak)Sanitizer|runtime error:' "$DIR"/*.out "$DIR"/*.log; then
        not_ok 'no report of a sanitizer'
    fi
    finish_checks || _status=1
    if [ "$_status" -ne 0 ]; then
        for _log in "$DIR"/musterd.out "$DIR"/musterd.log; do
            [ -s "$_log" ] || continue
            echo "# --- $_log"
            tail -n 200 "$_log" | sed 's/^/# /'
        done
        [ -z "${TEST_LOG-}" ] || cp -R "$DIR" "$TEST_LOG" 2>/dev/null
    fi
    rm -rf "$DIR"
    exit "$_status"
}
trap _at_exit EXIT
trap 'exit 1' HUP INT TERM
