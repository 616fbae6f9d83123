#!/bin/sh
# The disk of a log is full: nothing that was written is lost, it is said once, and others go on.
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

mkdir "$DIR/small"
if [ "$(id -u)" -ne 0 ] || ! mount -t tmpfs -o size=256k none "$DIR/small" 2>/dev/null; then
    skip 'a file system of its own needs root'
fi
trap 'umount -l "$DIR/small"; _at_exit' EXIT

W=$HELPER/worker
configure <<EOF
[program:writer]
command=$W count 100000 say end pause
startsecs=0
stdout_logfile=$DIR/small/writer.log
stdout_logfile_maxbytes=0

[program:short]
command=$W on TERM count 3000 exit 0 -- pause
startsecs=0
stdout_logfile=$DIR/small/short.log

[program:other]
command=cat
startsecs=0
stdout_logfile=$DIR/other.log
EOF
start_musterd

say 'the disk is full, and it is said, once'
wait_for log_has "cannot write log $DIR/small/writer.log: No space left on device"
other_goes_on() { muster send other "$1" && has_line "$DIR/other.log" "^$1\$"; }
wait_for other_goes_on still-here
check in_state writer RUNNING
expect 0 muster status

say 'the writer is held back, nobody else'
engine=$(engine_pid)
ticks() { awk '{ print $14 + $15 }' "/proc/$engine/stat"; }
before=$(ticks)
for i in 1 2 3; do
    wait_for other_goes_on "round-$i"
done
check [ $(($(ticks) - before)) -lt 100 ]
is 1 "$(count_lines "$DIR/musterd.log" 'cannot write log')"

say 'what is stopped while the disk is full loses nothing either'
expect 0 muster stop short
is '' "$(cat "$DIR/small/short.log")"

say 'an engine that starts again loses nothing of what waits'
kill -KILL "$engine"
wait_for has_new_engine "$engine"

say 'there is room again: all of it is there'
must mount -o remount,size=4m "$DIR/small"
wait_for has_line "$DIR/small/writer.log" '^end$'
{ seq 100000; echo end; } >"$DIR/wanted"
check cmp "$DIR/wanted" "$DIR/small/writer.log"
wait_for has_line "$DIR/small/short.log" '^3000$'
check [ "$(seq 3000 | cksum)" = "$(cksum <"$DIR/small/short.log")" ]
wait_for log_has "log $DIR/small/writer.log takes bytes again"
stop_musterd
is 0 "$STATUS"

say 'a disk that is full when the daemon starts, with its own log on it: it runs all the same'
rm "$DIR/small/writer.log"
sed -i "s|^logfile=.*|logfile=$DIR/small/musterd.log|" "$CONF"
head -c 8M /dev/zero >"$DIR/small/filler" 2>/dev/null
start_musterd
wait_for in_state other RUNNING
wait_for other_goes_on with-a-full-disk
rm "$DIR/small/filler"
wait_for has_line "$DIR/small/writer.log" '^end$'
check cmp "$DIR/wanted" "$DIR/small/writer.log"
expect 0 muster restart other
wait_for has_line "$DIR/small/musterd.log" "spawned: 'other'"
stop_musterd
is 0 "$STATUS"
