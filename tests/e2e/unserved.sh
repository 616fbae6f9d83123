#!/bin/sh
# Sections and keys that a later version will serve: read, checked, and the log says what they do not do
# yet; everything else of the file works.
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

configure <<EOF
[unix_http_server]
file=$DIR/supervisor.sock

[inet_http_server]
port=127.0.0.1:9001

[supervisorctl]
serverurl=unix://$DIR/supervisor.sock

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface

[program:web]
command=sleep 1000
startsecs=0

[program:noted]
command=sleep 1000
stdout_logfile=syslog
stderr_capture_maxbytes=1KB
startsecs=0

[eventlistener:listens]
command=sleep 1000
events=PROCESS_STATE
startsecs=0

[fcgi-program:fast]
command=sleep 1000
socket=unix://$DIR/fast.sock
startsecs=0
EOF
sed 's/^\[supervisord\]/&\nstrip_ansi=true/' "$CONF" >"$DIR/new.conf"
mv "$DIR/new.conf" "$CONF"

say 'check has nothing against it'
expect 0 "$MUSTERD" --check "$CONF"

say 'each is said once'
start_musterd
for what in '\[unix_http_server\] is not served yet' '\[inet_http_server\] is not served yet' \
    '\[supervisord\] strip_ansi is not served yet' '\[eventlistener:listens\] gets no events yet' \
    '\[fcgi-program:fast\] gets no socket yet' 'noted: .* not served yet'; do
    wait_for log_has "WARN $what"
    is 1 "$(count_lines "$DIR/musterd.log" "WARN $what")"
done
check [ ! -e "$DIR/supervisor.sock" ]

say 'their programs run'
for name in web noted listens fast; do
    wait_for in_state "$name" RUNNING
done

say 'a mistake in them is one all the same'
printf '[eventlistener:deaf]\ncommand=sleep 1000\nevents=NO_SUCH_EVENT\n' >>"$CONF"
printf '[fcgi-program:slow]\ncommand=sleep 1000\n' >>"$CONF"
expect 1 "$MUSTERD" --check "$CONF"
matches '\[eventlistener:deaf\] events: '
matches '\[fcgi-program:slow\]: socket= is missing'
expect 0 muster is-alive fast

