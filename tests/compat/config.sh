#!/bin/sh
# What supervisord and musterd make of the same configuration. tests/data/conf has files that both
# must read alike, key by key; bad/ has files that both must refuse; differs/ has the files on which we
# want to differ, each with a first line that says how and why.
. tests/tap.sh

dump=$MUSTER_BUILD/helper/config-dump
data=$(pwd)/tests/data/conf
python=

say "supervisord and musterd read the same"
for candidate in python3 /usr/bin/python3; do
    "$candidate" -c 'import supervisor.options' 2>/dev/null && python=$candidate && break
done
[ -n "$python" ] || skip "the package supervisor is not installed"
[ "$(id -u)" = 0 ] || skip "user= needs root"

work=$(mktemp -d "${TMPDIR:-/tmp}/muster-compat.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
export COMPAT_TEXT=some-text COMPAT_NUMBER=17 COMPAT_USER=daemon COMPAT_COUNT=2 EMPTY=
unset TMPDIR TEMP TMP
# Locale and terminal must not matter.
export LC_ALL=C.UTF-8

theirs() {
    "$python" tests/compat/config-dump.py "$1" >"$work/theirs" 2>"$work/theirs.err"
}

ours() {
    "$dump" "$1" >"$work/ours" 2>"$work/ours.err"
}

# same FILE: both take it, and all keys are alike.
same() {
    if ! theirs "$1"; then
        not_ok "${1##*/}: supervisord refuses it"
        sed 's/^/#   /' "$work/theirs.err"
    elif ! ours "$1"; then
        not_ok "${1##*/}: musterd refuses it"
        sed 's/^/#   /' "$work/ours.err"
    else
        sort "$work/theirs" >"$work/theirs.sorted"
        sort "$work/ours" >"$work/ours.sorted"
        if diff "$work/theirs.sorted" "$work/ours.sorted" >"$work/diff"; then
            ok "${1##*/}"
        else
            not_ok "${1##*/}: < supervisord, > musterd"
            cut -c 1-200 "$work/diff" | head -n 40 | sed 's/^/#   /'
        fi
    fi
}

# verdict PROGRAM FILE: "accepted" or "refused" by ours or theirs; a crash is neither.
verdict() {
    "$1" "$2"
    case $? in
    0) echo accepted ;;
    1) echo refused ;;
    *) echo crashed ;;
    esac
}

for file in "$data"/*.conf; do
    same "$file"
done

say "what a file of one line of 100 KB, and one of 3000 lines, says"
{
    echo '[supervisord]'
    echo '[program:long]'
    printf 'command=/bin/echo '
    head -c 100000 /dev/zero | tr '\0' x
    echo
    echo '[program:lines]'
    echo 'command=/bin/echo'
    seq 3000 | sed 's/^/  word/'
} >"$work/long.conf"
same "$work/long.conf"

say "both refuse"
for file in "$data"/bad/*.conf; do
    is "refused refused" "$(verdict theirs "$file") $(verdict ours "$file")"
    has_line "$work/ours.err" "${file##*/}:[0-9]+: " || not_ok "${file##*/}: no file and line in the error"
done

say "they differ as we want it"
for file in "$data"/differs/*.conf; do
    want=$(sed -n '1s/^; here: \([a-z]*\)\. supervisord: \([a-z]*\)\. .*/\2 \1/p' "$file")
    is "${want:-no first line} ${file##*/}" \
        "$(verdict theirs "$file") $(verdict ours "$file") ${file##*/}"
done

finish_checks
