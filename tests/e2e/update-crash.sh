#!/bin/sh
# The engine is killed in or after an update: what was updated stays so, what was not is still told,
# and what was under way goes on.
# plain build too
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

W=$HELPER/worker
# Each start of a program is a line in its file.
program() { # name, version, actions
    printf '[program:%s]\ncommand=%s note %s/%s.starts %s %s pause\nstartsecs=0\nstopwaitsecs=600\n' \
        "$1" "$W" "$DIR" "$1" "$2" "${3-}"
}

kill_engine() {
    _engine=$(engine_pid)
    must kill -KILL "$_engine"
    wait_for has_new_engine "$_engine"
}

# A start is RUNNING before it has written its line.
has_starts() { # name, version...
    _file=$DIR/$1.starts
    shift
    [ "$(cat "$_file")" = "$(printf '%s\n' "$@")" ]
}

# What the guardian has below it of one program; more than one were one too many.
running() { # name
    pgrep -fc -P "$DAEMON_PID" "^$W note $DIR/$1.starts"
}

{ program a 1 && program b 1 && program c 1; } | configure
start_musterd
for name in a b c; do wait_for has_text "$DIR/$name.starts"; done
b=$(pid_of b)
c=$(pid_of c)

say 'after an update of one group, another engine knows what is not updated'
{ program a 2 && program b 2 && program c 1; } | configure
expect 0 muster update a
kill_engine
wait_for in_state a RUNNING
wait_for has_starts a 1 2
expect 0 muster reread
is 'b: changed'
is "$b $c" "$(pid_of b) $(pid_of c)"
matches 'b\.starts", "1",' "$(field b command)"

say 'one update upon the other, and an end of them all'
{ program a 3 && program b 2 && program c 1; } | configure
expect 0 muster update a
kill_engine
expect 0 muster reread
is 'b: changed'
expect 0 muster update
kill_engine
expect 0 muster reread
is 'No config updates to processes'
wait_for has_starts a 1 2 3
wait_for has_starts b 1 2
is "$c" "$(pid_of c)"

say 'the engine dies while something stops for an update'
{
    program slow 1 "on TERM note $DIR/told x -- on USR1 exit 0 --"
    program a 3
    program b 2
    program c 1
} | configure
expect 0 muster update
wait_for has_text "$DIR/slow.starts"
slow=$(pid_of slow)
{
    program slow 2
    program a 4
    program c 1
    program new 1
} | configure
muster update >"$DIR/update.out" 2>&1 &
updating=$!
wait_for in_state slow STOPPING
wait_for has_text "$DIR/told"
kill_engine
wait "$updating"
is 5 $?
# What came onto the disk since then is none of this update's.
{
    program slow 3
    program a 4
    program c 1
    program new 1
} | configure
is "$slow" "$(pid_of slow)"
check [ ! -e "$DIR/new.starts" ]
must kill -USR1 "$slow"
wait_for has_line "$DIR/slow.starts" '^2$'
wait_for in_state new RUNNING
wait_for has_text "$DIR/new.starts"
expect 4 muster is-alive b
for name in slow a c new; do
    wait_for in_state "$name" RUNNING
    is 1 "$(running "$name")"
done
is 0 "$(running b)"
is "$c" "$(pid_of c)"
wait_for has_starts slow 1 2
wait_for has_starts a 1 2 3 4
wait_for has_starts new 1
expect 0 muster reread
is 'slow: changed'

say 'an update of one group that was cut off is one of that group still'
{
    program slow 3 "on TERM note $DIR/told-again x -- on USR1 exit 0 --"
    program a 4
    program c 1
    program new 1
} | configure
expect 0 muster update slow
wait_for in_state slow RUNNING
slow=$(pid_of slow)
{ program slow 4 && program a 5 && program c 1 && program new 1; } | configure
muster update slow >"$DIR/update.out" 2>&1 &
updating=$!
wait_for has_text "$DIR/told-again"
kill_engine
wait "$updating"
kill_engine # and the next one too
must kill -USR1 "$slow"
wait_for has_line "$DIR/slow.starts" '^4$'
wait_for in_state slow RUNNING
expect 0 muster reread
is 'a: changed'
expect 0 muster update
expect 0 muster reread
is 'No config updates to processes'

say 'one more engine changes nothing'
before=$(worker_pids)
kill_engine
is "$before" "$(worker_pids)"
expect 0 muster reread
is 'No config updates to processes'
wait_for has_starts slow 1 2 3 4
wait_for has_starts a 1 2 3 4 5
wait_for has_starts new 1

say 'so many updates of single groups, and no more until one of all'
number=6
while [ $number -lt 30 ]; do
    { program slow 4 && program a "$number" && program c 1 && program new 1; } | configure
    muster update a >"$DIR/update.out" 2>&1 || break
    number=$((number + 1))
done
matches 'update all groups once' "$(cat "$DIR/update.out")"
kill_engine
expect 0 muster reread
is 'a: changed'
expect 0 muster update
expect 0 muster update a
expect 0 muster reread
is 'No config updates to processes'
