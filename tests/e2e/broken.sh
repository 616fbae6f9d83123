#!/bin/sh
# What cannot be started: each says why, in words, and keeps no other down. And --check, and strict.
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

program() { # name, key=value...
    _name=$1
    shift
    printf '[program:%s]\nstartretries=0\nstartsecs=0\nautorestart=false\n' "$_name"
    printf '%s\n' "$@"
}

printf '#!/no/such/interpreter\n' >"$DIR/no-interpreter"
printf 'no program at all\n' >"$DIR/not-executable"
printf '\177ELF and no more' >"$DIR/no-format"
: >"$DIR/plain-file"
mkdir "$DIR/folder"
chmod +x "$DIR/no-interpreter" "$DIR/no-format"

{
    program good command='sleep 1000'
    program missing "command=$DIR/missing"
    program missing-in-path 'command=no-such-command-anywhere'
    program not-executable "command=$DIR/not-executable"
    program folder "command=$DIR/folder"
    program no-interpreter "command=$DIR/no-interpreter"
    program no-format "command=$DIR/no-format"
    program no-directory "directory=$DIR/nowhere" 'command=sleep 1000'
    program file-directory "directory=$DIR/plain-file" 'command=sleep 1000'
    program no-log-directory "stdout_logfile=$DIR/logs/log" 'command=sleep 1000'
    program folder-log "stdout_logfile=$DIR/folder" 'command=sleep 1000'
    program no-user 'user=there-is-no-such-user' 'command=sleep 1000'
    program bad-number 'numprocs=many' 'command=sleep 1000'
    program bad-signal 'stopsignal=NOSUCH' 'command=sleep 1000'
    program no-command
    program bad-expansion 'command=%(nothing)s'
    program good-too command='sleep 1000'
} | configure
start_musterd

say 'one that is broken does not keep the others down'
wait_for in_state good RUNNING
wait_for in_state good-too RUNNING

# cannot_start NAME TEXT: a regular expression that the reason matches whole.
cannot_start() {
    expect 1 muster start "$1"
    matches "^$1: ERROR \(spawn error\): $2\$"
    expect 3 muster status "$1"
    matches "^$1 +FATAL +$2\$"
    expect 3 muster pid "$1"
}

say 'each says why'
cannot_start missing "can't find command '$DIR/missing'"
cannot_start missing-in-path "can't find command 'no-such-command-anywhere'"
cannot_start not-executable "command at '$DIR/not-executable' is not executable"
cannot_start folder "command at '$DIR/folder' is a directory"
cannot_start no-interpreter "can't execute '$DIR/no-interpreter': the interpreter that its first line names was not found"
cannot_start no-format "executing '$DIR/no-format': Exec format error"
cannot_start no-directory "changing to directory $DIR/nowhere: No such file or directory"
cannot_start file-directory "changing to directory $DIR/plain-file: Not a directory"
cannot_start no-log-directory "$CONF:[0-9]+: \[program:no-log-directory\] stdout_logfile: the directory $DIR/logs does not exist; create it first"
cannot_start folder-log "opening stdout log $DIR/folder: Is a directory"

say 'a mistake in the file is told by its place, in the log and by status'
for name in no-user bad-number bad-signal no-command bad-expansion; do
    check log_has "ERRO $CONF:[0-9]+: \[program:$name\]"
    expect 1 muster start "$name"
    expect 3 muster status "$name"
done

say 'what was mended is started by the next try'
cp /bin/sleep "$DIR/missing"
mkdir "$DIR/nowhere"
sed -i "s|^command=$DIR/missing|& 1000|" "$CONF"
expect 0 muster update missing
expect 0 muster start no-directory
wait_for in_state missing RUNNING
mkdir "$DIR/logs"
expect 0 muster update
expect 0 muster start no-log-directory

say 'check tells all of them at once, and exits with 1'
expect 1 "$MUSTERD" --check "$CONF"
for name in no-user bad-number bad-signal no-command bad-expansion; do
    matches "^$CONF:[0-9]+: \[program:$name\]"
done
expect 1 "$MUSTER" check "$CONF"
matches "^$CONF:[0-9]+: \[program:bad-number\] numprocs: "
stop_musterd
is 0 "$STATUS"

say 'strict: with errors the daemon does not start, and says why'
printf '[musterd]\nstrict=true\n' >>"$CONF"
expect 2 "$MUSTERD" -n -c "$CONF"
matches "\[program:bad-number\] numprocs: "
matches 'strict=true: with errors the daemon does not start'
check [ ! -e "$MUSTER_SOCKET" ]

say 'and where there are none it does'
program good command='sleep 1000' | configure
printf '[musterd]\nstrict=true\n' >>"$CONF"
expect 0 "$MUSTERD" --check "$CONF"
start_musterd
wait_for in_state good RUNNING
program bad command='sleep 1000' numprocs=many >>"$CONF"
expect 1 muster update
matches "^muster: $CONF:[0-9]+: \[program:bad\] numprocs: "
check in_state good RUNNING
stop_musterd

say 'files that are no configuration: named, and the daemon does not start'
head -c 4096 /dev/urandom >"$DIR/binary"
for name in nowhere-at-all folder binary; do
    expect 2 timeout 20 "$MUSTERD" -n -c "$DIR/$name"
    matches "$DIR/$name"
    expect 1 "$MUSTERD" --check "$DIR/$name"
    matches "$DIR/$name"
done

say 'and such as say too little'
: >"$DIR/empty"
printf '[include]\nfiles=circle\n' >"$DIR/circle"
printf 'key=value\n' >"$DIR/no-section"
expect 0 "$MUSTERD" --check "$DIR/empty"
matches "$DIR/empty: there is nothing in it: nothing will run"
expect 1 "$MUSTERD" --check "$DIR/circle"
matches "^$DIR/circle:2: \[include\] files: $DIR/circle includes itself"
expect 1 "$MUSTERD" --check "$DIR/no-section"
matches "^$DIR/no-section:1: a key before any \[section\]"

say 'a wrong command line'
expect 2 "$MUSTERD" -n --no-such-option
expect 2 "$MUSTERD" -n extra
expect 0 "$MUSTERD" --version
expect 0 "$MUSTERD" --help
