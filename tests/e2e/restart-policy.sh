#!/bin/sh
# startsecs, startretries, the growing pause, FATAL; autorestart and exitcodes; and what status says.
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

program() { # name, key=value...
    _name=$1
    shift
    printf '[program:%s]\n' "$_name"
    printf '%s\n' "$@"
}

W=$HELPER/worker
{
    # Each start is a line in its notes.
    program doomed startretries=2 startsecs=1 "command=$W note $DIR/doomed-starts x exit 7"
    program nothing startretries=1 "command=$DIR/nothing"
    program once startsecs=0 autorestart=false "command=$W note $DIR/once-starts x exit 1"
    program always startsecs=0 autorestart=true "command=$W note $DIR/always-starts x sleep 50 exit 0"
    program expected startsecs=0 exitcodes=0,5 "command=$W note $DIR/expected-starts x exit 5"
    program surprising startsecs=0 exitcodes=0,5 "command=$W note $DIR/surprising-starts x sleep 50 exit 6"
    program killed startsecs=0 autorestart=unexpected exitcodes=0,9 "command=$W note $DIR/killed-starts x pause"
    program slow startsecs=4 "command=$W pause"
    program early startsecs=5 startretries=0 "command=$W exit 0"
    program held startsecs=0 autostart=false "command=$W pause"
    program patient startsecs=1 startretries=9 "command=$W exit 1"
} | configure
began=$(date +%s%N)
start_musterd

say 'until startsecs have passed it is starting'
check in_state slow STARTING
expect 3 muster status slow
is 'slow                             STARTING  '
expect 0 muster is-alive slow
wait_for in_state slow RUNNING
check [ $(($(date +%s%N) - began)) -ge 4000000000 ]

say 'a zero startsecs is running at once'
wait_for has_line "$DIR/once-starts" x
wait_for log_has 'success: once entered RUNNING state, process has stayed up for > than 0 seconds'

say 'an end before startsecs is a failed start, whatever the exit code'
wait_for in_state early FATAL
expect 3 muster status early
is 'early                            FATAL     Exited too quickly (process log may have details)'
expect 0 muster exitcode early
is 0

say 'after startretries further starts it is given up'
wait_for in_state doomed FATAL
is 3 "$(count_lines "$DIR/doomed-starts" x)"
expect 3 muster status doomed
is 'doomed                           FATAL     Exited too quickly (process log may have details)'
expect 0 muster exitcode doomed
is 7
wait_for log_has 'gave up: doomed entered FATAL state, too many start retries too quickly'

say 'the n-th pause takes n seconds'
python3 - "$DIR/musterd.log" >"$DIR/pauses" <<'EOF'
import datetime, re, sys
previous = None
for line in open(sys.argv[1]):
    match = re.match(r"(\S+ \S+) INFO (spawned|exited): '?doomed", line)
    if match:
        time = datetime.datetime.strptime(match.group(1), "%Y-%m-%d %H:%M:%S,%f")
        if match.group(2) == "spawned" and previous:
            print(int((time - previous).total_seconds() + 0.05))
        previous = time
EOF
is '1
2' "$(cat "$DIR/pauses")"

say 'a command that is not there is tried again too, and named'
wait_for in_state nothing FATAL
expect 3 muster status nothing
is "nothing                          FATAL     can't find command '$DIR/nothing'"
is "can't find command '$DIR/nothing'" "$(field nothing spawn_error)"
is 2 "$(count_lines "$DIR/musterd.log" 'spawnerr: .*\(nothing\)')"

say 'what waits for its next start says why'
backs_off() {
    muster status patient | grep -qx 'patient  *BACKOFF   Exited too quickly (process log may have details)' &&
        ! muster is-alive patient
}
wait_for backs_off

say 'a stop ends the tries'
expect 0 muster stop patient
is 'patient: stopped'
check in_state patient STOPPED

say 'autorestart=false: it stays down'
check in_state once EXITED
is 1 "$(count_lines "$DIR/once-starts" x)"
expect 0 muster exitcode once
is 1

say 'autorestart=true: it is started again after any end'
wait_for has_lines "$DIR/always-starts" x 3
expect 0 muster stop always
check in_state always STOPPED

say 'unexpected: an expected exit code is an end'
check in_state expected EXITED
is 1 "$(count_lines "$DIR/expected-starts" x)"
matches '^expected  *EXITED    [A-Z][a-z][a-z] [0-9][0-9] [0-9][0-9]:[0-9][0-9] [AP]M$' "$(muster status expected)"
wait_for log_has 'exited: expected \(exit status 5; expected\)'

say 'and another is not'
wait_for has_lines "$DIR/surprising-starts" x 3
check log_has 'exited: surprising \(exit status 6; not expected\)'
expect 0 muster stop surprising

say 'a signal is never expected, even where its number is an exit code that is'
kill -KILL "$(pid_of killed)"
wait_for has_lines "$DIR/killed-starts" x 2
wait_for in_state killed RUNNING
check log_has 'exited: killed \(terminated by SIGKILL; not expected\)'
check [ "$(field killed restarts)" -ge 1 ]

say 'a start by hand begins to count anew'
expect 1 muster start doomed
matches '^doomed: ERROR \(abnormal termination\): Exited too quickly'
wait_for in_state doomed FATAL
is 6 "$(count_lines "$DIR/doomed-starts" x)"

say 'what was stopped by hand is not started again'
expect 0 muster start held
pid=$(pid_of held)
expect 0 muster stop held
check is_gone "$pid"
check in_state held STOPPED
expect 1 muster join --timeout 0 slow
expect 0 muster join --timeout 0 held
