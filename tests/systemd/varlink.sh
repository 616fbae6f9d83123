# The socket in the hands of systemd's own Varlink client; inside.sh reads this where there is one.
# shellcheck shell=sh
socket=/run/muster/musterd.sock

call() { # method of org.muster, parameters
    varlinkctl --json=short call "$socket" "org.muster.$1" "$2"
}
call_more() { # method of org.muster, parameters
    varlinkctl --json=short --more call "$socket" "org.muster.$1" "$2"
}

say 'varlinkctl knows who answers'
expect 0 varlinkctl info "$socket"
matches '^ *Product: musterd$'
expect 0 varlinkctl list-interfaces "$socket"
for interface in org.varlink.service org.muster.Process org.muster.Manager; do
    matches "^$interface\$"
done
expect 0 varlinkctl list-methods "$socket"
matches '^org\.muster\.Process\.IsAlive$'

say 'it reads each description'
introspect() { # interface; what it cannot parse it shows as it is, with a word about it
    varlinkctl introspect "$socket" "$1" >/tmp/description 2>/tmp/complaints
}
for interface in $(varlinkctl list-interfaces "$socket"); do
    expect 0 introspect "$interface"
    is '' "$(cat /tmp/complaints)"
    check grep -qx "interface $interface" /tmp/description
    expect 0 varlinkctl validate-idl /tmp/description
done

say 'calls and their answers'
expect 0 call Process.IsAlive '{"name":"first"}'
is '{"alive":true}'
muster pid first >/tmp/before
expect 0 call Process.Pid '{"name":"first"}'
is "{\"pid\":$(cat /tmp/before)}"
expect 0 call Process.List '{"selectors":["m*"],"fields":["name","state"]}'
is '{"processes":[{"name":"middle","state":"running"}]}'
expect 0 call Manager.Status '{}'
matches "\"guardian_pid\":$(property MainPID)[,}]"

say 'errors, with what they are about'
expect 1 call Process.IsAlive '{"name":"nobody"}'
matches 'org\.muster\.Process\.NoSuchProcess'
expect 1 call Process.IsAlive '{"name":7}'
matches 'org\.varlink\.service\.InvalidParameter|Invalid argument'
expect 1 call Process.Fly '{}'
matches 'org\.varlink\.service\.MethodNotFound|not found'
expect 0 varlinkctl --graceful=org.muster.Process.NoSuchProcess --json=short \
    call "$socket" org.muster.Process.Pid '{"name":"nobody"}'
matches '^{"name":"nobody"}$'

say 'one reply for each process'
expect 0 call_more Process.Restart '{"selectors":["first","last"]}'
is '2' "$(printf '%s\n' "$OUT" | grep -c '"status":"done"')"
matches '"name":"first"'
matches '"name":"last"'
check [ "$(muster pid first)" != "$(cat /tmp/before)" ]

say 'a call that waits'
expect 0 call Process.Join '{"name":"middle","timeout":0.3}'
is '{"alive":true,"exitcode":null}'
call Process.Join '{"name":"middle"}' >/tmp/joined 2>&1 &
joining=$!
expect 0 call Process.Terminate '{"selectors":["middle"]}'
wait "$joining"
is 0 "$?"
is '{"alive":false,"exitcode":0}' "$(cat /tmp/joined)"
expect 0 call Process.Start '{"selectors":["middle"]}'
matches '"status":"done"'
echo '# varlinkctl has been tried'
