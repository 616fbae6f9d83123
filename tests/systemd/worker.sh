#!/bin/sh
# A worker that says when it was told to stop: one line "NAME uptime" in /muster-test/stops.
# shellcheck disable=SC2064 # the name is known now
trap "echo $1 \$(cut -d' ' -f1 /proc/uptime) >>/muster-test/stops; exit 0" TERM
while :; do
    sleep 1000 &
    wait $!
done
