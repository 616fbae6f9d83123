#!/bin/sh
# Runs test programs, JOBS at a time, each with a limit on its time, and counts. A test program
# prints TAP: "ok N - name", "not ok N - name", "ok N - name # SKIP why" (cmocka does so when asked
# by its environment). Programs that ran well are one line here; of the others the whole output
# is shown at the end. The last line is "N passed, N failed".
#
#   tests/run.sh O=BUILD PROGRAM... [O=BUILD PROGRAM...]
#
# Programs find their build in $MUSTER_BUILD. A script may ask for more time with a line
# "# seconds: N". What a failing test left in its directory is kept below BUILD/test-logs.
set -u
: "${JOBS:=2}" "${TEST_SECONDS:=120}"
top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top" || exit 1

count() { # pattern, file
    grep -Ec "$1" "$2" || true
}

run_one() { # build, program
    export MUSTER_BUILD="$top/$1"
    export CMOCKA_MESSAGE_OUTPUT=TAP
    export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_stack_use_after_return=1}"
    export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}"
    name=$(basename "$2" .sh)
    export TEST_LOG="$MUSTER_BUILD/test-logs/$name"
    seconds=$(sed -n 's/^# seconds: \([0-9]*\)$/\1/p' "$2" 2>/dev/null | head -n 1)
    case $2 in
    *.sh) set -- "$1" sh "$2" ;;
    *.py) set -- "$1" python3 "$2" ;;
    *) set -- "$1" "./$2" ;;
    esac
    build=$1
    shift
    rm -rf "$TEST_LOG" "$TEST_LOG.out"
    mkdir -p "$MUSTER_BUILD/test-logs"
    timeout -k 10 "${seconds:-$TEST_SECONDS}" "$@" </dev/null >"$TEST_LOG.out" 2>&1
    status=$?

    skipped=$(count '^ok .*# SKIP' "$TEST_LOG.out")
    passed=$(($(count '^ok ' "$TEST_LOG.out") - skipped))
    failed=$(count '^not ok ' "$TEST_LOG.out")
    why=
    if [ "$status" -eq 124 ] || [ "$status" -eq 137 ]; then
        why=" (no end after ${seconds:-$TEST_SECONDS} s)"
        failed=$((failed + 1))
    elif [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then
        why=" (exit status $status)"
        failed=1
    elif [ $((passed + failed + skipped)) -eq 0 ]; then
        why=" (ran no test)"
        failed=1
    fi
    echo "$passed $failed $skipped $TEST_LOG.out" >>"$TEST_RESULTS"
    word=ok
    [ "$failed" -eq 0 ] || word=FAILED
    printf '%-7s %s: %s, %d passed%s\n' "$word" "$build" "$name" "$passed" "$why"
}

if [ "${1-}" = --one ]; then
    run_one "$2" "$3"
    exit 0
fi

TEST_RESULTS=$(mktemp "${TMPDIR:-/tmp}/muster-tests.XXXXXX") || exit 1
export TEST_RESULTS
trap 'rm -f "$TEST_RESULTS"' EXIT
trap 'exit 1' HUP INT TERM

build=build
for word; do
    case $word in
    O=*) build=${word#O=} ;;
    *) printf '%s\0%s\0' "$build" "$word" ;;
    esac
done | xargs -0 -r -n 2 -P "$JOBS" sh tests/run.sh --one

while read -r _ failed _ log; do
    [ "$failed" -gt 0 ] || continue
    echo
    echo "--- $log"
    cat "$log"
done <"$TEST_RESULTS"

awk '{ passed += $1; failed += $2; skipped += $3 }
    END {
        printf "\n%d passed, %d failed", passed, failed
        if (skipped) printf ", %d skipped", skipped
        printf "\n"
        exit failed > 0 || passed == 0
    }' "$TEST_RESULTS"
