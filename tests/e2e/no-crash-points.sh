#!/bin/sh
# What a test build has for dying at a chosen place is not in a build for use.
# plain build only
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

has_bytes() { # text
    grep -qaF -e "$1" "$MUSTERD"
}

say 'no crash point in a build for use'
check has_bytes 'musterd: engine'
for text in MUSTER_CRASH_POINT exit-peeked child-born crash_point; do
    if has_bytes "$text"; then not_ok "$text is there"; else ok "$text is not there"; fi
done
