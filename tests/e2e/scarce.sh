#!/bin/sh
# A full disk, and no more processes to be had: what needs them waits or fails by itself, the rest runs,
# and with room again all goes on.
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

W=$HELPER/worker
if [ "$(id -u)" -ne 0 ]; then
    say 'a machine with little left'
    skip 'only root can make one'
fi

# A view of the machine in which $DIR/disk has 256 KB, 200 of them taken.
mkdir "$DIR/disk"
cat >"$DIR/small-disk.sh" <<'EOF'
set -e
mount -t tmpfs -o size=256k none "$DIR/disk"
head -c 200000 /dev/zero >"$DIR/disk/filler"
exec "$@"
EOF
on_disk() { # file, as the daemon sees it
    echo "/proc/$DAEMON_PID/root$DIR/disk/$1"
}
has_all() {
    [ "$(wc -l <"$(on_disk full.log)")" -eq 20000 ]
}

if unshare -m sh "$DIR/small-disk.sh" true 2>"$DIR/unshare.err"; then
    say 'a log on a full disk: said once, and nobody else is delayed'
    configure <<EOF
[program:talks]
command=$W count 20000 pause
stdout_logfile=$DIR/disk/full.log
stdout_logfile_maxbytes=0
startsecs=0

[program:other]
command=$W say here pause
stdout_logfile=$DIR/other.log
startsecs=0
EOF
    start_under unshare -m sh "$DIR/small-disk.sh" --
    wait_for log_has 'cannot write log .*/disk/full\.log: No space left on device; trying again'
    wait_for has_line "$DIR/other.log" here
    expect 0 muster restart other
    wait_for has_lines "$DIR/other.log" here 2
    expect 0 muster is-alive talks

    say 'with room again the rest comes, and nothing is lost'
    must rm "$(on_disk filler)"
    wait_for log_has 'log .*/disk/full\.log takes bytes again'
    wait_for has_all
    seq 20000 >"$DIR/wanted"
    check cmp "$DIR/wanted" "$(on_disk full.log)"
    is 1 "$(count_lines "$DIR/musterd.log" 'cannot write log')"
    stop_musterd
    is 0 "$STATUS"

    say 'the log of the daemon on a full disk: it runs on, and says later what is missing'
    configure <<EOF
[program:other]
command=sleep 1000
startsecs=0
EOF
    sed "s|^logfile=.*|logfile=$DIR/disk/own.log|" "$CONF" >"$DIR/new.conf"
    mv "$DIR/new.conf" "$CONF"
    start_under unshare -m sh "$DIR/small-disk.sh" --
    wait_for in_state other RUNNING
    head -c 100000 /dev/zero >"$(on_disk filler-too)" 2>"$DIR/full.err"
    check grep -q 'No space left' "$DIR/full.err"
    # A page that is begun has room for some lines.
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do
        muster restart other >"$DIR/restart.out" || not_ok 'a restart'
    done
    must rm "$(on_disk filler)"
    expect 0 muster restart other
    wait_for has_line "$(on_disk own.log)" '[0-9]+ lines of this log could not be written'
    stop_musterd
    is 0 "$STATUS"
else
    echo "# no small disk: $(head -n 1 "$DIR/unshare.err")"
fi

say 'no more processes: that start fails by itself, with its reason, and is tried again'
# A user of whom nothing else runs, and who may have four: the daemon is two of them.
user=54321
rm -rf "$DIR/run" "$DIR/state" "$DIR/musterd.log"
cp "$MUSTERD" "$DIR/musterd"
MUSTERD=$DIR/musterd
configure <<EOF
[program:a]
command=sleep 1000
startsecs=0
priority=1

[program:b]
command=sleep 1000
startsecs=0
priority=2

[program:c]
command=sleep 1000
startsecs=0
startretries=1
priority=3
EOF
chown -R "$user:$user" "$DIR"
start_under prlimit --nproc=4:4 setpriv "--reuid=$user" "--regid=$user" --clear-groups --
wait_for in_state a RUNNING
wait_for in_state b RUNNING
wait_for in_state c FATAL
expect 3 muster status c
matches 'creating the process: Resource temporarily unavailable'
expect 0 muster is-alive a
is "$user" "$(stat -c %u "/proc/$(pid_of a)")"

say 'and works when there is one more'
expect 0 muster stop a
expect 0 muster start c
expect 0 muster is-alive c
expect 1 muster start a
wait_for in_state a FATAL
expect 0 muster is-alive c
stop_musterd
is 0 "$STATUS"
