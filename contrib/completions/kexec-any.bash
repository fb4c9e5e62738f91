# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# shellcheck disable=SC2034 # cword is set for us, and descriptions are not shown
#
# bash completion for kexec-any(8). Everything offered comes from the program itself (--complete=).

_kexec_any() {
    # Whether "=" stood before the value: by the first name up to bash-completion 2.11, by the second later.
    local cur prev words cword split=false was_split=''
    _init_completion -s -n ':>' || return

    # The program and the machine of this command line. The program's name is expanded as the shell would
    # expand ~; nothing else is.
    local tool=${words[0]/#\~/$HOME} kind='' candidate name letter known help i
    local -a machine=()
    for ((i = 1; i < ${#words[@]}; i++)); do
        case ${words[i]} in
        --root=* | --backend=*) machine+=("${words[i]}") ;;
        --root | --backend | -r | -b) machine+=("${words[i]}" "${words[i + 1]:-}") ;;
        esac
    done

    while IFS=$'\t' read -r name letter known help; do
        if [ "$known" != - ] && { [ "$prev" = "$name" ] || [ "$prev" = "$letter" ]; }; then
            kind=$known
        fi
    done < <("$tool" --complete=options 2>/dev/null)
    # An optional value follows "=" alone.
    if [[ $kind = *\? && $split$was_split = false ]]; then
        kind=''
    fi

    local before='' quote=''
    case ${kind%\?} in
    file) _filedir && return ;;
    directory) _filedir -d && return ;;
    text) return ;;
    '')
        while IFS=$'\t' read -r name letter known help; do
            case $known in - | *\?) ;; *) name+='=' ;; esac
            [[ $name = "$cur"* ]] && COMPREPLY+=("$name")
        done < <("$tool" --complete=options 2>/dev/null)
        if [[ ${COMPREPLY[*]} = *= ]]; then
            compopt -o nospace
        fi
        return
        ;;
    findings)
        # A list: what is completed is behind the last comma.
        [[ $cur != *,* ]] || before=${cur%,*},
        cur=${cur##*,}
        ;;
    esac

    # Inside of quotes a word is taken as it is, else with what the shell would read otherwise escaped.
    case $cur in
    [\'\"]*) quote=${cur:0:1} cur=${cur:1} ;;
    esac
    while IFS=$'\t' read -r candidate help; do
        [ "$quote" ] || printf -v candidate %q "$candidate"
        [[ $candidate = "$cur"* ]] || continue
        COMPREPLY+=("$before$candidate")
    done < <("$tool" --complete="${kind%\?}" "${machine[@]}" 2>/dev/null)

    # readline replaces what follows the last of its word breaks alone.
    local typed=$before$quote$cur last=${COMP_WORDS[COMP_CWORD]}
    case $last in [=:\>]) last='' ;; esac
    if [ -z "$quote" ] && [[ $typed = *"$last" ]]; then
        before=${typed%"$last"}
        COMPREPLY=("${COMPREPLY[@]#"$before"}")
    fi
}
complete -F _kexec_any kexec-any
