#!/bin/sh
# A process in the foreground: its output, our input, Ctrl-C, and its end as our own.
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

W=$HELPER/worker
configure <<EOF
[program:web]
command=$W say up pause
startsecs=0

[program:ended]
command=$W say one say two exit 5
startsecs=0
autorestart=false
EOF
start_musterd

# fg ARGUMENT...: `muster fg` in the background, as $CLIENT; it reads $DIR/in, a fifo.
mkfifo "$DIR/in"
fg() {
    # Python, since a shell has its background ignore SIGINT.
    python3 -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])' "$MUSTER" fg "$@" <"$DIR/in" >"$DIR/fg.out" 2>"$DIR/fg.err" &
    CLIENT=$!
    exec 7>"$DIR/in"
}
fg_exits() {
    exec 7>&-
    wait "$CLIENT"
    is "$1" $?
}
shows() { # text of a line
    has_line "$DIR/fg.out" "$1"
}

say 'what has ended is shown, and is our end too'
wait_for in_state ended EXITED
expect 5 sh -c "\"$MUSTER\" fg ended </dev/null"
is 'one
two'
expect 5 sh -c "\"$MUSTER\" fg -n 1 ended </dev/null"
is two
expect 4 muster fg nobody

say 'what is written is shown as it is, and what is read is sent'
muster run --name echo -- python3 -u -c '
import os, sys
print("ready> ", end="", flush=True)
for line in sys.stdin.buffer:
    os.write(1, b"got " + line)
    os.write(2, b"err\n")
    if line == b"end\n":
        sys.exit(9)
' >"$DIR/run.out"
fg echo
wait_for shows 'ready> $'
printf 'a\303\244\377\001b\n' >&7
wait_for has_line "$DIR/fg.err" err
printf 'end\n' >&7
fg_exits 9
printf 'ready> got a\303\244\377\001b\ngot end\n' >"$DIR/wanted"
check cmp "$DIR/wanted" "$DIR/fg.out"
is 'err
err' "$(cat "$DIR/fg.err")"

say 'much that is sent arrives whole'
head -c 300000 /dev/urandom >"$DIR/much"
muster run --name slow -- python3 -c '
import hashlib, os
left, digest = 300000, hashlib.sha256()
while left:
    data = os.read(0, min(left, 20000))
    digest.update(data)
    left -= len(data)
print(digest.hexdigest())
' >"$DIR/run.out"
fg slow
cat "$DIR/much" >&7
fg_exits 0
is "$(sha256sum <"$DIR/much" | cut -d' ' -f1)" "$(cat "$DIR/fg.out")"

say 'the end of what is sent is no end'
muster run --name sink -- "$W" on USR1 exit 3 -- say up pause >"$DIR/run.out"
fg sink
wait_for shows up
exec 7>&-
kill -USR1 "$(pid_of sink)"
fg_exits 3

say 'Ctrl-C goes to the process, and not to us'
muster run --name int -- "$W" on INT exit 12 -- say up pause >"$DIR/run.out"
fg int
wait_for shows up
kill -INT "$CLIENT"
fg_exits 12
muster run --name deaf -- "$W" ignore INT say up pause >"$DIR/run.out"
fg deaf
wait_for shows up
kill -INT "$CLIENT"
expect 0 muster stop deaf
fg_exits 143

say 'the engine is killed: the foreground goes on'
muster run --name on -- "$W" on USR1 exit 6 -- on USR2 say more -- say up pause >"$DIR/run.out"
fg on
wait_for shows up
engine=$(engine_pid)
kill -KILL "$engine"
wait_for has_new_engine "$engine"
follows() {
    kill -USR2 "$(pid_of on)"
    shows more
}
wait_for follows
kill -USR1 "$(pid_of on)"
fg_exits 6

say 'run in the foreground at once'
expect 8 sh -c "\"$MUSTER\" run --fg -- \"$W\" say one say two exit 8 </dev/null"
is 'one
two'
expect 1 muster run --fg -- /no/such/program

say 'what has no log cannot be shown'
muster run --name mute -o stdout_logfile=NONE -o stderr_logfile=NONE -- sleep 1000 >"$DIR/run.out"
expect 1 muster fg mute
matches 'mute has no stdout log'

say 'each line as JSON'
expect 5 sh -c "\"$MUSTER\" fg --json ended </dev/null"
is '{"name":"ended","stream":"stdout","data":"one\n"}
{"name":"ended","stream":"stdout","data":"two\n"}'
stop_musterd
