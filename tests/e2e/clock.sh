#!/bin/sh
# The clock of the machine is set back by a day, and forth by two: every wait takes as long as it should,
# nothing is started, ended or given up because of it.
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

must cc -shared -fPIC -O1 -o "$DIR/clockstep.so" "$TOP/tests/preload/clockstep.c"
W=$HELPER/worker
configure <<EOF
[program:web]
command=sleep 1000
startsecs=0

[program:starting]
command=$W pause
startsecs=3
autostart=false

[program:crasher]
command=$W note $DIR/starts x exit 1
startsecs=1
startretries=2
autostart=false

[program:deaf]
command=$W ignore TERM say up pause
stopwaitsecs=2
startsecs=0
stdout_logfile=$DIR/deaf.log
EOF

set_clock() { # seconds from now
    echo "$1" >"$DIR/step.new" && mv "$DIR/step.new" "$DIR/step"
}

# takes LEAST MOST COMMAND...: how many seconds, rounded, by the clock that nobody sets.
takes() {
    _least=$1 _most=$2
    shift 2
    _began=$(cut -d' ' -f1 /proc/uptime)
    "$@" >/dev/null
    _seconds=$(awk -v began="$_began" '{ printf "%d", $1 - began + 0.5 }' /proc/uptime)
    check [ "$_seconds" -ge "$_least" ]
    check [ "$_seconds" -le "$_most" ]
}

set_clock 0
# Where the daemon was built with a sanitizer, that one is not the first library any more.
start_under env "LD_PRELOAD=$DIR/clockstep.so" "CLOCKSTEP_FILE=$DIR/step" \
    "ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0" --
wait_for has_line "$DIR/deaf.log" up
pid=$(pid_of web)

for step in -86400 172800; do
    say "the clock is set by $step s while a process is starting"
    "$MUSTER" start starting >"$DIR/start.out" &
    waiter=$!
    until_true in_state starting STARTING
    set_clock "$step"
    takes 2 8 wait "$waiter"
    check in_state starting RUNNING
    expect 0 muster stop starting
    set_clock 0

    say "by $step s during a stop"
    "$MUSTER" stop deaf >"$DIR/stop.out" &
    waiter=$!
    until_true in_state deaf STOPPING
    set_clock "$step"
    takes 1 7 wait "$waiter"
    check in_state deaf STOPPED
    expect 0 muster exitcode deaf
    is -9
    : >"$DIR/deaf.log"
    expect 0 muster start deaf
    wait_for has_line "$DIR/deaf.log" up
    set_clock 0

    say "by $step s between two starts"
    rm -f "$DIR/starts"
    expect 0 muster start --no-wait crasher
    wait_for in_state crasher BACKOFF
    set_clock "$step"
    takes 2 9 until_true in_state crasher FATAL
    is 3 "$(count_lines "$DIR/starts" x)"

    say "by $step s during a join with a timeout"
    takes 1 5 muster join --timeout 1 web
    set_clock 0
done

say 'the time it has been up is not read from that clock'
set_clock 864000
matches '^web +RUNNING +pid [0-9]+, uptime 0:0' "$(muster status web)"
is "$pid" "$(pid_of web)"

say 'while the log has the time of the day'
expect 0 muster restart web
tomorrow=$(date -d '+10 days' +%Y-%m-%d)
check log_has "^$tomorrow .* spawned: 'web'"
