#!/bin/sh
# The checks, inside the machine that tests/systemd/run.sh boots. Each wait has a deadline.
set -u
# shellcheck source=tests/tap.sh
. /muster-test/tap.sh
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH
WAIT_SECONDS=15

property() { # name of a property of the unit
    systemctl show -P "$1" musterd.service
}
property_has() { # property, extended regular expression
    property "$1" | grep -Eq -- "$2"
}
has_state() { # program, STATE
    muster status "$1" | grep -q "$2"
}
parent_of() {
    awk '/^PPid:/ { print $2 }' "/proc/$1/status"
}
is_gone() {
    ! [ -d "/proc/$1" ]
}
engine_pid() {
    pgrep -P "$(property MainPID)" -x 'musterd: engine'
}
engine_is_not() {
    _pid=$(engine_pid) && [ "$_pid" != "$1" ]
}
stops() { # the order of the last three stops
    tail -n 3 /muster-test/stops | cut -d' ' -f1 | tr '\n' ' '
}

say 'systemd likes the unit'
expect 0 systemd-analyze verify --man=no musterd.service
is ''

say 'boot starts it, as it is enabled'
wait_for systemctl is-active musterd
expect 0 systemctl is-enabled musterd
expect 0 muster version
for name in first middle last; do
    wait_for has_state "$name" RUNNING
done

say 'the directories and the group are there'
check getent group muster
check [ -d /run/muster ]
check [ -S /run/muster/musterd.sock ]
check [ -d /var/lib/muster ]
check [ -d /var/log/muster ]

say 'the installed configuration was left alone'
check grep -q program:middle /etc/muster/muster.conf

say 'the main process is the guardian'
main=$(property MainPID)
expect 0 muster pid first
first=$OUT
is "$main" "$(parent_of "$first")"
engine=$(engine_pid)
is "$main" "$(parent_of "$engine")"

say 'it tells its status'
wait_for property_has StatusText '3 running'

if command -v varlinkctl >/dev/null; then
    # shellcheck source=tests/systemd/varlink.sh
    . /muster-test/varlink.sh
    first=$(muster pid first)
fi

say 'an engine that is killed is none of systemd'\''s business'
kill -KILL "$engine"
wait_for engine_is_not "$engine"
wait_for muster version
expect 0 systemctl is-active musterd
is "$main" "$(property MainPID)"
expect 0 muster pid first
is "$first"

say 'reload is an update'
mkdir -p /etc/muster/conf.d
cat >/etc/muster/conf.d/more.conf <<'EOF'
[program:more]
command=sleep 1000
startsecs=0
EOF
expect 0 systemctl reload musterd
wait_for has_state more RUNNING
expect 0 muster pid first
is "$first"
is "$main" "$(property MainPID)"
expect 0 systemctl is-active musterd
wait_for property_has StatusText '4 running'

say 'a reload that takes something away'
rm /etc/muster/conf.d/more.conf
expect 0 systemctl reload musterd
expect 4 muster is-alive more
expect 0 muster pid first
is "$first"

say 'stop ends the workers in order, and in time'
began=$(date +%s)
expect 0 systemctl stop musterd
check [ $(($(date +%s) - began)) -lt 10 ]
is 'last middle first ' "$(stops)"
check is_gone "$first"
check is_gone "$main"
is success "$(property Result)"
expect 5 muster version

say 'start returns when it is ready'
expect 0 systemctl start musterd
expect 0 muster version
main=$(property MainPID)

say 'a guardian that is killed is started again, and takes over what runs'
wait_for has_state first RUNNING
muster pid first >/tmp/before
kill -KILL "$main"
main_is_new() {
    _pid=$(property MainPID) && [ "$_pid" != 0 ] && [ "$_pid" != "$main" ] && muster version
}
wait_for main_is_new
wait_for has_state first RUNNING
is "$(cat /tmp/before)" "$(muster pid first)"
is 1 "$(pgrep -fc '^/bin/sh /muster-test/worker.sh first')"
is 0 "$(property NFileDescriptorStore)"

say 'a restart with keep_workers=true keeps the processes, and every line that they write meanwhile'
cp /etc/muster/muster.conf /tmp/muster.conf
cat >>/etc/muster/muster.conf <<'EOF'

[program:counter]
command=/muster-test/worker-counts.sh
stdout_logfile=/var/log/muster/counter.log

[program:words]
command=/muster-test/worker-speaks.sh
startsecs=0
autorestart=false
stdout_logfile=/var/log/muster/words.log

[musterd]
keep_workers=true
EOF
pids_now() {
    for _name in first middle last counter words; do
        muster pid "$_name"
    done
}
must systemctl restart musterd
wait_for has_state counter RUNNING
wait_for has_state words RUNNING
main=$(property MainPID)
pids_now >/tmp/before
must systemctl restart musterd
wait_for main_is_new
is "$(cat /tmp/before)" "$(pids_now)"
is 0 "$(property NFileDescriptorStore)"

say 'and so it is with what a process writes last, while no musterd is there'
main=$(property MainPID)
words=$(muster pid words)
mkdir -p /run/systemd/system/musterd.service.d
printf '[Service]\nRestart=always\nRestartSec=3\n' >/run/systemd/system/musterd.service.d/slow.conf
must systemctl daemon-reload
kill -KILL "$main"
wait_for is_gone "$main"
kill -USR1 "$words"
wait_for is_gone "$words"
wait_for main_is_new
wait_for has_state counter RUNNING
wait_for has_line /var/log/muster/words.log 'the last word'
must muster terminate counter
is_in_order() {
    seq 1 "$(wc -l <"$1")" | cmp -s - "$1"
}
check is_in_order /var/log/muster/counter.log
rm /run/systemd/system/musterd.service.d/slow.conf
cp /tmp/muster.conf /etc/muster/muster.conf
must systemctl daemon-reload
must muster shutdown
must systemctl restart musterd
wait_for has_state first RUNNING
main=$(property MainPID)

say 'the watchdog is fed while the engine answers, and an engine that hangs costs nobody anything'
mkdir -p /run/systemd/system/musterd.service.d
printf '[Service]\nWatchdogSec=3\n' >/run/systemd/system/musterd.service.d/watchdog.conf
printf '\n[musterd]\nengine_timeout=1\n' >>/etc/muster/muster.conf
must systemctl daemon-reload
must systemctl restart musterd
wait_for has_state first RUNNING
main=$(property MainPID)
muster pid first >/tmp/before
fed=$(property WatchdogTimestampMonotonic)
was_fed_again() {
    [ "$(property WatchdogTimestampMonotonic)" -gt "$fed" ]
}
wait_for was_fed_again
engine=$(engine_pid)
kill -STOP "$engine"
wait_for is_gone "$engine"
wait_for has_state first RUNNING
is "$main" "$(property MainPID)"
is "$(cat /tmp/before)" "$(muster pid first)"
rm /run/systemd/system/musterd.service.d/watchdog.conf
must systemctl daemon-reload
must systemctl restart musterd
wait_for has_state first RUNNING

say 'for a user'
useradd -m worker
mkdir -p /home/worker/.config/muster
cat >/home/worker/.config/muster/muster.conf <<'EOF'
[program:mine]
command=sleep 1000
startsecs=0
EOF
chown -R worker: /home/worker/.config
as_worker() {
    runuser -u worker -- env XDG_RUNTIME_DIR="/run/user/$(id -u worker)" "$@"
}
expect 0 systemctl start "user@$(id -u worker).service"
expect 0 as_worker systemctl --user start musterd
expect 0 as_worker muster is-alive mine
expect 0 as_worker muster pid mine
is "$(id -u worker)" "$(stat -c %u "/proc/$OUT")"
expect 0 as_worker systemctl --user stop musterd

finish_checks
echo '# end'
