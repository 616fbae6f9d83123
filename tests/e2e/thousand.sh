#!/bin/sh
# A thousand processes: all start, all are told apart, and all stop.
# plain build too
# seconds: 240
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"
WAIT_SECONDS=90

limit=$(sed -n 's/^Max open files  *[0-9]*  *\([a-z0-9]*\) .*/\1/p' /proc/self/limits)
[ "$limit" = unlimited ] || [ "$limit" -ge 10000 ] || skip "it takes 10000 descriptors; the limit is $limit"

configure <<EOF
[program:many]
command=sleep 1000
process_name=%(program_name)s_%(process_num)04d
numprocs=1000
startsecs=0
stderr_logfile=NONE

[program:other]
command=sleep 1000
startsecs=0
EOF
start_musterd
runs() { [ "$(muster status | grep -c ' RUNNING ')" -eq "$1" ]; }

say 'a thousand and one run'
wait_for runs 1001
is 1000 "$(muster list --json 'many:*' | grep -o '"pid":[0-9]*' | sort -u | wc -l)"
is 1001 "$(muster ps --no-heading -o name,pid | wc -l)"

say 'half of them are killed at once, and come back'
# shellcheck disable=SC2046 # pids
kill -KILL $(muster list --json 'many:many_0[0-4]*' | grep -o '"pid":[0-9]*' | cut -d: -f2)
wait_for runs 1001

say 'the engine is killed, and all of them are there'
pids=$(muster list --json 'many:*' | grep -o '"pid":[0-9]*')
engine=$(engine_pid)
kill -KILL "$engine"
wait_for has_new_engine "$engine"
is "$pids" "$(muster list --json 'many:*' | grep -o '"pid":[0-9]*')"

say 'a group is stopped by one word, and started by another'
expect 0 muster stop 'many:*'
is 1000 "$(printf '%s\n' "$OUT" | grep -c ': stopped$')"
wait_for runs 1
expect 0 muster start 'many:*'
is 1000 "$(printf '%s\n' "$OUT" | grep -c ': started$')"
wait_for runs 1001

say 'the end'
stop_musterd
is 0 "$STATUS"
is '' "$(leftovers)"
