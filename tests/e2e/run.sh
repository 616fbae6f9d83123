#!/bin/sh
# Processes that no configuration names: what they are given, how they end, and what they outlive.
# plain build too
# seconds: 180
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

W=$HELPER/worker
configure <<EOF
[program:web]
command=$W pause
startsecs=0
EOF
start_musterd

# run_name ARGUMENT...: runs it, and gives its name alone.
run_name() {
    "$MUSTER" run "$@" | cut -d' ' -f1
}
kill_engine() {
    _engine=$(engine_pid)
    kill -KILL "$_engine"
    wait_for has_new_engine "$_engine"
}
stdout_of() {
    cat "$(field "$1" stdout_logfile)"
}
# True where it has written a line "up".
is_up() {
    has_line "$(field "$1" stdout_logfile)" up
}
# waiting NAME ARGUMENT...: `muster run` in the background, as $CLIENT, when its worker is up.
waiting() {
    _name=$1
    shift
    # Python, since a shell has its background ignore SIGINT.
    python3 -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])' "$MUSTER" run --name "$_name" "$@" >"$DIR/run.out" 2>&1 &
    CLIENT=$!
    wait_for is_up "$_name"
}
client_exits() {
    wait "$CLIENT"
    is "$1" $?
}

say 'its name and its pid are printed, and it is a process as any other'
expect 0 muster run sleep 1000
is "sleep $(pid_of sleep)"
expect 0 muster is-alive sleep
expect 0 muster status sleep
matches '^sleep +RUNNING'
is sleep-2 "$(run_name sleep 1000)"
is sleep-3 "$(run_name /bin/sleep 1000)"
expect 0 muster stop 'sleep*'
expect 0 muster run --json --name j -- sleep 1000
is "{\"name\":\"j\",\"pid\":$(pid_of j)}"
expect 0 muster stop j

say 'its words are what they are'
# shellcheck disable=SC2016 # nothing is to be expanded
expect 0 muster run --name words -- printf '<%s>' 'a  b' '' "it's" '"$HOME"' '%(here)s' '*' '#' --json -o
expect 0 muster join words
is 0
# shellcheck disable=SC2016
is '<a  b><><it'\''s><"$HOME"><%(here)s><*><#><--json><-o>' "$(stdout_of words)"

say 'it has the directory and the variables of who runs it'
mkdir "$DIR/a b"
# shellcheck disable=SC2016
variable='x "y'\'' $z
second; 100%'
# shellcheck disable=SC2016
(cd "$DIR/a b" && ODD=$variable EMPTY='' muster run --name where -- \
    sh -c 'pwd; printf "%s|%s|" "$ODD" "${EMPTY-none}"') >"$DIR/run.out"
expect 0 muster join where
is "$DIR/a b
$variable||" "$(stdout_of where)"

say 'what cannot be passed is said, and the rest is'
bytes=$(printf '\377')
# shellcheck disable=SC2016
BAD=$bytes GOOD=1 muster run --name bytes -- sh -c 'echo "$GOOD${BAD-none}"' \
    >"$DIR/run.out" 2>"$DIR/run.err"
check has_line "$DIR/run.err" 'variable BAD is not passed on'
expect 0 muster join bytes
is 1none "$(stdout_of bytes)"
expect 2 muster run -- echo "$bytes"
matches 'word 2 of the command is no UTF-8'

say 'a command is found in the PATH of who runs it'
mkdir "$DIR/bin"
printf '#!/bin/sh\necho found\n' >"$DIR/bin/only-here"
chmod 755 "$DIR/bin/only-here"
expect 1 muster run only-here
matches "can't find command 'only-here'"
PATH=$DIR/bin:$PATH muster run only-here >"$DIR/run.out"
expect 0 muster join only-here
is found "$(stdout_of only-here)"

say 'a worker that runs another does not give it its own name'
expect 0 muster run --name outer -- sh -c "\"$MUSTER\" run --name inner -- env; exec sleep 1000"
wait_for muster join inner
check has_line "$(field inner stdout_logfile)" 'SUPERVISOR_PROCESS_NAME=inner'
expect 0 muster stop outer

say 'options are those of a section'
# shellcheck disable=SC2016
expect 0 muster run --name opt -o stopsignal=USR1 -o umask=027 -o environment='A="1 2",B=3' \
    -o stdout_logfile="$DIR/opt.log" -o redirect_stderr=true -- \
    sh -c 'umask; echo "$A $B"; exec "$0" on USR1 exit 5 -- say up pause' "$W"
wait_for is_up opt
expect 0 muster stop opt
expect 0 muster exitcode opt
is 5
is '0027
1 2 3
up' "$(cat "$DIR/opt.log")"
expect 0 muster remove opt
check [ -s "$DIR/opt.log" ]

say 'it is restarted where that was asked for, and only there'
expect 0 muster run --name again -o autorestart=true -- "$W" pause
pid=$(pid_of again)
kill -KILL "$pid"
wait_for has_new_pid again "$pid"
expect 0 muster stop again
expect 0 muster run --name once -- "$W" exit 3
expect 0 muster join once
is 3
expect 0 muster start --no-wait once
expect 0 muster join once
is 3

say 'its exit code becomes our own'
expect 0 muster run --wait true
expect 7 muster run --wait -- "$W" exit 7
expect 255 muster run -w -q -- sh -c 'exit 255'
is ''
# shellcheck disable=SC2016
expect 137 muster run --wait -- sh -c 'kill -KILL $$'
# shellcheck disable=SC2016
expect 143 muster run --wait -- sh -c 'kill -TERM $$'

say 'Ctrl-C terminates what is waited for, a second one kills it'
waiting polite --wait -- "$W" on TERM exit 11 -- say up pause
kill -INT "$CLIENT"
client_exits 11
waiting deaf --wait -o stopwaitsecs=1000 -- "$W" ignore TERM say up pause
kill -INT "$CLIENT"
wait_for in_state deaf STOPPING
kill -INT "$CLIENT"
client_exits 137

say 'bad input makes nothing'
count_all() { muster status | wc -l; }
before=$(count_all)
expect 2 muster run
expect 1 muster run ''
matches 'command: it is empty'
expect 1 muster run /no/such/program
matches "program could not be started: can't find command '/no/such/program'"
expect 1 muster run "$CONF"
matches 'is not executable'
expect 1 muster run "$DIR"
matches 'is a directory'
expect 1 muster run -o autorestrat=true sleep 1000
matches 'autorestrat: there is no such key; did you mean autorestart\?'
expect 1 muster run -o startsecs=soon sleep 1000
matches "startsecs: .*'?soon"
expect 1 muster run -o numprocs=2 sleep 1000
matches 'numprocs: '
expect 2 muster run -o nonsense sleep 1000
matches 'KEY=VALUE'
expect 1 muster run -o user=no-such-user sleep 1000
matches 'user: no such user'
expect 1 muster run -o directory=/no/such/place sleep 1000
matches 'changing to directory /no/such/place'
expect 1 muster run --name web sleep 1000
matches 'the name is in use: web'
expect 1 muster run --name all sleep 1000
expect 1 muster run --name 'a b' sleep 1000
matches 'name: a name must not hold white space'
long=$(head -c 120000 /dev/zero | tr '\0' x)
expect 1 muster run --name "$(head -c 300 /dev/zero | tr '\0' x)" sleep 1000
matches 'name: a name must not be that long'
run muster run -- printf "$long" "$long" "$long"
is 1 "$STATUS"
matches 'more than 256 KiB'
expect 2 muster run --bogus sleep 1000
is "$before" "$(count_all)"

say 'ten thousand words are a command as any other'
# shellcheck disable=SC2016
seq 0 10000 | xargs -x -n 20000 "$MUSTER" run --name many -- sh -c 'echo $#' >"$DIR/run.out"
expect 0 muster join many
is 10000 "$(stdout_of many)"

say 'the engine is killed: it goes on, and its end is told'
expect 0 muster run --name long -- "$W" on USR1 exit 21 -- say up pause
wait_for is_up long
pid=$(pid_of long)
waiting waited --wait -- "$W" on USR1 exit 22 -- say up pause
kill_engine
is "$pid" "$(pid_of long)"
check in_state long RUNNING
expect 0 muster exitcode once
is 3
kill -USR1 "$pid"
expect 0 muster join --timeout 20 long
is 21
kill -USR1 "$(pid_of waited)"
client_exits 22
expect 0 muster run --name after sleep 1000
kill_engine
expect 0 muster restart long
check in_state long RUNNING

say 'an update leaves it alone, and a section of its name is told'
pid=$(pid_of long)
printf '[program:more]\ncommand=sleep 1000\nstartsecs=0\n[program:long]\ncommand=sleep 1000\n' >>"$CONF"
expect 0 muster update
matches '^more: added'
is "$pid" "$(pid_of long)"
check log_has '\[long\]: it is left out: '
kill_engine
is "$pid" "$(pid_of long)"
expect 0 muster is-alive more

say 'removed is what has ended, and only what was run'
expect 1 muster remove long
matches '^long: ERROR \(it has not ended'
expect 1 muster remove web
matches '^web: ERROR \(it is in the configuration'
expect 0 muster stop long
log=$(field long stdout_logfile)
check [ -e "$log" ]
expect 0 muster remove long
matches '^long: removed'
check [ ! -e "$log" ]
expect 4 muster status long
expect 0 muster update
expect 0 muster is-alive long
expect 4 muster remove nobody

say 'a daemon ends when its client is killed'
waiting d --daemon -- "$W" say up pause
pid=$(pid_of d)
kill -KILL "$CLIENT"
wait_for is_gone "$pid"
expect 0 muster join d
is -15

say 'and when its client is killed after the engine was'
waiting d2 --daemon -- "$W" say up pause
pid=$(pid_of d2)
kill_engine
check in_state d2 RUNNING
is "$pid" "$(pid_of d2)"
kill -KILL "$CLIENT"
wait_for is_gone "$pid"

say 'and when its client was killed while there was no engine'
waiting d3 --daemon -- "$W" say up pause
pid=$(pid_of d3)
engine=$(engine_pid)
kill -STOP "$engine"
kill -KILL "$CLIENT"
wait_for is_gone "$CLIENT"
kill -KILL "$engine"
wait_for is_gone "$pid"

say 'who ends with whom is shown'
expect 0 muster run --name partner -o daemon_of=more -- sleep 1000
is more "$(field partner daemon_of)"
waiting d4 --daemon -- "$W" say up pause
is "pid $CLIENT" "$(field d4 daemon_of)"
expect 0 muster stop more
wait_for in_state partner STOPPED
expect 0 muster stop d4
client_exits 143
expect 1 muster run -o daemon_of=nobody sleep 1000
matches 'daemon_of: there is no process or group'

if [ "$(id -u)" -eq 0 ]; then
    say 'root may run as somebody else, with all that this user has'
    expect 0 muster run --name other -o user=nobody -o directory=/ -- sh -c 'id -u; id -g; id -G'
    expect 0 muster join other
    is 0
    is "$(id -u nobody)
$(id -g nobody)
$(id -G nobody)" "$(stdout_of other)"

    say 'and it has the groups that root has at the moment'
    setpriv --groups 7,24 "$MUSTER" run --name groups -- id -G >"$DIR/run.out"
    expect 0 muster join groups
    is '0 7 24' "$(stdout_of groups)"
fi

say 'a reload ends it and forgets it'
expect 0 muster run --name ends sleep 1000
pid=$(pid_of ends)
expect 0 muster reload
wait_for is_gone "$pid"
wait_for muster is-alive web
expect 4 muster status ends
expect 4 muster status after

say 'and so does the end of all'
expect 0 muster run --name last sleep 1000
pid=$(pid_of last)
stop_musterd
is 0 "$STATUS"
check is_gone "$pid"
