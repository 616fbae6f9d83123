#!/bin/sh
# What a process finds when it starts: its user, place, environment, descriptors, limits, group;
# as the kernel tells it of a program that changes none of them.
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

# status_of NAME FIELD: from /proc/PID/status, with single blanks.
status_of() {
    sed -n "s/^$2:[[:space:]]*//p" "/proc/$(pid_of "$1")/status" | tr -s '\t ' ' ' | sed 's/ $//'
}

has_variable() { # name, NAME=value
    check grep -zqxF -- "$2" "/proc/$(pid_of "$1")/environ"
}

limit_of() { # name: of open files, soft and hard
    sed -n 's/^Max open files  *\([0-9]*\)  *\([0-9]*\) .*/\1 \2/p' "/proc/$(pid_of "$1")/limits"
}

mkdir "$DIR/place"
configure <<EOF
[program:plain]
command=sleep 1000
startsecs=0

[program:dressed]
command=sleep 1000
directory=$DIR/place
umask=027
environment=COLOUR="dark blue",QUOTED='a "b" c',OUTER="mine",EMPTY="",LONG="%(program_name)s-%(process_num)d"
startsecs=0
EOF

say 'a daemon that was handed descriptors, a variable, signals that are ignored, and few files'
exec 7<"$CONF" 9>"$DIR/ours"
export OUTER=seen UNTOUCHED=too NOTIFY_SOCKET=/nowhere WATCHDOG_USEC=1000000
trap '' USR1
start_under prlimit --nofile=777:4000 env --
trap - USR1
exec 7<&- 9>&-
unset NOTIFY_SOCKET WATCHDOG_USEC
wait_for in_state plain RUNNING
wait_for in_state dressed RUNNING
pid=$(pid_of plain)

say 'a process is a child of the daemon, and leads a process group of its own'
is "$DAEMON_PID $pid" "$(ps -o ppid=,pgid= -p "$pid" | tr -s ' ' | sed 's/^ //')"

say 'no signal is blocked or ignored'
is 0000000000000000 "$(status_of plain SigBlk)"
# But for 32 and 33: they are the C library's own, which lets nobody change them; its posix_spawn, with
# which make and python start what runs this, leaves them ignored.
matches '^0000000[01][08]0000000$' "$(status_of plain SigIgn)"

say 'it has descriptors 0, 1 and 2, all of them pipes, and no other'
# shellcheck disable=SC2012 # the names are numbers
is '0 1 2 ' "$(ls "/proc/$pid/fd" | tr '\n' ' ')"
is 3 "$(find "/proc/$pid/fd" -lname 'pipe:*' | wc -l)"

say 'its limit of open files is minfds, or what musterd was given; never what musterd raised its own to'
is '1024 4000' "$(limit_of plain)"
is '4000 4000' "$(sed -n 's/^Max open files  *\([0-9]*\)  *\([0-9]*\) .*/\1 \2/p' "/proc/$DAEMON_PID/limits")"

say 'it starts where musterd was started, with the umask of musterd'
is "$(pwd -P)" "$(readlink "/proc/$pid/cwd")"
is 0022 "$(status_of plain Umask)"

say 'its environment is that of musterd and what supervisord adds'
has_variable plain OUTER=seen
has_variable plain SUPERVISOR_ENABLED=1
has_variable plain SUPERVISOR_PROCESS_NAME=plain
has_variable plain SUPERVISOR_GROUP_NAME=plain
has_variable plain "MUSTER_SOCKET=$MUSTER_SOCKET"

say 'what musterd alone says to the service manager is not handed on'
has_no '^(NOTIFY_SOCKET|WATCHDOG_USEC)=' "$(tr '\0' '\n' <"/proc/$pid/environ")"

say 'directory, umask and environment of its own'
is "$DIR/place" "$(readlink "/proc/$(pid_of dressed)/cwd")"
is 0027 "$(status_of dressed Umask)"
has_variable dressed 'COLOUR=dark blue'
has_variable dressed 'QUOTED=a "b" c'
has_variable dressed EMPTY=
has_variable dressed LONG=dressed-0
has_variable dressed OUTER=mine
has_variable dressed UNTOUCHED=too

say 'two processes of one name do not share a group'
expect 0 muster restart plain
check has_new_pid plain "$pid"
pid=$(pid_of plain)
is "$pid" "$(ps -o pgid= -p "$pid" | tr -s ' ' | sed 's/^ //')"
stop_musterd
is 0 "$STATUS"

# What follows is for root.
[ "$(id -u)" -eq 0 ] || exit 0

configure <<EOF
[program:nobody]
command=sleep 1000
user=nobody
startsecs=0

[program:numbered]
command=sleep 1000
user=%(ENV_GAMES)s
startsecs=0

[program:stranger]
command=sleep 1000
user=there-is-no-such-user
startsecs=0
EOF
GAMES=$(id -u games)
export GAMES HOME=/root

say 'a user of its own, with the groups of that user and none of root'
start_under setpriv --groups=0,4,27 --
wait_for in_state nobody RUNNING
uid=$(id -u nobody)
gid=$(id -g nobody)
is "$uid $uid $uid $uid" "$(status_of nobody Uid)"
is "$gid $gid $gid $gid" "$(status_of nobody Gid)"
is "$(id -G nobody)" "$(status_of nobody Groups)"
is 0000000000000000 "$(status_of nobody CapEff)"
is 0000000000000000 "$(status_of nobody CapPrm)"

say 'HOME stays what it was, as with supervisord'
has_variable nobody HOME=/root

say 'a user by number, from a variable'
wait_for in_state numbered RUNNING
is "$GAMES $GAMES $GAMES $GAMES" "$(status_of numbered Uid)"

say 'a user that does not exist: it is not started, least of all as root'
expect 1 muster start stranger
matches 'there-is-no-such-user'
expect 3 muster pid stranger
expect 0 muster is-alive nobody
