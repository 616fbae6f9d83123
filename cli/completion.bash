# Completion of muster for bash. Commands and options come from `muster help --table`, names from the
# daemon, where one answers.
# shellcheck shell=bash

# Offers those of the words given that begin with $word. Names of processes come from whoever wrote the
# configuration: they are quoted, and never expanded, as `compgen -W` would do.
_muster_offer() {
    local offered
    COMPREPLY=()
    for offered; do
        [[ $offered == "$word"* ]] && COMPREPLY+=("$(printf %q "$offered")")
    done
}

_muster() {
    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local verb='' name alias options table i
    local -a verbs=() names=()

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
        verbs+=("$name")
        [[ $alias == - ]] || verbs+=("$alias")
        if [[ -n $verb && ($verb == "$name" || $verb == "$alias") ]]; then
            break
        fi
        options=
    done <<<"$table"

    if [[ $previous == -s || $previous == --socket ]]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
    elif [[ $word == -* ]]; then
        read -ra names <<<"${options:---socket --json --no-color --help --version}"
        _muster_offer "${names[@]}"
    elif [[ -z $verb || $verb == help ]]; then
        _muster_offer "${verbs[@]}"
    elif [[ $verb == check ]]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
    else
        mapfile -t names < <(muster list 2>/dev/null)
        _muster_offer all "${names[@]}"
    fi
}

complete -F _muster muster
