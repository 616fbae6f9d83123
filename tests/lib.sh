# Helpers of the end-to-end scripts; a script begins with
#
#   . "$(dirname "$0")/../lib.sh"
#
# and reads as a story: say, run, expect. It has a private directory ($DIR) with a daemon of its own
# ($MUSTER_SOCKET); both are gone when it ends, however it ends. Every wait has a deadline.
# shellcheck shell=sh disable=SC2119,SC2120 # functions with optional arguments
set -u

TOP=$(cd "$(dirname "$0")/../.." && pwd)
: "${MUSTER_BUILD:=$TOP/build}"
MUSTERD=$MUSTER_BUILD/musterd
MUSTER=$MUSTER_BUILD/muster
HELPER=$MUSTER_BUILD/helper
WAIT_SECONDS=${WAIT_SECONDS:-20}

DIR=$(mktemp -d "${TMPDIR:-/tmp}/muster-test.XXXXXX") || exit 1
CONF=$DIR/muster.conf
MUSTER_SOCKET=$DIR/musterd.sock
DAEMON_PID=
export TOP MUSTER HELPER DIR CONF MUSTER_SOCKET

_count=0
_failed=0
_says='the test'

# What comes next. The name of the checks that follow.
say() {
    _says=$*
    echo "# $*"
}

ok() {
    _count=$((_count + 1))
    echo "ok $_count - $_says${1:+: $1}"
}

not_ok() {
    _count=$((_count + 1))
    _failed=$((_failed + 1))
    echo "not ok $_count - $_says${1:+: $1}"
}

# skip WHY: ends the script where something it needs is not there.
skip() {
    _count=$((_count + 1))
    echo "ok $_count - $_says # SKIP $*"
    exit 0
}

# A command of the script itself that must work; else the script ends here.
must() {
    "$@" && return 0
    not_ok "this had to work: $*"
    exit 1
}

# run COMMAND...: its output (both streams) is in $OUT, its exit status in $STATUS.
run() {
    OUT=$("$@" 2>&1)
    STATUS=$?
}

# expect STATUS COMMAND...: runs it; one check of its exit status. The output is in $OUT.
expect() {
    _want=$1
    shift
    run "$@"
    if [ "$STATUS" -eq "$_want" ]; then
        ok "$* gives $_want"
    else
        not_ok "$* gives $STATUS, not $_want"
        echo "$OUT" | sed 's/^/#   /'
    fi
}

# Checks of $OUT, or of any text: whole, by a pattern of case, or by a regular expression of lines.
is() { # want [text]
    _text=${2-$OUT}
    if [ "$_text" = "$1" ]; then
        ok "is '$1'"
    else
        not_ok "is '$_text', not '$1'"
    fi
}

matches() { # extended regular expression [text]
    _text=${2-$OUT}
    if echo "$_text" | grep -Eq -- "$1"; then
        ok "has /$1/"
    else
        not_ok "has no /$1/"
        echo "$_text" | sed 's/^/#   /'
    fi
}

has_no() { # extended regular expression [text]
    _text=${2-$OUT}
    if echo "$_text" | grep -Eq -- "$1"; then
        not_ok "has /$1/"
        echo "$_text" | sed 's/^/#   /'
    else
        ok "has no /$1/"
    fi
}

# check COMMAND...: one check that it succeeds.
check() {
    if "$@" >/dev/null 2>&1; then ok "$*"; else not_ok "$*"; fi
}

# until_true COMMAND...: tries until it succeeds; 1 after $WAIT_SECONDS. The one place that sleeps.
until_true() {
    _deadline=$(($(date +%s) + WAIT_SECONDS))
    until "$@" >/dev/null 2>&1; do
        [ "$(date +%s)" -lt "$_deadline" ] || return 1
        sleep 0.02
    done
}

# wait_for COMMAND...: one check that it comes true in time.
wait_for() {
    if until_true "$@"; then ok "$*"; else not_ok "not after $WAIT_SECONDS s: $*"; fi
}

has_line() { # file, extended regular expression
    grep -Eq -- "$2" "$1"
}

is_gone() { # pid: no such process, or a zombie
    ! [ -d "/proc/$1" ] || grep -q '^State:[[:space:]]*Z' "/proc/$1/status"
}

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
    echo "1..$_count"
    if [ "$_status" -ne 0 ] || [ $_failed -gt 0 ]; then
        for _log in "$DIR"/musterd.out "$DIR"/musterd.log; do
            [ -s "$_log" ] || continue
            echo "# --- $_log"
            tail -n 200 "$_log" | sed 's/^/# /'
        done
        [ -z "${TEST_LOG-}" ] || cp -R "$DIR" "$TEST_LOG" 2>/dev/null
        _status=1
    fi
    rm -rf "$DIR"
    exit "$_status"
}
trap _at_exit EXIT
trap 'exit 1' HUP INT TERM
