#!/bin/sh
# What bash offers at TAB, and that a name is offered, never carried out.
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

command -v bash >/dev/null || skip 'there is no bash'

# shellcheck disable=SC2016 # it is the name that has the $
configure <<EOF
[program:web]
command=sleep 1000
autostart=false

[program:web-2]
command=sleep 1000
autostart=false

[program:\$(touch\${IFS}carried-out)]
command=sleep 1000
autostart=false

[program:\`touch\${IFS}carried-out\`]
command=sleep 1000
autostart=false
EOF
start_musterd

# complete WORD...: what is offered for the last of the words of a command line, one a line.
complete() {
    (cd "$DIR" && PATH=$MUSTER_BUILD:$PATH bash -c '
        . "$TOP/cli/completion.bash"
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _muster
        for offered in "${COMPREPLY[@]}"; do printf "%s\n" "$offered"; done' bash muster "$@")
}

say 'verbs and their options'
expect 0 complete res
is restart
expect 0 complete tail --fol
is --follow
expect 0 complete --js
is --json

say 'names'
expect 0 complete stop web
is 'web
web-2'
expect 0 complete stop al
is all

say 'a name that looks like a command is quoted, and not carried out'
expect 0 complete stop ''
# shellcheck disable=SC2016
matches '^\\\$\\\(touch\\\$\\\{IFS\\\}carried-out\\\)$'
check [ ! -e "$DIR/carried-out" ]
