#!/bin/sh
# Numbered lines through rotation, to a file, a pipe, a closed pipe: whole lines, and no byte lost or
# doubled.
# plain build too
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

W=$HELPER/worker
LINES_COUNT=300000
configure <<EOF
[program:flood]
command=$W count $LINES_COUNT
autorestart=false
startsecs=0
stdout_logfile=$DIR/flood.log
stdout_logfile_maxbytes=64KB
stdout_logfile_backups=500

[program:few]
command=$W count $LINES_COUNT
autorestart=false
startsecs=0
stdout_logfile=$DIR/few.log
stdout_logfile_maxbytes=64KB
stdout_logfile_backups=2

[program:one]
command=$W count $LINES_COUNT
autorestart=false
startsecs=0
stdout_logfile=$DIR/one.log
stdout_logfile_maxbytes=64KB
stdout_logfile_backups=0

[program:long-lines]
command=sh -c 'for i in 1 2 3 4 5; do printf "%%050000d\\n" "\$i"; done'
autorestart=false
startsecs=0
stdout_logfile=$DIR/long.log
stdout_logfile_maxbytes=60KB
stdout_logfile_backups=9
EOF
start_musterd

# All of a log: its backups, which count down to it, and itself.
whole() { # log
    for _number in $(seq 500 -1 1); do
        [ ! -e "$1.$_number" ] || cat "$1.$_number"
    done
    cat "$1"
}

say 'every line is there once, in order'
expect 0 muster join --timeout 60 flood few one long-lines
seq "$LINES_COUNT" >"$DIR/wanted"
ends_with() { tail -qn 1 "$1" "$1.1" 2>/dev/null | grep -qx "$2"; }
wait_for ends_with "$DIR/flood.log" "$LINES_COUNT"
whole "$DIR/flood.log" >"$DIR/flooded"
check cmp "$DIR/wanted" "$DIR/flooded"

say 'no file is much larger than it may be, and each ends with a line'
is 0 "$(find "$DIR" -name 'flood.log*' -size +68k | wc -l)"
for log in "$DIR/flood.log.1" "$DIR/flood.log.20" "$DIR/few.log.2"; do
    is 012 "$(tail -c 1 "$log" | od -An -to1 | tr -d ' ')"
    check has_line "$log" '^[0-9]+$'
done

say 'with few backups the last lines are there, without a gap'
wait_for ends_with "$DIR/few.log" "$LINES_COUNT"
check [ ! -e "$DIR/few.log.3" ]
whole "$DIR/few.log" >"$DIR/fewer"
tail -n "$(wc -l <"$DIR/fewer")" "$DIR/wanted" | cmp - "$DIR/fewer"
is 0 $?

say 'with none the log begins anew'
check [ ! -e "$DIR/one.log.1" ]
check [ "$(wc -c <"$DIR/one.log")" -le 70000 ]

say 'lines as long as half a file'
whole "$DIR/long.log" >"$DIR/longs"
for i in 1 2 3 4 5; do printf '%050000d\n' "$i"; done >"$DIR/long-wanted"
check cmp "$DIR/long-wanted" "$DIR/longs"
stop_musterd
is 0 "$STATUS"

# What the output of the daemon itself is, where logs go to /dev/stdout.
to_stdout() {
    configure <<EOF
[supervisord]
logfile=NONE
silent=true
[program:counter]
command=$W count 50000
autorestart=false
startsecs=0
stdout_logfile=/dev/stdout
stdout_logfile_maxbytes=0
[program:other]
command=sleep 1000
startsecs=0
EOF
}
seq 50000 >"$DIR/wanted"
numbers_arrived() { [ "$(grep -xc '[0-9]*' "$DIR/musterd.out")" -ge 50000 ]; }

say '/dev/stdout is a file that is appended to: it goes on behind what is there'
to_stdout
: >"$DIR/musterd.out"
start_musterd
wait_for numbers_arrived
grep -x '[0-9]*' "$DIR/musterd.out" | cmp - "$DIR/wanted"
is 0 $?
expect 1 muster tail counter
stop_musterd

say '/dev/stdout is a pipe with a slow reader'
mkfifo "$DIR/fifo"
# shellcheck disable=SC2094 # a fifo
(dd bs=4096 status=none <"$DIR/fifo" >"$DIR/through") &
reader=$!
"$MUSTERD" -n -c "$CONF" >"$DIR/fifo" 2>"$DIR/musterd.out" &
DAEMON_PID=$!
wait_for muster version
all_through() { [ "$(grep -xc '[0-9]*' "$DIR/through")" -ge 50000 ]; }
wait_for all_through
grep -x '[0-9]*' "$DIR/through" | cmp - "$DIR/wanted"
is 0 $?

say 'the reader goes away: the daemon stays, and so do the programs'
kill "$reader"
wait "$reader"
expect 0 muster start counter
check in_state other RUNNING
expect 0 muster status other
kill -0 "$DAEMON_PID"
is 0 $?
stop_musterd
is 0 "$STATUS"
