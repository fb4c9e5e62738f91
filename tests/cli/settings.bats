# SPDX-License-Identifier: GPL-2.0-or-later
# kexec-any.conf: where it is looked for, what counts, and that a mistake in it stops the run.
load common

setup() {
    copy_fixture debian-12
    mkdir -p "$root"/{etc,run,usr/lib}/kexec-any.conf.d
}

put() { # FILE LINE... of the machine
    local file=$root/$1
    shift
    printf '%s\n' '[kexec-any]' "$@" >"$file"
}

plan() {
    ka --root "$root" --dry-run --json=short "$@" 2>/dev/null
}

settings() {
    ka --root "$root" --status --json=short | jq -c '[.settings[]|"\(.key)=\(.value) \(.path)"]'
}

@test "every key has its effect, and --status says where it is from" {
    [ "$(settings)" = '[]' ]
    put etc/kexec-any.conf '# a comment' Append=console=ttyS0,115200 StopTimeout=2min Ignore=root-missing \
        Backend=debian
    [ "$(settings)" = '["Backend=debian /etc/kexec-any.conf","Append=console=ttyS0,115200 /etc/kexec-any.conf","Ignore=root-missing /etc/kexec-any.conf","StopTimeout=2min /etc/kexec-any.conf"]' ]
    run -0 ka --root "$root" --status
    [[ $output == *"settings: Backend=debian (/etc/kexec-any.conf)"*"StopTimeout=2min (/etc/kexec-any.conf)"* ]]
    [ "$(plan | jq .stopTimeout)" = 120 ]
    [[ $(plan | jq -r .cmdline) == *" console=ttyS0,115200" ]]
    run -0 --separate-stderr ka --root "$root" --check --json=short \
        --cmdline='root=UUID=00000000-0000-0000-0000-000000000000 ro'
    [ "$(jq -r '.findings[]|select(.id=="root-missing").severity' <<<"$output")" = warning ]
}

@test "the command line wins" {
    put etc/kexec-any.conf Append=quiet StopTimeout=2min Backend=grub
    [ "$(plan --backend=debian --stop-timeout=20 | jq .stopTimeout)" = 20 ]
    [[ $(plan --backend=debian --append=debug | jq -r .cmdline) == *" quiet debug" ]]
    [ "$(plan --backend=debian --immediate | jq .stopTimeout)" = null ]
    run -3 ka --root "$root" --list
}

@test "/etc before /run before /usr/lib; drop-ins in the order of their names" {
    put usr/lib/kexec-any.conf Append=usr
    put run/kexec-any.conf StopTimeout=1min
    [ "$(settings)" = '["StopTimeout=1min /run/kexec-any.conf"]' ]
    put usr/lib/kexec-any.conf.d/50-b.conf Append=usr-b
    put run/kexec-any.conf.d/50-b.conf Append=run-b
    put run/kexec-any.conf.d/90-z.conf Append=run-z
    put etc/kexec-any.conf.d/50-b.conf Append=etc-b
    put etc/kexec-any.conf.d/10-a.conf Append=etc-a StopTimeout=10
    put etc/kexec-any.conf.d/99.notes Append=no
    [ "$(settings)" = '["Append=run-z /run/kexec-any.conf.d/90-z.conf","StopTimeout=10 /etc/kexec-any.conf.d/10-a.conf"]' ]
    ln -s /dev/null "$root/etc/kexec-any.conf.d/90-z.conf"
    [ "$(settings)" = '["Append=etc-b /etc/kexec-any.conf.d/50-b.conf","StopTimeout=10 /etc/kexec-any.conf.d/10-a.conf"]' ]
    : >"$root/etc/kexec-any.conf.d/10-a.conf"
    [ "$(settings)" = '["Append=etc-b /etc/kexec-any.conf.d/50-b.conf","StopTimeout=1min /run/kexec-any.conf"]' ]
}

broken() { # WORDS
    run -2 --separate-stderr ka --root "$root" --list
    [[ $stderr == *"/etc/kexec-any.conf"*"$1"* ]]
    [ -z "$output" ]
}

@test "a broken file is exit status 2, and says which" {
    put etc/kexec-any.conf Appends=quiet
    broken "unknown key 'Appends'"
    put etc/kexec-any.conf StopTimeout=soon
    broken "'soon' is not a time span"
    printf '[kexec_any]\nAppend=x\n' >"$root/etc/kexec-any.conf"
    broken "unknown section [kexec_any]"
    printf 'Append=x\n' >"$root/etc/kexec-any.conf"
    broken "'Append' stands in front of [kexec-any]"
    printf '[kexec-any\nAppend=x\n' >"$root/etc/kexec-any.conf"
    broken "line 1"
    rm "$root/etc/kexec-any.conf"
    mkdir "$root/etc/kexec-any.conf"
    broken ""
    rmdir "$root/etc/kexec-any.conf"
    ln -s kexec-any.conf "$root/etc/kexec-any.conf"
    broken ""
    # What takes a restart back needs none of it, nor does help.
    run -0 ka --help
}

@test "no link leads out of the machine" {
    printf '[kexec-any]\nAppend=outside\n' >"$BATS_TEST_TMPDIR/outside"
    ln -s "$BATS_TEST_TMPDIR/outside" "$root/etc/kexec-any.conf"
    run -2 --separate-stderr ka --root "$root" --list
}
