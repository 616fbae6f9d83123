#!/bin/sh
# A daemon of a user: where it finds its configuration, and where muster finds it, without being told.
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

# Root becomes a user of whom there is nothing; the programs are copied, since such a user may not see
# where they were built.
cp "$MUSTERD" "$MUSTER" "$DIR"
MUSTERD=$DIR/musterd
as_user=
if [ "$(id -u)" -eq 0 ]; then
    as_user='setpriv --reuid=54321 --regid=54321 --clear-groups --'
    chown 54321:54321 "$DIR"
fi
mkdir_ours() {
    # shellcheck disable=SC2086 # the prefix is words
    $as_user mkdir -p "$@"
}
# ours COMMAND...: as that user, with an environment that has no word of this test's socket.
ours() {
    # shellcheck disable=SC2086
    (cd "$DIR/home" && $as_user env -i MUSTER_TEST="$MUSTER_TEST" PATH="$PATH" HOME="$DIR/home" "$@")
}
mkdir_ours "$DIR/home"
if ! ours true; then
    say 'another user'
    skip 'cannot become one here'
fi

if ! ls /etc/muster/muster.conf /etc/supervisord.conf /etc/supervisor/supervisord.conf >"$DIR/found" 2>&1 &&
    ! grep -q '^/' "$DIR/found"; then
    say 'without a configuration: the places where it may be'
    expect 2 ours "$MUSTERD" -n
    matches 'no configuration file was found'
    matches '^  .XDG_CONFIG_HOME/muster/muster\.conf$'
    matches '^  /etc/muster/muster\.conf$'
fi

# begin VARIABLE...: starts the daemon of the user with these variables, and waits until it answers.
begin() {
    ours "$@" "$MUSTERD" -n >>"$DIR/musterd.out" 2>&1 &
    until_true ours "$@" "$DIR/muster" version || not_ok 'the daemon answers'
    DAEMON_PID=$(cat "$DIR/home/supervisord.pid")
}
end() {
    kill "$DAEMON_PID"
    wait_for is_gone "$DAEMON_PID"
    DAEMON_PID=
}

say 'HOME/.config/muster/muster.conf, and a socket in XDG_RUNTIME_DIR'
mkdir_ours "$DIR/home/.config/muster" "$DIR/runtime"
printf '[program:home]\ncommand=sleep 1000\nstartsecs=0\n' >"$DIR/home/.config/muster/muster.conf"
begin XDG_RUNTIME_DIR="$DIR/runtime"
expect 0 ours XDG_RUNTIME_DIR="$DIR/runtime" "$DIR/muster" is-alive home
check [ -S "$DIR/runtime/muster/musterd.sock" ]
is 700 "$(stat -c %a "$DIR/runtime/muster")"

say 'its processes are of that user, and root may look after them'
pid=$(ours XDG_RUNTIME_DIR="$DIR/runtime" "$DIR/muster" pid home)
is "$(stat -c %u "$DIR/home")" "$(stat -c %u "/proc/$pid")"
expect 0 "$MUSTER" -s "$DIR/runtime/muster/musterd.sock" restart home
end

say 'XDG_CONFIG_HOME comes before it'
mkdir_ours "$DIR/elsewhere/muster"
printf '[program:elsewhere]\ncommand=sleep 1000\nstartsecs=0\n' >"$DIR/elsewhere/muster/muster.conf"
begin XDG_RUNTIME_DIR="$DIR/runtime" XDG_CONFIG_HOME="$DIR/elsewhere"
expect 0 ours XDG_RUNTIME_DIR="$DIR/runtime" "$DIR/muster" is-alive elsewhere
end

if [ -n "$as_user" ]; then
    say 'without XDG_RUNTIME_DIR it is a place of that user'
    begin XDG_CONFIG_HOME="$DIR/elsewhere"
    check [ -S /tmp/muster-54321/musterd.sock ]
    is '54321 700' "$(stat -c '%u %a' /tmp/muster-54321)"
    end
    rm -rf /tmp/muster-54321
fi

say 'a process of another user is not what it can start'
printf '[program:other]\ncommand=sleep 1000\nuser=root\nstartsecs=0\n' >"$DIR/elsewhere/muster/muster.conf"
begin XDG_RUNTIME_DIR="$DIR/runtime" XDG_CONFIG_HOME="$DIR/elsewhere"
expect 3 ours XDG_RUNTIME_DIR="$DIR/runtime" "$DIR/muster" status other
matches 'root'
end
