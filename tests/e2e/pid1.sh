#!/bin/sh
# musterd as the init of a container: process 1 of a PID namespace.
# plain build too
# seconds: 240
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

W=$HELPER/worker

# A program becomes process 1 by this; root's socket is in /run, and this test has one of its own.
MUSTER_SOCKET=$DIR/run/muster/musterd.sock
unset XDG_CONFIG_HOME
must mkdir -m 700 "$DIR/run"
cat >"$DIR/private.sh" <<'EOF'
mount --bind "$DIR/run" /run && exec "$@"
EOF
NAMESPACE='unshare --pid --fork --mount-proc --kill-child'
INIT="$NAMESPACE sh $DIR/private.sh $MUSTERD"

# shellcheck disable=SC2086 # words
if ! $NAMESPACE sh "$DIR/private.sh" true 2>"$DIR/unshare.err"; then
    say 'a PID namespace'
    skip "not to be had here: $(head -n 1 "$DIR/unshare.err")"
fi

# musterd as process 1 with these arguments, to its end.
init() {
    $INIT "$@"
}

# The same in the background. $DAEMON_PID is process 1 as it is known out here.
start_init() {
    $INIT "$@" >>"$DIR/musterd.out" 2>&1 </dev/null &
    UNSHARE_PID=$!
    must until_true has_init
}

has_init() {
    DAEMON_PID=$(ps -o pid=,comm= --ppid "$UNSHARE_PID" | sed -n 's/^ *\([0-9]*\) musterd$/\1/p')
    [ -n "$DAEMON_PID" ]
}

# Waits for its end; its exit status is in $STATUS.
await_init() {
    wait_for is_gone "$UNSHARE_PID"
    wait "$UNSHARE_PID"
    STATUS=$?
    DAEMON_PID=
}

children() { # columns of ps
    ps -o "$1" --ppid "$DAEMON_PID"
}

has_child_named() {
    children comm= | grep -qx "$1"
}

zombies() {
    children stat= | grep -c '^Z'
}

has_zombies() { # at least
    [ "$(zombies)" -ge "$1" ]
}

has_no_zombie() {
    [ "$(zombies)" -eq 0 ]
}

say 'the exit status of a command is that of its container'
expect 0 init -- true
is ''
expect 3 init -- sh -c 'exit 3'
is ''
# shellcheck disable=SC2016 # the inner shell's own
expect 137 init -- sh -c 'kill -9 $$'
is ''
expect 127 init -- "$DIR/no-such-command"
matches 'essential program no-such-command cannot be started'
echo text >"$DIR/not-a-program"
expect 126 init -- "$DIR/not-a-program"

say 'its words are taken as they are'
# shellcheck disable=SC2016
expect 0 init -- printf '<%s>' 'a b' '' '%(here)s $HOME "' --
# shellcheck disable=SC2016
is '<a b><><%(here)s $HOME "><-->'

say 'standard input and output go through'
echo 'through and through' >"$DIR/in"
init -- cat <"$DIR/in" >"$DIR/1" 2>"$DIR/2"
is 'through and through' "$(cat "$DIR/1")"
init -- sh -c 'echo to stderr >&2; echo to stdout' >"$DIR/1" 2>"$DIR/2"
is 'to stdout' "$(cat "$DIR/1")"
is 'to stderr' "$(cat "$DIR/2")"

# A command that notes which signals come.
cat >"$DIR/signals.sh" <<EOF
for name in HUP USR1 USR2 WINCH ALRM CONT; do
    trap "echo \$name >>$DIR/signals" \$name
done
trap 'echo TERM >>$DIR/signals; exit 5' TERM
trap 'echo QUIT >>$DIR/signals; exit 6' QUIT
echo ready >>$DIR/signals
while :; do sleep 0.02; done # lint: polls
EOF
start_signals() {
    : >"$DIR/signals"
    start_init -- sh "$DIR/signals.sh"
    wait_for has_line "$DIR/signals" ready
}

say 'signals are for the command'
start_signals
for name in HUP USR1 USR2 WINCH ALRM CONT; do
    must kill "-$name" "$DAEMON_PID"
    wait_for has_line "$DIR/signals" "$name"
done
check kill -0 "$DAEMON_PID"

say 'an engine that is killed takes no command along, and the next hands signals on too'
engine=$(engine_pid)
command=$(children pid=,args= | sed -n 's/^ *\([0-9]*\) sh .*signals.sh$/\1/p')
must kill -KILL "$engine"
wait_for has_new_engine "$engine"
check kill -0 "$command"
: >"$DIR/signals"
must kill -USR1 "$DAEMON_PID"
wait_for has_line "$DIR/signals" USR1

say 'what ends it is the signal that came'
must kill -QUIT "$DAEMON_PID"
await_init
is 6 "$STATUS"
has_no TERM "$(cat "$DIR/signals")"
start_signals
must kill -TERM "$DAEMON_PID"
await_init
is 5 "$STATUS"

say 'a second one is handed on'
cat >"$DIR/twice.sh" <<EOF
trap 'trap "exit 7" TERM; echo once >$DIR/once' TERM
echo ready >$DIR/twice
while :; do sleep 0.02; done # lint: polls
EOF
start_init -- sh "$DIR/twice.sh"
wait_for has_text "$DIR/twice"
must kill -TERM "$DAEMON_PID"
wait_for has_text "$DIR/once"
must kill -TERM "$DAEMON_PID"
await_init
is 7 "$STATUS"

say 'a signal that the command dies of is told'
start_init -- sleep 1000
wait_for has_child_named sleep
must kill -TERM "$DAEMON_PID"
await_init
is 143 "$STATUS"

say 'halt and poweroff are TERM for the command'
start_signals
must kill -RTMIN+3 "$DAEMON_PID"
await_init
is 5 "$STATUS"
check has_line "$DIR/signals" TERM

say 'an end that an engine did not live to see has its exit status'
cat >"$DIR/until.sh" <<'EOF'
echo ready >"$1.ready"
until [ -e "$1" ]; do sleep 0.02; done # lint: polls
exit "$2"
EOF
start_init -- sh "$DIR/until.sh" "$DIR/go" 9
wait_for has_text "$DIR/go.ready"
engine=$(engine_pid)
command=$(children pid=,comm= | sed -n 's/^ *\([0-9]*\) sh$/\1/p')
must kill -STOP "$engine"
touch "$DIR/go"
wait_for is_gone "$command"
must kill -KILL "$engine"
await_init
is 9 "$STATUS"

say 'muster reaches it, and what is stopped on purpose has not ended'
start_init -- sleep 1000
wait_for in_state sleep RUNNING
expect 0 muster terminate sleep
expect 0 muster start sleep
wait_for in_state sleep RUNNING
sleep_pid=$(pid_of sleep)
expect 0 muster update
is "$sleep_pid" "$(pid_of sleep)"
expect 1 muster tail sleep
expect 0 muster reload
wait_for in_state sleep RUNNING
wait_for has_new_pid sleep "$sleep_pid"
expect 0 muster shutdown
await_init
is 143 "$STATUS"

say 'where nothing can be written it runs without a socket'
must mkdir "$DIR/empty"
cat >"$DIR/readonly.sh" <<'EOF'
mount --bind "$DIR/empty" /run && mount -o remount,bind,ro /run && exec "$@"
EOF
expect 4 unshare --pid --fork --mount-proc --kill-child sh "$DIR/readonly.sh" \
    "$MUSTERD" -- sh -c 'exit 4'
matches 'going on without a socket'

say 'a terminal is for the command to read, and so is its ^C'
cat >"$DIR/terminal.py" <<'EOF'
import os, pty, sys

def until(text):
    global seen
    while text not in seen:
        try:
            seen += os.read(master, 4096)
        except OSError:
            sys.exit("no %r in %r" % (text, seen))

seen = b""
pid, master = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
until(b"in front: True")
os.write(master, b"a line\n")
until(b"read: a line")
os.write(master, b"\x03")
until(b"interrupted")
_, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status))
EOF
cat >"$DIR/command.py" <<'EOF'
import os, signal, sys
print("in front:", os.tcgetpgrp(0) == os.getpgrp(), flush=True)
try:
    print("read:", sys.stdin.readline().strip(), flush=True)
    while True:
        signal.pause()
except KeyboardInterrupt:
    print("interrupted", flush=True)
    sys.exit(8)
EOF
# shellcheck disable=SC2086 # words
expect 8 timeout 60 python3 "$DIR/terminal.py" $INIT -- python3 "$DIR/command.py"

say 'and whoever has started it reads on when it has ended'
cat >"$DIR/afterwards.py" <<'EOF'
import os, pty, sys

pid, master = pty.fork()
if pid == 0:
    os.execvp("sh", ["sh", "-c", '"$0" -- true; read -r line; echo "got $line"', sys.argv[1]])
os.write(master, b"hello\n")
seen = b""
while b"got hello" not in seen:
    try:
        seen += os.read(master, 4096)
    except OSError:
        sys.exit("no line was read: %r" % seen)
EOF
expect 0 timeout 60 python3 "$DIR/afterwards.py" "$MUSTERD"

say 'with a configuration it is a supervisor like any other, and stays in the foreground'
MUSTER_SOCKET=$DIR/musterd.sock
configure <<EOF
[program:web]
command=$W on TERM exit 3 -- pause
autorestart=false
startsecs=0
essential=true

[program:flood]
command=$W on USR1 orphans 10000 say done -- pause
startsecs=0
stdout_logfile=$DIR/flood.log

[program:other]
command=sleep 1000
startsecs=0
EOF
start_init -c "$CONF"
wait_for in_state web RUNNING
wait_for in_state flood RUNNING

say 'ten thousand orphans are reaped'
: >"$DIR/flood.log"
expect 0 muster signal USR1 flood
expect 0 muster is-alive web
wait_for has_lines "$DIR/flood.log" 'done' 1
expect 0 muster is-alive web
wait_for has_no_zombie

say 'also those that come while no engine takes them'
engine=$(engine_pid)
web_pid=$(children pid=,args= | sed -n 's/^ *\([0-9]*\) .*exit 3 .*/\1/p')
flood_pid=$(children pid=,args= | sed -n 's/^ *\([0-9]*\) .*orphans.*/\1/p')
must kill -STOP "$engine"
must kill -USR1 "$flood_pid"
wait_for has_zombies 9000
must kill -KILL "$engine"
wait_for has_new_engine "$engine"
wait_for has_no_zombie
wait_for has_lines "$DIR/flood.log" 'done' 2

say 'and the workers are the same'
check kill -0 "$web_pid"
expect 0 muster is-alive web
expect 0 muster is-alive other

say 'the end of an essential program that an engine died of seeing ends all'
engine=$(engine_pid)
must kill -STOP "$engine"
must kill -TERM "$web_pid"
wait_for is_gone "$web_pid"
must kill -KILL "$engine"
await_init
is 3 "$STATUS"

say 'an end on request is 0'
start_init -n -c "$CONF"
wait_for in_state web RUNNING
must kill -PWR "$DAEMON_PID"
await_init
is 0 "$STATUS"

say 'a command beside the programs of a file'
start_init -c "$CONF" -- sh "$DIR/until.sh" "$DIR/enough" 11
wait_for in_state sh RUNNING
wait_for in_state web RUNNING
touch "$DIR/enough"
await_init
is 11 "$STATUS"

say 'the example for an image is right'
expect 0 "$MUSTERD" --check "$TOP/conf/examples/muster.conf"
has_no 'warning'
