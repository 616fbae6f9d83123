#!/bin/sh
# Writes C that holds each interface description (FILE.varlink) as text: see common/description.h.
set -eu
echo '#include "common/description.h"'
echo 'const struct description descriptions[] = {'
for file; do
    name=$(basename "$file" .varlink)
    printf '\t{"%s",\n' "$name"
    sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/.*/\t "&\\n"/' "$file"
    printf '\t},\n'
done
printf '\t{0, 0},\n};\n'
