#!/bin/sh
# Another binary takes the place of guardian and engine: no process notices, and nothing is forgotten.
# One that cannot do so is refused, and everything stays as it is.
# plain build too
# seconds: 180
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

W=$HELPER/worker
cat >"$DIR/counter.py" <<EOF
import sys, time
n = 0
while True:
    n += 1
    print(n)
    if n % 50 == 0:
        time.sleep(0.005)
EOF
configure <<EOF
[program:web]
command=$W pause
startsecs=0

[program:ends]
command=$W on USR1 exit 9 -- pause
autorestart=false
startsecs=0

[program:slow]
command=$W pause
startsecs=4

[program:off]
command=$W pause
autostart=false

[program:counter]
command=python3 -u $DIR/counter.py
startsecs=0
stdout_logfile=$DIR/counter.log
stdout_logfile_maxbytes=40KB
stdout_logfile_backups=1000
EOF
mkdir "$DIR/bin"
cp "$MUSTERD" "$DIR/bin/musterd"
MUSTERD=$DIR/bin/musterd
version=$("$MUSTERD" -v)
other=$(echo "$version" | tr '0-9' '1-90')

# A binary that is like ours but for what it says its version is.
make_other() { # file, version it has, version it is to have
    python3 - "$1" "$2" "$3" <<'EOF'
import os, sys
path, before, after = sys.argv[1], *(word.encode() + b"\0" for word in sys.argv[2:])
data = open(path, "rb").read()
assert before in data and len(before) == len(after)
with open(path + ".new", "wb") as file:
    file.write(data.replace(b"\0" + before, b"\0" + after))
os.chmod(path + ".new", 0o755)
os.rename(path + ".new", path)
EOF
}

call() { # method, parameters as JSON: the reply
    python3 - "$MUSTER_SOCKET" "$1" "${2-{\}}" <<'EOF'
import json, socket, sys
with socket.socket(socket.AF_UNIX) as s:
    s.settimeout(30)
    s.connect(sys.argv[1])
    s.sendall(json.dumps({"method": sys.argv[2], "parameters": json.loads(sys.argv[3])}).encode() + b"\0")
    reply = b""
    while not reply.endswith(b"\0"):
        piece = s.recv(65536)
        if not piece:
            sys.exit("the connection ended")
        reply += piece
    print(reply[:-1].decode())
EOF
}
upgrade() {
    call org.muster.Manager.Upgrade
}
status_has() { # key, value
    call org.muster.Manager.Status | grep -q "\"$1\":\"\{0,1\}$2\"\{0,1\}[,}]"
}
# All that was logged, in order: backups count down to the log itself.
counted() {
    for _number in $(seq 1000 -1 1); do
        [ ! -e "$DIR/counter.log.$_number" ] || cat "$DIR/counter.log.$_number"
    done
    cat "$DIR/counter.log"
}
is_in_order() {
    counted | awk '$1 != NR { print "line " NR " is " $1; exit 1 }'
}

start_musterd
wait_for in_state web RUNNING
wait_for in_state ends RUNNING
wait_for has_text "$DIR/counter.log"
guardian=$DAEMON_PID
pids="$(pid_of web) $(pid_of ends) $(pid_of slow) $(pid_of counter)"
pids_now() {
    echo "$(pid_of web) $(pid_of ends) $(pid_of slow) $(pid_of counter)"
}

"$MUSTER" run --name owned --daemon -- sleep 1000 >"$DIR/owned.out" 2>&1 &
owner=$!
wait_for in_state owned RUNNING
owned=$(pid_of owned)

say 'another binary takes over'
make_other "$MUSTERD" "$version" "$other"
engine=$(engine_pid)
matches "\"version\":\"$other\"" "$(upgrade)"
wait_for has_new_engine "$engine"
check status_has version "$other"
check status_has engine_reason upgrade
check status_has guardian_pid "$guardian"
check kill -0 "$guardian"
is "$(readlink "/proc/$guardian/exe")" "$MUSTERD"

say 'no process notices'
is "$pids" "$(pids_now)"
check in_state slow STARTING
check in_state off STOPPED

say 'what belongs to a client stays, and ends with that client'
is "$owned" "$(pid_of owned)"
kill -KILL "$owner"
wait_for is_gone "$owned"

say 'what ends later is seen with its status'
must muster signal USR1 ends
wait_for in_state ends EXITED
is 9 "$(muster exitcode ends)"

say 'descriptors come along, and no more of them each time'
count_fds() {
    find "/proc/$guardian/fd" -mindepth 1 | wc -l
}
before=$(count_fds)
for round in 1 2 3 4 5; do
    engine=$(engine_pid)
    [ $((round % 2)) = 0 ] && make_other "$MUSTERD" "$version" "$other"
    [ $((round % 2)) = 1 ] && make_other "$MUSTERD" "$other" "$version"
    matches '"version":"' "$(upgrade)"
    wait_for has_new_engine "$engine"
done
is "$before" "$(count_fds)"

say 'an engine that dies after an upgrade is followed by another, as before'
engine=$(engine_pid)
must kill -KILL "$engine"
wait_for has_new_engine "$engine"
check status_has engine_reason crash

say 'a binary that cannot take over is refused'
engine=$(engine_pid)
refuses() { # what it says
    matches UpgradeRefused "$OUT"
    matches "$1" "$OUT"
    is "$engine" "$(engine_pid)"
}
pretend() { # what it does
    cp "$HELPER/pretender" "$MUSTERD.new"
    mv "$MUSTERD.new" "$MUSTERD"
    echo "$1" >"$MUSTERD.answer"
    OUT=$(upgrade)
}
pretend 'say 9.9.9 999'
refuses 'reads ledgers of version 999'
pretend 'say hello'
refuses 'does not say which ledger it reads'
pretend 'say 9.9.9 2 and more'
refuses 'does not say which ledger it reads'
pretend 'exit 3'
refuses 'exit status 3'
pretend 'signal 15'
refuses 'signal 15'
pretend 'hang'
refuses 'signal 9'
rm "$MUSTERD"
OUT=$(upgrade)
refuses 'No such file'
printf '#!/bin/sh\necho 9.9.9 2\n' >"$MUSTERD"
OUT=$(upgrade)
refuses 'Exec format error'
cp "$HELPER/pretender" "$MUSTERD"
chmod 644 "$MUSTERD"
OUT=$(upgrade)
refuses 'Permission denied'
rm "$MUSTERD"

say 'nothing was lost or doubled of what was written meanwhile'
must muster terminate counter
check is_in_order
check [ "$(counted | wc -l)" -gt 1000 ]

say 'and the end is as ever'
stop_musterd
is 0 "$STATUS"
