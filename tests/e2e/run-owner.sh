#!/bin/sh
# What ends with a client's connection, and what does not: a plain run is nobody's.
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

configure </dev/null
start_musterd

# Each line: a connection of its own, with a call for each word; then it is closed.
cat >"$DIR/run.py" <<'EOF'
import json, socket, sys

def call(s, name, daemon):
    s.sendall(json.dumps({"method": "org.muster.Process.Run",
                          "parameters": {"name": name, "command": ["sleep", "1000"], "daemon": daemon}}).encode() + b"\0")
    reply = b""
    while not reply.endswith(b"\0"):
        reply += s.recv(4096)
    assert "pid" in json.loads(reply[:-1])["parameters"], reply

for words in sys.argv[2:]:
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(sys.argv[1])
        for word in words.split(","):
            call(s, word, word.startswith("owned"))
EOF
run_by() {
    must python3 "$DIR/run.py" "$MUSTER_SOCKET" "$@"
}

say 'a plain one goes on where an owned one of the same connection ends'
run_by owned0,plain0
wait_for in_state owned0 STOPPED
check in_state plain0 RUNNING

say 'nor does it end with any later connection'
for i in 1 2 3 4 5 6 7 8; do
    run_by "plain$i" "owned$i"
    wait_for in_state "owned$i" STOPPED
done
for i in 0 1 2 3 4 5 6 7 8; do
    check in_state "plain$i" RUNNING
done
