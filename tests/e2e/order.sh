#!/bin/sh
# Who starts first and who stops last: by priority, and a rank is gone before the next is told.
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

# Notes when it is told to stop, takes its time, and notes when it goes.
program() { # name, priority, further keys
    printf '[program:%s]\npriority=%s\nstartsecs=0\n%s\n' "$1" "$2" "${3-}"
    printf 'command=%s on TERM note %s %%(process_num)s%s-told sleep 150 note %s %%(process_num)s%s-gone exit 0 -- pause\n' \
        "$HELPER/worker" "$DIR/notes" "$1" "$DIR/notes" "$1"
}

{
    program last 30
    program first 10
    program middle 20 'numprocs=2
process_name=%(program_name)s_%(process_num)d'
    program unranked 999
    program inner 1
    program outer 500
    printf '[group:late]\nprograms=inner,outer\npriority=40\n'
    program by-hand 1 'autostart=false'
} | configure

say 'what has autostart starts, in the order of priority'
start_musterd
wait_for in_state unranked RUNNING
wait_for log_has "spawned: 'unranked'"
is 'first
middle:middle_0
middle:middle_1
last
late:inner
late:outer
unranked' "$(sed -n "s/.* spawned: '\(.*\)' with pid .*/\1/p" "$DIR/musterd.log")"
check in_state by-hand STOPPED

say 'the group has the names of its programs below its own'
expect 0 muster list 'late:*'
is 'late:inner
late:outer'
expect 0 muster list 'middle:*'
is 'middle:middle_0
middle:middle_1'

say 'a group is stopped and started as one'
expect 0 muster stop 'late:*'
is 'late:inner: stopped
late:outer: stopped' "$(printf '%s\n' "$OUT" | sort)"
expect 0 muster start 'late:*'
rm "$DIR/notes"

say 'at the end the highest goes first, and is gone before the next one is told'
stop_musterd
is 0 "$STATUS"
ranks=$(sed -e 's/inner\|outer/late/' -e 's/^[0-9]\([a-z]*\)-.*/\1/' "$DIR/notes" | uniq)
is 'unranked
late
last
middle
first' "$ranks"

say 'those of one rank stop at the same time'
is 'told
told
gone
gone' "$(sed -n 's/.middle-//p' "$DIR/notes")"
