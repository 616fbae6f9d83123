# Completion of muster for bash. Commands and options come from `muster help --table`, names from the
# daemon, where one answers.
# shellcheck shell=bash

_muster() {
    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local verb='' name alias options table verbs='' i

    table=$(muster help --table 2>/dev/null) || return
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        -s | --socket) i=$((i + 1)) ;;
        -*) ;;
        *)
            verb=${COMP_WORDS[i]}
            break
            ;;
        esac
    done
    while IFS=$'\t' read -r name alias _ options; do
        verbs+=" $name"
        [[ $alias == - ]] || verbs+=" $alias"
        if [[ -n $verb && ($verb == "$name" || $verb == "$alias") ]]; then
            break
        fi
        options=
    done <<<"$table"

    if [[ $previous == -s || $previous == --socket ]]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
    elif [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "${options:---socket --json --no-color --help --version}" -- "$word")
    elif [[ -z $verb || $verb == help ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$verbs" -- "$word")
    elif [[ $verb == check ]]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
    else
        mapfile -t COMPREPLY < <(compgen -W "all $(muster list 2>/dev/null)" -- "$word")
    fi
}

complete -F _muster muster
