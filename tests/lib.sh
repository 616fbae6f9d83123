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
# By this variable everything that comes of this test can be told, however far it has drifted.
MUSTER_TEST=$DIR
export TOP MUSTER HELPER DIR CONF MUSTER_SOCKET MUSTER_TEST

in_state() { # name, STATE
    "$MUSTER" status "$1" | grep -q "^$1 .*$2"
}

# The pid of a process of the daemon, without a line of output where it has none.
pid_of() { # name
    "$MUSTER" pid "$1" 2>/dev/null | grep '^[0-9]'
}

# True where the process runs as another pid than the one given.
has_new_pid() { # name, pid before
    _pid=$(pid_of "$1") && [ "$_pid" != "$2" ]
}

# The oldest of that name: what it has cloned has its name, too, until it becomes another program.
engine_pid() {
    ps -o pid=,comm= --sort=start_time --ppid "$DAEMON_PID" |
        sed -n 's/^ *\([0-9]*\) musterd: engine.*/\1/p' | head -n 1
}

# True where an engine runs and answers that is not the one given.
has_new_engine() { # pid before
    _pid=$(engine_pid) && [ -n "$_pid" ] && [ "$_pid" != "$1" ] && "$MUSTER" version
}

# One value of what the daemon knows of a process, as JSON has it: text without its quotes.
field() { # name, field
    "$MUSTER" list --json "$1" | python3 -c '
import json, sys
value = json.load(sys.stdin)["processes"][0].get(sys.argv[1])
print(value if isinstance(value, str) else json.dumps(value))' "$2"
}

# True where the daemon has taken a client's connection and not hung up.
has_client() {
    grep -q " 03 *[0-9]* $MUSTER_SOCKET\$" /proc/net/unix
}

log_has() { # extended regular expression, of the daemon's own log
    has_line "$DIR/musterd.log" "$1"
}

count_lines() { # file, extended regular expression
    grep -Ec -- "$2" "$1"
}

has_lines() { # file, extended regular expression, at least so many
    [ "$(count_lines "$1" "$2")" -ge "$3" ]
}

has_text() { # file
    [ -s "$1" ]
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
    start_under env -- "$@"
}

# start_under COMMAND... -- [ARGUMENT...]: the same by a command that then becomes musterd, as env,
# prlimit and setpriv do.
start_under() {
    _prefix=
    while [ "$1" != -- ]; do
        _prefix="$_prefix $1"
        shift
    done
    shift
    # shellcheck disable=SC2086 # the prefix is words
    $_prefix "$MUSTERD" -n -c "$CONF" "$@" >>"$DIR/musterd.out" 2>&1 &
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

# Processes that this test has begun in any way and that are still there, but for what the shell
# itself is doing.
leftovers() {
    for _environ in $(grep -lzsxF "MUSTER_TEST=$MUSTER_TEST" /proc/[0-9]*/environ); do
        _pid=${_environ#/proc/}
        is_gone "${_pid%/environ}" || echo "${_pid%/environ}"
    done
}

_at_exit() {
    _status=$?
    trap - EXIT
    if [ -n "$DAEMON_PID" ]; then
        stop_musterd
    fi
    for _pid in $(leftovers); do
        not_ok "nothing is left over: $_pid $(tr '\0' ' ' <"/proc/$_pid/cmdline")"
        kill -KILL "$_pid"
    done
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
# Told to end, it does so before it is killed.
trap 'WAIT_SECONDS=5; exit 1' HUP INT TERM
