#!/bin/sh
# What the manuals of the daemon promise: its options, and examples that it takes as they stand.
# plain build too
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

say 'musterd(8) has every option'
expect 0 "$MUSTERD" -h
echo "$OUT" | sed -n 's/^  -\(.\), --\([a-z]*\).*/\1 \2/p' >"$DIR/options"
check [ -s "$DIR/options" ]
while read -r letter name; do
    check grep -q "^\\.It Fl $letter , Fl -$name\( \|\$\)" "$TOP/docs/musterd.8"
done <"$DIR/options"

# example N: the N-th display of muster.conf(5), with its places moved below $DIR.
example() {
    awk -v wanted="$1" '/^\.Ed/ { on = 0 } on { print } /^\.Bd/ { on = ++count == wanted }' \
        "$TOP/docs/muster.conf.5" |
        sed -e "s|/var/log|$DIR/log|" -e "s|/run/muster|$DIR|" -e "s|^user=.*|user=$(id -un)|"
}

say 'the examples of muster.conf(5) are right'
mkdir -p "$DIR/log/app" "$DIR/log/muster" "$DIR/conf.d"
echo '[program:one]
command=true' >"$DIR/conf.d/one.conf"
count=$(grep -c '^\.Bd' "$TOP/docs/muster.conf.5")
check [ "$count" -gt 3 ]
for number in $(seq "$count"); do
    example "$number" >"$DIR/example-$number.conf"
    expect 0 "$MUSTERD" --check "$DIR/example-$number.conf"
    matches ': ok, [1-9]'
    has_no 'warning'
done
