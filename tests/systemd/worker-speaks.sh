#!/bin/sh
# A worker that says something when it is told to end.
trap 'echo the last word; exit 0' USR1
while :; do
    sleep 0.1
done
