#!/bin/sh
# Logs: where they go, that they are found again when somebody takes them away, and the verbs on them.
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

W=$HELPER/worker
configure <<EOF
[program:path]
command=$W say to-stdout warn to-stderr pause
stdout_logfile=$DIR/path.out
stderr_logfile=$DIR/path.err
startsecs=0

[program:both]
command=$W say first warn second say third pause
redirect_stderr=true
stdout_logfile=$DIR/both.log
startsecs=0

[program:auto]
command=$W say automatic warn by-itself pause
startsecs=0

[program:none]
command=$W say nowhere warn neither pause
stdout_logfile=NONE
stderr_logfile=NONE
startsecs=0

[program:named]
process_name=%(program_name)s_%(process_num)02d
numprocs=2
command=$W say %(process_num)d pause
stdout_logfile=$DIR/%(program_name)s-%(process_num)d.log
startsecs=0

[program:echo]
command=cat
stdout_logfile=$DIR/echo.log
startsecs=0

[program:rotating]
command=cat
stdout_logfile=$DIR/rotating.log
stdout_logfile_maxbytes=100
stdout_logfile_backups=2
startsecs=0

[program:last-words]
command=$W say begin fork pidfile $DIR/heir sleep 300 say orphan pause -- count 20000 say end
autorestart=false
stdout_logfile=$DIR/last-words.log
startsecs=0

[program:bytes]
command=printf '\\000\\377\\n\\033[31mred\\n'
autorestart=false
stdout_logfile=$DIR/bytes.log
startsecs=0

[program:shared-a]
command=cat
stdout_logfile=$DIR/shared.log
startsecs=0

[program:shared-b]
command=cat
stdout_logfile=$DIR/shared.log
startsecs=0
EOF
start_musterd

say 'to a path, each stream to its own'
wait_for has_text "$DIR/path.err"
wait_for has_text "$DIR/path.out"
is to-stdout "$(cat "$DIR/path.out")"
is to-stderr "$(cat "$DIR/path.err")"
expect 0 muster tail --stderr path
is to-stderr

say 'both streams to one, in order'
wait_for has_line "$DIR/both.log" third
is 'first
second
third' "$(cat "$DIR/both.log")"

say 'AUTO: to a file in childlogdir, with a name like that of supervisord'
auto=$(field auto stdout_logfile)
matches "^$DIR/auto-stdout---supervisor-.{6}\.log\$" "$auto"
wait_for has_text "$auto"
is automatic "$(cat "$auto")"
is by-itself "$(cat "$(field auto stderr_logfile)")"

say 'AUTO is for whom musterd runs as'
is 600 "$(stat -c %a "$auto")"

say 'NONE: nowhere, and there is nothing to show'
expect 1 muster tail none
is 'muster: none has no stdout log'
is '/dev/null /dev/null' "$(readlink "/proc/$(pid_of none)/fd/1") $(readlink "/proc/$(pid_of none)/fd/2")"

say 'a name for each process'
wait_for has_line "$DIR/named-0.log" '^0$'
wait_for has_line "$DIR/named-1.log" '^1$'

say 'all that was written before the end is there, and what an heir of the pipe writes after it'
wait_for has_line "$DIR/last-words.log" '^orphan$'
{ echo begin; seq 20000; echo end; echo orphan; } >"$DIR/wanted"
check cmp "$DIR/wanted" "$DIR/last-words.log"

check kill "$(cat "$DIR/heir")"

say 'bytes are kept as they are'
wait_for has_text "$DIR/bytes.log"
is '000 377 012 033 133 063 061 155 162 145 144 012' "$(od -An -to1 "$DIR/bytes.log" | sed 's/^ *//')"
expect 0 muster tail --json bytes
matches '"data":"AP8K","base64":true'

say 'two may share a file'
expect 0 muster send shared-a from-a
wait_for has_line "$DIR/shared.log" '^from-a$'
expect 0 muster send shared-b from-b
wait_for has_line "$DIR/shared.log" '^from-b$'
expect 0 muster send shared-a again
wait_for has_line "$DIR/shared.log" '^again$'
is 'from-a
from-b
again' "$(cat "$DIR/shared.log")"

# In vain until the daemon looks again, which is once a second: so it is sent until it is seen.
arrives() { # name, file, word
    muster send "$1" "$3" && has_line "$2" "^$3\$"
}

say 'a log that was deleted is made anew'
expect 0 muster send echo before
wait_for has_line "$DIR/echo.log" '^before$'
rm "$DIR/echo.log"
wait_for arrives echo "$DIR/echo.log" after
check log_has "log $DIR/echo.log was gone and has been opened again"

say 'one that was moved away too'
mv "$DIR/echo.log" "$DIR/echo.old"
wait_for arrives echo "$DIR/echo.log" moved

say 'one that was cut short goes on at its end'
: >"$DIR/echo.log"
expect 0 muster send echo short
wait_for has_line "$DIR/echo.log" '^short$'
# What was sent once more than it took may still have come.
is short "$(grep -avx moved "$DIR/echo.log")"

say 'SIGUSR2: all logs are opened again, the one of the daemon too'
mv "$DIR/echo.log" "$DIR/echo.old"
mv "$DIR/musterd.log" "$DIR/musterd.old"
kill -USR2 "$DAEMON_PID"
wait_for test -e "$DIR/echo.log"
wait_for test -e "$DIR/musterd.log"
# The line about it may be the last in the old one.
expect 0 cat "$DIR/musterd.log" "$DIR/musterd.old"
matches 'received SIGUSR2 indicating log reopen request'
expect 0 muster send echo reopened
wait_for has_line "$DIR/echo.log" '^reopened$'
expect 0 muster restart path
wait_for log_has "spawned: 'path'"

say 'rotation: by size, whole lines, so many backups'
is_logged() { # regular expression; what reaches the size is moved away with it
    has_line "$DIR/rotating.log" "$1" || has_line "$DIR/rotating.log.1" "$1"
}
for i in 1 2 3 4 5 6 7 8 9; do
    # 50 bytes each.
    muster send rotating "line-$i-..........................................."
    wait_for is_logged "^line-$i-"
done
is 'line-9-
line-7-
line-8-
line-5-
line-6-' "$(sed 's/-\.*$/-/' "$DIR/rotating.log" "$DIR/rotating.log.1" "$DIR/rotating.log.2")"
check [ ! -e "$DIR/rotating.log.3" ]

say 'tail shows the log as it is now'
expect 0 muster tail -n 3 rotating
is 'line-9-' "$(echo "$OUT" | sed 's/-\.*$/-/')"

say 'tail -f follows across rotations'
"$MUSTER" tail -f -n 1 rotating >"$DIR/followed" &
follower=$!
wait_for has_line "$DIR/followed" '^line-9-'
for i in 10 11 12 13 14 15 16 17 18 19; do
    muster send rotating "line-$i-..........................................."
    wait_for has_line "$DIR/followed" "^line-$i-"
done
is "$(seq -f 'line-%.0f-' 9 19)" "$(sed 's/-\.*$/-/' "$DIR/followed")"

say 'and across a clear'
expect 0 muster clear rotating
is '' "$(cat "$DIR/rotating.log")"
expect 0 muster send rotating cleared
wait_for has_line "$DIR/followed" '^cleared$'
kill "$follower"
wait "$follower"

say 'and of several, each with its name'
"$MUSTER" tail -f -n 0 echo rotating >"$DIR/followed" &
follower=$!
follows() {
    muster send echo one && muster send rotating two &&
        has_line "$DIR/followed" '^echo  *| one$' && has_line "$DIR/followed" '^rotating  *| two$'
}
wait_for follows
kill "$follower"
wait "$follower"

say 'a log is readable by others than its owner as a log by supervisord is'
is 644 "$(stat -c %a "$DIR/echo.log")"

say 'a second start goes on in the same log'
expect 0 muster restart both
wait_for has_lines "$DIR/both.log" third 2
is 6 "$(count_lines "$DIR/both.log" .)"
