#!/bin/sh
# Who waits for a process hears of its end for good, and of nothing that only looks like one.
# plain build too
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

# An end that is answered by a restart; it lasts once $DIR/enough is there.
configure <<EOF
[program:again]
command=sh -c 'test -e $DIR/enough && sleep 1000; echo started; exit 3'
startsecs=0
autorestart=true
stdout_logfile=$DIR/again.log

[program:web]
command=sleep 1000
startsecs=0
EOF
start_musterd

# join_in_background NAME: joins; what it prints is in $DIR/NAME.joined, with a last line of "over".
join_in_background() {
    { "$MUSTER" join "$1" && echo over; } >"$DIR/$1.joined" 2>&1 &
}

say 'join waits through restarts that follow an end at once'
wait_for has_lines "$DIR/again.log" started 1
join_in_background again
lines=$(count_lines "$DIR/again.log" started)
wait_for has_lines "$DIR/again.log" started $((lines + 3))
touch "$DIR/enough"
wait_for in_state again RUNNING
check [ ! -s "$DIR/again.joined" ]
expect 0 muster terminate again
wait_for has_line "$DIR/again.joined" over

say 'join waits through muster restart'
wait_for in_state web RUNNING
pid=$(pid_of web)
join_in_background web
expect 0 muster restart web
wait_for has_new_pid web "$pid"
expect 0 muster restart web
check [ ! -s "$DIR/web.joined" ]
expect 0 muster terminate web
wait_for has_line "$DIR/web.joined" over
