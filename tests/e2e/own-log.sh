#!/bin/sh
# The daemon's own log: levels, rotation, where it goes when it cannot go where it should.
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

STAMP='^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2},[0-9]{3}'

# The [supervisord] section is each test's own.
own_configure() {
    configure
    { sed 1,3d "$CONF" && printf '[supervisord]\nchildlogdir=%s\n' "$DIR" && printf '%s\n' "$@"; } \
        >"$DIR/new.conf"
    mv "$DIR/new.conf" "$CONF"
}
worker() {
    printf '[program:w]\ncommand=sleep 1000\nstartsecs=0\n'
}
log=$DIR/own.log

say 'a line has its time, its level and what happened'
worker | own_configure "logfile=$log"
start_musterd
wait_for has_line "$log" "$STAMP INFO musterd started with pid $DAEMON_PID\$"
wait_for has_line "$log" "$STAMP INFO spawned: 'w' with pid $(pid_of w)\$"
wait_for cmp "$log" "$DIR/musterd.out" # in the foreground both are told
stop_musterd
is 0 "$STATUS"

say 'a level keeps what is below it away'
rm -f "$log"
worker | own_configure "logfile=$log" loglevel=warn
start_musterd
wait_for in_state w RUNNING
stop_musterd
check has_line "$log" ' WARN received SIGTERM'
check sh -c "! grep -q INFO '$log'"

say 'silent: nothing on the terminal'
rm -f "$log" "$DIR/musterd.out"
worker | own_configure "logfile=$log" silent=true
start_musterd
wait_for in_state w RUNNING
stop_musterd
check has_line "$log" 'INFO musterd started'
is '' "$(cat "$DIR/musterd.out")"

say 'by size it is rotated, with so many backups, and no line is torn'
rm -f "$log"
worker | own_configure "logfile=$log" logfile_maxbytes=2KB logfile_backups=2
start_musterd
rounds=0
while [ ! -e "$log.2" ] && [ $rounds -lt 100 ]; do
    muster restart w >"$DIR/restart.out" 2>&1
    rounds=$((rounds + 1))
done
check [ -e "$log.2" ]
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    muster restart w >"$DIR/restart.out" 2>&1
done
stop_musterd
check [ ! -e "$log.3" ]
for file in "$log" "$log.1" "$log.2"; do
    is 0 "$(grep -Evc "$STAMP [A-Z]+ " "$file")"
    check [ "$(stat -c %s "$file")" -le 2200 ]
done

say 'a file that cannot be opened: said, and the terminal has all'
rm -f "$DIR/musterd.out"
mkdir "$DIR/own.d"
worker | own_configure "logfile=$DIR/own.d" silent=true
start_musterd
wait_for has_line "$DIR/musterd.out" 'cannot open logfile .*/own\.d: Is a directory'
wait_for has_line "$DIR/musterd.out" "spawned: 'w'"
stop_musterd
is 0 "$STATUS"

say 'what is no file of its own is written once'
rm -f "$DIR/musterd.out"
worker | own_configure logfile=/dev/stdout
start_musterd
stop_musterd
is 1 "$(count_lines "$DIR/musterd.out" 'musterd started')"

# A private view of the machine, with a /dev of its own that has no log.
cat >"$DIR/private.sh" <<'EOF'
set -e
mkdir -p "$DIR/dev"
mount --bind /dev "$DIR/dev"
mount -t tmpfs none /dev
for device in null zero urandom tty; do
    : >"/dev/$device"
    mount --bind "$DIR/dev/$device" "/dev/$device"
done
ln -s /proc/self/fd/1 /dev/stdout
ln -s "$DIR/dev-log" /dev/log
exec "$@"
EOF
if ! unshare -m sh "$DIR/private.sh" true 2>"$DIR/unshare.err"; then
    say 'a private view of the machine'
    skip "not allowed here: $(head -n 1 "$DIR/unshare.err")"
fi

say 'syslog: each line is a message of the daemon'
python3 - "$DIR/dev-log" "$DIR/messages" <<'EOF' &
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
with open(sys.argv[2], "a", buffering=1) as out:
    while True:
        print(s.recv(65536).decode(), file=out)
EOF
listener=$!
must until_true [ -S "$DIR/dev-log" ]
rm -f "$DIR/musterd.out"
worker | own_configure logfile=syslog silent=true
start_under unshare -m sh "$DIR/private.sh" --
wait_for has_line "$DIR/messages" "^<[0-9]+>musterd\[[0-9]+\]: .*spawned: 'w' with pid [0-9]+\$"
is '' "$(cat "$DIR/musterd.out")"

say 'a system log that is gone stops nobody'
kill "$listener"
wait "$listener"
rm -f "$DIR/dev-log"
expect 0 muster restart w
expect 0 muster is-alive w
stop_musterd
is 0 "$STATUS"

say 'no system log at all: said on the terminal'
rm -f "$DIR/musterd.out"
start_under unshare -m sh "$DIR/private.sh" --
wait_for has_line "$DIR/musterd.out" 'cannot open logfile syslog'
stop_musterd

cat >"$DIR/small-disk.sh" <<'EOF'
set -e
mkdir -p "$DIR/disk"
mount -t tmpfs -o size=256k none "$DIR/disk"
head -c 200000 /dev/zero >"$DIR/disk/filler"
exec "$@"
EOF
on_disk() { # file, as the daemon sees it
    echo "/proc/$DAEMON_PID/root$DIR/disk/$1"
}

say 'on a full disk the daemon runs on, and says later what is missing'
worker | own_configure "logfile=$DIR/disk/own.log"
start_under unshare -m sh "$DIR/small-disk.sh" --
wait_for in_state w RUNNING
head -c 100000 /dev/zero >"$(on_disk filler-too)" 2>"$DIR/full.err"
check [ -s "$DIR/full.err" ] # it did not fit
# A page that is begun has room for some lines.
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do
    muster restart w >"$DIR/restart.out" || not_ok 'a restart'
done
must rm "$(on_disk filler)"
expect 0 muster restart w
wait_for has_line "$(on_disk own.log)" '[0-9]+ lines of this log could not be written'
stop_musterd
is 0 "$STATUS"
