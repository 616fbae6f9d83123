# Helpers of every test script: say, run, expect. What they print is TAP. Every wait has a deadline.
# shellcheck shell=sh
WAIT_SECONDS=${WAIT_SECONDS:-20}

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
        printf '%s\n' "$OUT" | sed 's/^/#   /'
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
    if printf '%s\n' "$_text" | grep -Eq -- "$1"; then
        ok "has /$1/"
    else
        not_ok "has no /$1/"
        printf '%s\n' "$_text" | sed 's/^/#   /'
    fi
}

has_no() { # extended regular expression [text]
    _text=${2-$OUT}
    if printf '%s\n' "$_text" | grep -Eq -- "$1"; then
        not_ok "has /$1/"
        printf '%s\n' "$_text" | sed 's/^/#   /'
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

# The number of checks and whether one failed, for the end of a script.
finish_checks() {
    echo "1..$_count"
    [ $_failed -eq 0 ]
}
