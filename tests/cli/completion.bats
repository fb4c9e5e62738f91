# SPDX-License-Identifier: GPL-2.0-or-later
# The completions of contrib/completions, in the shells themselves (complete.py), and what they are made from.
load common

root=fixtures/real-debian-grub-bios/root
uuid=6b612d67-7565-7374-2d72-6f6f742d3031
entry="gnulinux-advanced-$uuid>gnulinux-6.1.0-50-cloud-amd64-recovery-$uuid"

# Each line is typed up to ¦; the tab key has to add the rest of it. A blank ends a whole word.
completes() { # SHELL LINE...
    local typed=() wanted=() line
    for line in "${@:2}"; do
        typed+=("kexec-any ${line%¦*}") wanted+=("kexec-any ${line/¦/}")
    done
    diff <(printf '%s\n' "${wanted[@]}") <(tests/cli/complete.py "$1" "${typed[@]}")
}

values=('--backend=ni¦xos ' '-b ni¦xos ' '--ignore=hash-mis¦match ' '--ignore=kernel-missing,hash-mis¦match '
    '--when=ca¦ncel ' '--list --json=sh¦ort ' '--help=¦all ' '--no-wa¦ll ' '--root=fixtures/debian-1¦2/'
    "--root $root --show --entry=gnulinux-si¦mple-$uuid "
    "--root $root --show -e gnulinux-si¦mple-$uuid ")
# An id that the shell would take for a redirection: the completed line, run by that shell, finds the entry.
escaped="--root=$root --show --json=short --entry=gnulinux-advanced-$uuid\\>gnulinux-6.1.0-50-cloud-amd64-r¦ecovery-$uuid "
quoted="--root=$root --show --json=short -e 'gnulinux-advanced-$uuid>gnulinux-6.1.0-50-cloud-amd64-r¦ecovery-$uuid' "

finds_the_entry() { # SHELL
    local line
    completes "$1" "$escaped" "$quoted"
    for line in "$escaped" "$quoted"; do
        run -0 --separate-stderr env PATH="$PWD/$BUILD:$PATH" "$1" -c "kexec-any ${line/¦/}"
        [ "$(jq -r .id <<<"$output")" = "$entry" ]
    done
}

@test "bash completes options and their values" {
    completes bash '--roo¦t=' '--back¦end=' "${values[@]}"
    # A JSON form follows "=" alone, other values follow a blank as well.
    completes bash '--list --json pr¦' '--root=fixtures/nothing --entry=¦'
}

@test "bash: the completed line finds the entry" { finds_the_entry bash; }

@test "zsh completes options and their values" {
    completes zsh '--roo¦t=' '--back¦end=' "${values[@]}"
}

@test "zsh: the completed line finds the entry" { finds_the_entry zsh; }

@test "fish completes options and their values" {
    completes fish '--roo¦t ' '--back¦end ' "${values[@]}"
}

@test "fish: the completed line finds the entry" { finds_the_entry fish; }

@test "--complete=entries: every id of --list, and its title" {
    run -0 --separate-stderr on real-debian-grub-bios --complete=entries
    diff <(jq -r '.entries[]|.id+"\t"+.title' fixtures/real-debian-grub-bios/expected.json) - <<<"$output"
}

@test "--complete=entries: what cannot be typed is not offered" {
    copy_fixture debian-12
    : >"$root/boot/vmlinuz-6.1.0-"$'\e[31m'
    : >"$root/boot/vmlinuz-6.1.0-"$'\xff'
    run -0 --separate-stderr ka --root "$root" --complete=entries
    [ "$(wc -l <<<"$output")" -eq "$(jq '.entries|length' fixtures/debian-12/expected.json)" ]
}

@test "--complete=findings: the errors that --ignore= changes" {
    run -0 --separate-stderr ka --complete=findings
    diff <(sed -n '/ERROR/{/FINAL/d;s/^KA_FINDING([A-Z0-9_]*, "\(.*\)", .*/\1/p}' include/kexec-any/findings.def) \
        <(cut -f 1 <<<"$output")
}

@test "--complete=backends: one for each directory of backends/" {
    run -0 --separate-stderr ka --complete=backends
    diff <(ls backends) <(cut -f 1 <<<"$output" | sort)
}

@test "--complete=options: what they say of values is so" {
    run -0 --separate-stderr ka --complete=options
    [ "${#lines[@]}" -ge 29 ]
    options=$output
    while IFS=$'\t' read -r name letter kind help; do
        [ "$help" ] && [ "${#help}" -le 52 ]
        case $kind in
        -)
            run -2 --separate-stderr ka "$name=x"
            [[ $stderr == *"'$name' takes no value"* ]]
            ;;
        *\?) ;;
        *)
            run -2 --separate-stderr ka "$name"
            [[ $stderr == *"'$name' needs a value"* ]]
            ;;
        esac
    done <<<"$options"
}
