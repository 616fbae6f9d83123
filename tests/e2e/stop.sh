#!/bin/sh
# A stop: the signal, the wait, SIGKILL and the word about it; and that it ends the whole tree.
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

W=$HELPER/worker
program() { # name, key=value...
    _name=$1
    shift
    printf '[program:%s]\nstartsecs=0\n' "$_name"
    printf '%s\n' "$@"
}

# The pid that a process of the test wrote, once it has.
pid_in() { # file
    until_true has_text "$1" && tail -n 1 "$1"
}

# A name for each file of pids: NAME, and NAME-child for what it made.
{
    program polite stopsignal=USR1 "command=$W on USR1 note $DIR/polite-got USR1 exit 0 -- on TERM note $DIR/polite-got TERM exit 1 -- say up pause" \
        "stdout_logfile=$DIR/polite.log"
    program deaf stopwaitsecs=1 "command=$W ignore TERM say up pause" "stdout_logfile=$DIR/deaf.log"
    program parent "command=$W fork pidfile $DIR/parent-child pause -- pause"
    program hidden "command=$W daemon pidfile $DIR/hidden-child pause -- pause"
    program stubborn stopwaitsecs=1 "command=$W daemon ignore TERM pidfile $DIR/stubborn-child pause -- pause"
    program group stopasgroup=true "command=$W fork on TERM note $DIR/group-got TERM exit 0 -- pidfile $DIR/group-child pause -- pause"
    program alone "command=$W fork on INT note $DIR/alone-got INT exit 0 -- pidfile $DIR/alone-child pause -- on INT exit 0 -- say up pause" \
        stopsignal=INT "stdout_logfile=$DIR/alone.log"
    program killgroup killasgroup=true stopwaitsecs=1 \
        "command=$W ignore TERM fork pidfile $DIR/killgroup-child pause -- say up pause" "stdout_logfile=$DIR/killgroup.log"
    program deep "command=$W fork fork pidfile $DIR/deep-child pause -- pause -- pause"
    program quitter autorestart=false "command=$W fork pidfile $DIR/quitter-child pause -- sleep 100 exit 0"
    program long stopwaitsecs=600 "command=$W on TERM note $DIR/long-got TERM -- say up pause" "stdout_logfile=$DIR/long.log"
    program words stopasgroup=true "stdout_logfile=$DIR/words.log" \
        "command=$W fork on TERM sleep 2 say last exit 0 -- pause -- on TERM say told exit 0 -- say up pause"
    program bystander "command=$W fork pidfile $DIR/bystander-child pause -- pause"
} | configure
start_musterd

say 'the signal that stopsignal names, and no other'
wait_for has_line "$DIR/polite.log" up
expect 0 muster stop polite
is 'polite: stopped'
is USR1 "$(cat "$DIR/polite-got")"
expect 0 muster exitcode polite
is 0

say 'SIGKILL after stopwaitsecs, and the answer says so'
wait_for has_line "$DIR/deaf.log" up
pid=$(pid_of deaf)
began=$(date +%s%N)
expect 0 muster stop --json deaf
matches "\"status\":\"done\",\"message\":\"needed SIGKILL: $pid\""
check [ $(($(date +%s%N) - began)) -ge 1000000000 ]
check is_gone "$pid"
expect 0 muster exitcode deaf
is -9
check log_has "killing 'deaf' \($pid\) with SIGKILL"

say 'while it is stopping, it says so, and others are served'
wait_for has_line "$DIR/long.log" up
expect 0 muster stop --no-wait long
check in_state long STOPPING
expect 0 muster status bystander
expect 0 muster is-alive long
expect 1 muster stop --timeout 0.1 long
wait_for has_line "$DIR/long-got" TERM

say 'a kill ends the wait'
expect 0 muster kill long
is 'long: killed'
check in_state long STOPPED

say 'a start while it is stopping waits for the stop, and then for the start'
: >"$DIR/deaf.log"
expect 0 muster start deaf
wait_for has_line "$DIR/deaf.log" up
pid=$(pid_of deaf)
expect 0 muster stop --no-wait deaf
expect 0 muster start deaf
is 'deaf: started'
check is_gone "$pid"
check in_state deaf RUNNING

say 'a child ends with its parent'
child=$(pid_in "$DIR/parent-child")
expect 0 muster stop parent
check is_gone "$child"

say 'and a grandchild'
child=$(pid_in "$DIR/deep-child")
expect 0 muster stop deep
check is_gone "$child"

say 'and one that went its own way, to another session and another parent'
child=$(pid_in "$DIR/hidden-child")
check [ "$(ps -o sid= -p "$child" | tr -d ' ')" != "$(pid_of hidden)" ]
expect 0 muster stop hidden
check is_gone "$child"

say 'it gets SIGKILL where it needs it, and is named'
child=$(pid_in "$DIR/stubborn-child")
expect 0 muster stop --json stubborn
matches "\"message\":\"needed SIGKILL: $child\""
check is_gone "$child"
check in_state stubborn STOPPED

say 'stopasgroup: the group gets the signal at once'
child=$(pid_in "$DIR/group-child")
expect 0 muster stop group
is TERM "$(cat "$DIR/group-got")"
check is_gone "$child"

say 'without it only the leader does at first, but the tree is ended'
child=$(pid_in "$DIR/alone-child")
wait_for has_line "$DIR/alone.log" up
expect 0 muster stop alone
check is_gone "$child"
is INT "$(cat "$DIR/alone-got")"

say 'killasgroup'
child=$(pid_in "$DIR/killgroup-child")
wait_for has_line "$DIR/killgroup.log" up
expect 0 muster stop killgroup
check is_gone "$child"

say 'a kill of the leader takes the tree as well'
expect 0 muster start deep
wait_for has_lines "$DIR/deep-child" . 2
child=$(tail -n 1 "$DIR/deep-child")
expect 0 muster kill deep
check is_gone "$child"

say 'what a process leaves behind when it ends by itself is its own affair'
wait_for in_state quitter EXITED
check kill "$(pid_in "$DIR/quitter-child")"

say 'what the rest of a tree says at its end is logged, however short after its leader'
ups=$(count_lines "$DIR/long.log" up)
expect 0 muster start long
wait_for has_lines "$DIR/long.log" up $((ups + 1))
expect 0 muster stop --no-wait long
for round in $(seq 10); do
    wait_for has_lines "$DIR/words.log" up "$round"
    expect 0 muster stop words
    expect 0 muster start words
done
is 10 "$(count_lines "$DIR/words.log" last)"
expect 0 muster kill long

say 'and nobody else was touched'
check kill -0 "$(pid_in "$DIR/bystander-child")"
check in_state bystander RUNNING

say 'at the end of the daemon everything ends'
expect 0 muster start parent deep hidden group
stop_musterd
is 0 "$STATUS"
for pid in $(cat "$DIR"/*-child); do # of all that ever ran
    check is_gone "$pid"
done
