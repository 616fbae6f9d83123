#!/bin/sh
# What a service manager is told through NOTIFY_SOCKET, in the words of sd_notify(3).
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

# Each message is a line, its parts separated by blanks; ends with this script.
cat >"$DIR/listen.py" <<'EOF'
import socket, sys
name, log = sys.argv[1:]
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("\0" + name[1:] if name[0] == "@" else name)
with open(log, "a", buffering=1) as out:
    print("listening", file=out)
    while True:
        print(s.recv(4096).decode().replace("\n", " "), file=out)
EOF

program() { # name
    printf '[program:%s]\ncommand=sleep 1000\nstartsecs=0\n' "$1"
}

for socket in "$DIR/notify.sock" "@$DIR"; do
    told=$DIR/told${socket%%[!@]*}
    python3 "$DIR/listen.py" "$socket" "$told" &
    listener=$!
    must until_true has_line "$told" '^listening$'

    say "at $socket: ready when it can be asked, with the pid of the guardian"
    { program one && program two; } | configure
    export NOTIFY_SOCKET="$socket"
    start_musterd
    unset NOTIFY_SOCKET
    wait_for has_line "$told" "^READY=1 MAINPID=$DAEMON_PID\$"
    wait_for has_line "$told" '^STATUS=.*2 running'

    say 'an update is a reload, with its time; ready again after it'
    before=$(count_lines "$told" '^READY=1')
    program one | configure
    expect 0 muster update
    wait_for has_line "$told" '^RELOADING=1 MONOTONIC_USEC=[0-9]+$'
    wait_for has_lines "$told" '^READY=1' $((before + 1))
    wait_for has_line "$told" '^STATUS=.*1 running'

    say 'the process that is started knows nothing of it'
    check sh -c "! grep -zq NOTIFY_SOCKET /proc/$(pid_of one)/environ"

    say 'the end is told'
    stop_musterd
    is 0 "$STATUS"
    wait_for has_line "$told" '^STOPPING=1'
    kill "$listener"
    wait "$listener"
done

say 'a manager that is gone, or has too long a name, harms nobody'
long=/$(printf '%0200d' 0)
for socket in "$DIR/gone.sock" "$long" relative; do
    export NOTIFY_SOCKET="$socket"
    start_musterd
    unset NOTIFY_SOCKET
    wait_for in_state one RUNNING
    stop_musterd
    is 0 "$STATUS"
done
