#!/bin/sh
# Every verb of muster against the daemon itself, with its words and its exit status.
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

configure <<EOF
[program:web]
command=sleep 1000
startsecs=0

[program:echo]
command=cat
startsecs=0
stdout_logfile=$DIR/echo.log

[program:pair]
command=sleep 1000
process_name=%(program_name)s_%(process_num)d
numprocs=2
startsecs=0

[program:batch]
command=sh -c 'exit 3'
autostart=false
autorestart=false
startsecs=0

[program:broken]
command=$DIR/no-such-command
autostart=false
startretries=0

[program:brief]
command=true
autostart=false
startretries=0
startsecs=1

[program:hup]
command=sh -c 'trap "echo got HUP" HUP; echo ready; while :; do sleep 0.05; done'
startsecs=0
stdout_logfile=$DIR/hup.log
stopasgroup=true
EOF
start_musterd
wait_for in_state web RUNNING
wait_for in_state pair:pair_1 RUNNING
wait_for has_line "$DIR/hup.log" ready

say 'version'
expect 0 muster version
matches '^muster [0-9]'
matches '^musterd [0-9]'

say 'list'
expect 0 muster list
is 'batch
brief
broken
echo
hup
pair:pair_0
pair:pair_1
web' "$(echo "$OUT" | sort)"
expect 0 muster list 'pair:*'
is 'pair:pair_0
pair:pair_1'
expect 0 muster list --json web
matches '"state":"running"'
matches '"command":\["sleep","1000"\]'
expect 4 muster list nobody

say 'status'
expect 3 muster status
matches '^web                              RUNNING   pid [0-9]+, uptime 0:00:0[0-9]$'
matches '^batch                            STOPPED   Not started$'
expect 0 muster status web 'pair:*'
expect 3 muster status web batch
expect 4 muster status web nobody
matches '^nobody: ERROR \(no such process\)$'

say 'a group, a pattern and all are selectors'
expect 0 muster list 'pair:pair_1'
is 'pair:pair_1'
expect 0 muster list '*_0'
is 'pair:pair_0'
expect 0 muster list 'we[a-c]'
is web
is 8 "$(muster list all | wc -l)"
expect 4 muster list 'nothing*'
expect 4 muster list 'pair:nothing'

say 'is-alive, pid, exitcode'
expect 0 muster is-alive web
is true
expect 1 muster is-alive batch
is false
expect 1 muster is-alive web batch
expect 4 muster is-alive nobody
expect 0 muster pid
is "$DAEMON_PID"
expect 0 muster pid web
check kill -0 "$OUT"
expect 3 muster pid batch
is none
expect 1 muster exitcode web
is none
expect 1 muster exitcode batch
is none
expect 4 muster exitcode nobody

say 'start'
expect 0 muster start batch
is 'batch: started'
expect 0 muster start web
is 'web: ERROR (already started)'
expect 1 muster start broken
is "broken: ERROR (spawn error): can't find command '$DIR/no-such-command'"
expect 1 muster start brief
is 'brief: ERROR (abnormal termination): Exited too quickly (process log may have details)'
expect 4 muster start nobody
expect 1 muster start web broken
matches '^web: ERROR \(already started\)$'
expect 0 muster start --no-wait batch

say 'join'
expect 0 muster join --timeout 10 batch
is 3
expect 0 muster exitcode batch
is 3
expect 1 muster join --timeout 0.1 web
is none
expect 1 muster join --timeout 0 web batch
is 'web: none
batch: 3'
expect 4 muster join nobody

say 'several join one process, and all are told'
waiting=
for i in 1 2 3; do
    "$MUSTER" join --timeout 20 web >"$DIR/join.$i" &
    waiting="$waiting $!"
done
expect 0 muster terminate web
is 'web: stopped'
for pid in $waiting; do
    wait "$pid"
    is 0 $?
done
is '-15
-15
-15' "$(cat "$DIR/join.1" "$DIR/join.2" "$DIR/join.3")"

say 'terminate'
expect 3 muster terminate web
is 'web: ERROR (not running)'
expect 3 muster stop batch
expect 4 muster terminate nobody
expect 3 muster status web
matches '^web  *STOPPED   [A-Z][a-z][a-z] [0-9][0-9] [0-9][0-9]:[0-9][0-9] [AP]M$'

say 'restart'
expect 0 muster restart web
is 'web: restarted'
before=$(pid_of web)
expect 0 muster restart web
is 'web: restarted'
check has_new_pid web "$before"
check is_gone "$before"
expect 4 muster restart nobody
expect 1 muster restart broken

say 'kill'
before=$(pid_of web)
expect 0 muster kill web
is 'web: killed'
check is_gone "$before"
expect 0 muster exitcode web
is -9
expect 3 muster kill web
expect 4 muster kill nobody
check in_state web STOPPED
expect 0 muster start web

say 'signal'
for name in HUP SIGHUP 1; do
    expect 0 muster signal "$name" hup
    is 'hup: signalled'
done
wait_for has_line "$DIR/hup.log" 'got HUP'
check in_state hup RUNNING
expect 2 muster signal NOSUCH hup
expect 3 muster signal HUP batch
expect 4 muster signal HUP nobody

say 'an end by such a signal is as good as any other: it is started again'
before=$(pid_of web)
expect 0 muster signal KILL web
wait_for has_new_pid web "$before"

say 'send'
expect 0 muster send echo 'hello  world'
wait_for has_line "$DIR/echo.log" '^hello  world$'
expect 0 muster send -n echo 'no newline,'
printf 'from a pipe\n' | muster send echo
wait_for has_line "$DIR/echo.log" '^no newline,from a pipe$'
expect 3 muster send batch hello
expect 4 muster send nobody hello

say 'tail'
expect 0 muster tail echo
is 'hello  world
no newline,from a pipe'
expect 0 muster tail -n 1 echo
is 'no newline,from a pipe'
expect 0 muster logs -n 0 echo
is ''
expect 0 muster tail -n 1 --json echo
matches '^\{"name":"echo","stream":"stdout","data":"no newline,from a pipe\\n"\}$'
expect 0 muster tail -n 1 echo 'pair:*'
matches '^echo *\| no newline,from a pipe$'
expect 0 muster tail --stderr echo
is ''
expect 4 muster tail nobody

say 'clear'
expect 0 muster clear echo
is 'echo: cleared'
expect 0 muster tail echo
is ''
expect 0 muster send echo again
wait_for has_line "$DIR/echo.log" '^again$'
is again "$(cat "$DIR/echo.log")"
expect 4 muster clear nobody

say 'ps'
expect 0 muster ps
matches '^ *PID NAME '
matches ' web +RUNNING .* sleep 1000$'
expect 0 muster ps --no-heading -o name,state,pid web
is "web RUNNING $(pid_of web)"
expect 1 muster ps 'no such thing'
expect 0 muster ps aux
matches '^USER +PID +%CPU'
matches ' sleep 1000$'
# shellcheck disable=SC2016 # for the other shell
expect 0 sh -c '"$MUSTER" ps aux | grep "sleep 1000"'
expect 0 muster ps -L -o name,pid,tid web
expect 0 muster ps --tree hup
expect 0 muster ps --json -o name,pid web
is "{\"processes\":[{\"name\":\"web\",\"pid\":$(pid_of web)}]}"

say 'watch'
# A shell's background job ignores SIGINT; env gives it back.
env --default-signal=INT "$MUSTER" watch --types process_state web >"$DIR/events" &
watcher=$!
restarts_until_seen() {
    muster restart web >/dev/null
    has_text "$DIR/events"
}
wait_for restarts_until_seen
expect 0 muster restart web
wait_for has_line "$DIR/events" 'process_state web from=running to=stopping'
wait_for has_line "$DIR/events" 'process_state web from=starting to=running pid='
kill -INT "$watcher"
wait "$watcher"
is 130 $?

say 'check, reread, update'
expect 0 muster check "$CONF"
expect 0 muster reread
is 'No config updates to processes'
expect 0 muster update
is ''

say 'reload'
before=$(pid_of web)
expect 0 muster reload
is 'Restarted musterd'
wait_for has_new_pid web "$before"
check is_gone "$before"
expect 0 muster pid
is "$DAEMON_PID"

say 'shutdown'
before=$(pid_of web)
expect 0 muster shutdown --wait
is 'Shut down'
check is_gone "$before"
wait "$DAEMON_PID"
is 0 $?
DAEMON_PID=
expect 5 muster is-alive web
expect 5 muster pid
