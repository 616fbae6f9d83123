#!/bin/sh
# musterd as a daemon: it returns when it is ready, or has failed; its pid file; its own user; and a stop
# that comes before everything was started.
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

write_config() {
    configure <<EOF
[supervisord]
pidfile=$DIR/musterd.pid
${1-}
[program:web]
command=sleep 1000
startsecs=0
${2-}
EOF
}

# Ends a daemon that is no child of this shell.
end_daemon() {
    kill -TERM "$1"
    wait_for is_gone "$1"
}

say 'musterd returns when it can be asked'
write_config
expect 0 "$MUSTERD" -c "$CONF"
is ''
expect 0 muster version
expect 0 muster pid
pid=$OUT
wait_for in_state web RUNNING

say 'its pid is in the pid file'
is "$pid" "$(cat "$DIR/musterd.pid")"

say 'it has let go of the terminal: a session of its own, and nothing of ours open'
is "$pid" "$(ps -o sid= -p "$pid" | tr -d ' ')"
is '/dev/null /dev/null /dev/null' "$(readlink "/proc/$pid/fd/0" "/proc/$pid/fd/1" "/proc/$pid/fd/2" | tr '\n' ' ' | sed 's/ $//')"

say 'a second one says that it failed'
expect 75 "$MUSTERD" -c "$CONF"
is "$pid" "$(cat "$DIR/musterd.pid")"
check in_state web RUNNING

say 'it ends on SIGTERM, with its pid file'
web=$(pid_of web)
end_daemon "$pid"
check is_gone "$web"
check [ ! -e "$DIR/musterd.pid" ]

say 'on SIGINT too'
expect 0 "$MUSTERD" -c "$CONF"
pid=$(muster pid)
kill -INT "$pid"
wait_for is_gone "$pid"

say 'a pid file that has another pid by now is not removed'
expect 0 "$MUSTERD" -c "$CONF"
pid=$(muster pid)
echo 1 >"$DIR/musterd.pid"
end_daemon "$pid"
is 1 "$(cat "$DIR/musterd.pid")"
rm "$DIR/musterd.pid"

say 'a file that cannot be used: an exit status, and the reason'
head -c 1000 /bin/sh >"$DIR/binary"
expect 2 "$MUSTERD" -c "$DIR/binary"
matches "$DIR/binary"
expect 2 "$MUSTERD" -c "$DIR/nowhere"
matches "$DIR/nowhere"

say 'a stop that comes while hundreds are still to be started'
write_config '' 'process_name=web_%(process_num)d
numprocs=300'
start_musterd
stop_musterd
is 0 "$STATUS"
is '' "$(leftovers)"
check [ ! -e "$DIR/musterd.pid" ]

say 'a stop at any moment of the start'
# Not by the shell: between its fork and exec it swallows a signal.
expect 0 python3 - "$MUSTERD" "$CONF" <<'EOF'
import signal, subprocess, sys, time
for moment in range(20):
    daemon = subprocess.Popen([sys.argv[1], "-n", "-c", sys.argv[2]], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    time.sleep(moment * 0.002)
    daemon.send_signal(signal.SIGTERM)
    status = daemon.wait(20)
    # Before there is a guardian the signal simply ends what there is.
    if status not in (0, -signal.SIGTERM):
        sys.exit(f"{status} where told after {moment * 2} ms")
EOF
# Who looked at the configuration for a daemon that is gone ends right after it.
nothing_is_left() { [ -z "$(leftovers)" ]; }
wait_for nothing_is_left
check [ ! -e "$MUSTER_SOCKET" ]

say 'nodaemon=true stays'
write_config nodaemon=true
"$MUSTERD" -c "$CONF" >>"$DIR/musterd.out" 2>&1 &
DAEMON_PID=$!
wait_for muster version
is "$DAEMON_PID" "$(muster pid)"
stop_musterd
is 0 "$STATUS"

# What follows is for root.
[ "$(id -u)" -eq 0 ] || exit 0

say '[supervisord] user=: guardian, engine and processes are that user, with no group of root left'
chmod 755 "$DIR"
mkdir "$DIR/own"
chown nobody "$DIR/own"
MUSTER_SOCKET=$DIR/own/musterd.sock
cat >"$CONF" <<EOF
[supervisord]
user=nobody
logfile=$DIR/own/musterd.log
pidfile=$DIR/own/musterd.pid
childlogdir=$DIR/own
[musterd]
socket=$MUSTER_SOCKET
run_dir=$DIR/own/run
state_dir=$DIR/own/state
[program:web]
command=sleep 1000
startsecs=0
EOF
start_under setpriv --groups=0,4,27 --
wait_for in_state web RUNNING
uid=$(id -u nobody)
gid=$(id -g nobody)
for pid in "$DAEMON_PID" "$(engine_pid)" "$(pid_of web)"; do
    is "$uid $uid $uid $uid" "$(sed -n 's/^Uid:\t//p' "/proc/$pid/status" | tr '\t' ' ')"
    is "$gid $gid $gid $gid" "$(sed -n 's/^Gid:\t//p' "/proc/$pid/status" | tr '\t' ' ')"
    is "$(id -G nobody)" "$(sed -n 's/^Groups:\t//p' "/proc/$pid/status" | sed 's/ *$//')"
    is 0000000000000000 "$(sed -n 's/^CapEff:\t//p' "/proc/$pid/status")"
done
is nobody "$(stat -c %U "$DIR/own/musterd.log")"
is nobody "$(stat -c %U "$DIR/own/musterd.pid")"
stop_musterd
is 0 "$STATUS"

say 'a user that does not exist: the daemon does not start'
sed -i 's/^user=nobody/user=there-is-no-such-user/' "$CONF"
expect 2 timeout 20 "$MUSTERD" -n -c "$CONF"
matches 'there-is-no-such-user'
expect 2 timeout 20 "$MUSTERD" -c "$CONF"
