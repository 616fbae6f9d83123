#!/bin/sh
# The file of the socket: a stale one is replaced, a live one never, a deleted one is made again.
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

configure <<EOF
[program:web]
command=sleep 1000
startsecs=0
EOF

say 'a socket that a killed daemon left behind is replaced'
python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$MUSTER_SOCKET"
check [ -S "$MUSTER_SOCKET" ]
expect 5 muster status
start_musterd
wait_for in_state web RUNNING
pid=$(pid_of web)

say 'it is for the owner alone'
is 600 "$(stat -c %a "$MUSTER_SOCKET")"

say 'a second daemon refuses, says who is there, and harms nobody'
expect 75 timeout 20 "$MUSTERD" -n -c "$CONF"
matches "$MUSTER_SOCKET: pid [0-9]+ serves this socket already; stop it or choose another socket"
has_no "spawned: 'web'"
check in_state web RUNNING
is "$pid" "$(pid_of web)"
check [ -S "$MUSTER_SOCKET" ]

say 'nor does it write a pid file over that of the first'
printf '[supervisord]\npidfile=%s/musterd.pid\n' "$DIR" >>"$CONF"
echo 1 >"$DIR/musterd.pid"
expect 75 timeout 20 "$MUSTERD" -n -c "$CONF"
is 1 "$(cat "$DIR/musterd.pid")"

is_back() { [ -S "$MUSTER_SOCKET" ] && "$MUSTER" version; }
say 'a socket that was deleted is made again, and nobody who is connected notices'
"$MUSTER" join web >"$DIR/join" &
waiter=$!
wait_for has_client
rm "$MUSTER_SOCKET"
wait_for is_back
is "$pid" "$(pid_of web)"
check log_has "socket $MUSTER_SOCKET was removed or replaced; making it anew"

say 'with its lock too'
rm "$MUSTER_SOCKET" "$MUSTER_SOCKET.lock"
wait_for is_back
expect 75 timeout 20 "$MUSTERD" -n -c "$CONF"
matches 'serves this socket already'

say 'or moved away'
mv "$MUSTER_SOCKET" "$DIR/elsewhere"
wait_for is_back
expect 0 muster stop web
wait "$waiter"
is -15 "$(cat "$DIR/join")"

say 'an engine that starts again has the same socket'
engine=$(engine_pid)
inode=$(stat -c %i "$MUSTER_SOCKET")
kill -KILL "$engine"
wait_for has_new_engine "$engine"
is "$inode" "$(stat -c %i "$MUSTER_SOCKET")"

say 'and makes it again where it was deleted meanwhile'
engine=$(engine_pid)
kill -STOP "$engine"
rm "$MUSTER_SOCKET"
kill -KILL "$engine"
wait_for is_back
wait_for has_new_engine "$engine"

say 'it is gone with the daemon'
stop_musterd
is 0 "$STATUS"
check [ ! -e "$MUSTER_SOCKET" ]

say 'what is no socket is not removed'
echo precious >"$MUSTER_SOCKET"
expect 2 timeout 20 "$MUSTERD" -n -c "$CONF"
matches "$MUSTER_SOCKET"
is precious "$(cat "$MUSTER_SOCKET")"
rm "$MUSTER_SOCKET"

say 'a place where none can be'
sed -i "s|^socket=.*|socket=$DIR/nowhere/deeper/musterd.sock|" "$CONF"
expect 2 timeout 20 "$MUSTERD" -n -c "$CONF"
matches "$DIR/nowhere/deeper"
sed -i "s|^socket=.*|socket=$DIR/$(printf '%0200d' 0)|" "$CONF"
expect 2 timeout 20 "$MUSTERD" -n -c "$CONF"
matches 'choose a shorter'

say 'mode and owner as they are asked for'
configure <<EOF
[musterd]
socket_mode=0660
$([ "$(id -u)" -ne 0 ] || echo socket_owner=root:games)
EOF
start_musterd
is 660 "$(stat -c %a "$MUSTER_SOCKET")"
if [ "$(id -u)" -eq 0 ]; then
    is root:games "$(stat -c %U:%G "$MUSTER_SOCKET")"
fi
