#!/bin/sh
# The example of libmuster(3), as it stands there: compiled against the build and run against a daemon.
# plain build only
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

# From the mark that names this script to the end of the display, with roff's escapes undone.
example() {
    sed -n '/^\.\\" tests\/e2e\/libmuster-example\.sh/,/^\.Ed$/p' "$TOP/docs/libmuster.3" |
        sed -e '/^\./d' -e 's/\\e/\\/g'
}

say 'the example compiles without a warning'
example >"$DIR/example.c"
check has_line "$DIR/example.c" 'muster_connect'
must cc -Wall -Wextra -Wconversion -Werror -I"$TOP/common" -o "$DIR/example" "$DIR/example.c" \
    "$MUSTER_BUILD/libmuster.a" -ljansson
check [ -x "$DIR/example" ]

say 'without a daemon it says so'
expect 1 "$DIR/example"
is 'there is no socket of musterd'

configure <<'EOC'
[program:batch]
command=sh -c 'echo one; echo two; exit 3'
autostart=false
autorestart=false
startsecs=0
EOC
start_musterd

say 'it runs a process to its end'
expect 0 "$DIR/example" batch
is 'batch wrote: one
batch wrote: two
batch ended with 3'

say 'what the daemon refuses comes in words'
expect 1 "$DIR/example" nobody
is 'no such process: nobody'
