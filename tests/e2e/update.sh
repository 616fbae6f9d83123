#!/bin/sh
# reread, update, reload, HUP: what changed is changed, and what did not is not touched.
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

program() { # name, key=value...
    _name=$1
    shift
    printf '[program:%s]\ncommand=sleep 1000\nstartsecs=0\n' "$_name"
    [ $# -eq 0 ] || printf '%s\n' "$@"
}

{
    program same
    program changed
    program removed
    program member
    program other
    program many 'numprocs=2' 'process_name=%(program_name)s_%(process_num)d'
    printf '[group:club]\nprograms=member,other\n'
} | configure
start_musterd
wait_for in_state many:many_1 RUNNING
same=$(pid_of same)
changed=$(pid_of changed)
removed=$(pid_of removed)
club=$(pid_of club:member)
many=$(pid_of many:many_0)

untouched() {
    is "$same $club" "$(pid_of same) $(pid_of club:member)"
}

say 'reread of the same tells nothing'
expect 0 muster reread
is 'No config updates to processes'
expect 0 muster update
is ''

say 'reread tells what differs, and touches nothing'
{
    program same
    program changed 'stopwaitsecs=5'
    program added
    program lazy 'autostart=false'
    program member
    program other
    program many 'numprocs=3' 'process_name=%(program_name)s_%(process_num)d'
    printf '[group:club]\nprograms=member,other\n'
} | configure
expect 0 muster reread
is 'added: available
changed: changed
lazy: available
many: changed
removed: disappeared' "$(echo "$OUT" | sort)"
is "$changed $removed" "$(pid_of changed) $(pid_of removed)"
expect 4 muster status added
untouched

say 'update of one group is of that one alone'
expect 0 muster update added
is 'added: added process group'
wait_for in_state added RUNNING
is "$changed $removed" "$(pid_of changed) $(pid_of removed)"
added=$(pid_of added)

say 'update carries out the rest'
expect 0 muster update
is 'changed: stopped
changed: updated process group
lazy: added process group
many: stopped
many: updated process group
removed: stopped
removed: removed process group' "$(echo "$OUT" | sort -s -t: -k1,1)"
wait_for has_new_pid changed "$changed"
check is_gone "$changed"
check is_gone "$removed"
expect 4 muster status removed
check in_state lazy STOPPED
wait_for in_state many:many_2 RUNNING
check is_gone "$many"
is "$added" "$(pid_of added)"
untouched
expect 0 muster update
is ''

say 'order and comments are no change; a key with its default is none either'
{
    echo '; a comment'
    printf '[group:club]\nprograms=member,other\n'
    program other
    program lazy 'autostart=false'
    program member
    program many 'numprocs=3' 'process_name=%(program_name)s_%(process_num)d'
    program changed 'stopwaitsecs=5'
    program added 'stopsignal=TERM'
    program same
} | configure
expect 0 muster reread
is 'No config updates to processes'

say 'a broken file is refused by file and line, and nothing is touched'
before=$(muster list --json | grep -o '"pid":[0-9]*')
cp "$CONF" "$DIR/good.conf"
printf '[program:x]\ncommand=sleep 1\n[broken\n' >>"$CONF"
printf '[musterd]\nstrict=true\n' >>"$CONF"
line=$(grep -n '^\[broken' "$CONF" | cut -d: -f1)
for verb in reread update; do
    expect 1 muster $verb
    matches "^muster: $CONF:$line: "
done
rm "$CONF"
for verb in reread update; do
    expect 1 muster $verb
    matches "^muster: $CONF"
done
is "$before" "$(muster list --json | grep -o '"pid":[0-9]*')"
cp "$DIR/good.conf" "$CONF"

say 'a program that is broken is a change like another: the rest is carried out'
{
    cat "$DIR/good.conf"
    program fresh
    printf '[program:bad]\ncommand=sleep 1\nnumprocs=many\n'
} >"$CONF"
expect 0 muster update
matches '^fresh: added process group$'
wait_for in_state fresh RUNNING
untouched
line=$(grep -n '^numprocs=many' "$CONF" | cut -d: -f1)
check log_has "$CONF:$line: \[program:bad\] numprocs: "
cp "$DIR/good.conf" "$CONF"
expect 0 muster update

say 'a program that moves to another group is stopped there and started here'
sed -i 's/^programs=member,other/programs=member/' "$CONF"
other=$(pid_of club:other)
expect 0 muster update
wait_for in_state other RUNNING
check is_gone "$other"

say 'what was included is read again'
mkdir "$DIR/conf.d"
printf '[include]\nfiles=conf.d/*.conf\n' >>"$CONF"
program included >"$DIR/conf.d/a.conf"
expect 0 muster update
is 'included: added process group'
wait_for in_state included RUNNING
rm "$DIR/conf.d/a.conf"
expect 0 muster update
is 'included: stopped
included: removed process group'

say 'reload starts everything afresh, with one pid of the daemon'
same=$(pid_of same)
program after-reload >>"$CONF"
expect 0 muster reload
wait_for has_new_pid same "$same"
check is_gone "$same"
wait_for in_state after-reload RUNNING
is "$DAEMON_PID" "$(muster pid)"

say 'and so does SIGHUP'
same=$(pid_of same)
program after-hup >>"$CONF"
kill -HUP "$DAEMON_PID"
wait_for has_new_pid same "$same"
wait_for in_state after-hup RUNNING
check log_has 'received SIGHUP indicating restart request'
is "$DAEMON_PID" "$(muster pid)"

say 'a file that is edited is not looked at by an engine that starts again'
echo '[program:same' >>"$CONF"
engine=$(engine_pid)
kill -KILL "$engine"
wait_for has_new_engine "$engine"
check in_state after-hup RUNNING

say 'reload with a file that cannot be used ends the daemon with 2, as supervisord does'
same=$(pid_of same)
rm "$CONF"
expect 0 muster reload
wait "$DAEMON_PID"
is 2 $?
DAEMON_PID=
check is_gone "$same"
