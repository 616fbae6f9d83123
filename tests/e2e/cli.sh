#!/bin/sh
# What muster prints and exits with, against a daemon of canned answers (tests/helper/fake-daemon.c).
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

FAKE_PID=

# play: serves the script on standard input from now on.
play() {
    end_play
    cat >"$DIR/script"
    rm -f "$MUSTER_SOCKET"
    "$HELPER/fake-daemon" "$MUSTER_SOCKET" "$DIR/script" >"$DIR/calls" 2>"$DIR/fake.out" &
    FAKE_PID=$!
    until_true [ -S "$MUSTER_SOCKET" ] || not_ok 'the fake daemon listens'
}

end_play() {
    [ -n "$FAKE_PID" ] || return 0
    kill "$FAKE_PID" 2>/dev/null
    wait "$FAKE_PID" 2>/dev/null
    FAKE_PID=
}

# The two streams apart: $OUT and $ERR, and the status.
split() {
    OUT=$("$@" 2>"$DIR/err")
    STATUS=$?
    ERR=$(cat "$DIR/err")
}

called() { # method and parameters, as the fake daemon saw them
    check grep -qxF -- "$1" "$DIR/calls"
}

web='"name": "web", "group": "web", "state": "running", "pid": 4999999, "state_since_usec": 1, "restarts": 0, "command": ["web"], "description": "pid 4, uptime 0:00:05"'
db='"name": "db", "group": "db", "state": "stopped", "state_since_usec": 1, "restarts": 2, "command": ["db", "-x"], "description": "Not started"'

say 'no daemon'
split muster status
is 5 "$STATUS"
is "muster: no musterd answers at $MUSTER_SOCKET (No such file or directory): start one with \`musterd -c FILE\`, or name another socket with -s" "$ERR"
expect 5 muster -s "unix:$DIR/other" is-alive web
matches "$DIR/other "
expect 5 muster --json pid web
matches '^\{"error":"org.muster.Client.NotReached","parameters":\{"message":"no musterd.*\},"message":"no .*"\}$'

say 'a wrong command line'
expect 2 muster
matches '^usage: muster '
expect 2 muster statsu
is 'muster: unknown command: statsu; did you mean status?'
expect 2 muster re
is 'muster: ambiguous command: re (reload, remove, reread, restart)'
expect 2 muster tail --folow web
matches 'unknown option --folow; did you mean --follow\?'
expect 2 muster tail -n x web
matches '\-\-lines wants a whole number, 0 or more, not "x"'
expect 2 muster tail -n
matches '\-\-lines wants a whole number'
expect 2 muster status --json=1
matches 'status: --json takes no value'
expect 2 muster start
matches 'start: something is missing \(usage: muster start '
expect 2 muster reload now
matches 'reload: too many arguments'
expect 2 muster signal NOSUCH web
matches 'bad signal: "NOSUCH"'
expect 2 muster ps -o pid,nonsense
matches 'no column "nonsense"'
expect 2 muster ps --tree -L
expect 2 muster --json frobnicate
matches '^\{"error":"org.muster.Client.Usage",'

say 'help'
expect 0 muster --help
expect 0 muster help start
matches '^usage: muster start '
expect 0 muster start -h
matches '^usage: muster start '
expect 0 muster -V
matches '^muster [0-9]'
expect 0 muster --json help
matches '^\{"commands":\[\{"name":"check",'

say 'the manual has every command and option'
manual=$TOP/docs/muster.1
muster help --table >"$DIR/table"
while IFS="$(printf '\t')" read -r verb alias _ options; do
    check grep -qE "^\.Ss $verb( |\$)" "$manual"
    [ "$alias" = - ] || check grep -qE "^\.Cm ([a-z]+ , )*$alias( ,|\$)" "$manual"
    for option in $options; do
        check grep -qE -- "Fl (. , Fl )?-?${option#-}( |\$)" "$manual"
    done
done <"$DIR/table"

say 'status'
play <<EOF
call org.muster.Process.List "web","nope"
error org.muster.Process.NoSuchProcess {"name": "nope"}
call org.muster.Process.List nope
error org.muster.Process.NoSuchProcess {"name": "nope"}
call org.muster.Process.List "db"
reply {"processes": [{$db}]}
call org.muster.Process.List "web"
reply {"processes": [{$web}]}
call org.muster.Process.List
reply {"processes": [{$web}, {$db}]}
EOF
expect 3 muster status
is 'web                              RUNNING   pid 4, uptime 0:00:05
db                               STOPPED   Not started'
expect 0 muster status web
expect 3 muster status db
expect 4 muster status nope
is 'nope: ERROR (no such process)'
expect 4 muster status web nope
is 'nope: ERROR (no such process)
web                              RUNNING   pid 4, uptime 0:00:05'
expect 4 muster status --json nope
is '{"error":"org.muster.Process.NoSuchProcess","parameters":{"name":"nope"},"message":"no such process: nope"}'
expect 0 muster --json status web
matches '^\{"processes":\[\{"name":"web",.*\}\]\}$'
expect 0 muster list
is 'web
db'
expect 4 muster ls nope
is 'muster: no such process: nope'

say 'ps of processes that are not there'
expect 0 muster ps -o name,state,rst,pid,command,rss
is 'NAME STATE   RST     PID COMMAND RSS
web  RUNNING   0 4999999 web       -
db   STOPPED   2       - db -x     -'
expect 0 muster ps --no-heading -o name DB
is 'db'
expect 0 muster ps --no-heading -o name --sort -rst
is 'db
web'
expect 0 muster ps -o name 'w?b'
matches '^web$'
expect 1 muster ps zzzz
is ''
expect 0 muster ps --json -o name,pid,rst db
is '{"processes":[{"name":"db","pid":null,"rst":2}]}'

say 'questions'
play <<EOF
call org.muster.Process.IsAlive "web"
reply {"alive": true}
call org.muster.Process.IsAlive "db"
reply {"alive": false}
call org.muster.Process.IsAlive
error org.muster.Process.NoSuchProcess {"name": "nope"}
call org.muster.Process.Pid "web"
reply {"pid": 4}
call org.muster.Process.Pid
reply {}
call org.muster.Process.ExitCode "web"
reply {"exitcode": null}
call org.muster.Process.ExitCode
reply {"exitcode": -15}
call org.muster.Process.Join "web"
reply {"alive": true, "exitcode": null}
call org.muster.Process.Join
reply {"alive": false, "exitcode": 3}
call org.muster.Manager.Status
reply {"version": "9.9", "guardian_pid": 77}
EOF
expect 0 muster is-alive web
is true
expect 1 muster is-alive db
is false
expect 1 muster is-alive web db
is 'web: true
db: false'
expect 1 muster is-alive -q db
is ''
expect 4 muster is-alive nope
expect 1 muster --json is-alive web db
is '{"web":true,"db":false}'
expect 0 muster pid web
is 4
expect 3 muster pid db
is none
expect 0 muster pid
is 77
expect 0 muster pid --json
is '{"musterd":77}'
expect 1 muster exitcode web
is none
expect 0 muster exitcode db
is -15
expect 0 muster join db
is 3
called 'org.muster.Process.Join {"name":"db"}'
expect 1 muster join --timeout 0 web
is none
called 'org.muster.Process.Join {"name":"web","timeout":0.0}'
expect 0 muster version
matches '^musterd 9.9$'

say 'start, stop and the like'
play <<EOF
call org.muster.Process.Start "bad"
more {"outcomes": [{"name": "web", "status": "done"}]}
more {"outcomes": [{"name": "db", "status": "already"}]}
reply {"outcomes": [{"name": "bad", "status": "SpawnError", "message": "changing to directory /x: No such file or directory"}]}
call org.muster.Process.Start "slow"
more {"outcomes": [{"name": "web", "status": "done"}]}
hang
call org.muster.Process.Start
reply {"outcomes": [{"name": "web", "status": "already"}]}
call org.muster.Process.Terminate
reply {"outcomes": [{"name": "web", "status": "done"}, {"name": "db", "status": "already"}]}
call org.muster.Process.Restart
error org.muster.Process.NotPermitted {"right": "control"}
call org.muster.Process.Signal
reply {"outcomes": [{"name": "web", "status": "done"}, {"name": "db", "status": "NotRunning"}]}
call org.muster.Process.ClearLogs
reply {"outcomes": [{"name": "web", "status": "done"}]}
call org.muster.Process.Send
reply {}
EOF
expect 1 muster start web db bad
is 'web: started
db: ERROR (already started)
bad: ERROR (spawn error): changing to directory /x: No such file or directory'
called 'org.muster.Process.Start {"selectors":["web","db","bad"],"wait":true}'
expect 0 muster start --no-wait web
called 'org.muster.Process.Start {"selectors":["web"],"wait":false}'
expect 1 muster start --timeout 0.05 slow
matches '^web: started$'
matches 'the time is up; musterd goes on starting what is left'
expect 1 muster start --json --timeout 0.05 slow
is '{"outcomes":[{"name":"web","status":"done"}],"timed_out":true}'
expect 0 muster stop web db
is 'web: stopped
db: ERROR (not running)'
expect 1 muster restart web
is 'muster: not permitted: the right "control" is missing'
expect 3 muster signal hup web db
is 'web: signalled
db: ERROR (not running)'
expect 0 muster clear web
is 'web: cleared'
expect 0 muster send web hello 'wide  world'
called 'org.muster.Process.Send {"data":"hello wide  world\n","name":"web"}'
expect 0 muster send -n web -- -x
called 'org.muster.Process.Send {"data":"-x","name":"web"}'
printf 'from a pipe' | muster send web
called 'org.muster.Process.Send {"data":"from a pipe","name":"web"}'
expect 2 muster send web "$(printf '\377')"

say 'Ctrl-C leaves the work to the daemon'
# A shell's background job ignores SIGINT; env gives it back.
env --default-signal=INT "$MUSTER" start slow >"$DIR/out" 2>"$DIR/err" &
pid=$!
wait_for has_line "$DIR/out" '^web: started$'
kill -INT "$pid"
wait "$pid"
is 130 $?
is 'muster: detached; musterd goes on starting what is left' "$(cat "$DIR/err")"

say 'a terminal has a line that counts, and colour where it is wanted'
play <<EOF
call org.muster.Process.List
reply {"processes": [{$web}, {$db}, {$db}, {$db}]}
call org.muster.Process.Start
more {"outcomes": [{"name": "web", "status": "done"}]}
reply {"outcomes": [{"name": "db", "status": "done"}]}
EOF
on_terminal() { # COMMAND: what it writes to a terminal, escapes as \E
    TERM=xterm script -qec "$1" /dev/null </dev/null | sed 's/\x1b/\\E/g' | tr '\r' '@'
}
OUT=$(on_terminal "'$MUSTER' start all")
matches '^@\\E\[Kstarting 0/4@\\E\[Kweb: started@$'
matches '@\\E\[Kstarting 1/4@\\E\[Kdb: started@$'
has_no 'starting .*starting 2/4$'
OUT=$(on_terminal "'$MUSTER' status")
matches '\\E\[32mRUNNING   \\E\[0mpid'
OUT=$(on_terminal "'$MUSTER' status --no-color")
matches ' RUNNING   pid'
OUT=$(NO_COLOR=1 on_terminal "'$MUSTER' ps -o name,state")
matches '^web  RUNNING@$'

say 'logs'
play <<'EOF'
call org.muster.Process.Logs "all"
more {"lines": [{"name": "web", "stream": "stdout", "data": "one\n"}, {"name": "db", "stream": "stdout", "data": "half"}]}
reply {"lines": [{"name": "web", "stream": "stdout", "data": "two\n"}]}
call org.muster.Process.Logs "raw"
reply {"lines": [{"name": "raw", "stream": "stdout", "data": "/wAbCg==", "base64": true}]}
call org.muster.Process.Logs "broken"
more {"lines": [{"name": "web", "stream": "stdout", "data": "one\n"}]}
close
call org.muster.Process.Logs
more {"lines": [{"name": "web", "stream": "stderr", "data": "one\n"}]}
hang
EOF
expect 0 muster tail all
is 'web | one
db | half
web | two'
called 'org.muster.Process.Logs {"follow":false,"lines":10,"selectors":["all"],"stream":"stdout"}'
is '377 000 033 012' "$(muster tail raw | od -An -to1 | sed 's/^ *//')"
expect 5 muster logs broken
matches '^one$'
expect 0 muster --json tail raw
is '{"name":"raw","stream":"stdout","data":"/wAbCg==","base64":true}'
say 'a reader that goes away ends a stream'
is 'one' "$(muster tail -f -n 3 --stderr web | head -1)"
called 'org.muster.Process.Logs {"follow":true,"lines":3,"selectors":["web"],"stream":"stderr"}'

say 'events'
play <<'EOF'
call org.muster.Manager.Watch timer
reply {"event": {"serial": 1, "time_usec": 1000, "type": "timer", "subject": "x", "detail": {}}}
call org.muster.Manager.Watch
more {"event": {"serial": 7, "time_usec": 1700000000123456, "type": "process_state", "subject": "web", "detail": {"from": "starting", "to": "running", "pid": 4}}}
reply {"event": {"serial": 8, "time_usec": 1700000000123456, "type": "group_added", "subject": "g", "detail": {}}}
EOF
TZ=UTC expect 0 muster watch
is '2023-11-14 22:13:20.123 process_state web from=starting to=running pid=4
2023-11-14 22:13:20.123 group_added g'
expect 0 muster events --types timer,pool_task web
called 'org.muster.Manager.Watch {"subjects":["web"],"types":["timer","pool_task"]}'
expect 0 muster watch --json
matches '^\{"serial":8,"time_usec":1700000000123456,'

say 'the configuration'
play <<'EOF'
call org.muster.Manager.Reread
reply {"changes": [{"group": "a", "change": "added"}, {"group": "c", "change": "changed"}, {"group": "r", "change": "removed"}]}
call org.muster.Manager.Update "g"
reply {"changes": []}
call org.muster.Manager.Update
more {"changes": [{"group": "a", "change": "added"}]}
more {"changes": [{"group": "c", "change": "changed"}]}
reply {"changes": [{"group": "r", "change": "removed"}]}
call org.muster.Manager.Reload
error org.muster.Manager.BadConfig {"file": "/etc/x", "line": 3, "message": "bad"}
call org.muster.Manager.Shutdown
reply {}
EOF
expect 0 muster reread
is 'a: available
c: changed
r: disappeared'
expect 0 muster update
is 'a: added process group
c: stopped
c: updated process group
r: stopped
r: removed process group'
expect 0 muster update g
called 'org.muster.Manager.Update {"groups":["g"]}'
expect 0 muster update --json
is '{"changes":[{"group":"a","change":"added"},{"group":"c","change":"changed"},{"group":"r","change":"removed"}]}'
expect 1 muster reload
is 'muster: /etc/x:3: bad'
expect 0 muster shutdown
is 'Shut down'
play <<'EOF'
call org.muster.Manager.Reread
reply {"changes": []}
call org.muster.Manager.Reload
reply {}
EOF
expect 0 muster reread
is 'No config updates to processes'
expect 0 muster reload
is 'Restarted musterd'

say 'check runs the musterd beside muster'
mkdir "$DIR/bin"
cp "$MUSTER" "$DIR/bin/muster"
cat >"$DIR/bin/musterd" <<'EOF'
#!/bin/sh
echo "asked: $*"
[ "$2" = /good ]
EOF
chmod +x "$DIR/bin/musterd"
expect 0 "$DIR/bin/muster" check /good
is 'asked: --check /good'
expect 1 "$DIR/bin/muster" check /bad
expect 0 "$DIR/bin/muster" --json check /good
is '{"file":"/good","ok":true,"messages":["asked: --check /good"]}'
expect 1 "$DIR/bin/muster" --json check /bad

say 'a daemon that talks nonsense, or hangs up'
play <<'EOF'
call org.muster.Process.List
close
call org.muster.Process.Pid
reply {"pid": "four"}
EOF
expect 5 muster status
matches '^muster: the connection to musterd at .* failed: musterd closed the connection$'
expect 3 muster pid web

say 'an engine that dies: what may be is asked again, and nothing is told twice'
play <<EOF
once org.muster.Process.List
close
call org.muster.Process.List
reply {"processes": [{$web}]}
once org.muster.Process.Start
more {"outcomes": [{"name": "a", "status": "done"}]}
close
call org.muster.Process.Start "asked_usec"
more {"outcomes": [{"name": "a", "status": "done"}]}
reply {"outcomes": [{"name": "b", "status": "done"}]}
once org.muster.Process.Join
close
call org.muster.Process.Join
reply {"alive": false, "exitcode": 7}
EOF
expect 0 muster status
expect 0 muster start a b
is 'a: started
b: started'
expect 0 muster join web
is 7

say 'and what may not is told'
play <<EOF
call org.muster.Process.Restart
close
call org.muster.Process.Send
close
call org.muster.Process.Logs
more {"lines": [{"name": "web", "stream": "stdout", "data": "one\n"}]}
close
EOF
split muster restart web
is 5 "$STATUS"
is 'muster: the connection to musterd was lost: it is not known whether org.muster.Process.Restart was carried out' "$ERR"
expect 5 muster --json send web x
matches '^\{"error":"org.muster.Client.Unsure",.*whether org.muster.Process.Send was carried out"\}$'
split muster tail web
is 5 "$STATUS"
is one
matches 'the connection to musterd at .* failed: musterd closed the connection$' "$ERR"
is 1 "$(grep -c Restart "$DIR/calls")"
is 1 "$(grep -c Logs "$DIR/calls")"

say 'what is followed goes on, with a word about what may be missing'
play <<EOF
once org.muster.Process.Logs
close
once org.muster.Process.Logs "lines":10
more {"lines": [{"name": "web", "stream": "stdout", "data": "one\n"}]}
close
call org.muster.Process.Logs "lines":0
reply {"lines": [{"name": "web", "stream": "stdout", "data": "two\n"}]}
once org.muster.Manager.Watch
more {"event": {"serial": 1, "time_usec": 1, "type": "t", "subject": "one", "detail": {}}}
close
call org.muster.Manager.Watch "subjects":["*"]
reply {"event": {"serial": 9, "time_usec": 1, "type": "t", "subject": "two", "detail": {}}}
EOF
split muster tail -f web
is 0 "$STATUS"
is 'one
two'
is 'muster: the connection to musterd was lost, and is there again: some lines may be missing here' "$ERR"
split muster watch '*'
is 0 "$STATUS"
matches ' one$'
matches ' two$'
is 'muster: the connection to musterd was lost, and is there again: some events may be missing here' "$ERR"
play <<EOF
call org.muster.Manager.Watch
close
EOF
expect 5 muster watch
check [ "$(grep -c Watch "$DIR/calls")" -ge 100 ]

say 'upgrade: what the next engine says counts'
status='"version": "1.0", "engine_reason": "start", "processes": {}'
play <<EOF
once org.muster.Manager.Status
reply {$status}
call org.muster.Manager.Upgrade
reply {"version": "2.0"}
close
call org.muster.Manager.Status
reply {"version": "2.0", "engine_reason": "upgrade", "processes": {"running": 2, "stopping": 1, "exited": 4}}
EOF
expect 0 muster upgrade
is 'upgraded from 1.0 to 2.0, 3 processes go on'
expect 0 muster --json upgrade
is '{"from":"2.0","to":"2.0","processes":3}'
play <<EOF
call org.muster.Manager.Upgrade
reply {"version": "2.0"}
close
call org.muster.Manager.Status
reply {"version": "1.0", "engine_reason": "crash", "processes": {}}
EOF
expect 1 muster upgrade
is 'muster: the upgrade to 2.0 did not take place: musterd 1.0 runs (its engine was started for the reason "crash")'
play <<EOF
call org.muster.Manager.Upgrade
error org.muster.Manager.UpgradeRefused {"message": "/usr/sbin/musterd reads ledgers of version 9, not 8"}
call org.muster.Manager.Status
reply {$status}
EOF
expect 1 muster upgrade
is 'muster: /usr/sbin/musterd reads ledgers of version 9, not 8'
play <<EOF
call org.muster.Manager.Upgrade
error org.varlink.service.MethodNotImplemented {"method": "Upgrade"}
call org.muster.Manager.Status
reply {$status}
EOF
expect 1 muster upgrade
is 'muster: this musterd cannot Upgrade yet'

say 'what a daemon says is shown, never obeyed by the terminal'
play <<'EOF'
call org.muster.Process.Start
reply {"outcomes": [{"name": "a\u001b[2J", "status": "SpawnError", "message": "no \u009b31m"}]}
call org.muster.Process.Terminate
reply {"outcomes": [{"name": "a\u001b[2J", "status": "done"}]}
call org.muster.Process.List bad
error org.muster.Process.NoSuchProcess {"name": "bad"}
call org.muster.Process.List
reply {"processes": [{"name": "w\u202eeb", "state": "od\u001bd", "description": ""}]}
call org.muster.Process.Pid
error org.muster.Process.NoSuchProcess {"name": "x\u001b[2J"}
call org.muster.Manager.Reread
reply {"changes": [{"group": "g\u001b[2J", "change": "b\u001bad"}]}
call org.muster.Manager.Watch
reply {"event": {"serial": 1, "time_usec": 1, "type": "t\u001b", "subject": "s\u001b", "detail": {"k\u001b": "v\u001b", "l": ["\u009b"]}}}
call org.muster.Process.Logs
reply {"lines": [{"name": "n\u001b[2J", "stream": "stdout", "data": "line\n"}]}
EOF
run muster start a
is 'a?[2J: ERROR (spawn error): no ??31m'
run muster stop a
is 'a?[2J: stopped'
run muster status
matches '^w\?\?\?eb +od\?d'
run muster list
is 'w???eb'
run muster pid x
is 'muster: no such process: x?[2J'
run muster reread
is 'g?[2J: b?ad'
run muster watch
matches ' t\? s\? k\?=v\? l=\["\\u009[bB]"\]$'
run muster tail 'n*'
is 'n?[2J | line'
say 'arguments that are no UTF-8'
bad=$(printf 'f\377')
expect 2 muster --json "$bad"
matches '^\{"error":"org.muster.Client.Usage"'
expect 5 muster --json -s "/tmp/$bad" list
matches '^\{"error":"org.muster.Client.NotReached"'
expect 0 muster watch --types "$bad,"
matches ' t'
check grep -q 'Watch.*"f.*"' "$DIR/calls"
expect 2 muster watch --types ,
matches 'wants names of types'

say 'a full disk is told'
play <<EOF
call org.muster.Process.List
reply {"processes": [{$web}]}
EOF
# shellcheck disable=SC2016 # for the other shell
expect 1 sh -c '"$MUSTER" status >/dev/full'
is 'muster: cannot write to standard output: No space left on device'

end_play
