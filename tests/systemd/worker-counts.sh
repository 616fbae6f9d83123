#!/bin/sh
# A worker that counts on, for ever.
i=0
while i=$((i + 1)); do
    echo "$i"
    [ $((i % 10)) -ne 0 ] || sleep 0.01
done
