#!/bin/sh
# More programs than descriptors: what does not fit says so and is tried again, callers are served or turned
# away, never kept waiting, and nobody else is harmed.
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

say 'few descriptors: what does not fit is refused in words, and the rest runs'
configure <<EOF
[supervisord]
minfds=40
[program:first]
command=sleep 1000
startsecs=0
priority=1
[program:many]
command=sleep 1000
process_name=%(program_name)s_%(process_num)02d
numprocs=60
startsecs=0
startretries=1
EOF
start_under prlimit --nofile=100:100 --
wait_for in_state first RUNNING
gave_up() { muster status 'many:*' | grep -q 'FATAL .*Too many open files'; }
wait_for gave_up
check in_state first RUNNING
expect 0 muster is-alive first

say 'callers that find no descriptor left are turned away, not kept waiting, and the daemon lives'
expect 0 python3 - "$MUSTER_SOCKET" <<'EOF'
import socket, sys
held = []
for _ in range(150):
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(20)
    client.connect(sys.argv[1])
    held.append(client)
ask = b'{"method":"org.muster.Process.IsAlive","parameters":{"name":"first"}}\0'
ended = 0
for client in held:
    try:
        client.sendall(ask)
        ended += not client.recv(4096)
    except ConnectionError:
        ended += 1
print(ended, "were turned away")
EOF
matches 'were turned away'
wait_for muster is-alive first

say 'when there is room again, they start'
expect 3 muster stop all
expect 0 muster start many:many_00 many:many_05
expect 0 muster start first
stop_musterd
is 0 "$STATUS"
