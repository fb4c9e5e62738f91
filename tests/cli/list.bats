# SPDX-License-Identifier: GPL-2.0-or-later
# --list, --show and --status on captured machines.
load common

# expected.json was reviewed by hand against what the machine's own tools say (see the last tests).
golden() {
    run --separate-stderr on "$1" --list --json
    diff -u "fixtures/$1/expected.json" - <<<"$output"
    [ "$status" -eq "${2:-0}" ]
}

# In a capture of a guest, booted.txt is what the real loader booted right after it: the same kernel and
# the same command line, to the byte, must be the default here.
booted() { # FIXTURE COMMAND...: the latter undoes what the loader alone puts in front
    local file=fixtures/$1/booted.txt expected kernel start said
    expected=$(sed -n 's/^cmdline //p' "$file" | "${@:2}")
    run -0 --separate-stderr on "$1" --show --json=short
    diff <(echo "$expected") <(jq -r .cmdline <<<"$output")

    # The version the kernel has in itself, also inside of a UKI.
    kernel=fixtures/$1/root/$(jq -r .kernel <<<"$output")
    start=$(LC_ALL=C grep -abo HdrS "$kernel" | head -n 1 | cut -d : -f 1)
    start=$((start - 0x202))
    said=$((start + 0x200 + $(od -A n -t u2 -j $((start + 0x20e)) -N 2 "$kernel")))
    said=$(tail -c +$((said + 1)) "$kernel" | head -c 256 | tr '\0' '\n' | head -n 1)
    [[ $said == "$(sed -n 's/^release //p' "$file") "*" $(sed -n 's/^version //p' "$file")" ]]
}
# systemd-boot names the initrds in front of the options, for kernels that ask no other way.
sdboot() {
    sed -E 's/^(initrd=\\[^ ]* )+//'
}
# The menu by systemd-boot's own word, LoaderEntries.
menu() { # FIXTURE
    local var=fixtures/$1/root/sys/firmware/efi/efivars/LoaderEntries-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f
    diff <(tail -c +5 "$var" | iconv -f UTF-16LE -t UTF-8 | tr '\0' '\n' | plain_ids) \
        <(jq -r '.entries[].id' "fixtures/$1/expected.json")
}
# What it selected at that boot, LoaderEntrySelected.
selected() { # FIXTURE
    [ "$(sed -n 's/^selected //p' "fixtures/$1/booted.txt" | plain_ids)" = "$(jq -r .default "fixtures/$1/expected.json")" ]
}
plain_ids() {
    sed -E 's/(\+[0-9]+(-[0-9]+)?)?\.(conf|efi)(@|$)/\4/'
}

@test "debian-12" { golden debian-12; }
@test "debian-old: the link, not the newest version" { golden debian-old; }
@test "ubuntu-like: links in /boot, stale ones in /" { golden ubuntu-like; }
@test "nothing to boot" { golden nothing 3; }
@test "dangling: the default stays, with its reason" { golden dangling; }
@test "hostile: no link leads out of the root" { golden hostile; }
@test "arch-plain: flavours for versions, and no default without links" { golden arch-plain; }
@test "fedora-plain: rescue last" { golden fedora-plain; }
@test "grub-zfs: paths of datasets" { golden grub-zfs; }
@test "suse-rollback: the default subvolume, and the block in its header" { golden suse-rollback; }
@test "ostree: the newest deployment, by bootupd's configuration" { golden ostree; }
@test "extlinux-alpine: the menu's own default" { golden extlinux-alpine; }
@test "uboot-debian: the default label" { golden uboot-debian; }
@test "bls-sd-boot: one-shot, counters, what the loader hides" { golden bls-sd-boot; }

@test "real-debian-grub-bios: the first entry of a real machine" {
    golden real-debian-grub-bios
    booted real-debian-grub-bios cat
}
@test "real-debian-grub-uefi: /boot and the EFI partition apart" {
    golden real-debian-grub-uefi
    booted real-debian-grub-uefi cat
}
@test "real-debian-grub-saved: saved entry in the submenu" {
    golden real-debian-grub-saved
    booted real-debian-grub-saved cat
}
@test "real-debian-grub-next: one-shot over saved entry" {
    golden real-debian-grub-next
    booted real-debian-grub-next cat
}
@test "real-debian-sdboot-252: the pattern of loader.conf" {
    golden real-debian-sdboot-252
    booted real-debian-sdboot-252 sdboot
    menu real-debian-sdboot-252
    selected real-debian-sdboot-252
}
@test "real-debian-sdboot-252-oneshot: one-shot over the default of a variable" {
    golden real-debian-sdboot-252-oneshot
    booted real-debian-sdboot-252-oneshot sdboot
    menu real-debian-sdboot-252-oneshot
    selected real-debian-sdboot-252-oneshot
}
@test "real-debian-uki-252: a UKI whose profiles the loader does not know" {
    golden real-debian-uki-252
    booted real-debian-uki-252 cat
    menu real-debian-uki-252
}
@test "real-debian-sdboot-262: the pattern of loader.conf" {
    golden real-debian-sdboot-262
    booted real-debian-sdboot-262 sdboot
    menu real-debian-sdboot-262
    selected real-debian-sdboot-262
}
@test "real-debian-uki-262: a UKI with profiles, addons" {
    golden real-debian-uki-262
    booted real-debian-uki-262 cat
    menu real-debian-uki-262
    selected real-debian-uki-262
}

# A generation's date is the time of its link, which a checkout does not keep.
@test "nixos: generations, specialisations, what a closure lacks" {
    profiles=fixtures/nixos/root/nix/var/nix/profiles
    for i in 1 2 3 4 5 6 7 8; do
        touch -h -d "2026-01-0$i 12:00 UTC" $profiles/system-$i-link
    done
    touch -h -d '2026-02-01 12:00 UTC' $profiles/system-profiles/test-1-link
    golden nixos
}

# Of a capture, the dates are in times.txt.
set_times() { # FIXTURE
    local day path
    while read -r day path; do
        touch -h -d "$day 12:00 UTC" "fixtures/$1/root/$path"
    done <"fixtures/$1/times.txt"
}

@test "real-nixos-systemd-boot: the system profile" {
    set_times real-nixos-systemd-boot
    golden real-nixos-systemd-boot
    booted real-nixos-systemd-boot sdboot
}

@test "bls: entries.srel" {
    copy_fixture bls-sd-boot
    echo type1 >"$root/boot/efi/loader/entries.srel"
    run -0 --separate-stderr ka --root "$root" --list --json=short
    [[ $(jq -r '.problems[].id' <<<"$output") != *bls-foreign* ]]
    echo type9 >"$root/boot/efi/loader/entries.srel"
    run -0 --separate-stderr ka --root "$root" --list --json=short
    [[ $(jq -r '.problems[] | select(.id == "bls-foreign") | .text' <<<"$output") == *"'type9'"* ]]
}

@test "every fixture has a golden test" {
    for dir in fixtures/*/; do
        grep -q "golden $(basename "$dir")\b" "$BATS_TEST_FILENAME"
        [ -f "$dir/ORIGIN.md" ]
    done
}

@test "all keys of the contract are there" {
    run -0 --separate-stderr on debian-12 --list --json=short
    [ "$(jq -c 'keys_unsorted' <<<"$output")" = '["schema","backend","backends","default","why","undecided","entries","problems","chain"]' ]
    [ "$(jq -c '.entries[0]|keys_unsorted' <<<"$output")" = '["id","number","title","menu","backend","type","version","machineId","sortKey","architecture","source","linux","kernel","initrd","devicetree","cmdline","triesLeft","triesDone","isDefault","isRunning","bootable","problems"]' ]
    [ "$(jq -c '.backends[0]|keys_unsorted' <<<"$output")" = '["name","present","inCharge","why"]' ]
    [ "$(jq -c '.problems[0]|keys_unsorted' <<<"$output")" = '["id","severity","path","text","remedy"]' ]
}

@test "the table is complete when piped" {
    run -0 --separate-stderr on fedora-plain --list
    [[ ${lines[0]} == *"ID "*TITLE*VERSION*STATE* ]]
    [[ ${lines[1]} == *6.17.8-300.fc43.x86_64* ]]
    [[ ${lines[2]} == *6.17.7-300.fc43.x86_64*running* ]]
    [[ ${lines[3]} == *0-rescue-7d3f0a3c5b1e4c6f9a2d8e7b60514233*6.14.0-63.fc42.x86_64* ]]
}

@test "the table is cut to a terminal, and escape sequences do not reach it" {
    run -0 script -qec "stty cols 70; $BUILD/kexec-any --root fixtures/hostile/root --list 2>/dev/null" /dev/null
    for line in "${lines[@]}"; do
        clean=$(sed 's/\x1b\[[0-9;]*m//g; s/\r//' <<<"$line")
        [ "${#clean}" -le 70 ]
    done
    ! grep -q $'\e\[31m' <<<"$output"
}

@test "the table on 80 columns: the state is whole, a reason is its id" {
    run -0 script -qec "stty cols 80; $BUILD/kexec-any --no-color --root fixtures/nixos/root --list 2>/dev/null" /dev/null
    output=${output//$'\r'/}
    while IFS= read -r line; do
        [ "${#line}" -le 80 ]
    done <<<"$output"
    while IFS=$'\t' read -r number id; do
        grep -qE "^[* ] +$number .* $id\$" <<<"$output"
    done < <(jq -r '.entries[] | select(.bootable|not) | [.number,
        first(.problems[] | select(.severity == "error").id)] | @tsv' fixtures/nixos/expected.json)
    grep -qE '^\* +0 .* default$' <<<"$output"
    grep -qE '^ +6 .* running$' <<<"$output"
    [[ $output == *nixos-closure-missing* ]]
}

@test "--show says why and where" {
    run -0 --separate-stderr on debian-old --show
    [[ $output == *"why: configured (/boot/vmlinuz): /boot/vmlinuz -> /boot/vmlinuz-6.1.0-9-amd64"* ]]
    [[ $output == *"initrd: /boot/initrd.img-6.1.0-9-amd64"* ]]
}

@test "--show --entry=vmlinuz.old --json" {
    run -0 --separate-stderr on debian-old --show --entry=vmlinuz.old --json=short
    [ "$(jq -r .id <<<"$output")" = 6.1.0-56-amd64 ]
    [ "$(jq -r .why <<<"$output")" = null ]
}

@test "--status" {
    run -0 --separate-stderr on debian-12 --status --json=short
    [ "$(jq -c 'keys_unsorted' <<<"$output")" = '["schema","loaded","allowed","whyNot","backends","chain","scheduled","settings"]' ]
    [ "$(jq -c '[.loaded,.allowed,.scheduled]' <<<"$output")" = '[false,true,null]' ]
    copy_fixture debian-12
    echo 1 >"$root/proc/sys/kernel/kexec_load_disabled"
    mkdir -p "$root/etc/sysctl.d"
    echo 'kernel.kexec_load_disabled = 1' >"$root/etc/sysctl.d/hardening.conf"
    run -0 --separate-stderr ka --root "$root" --status --json=short
    [ "$(jq -r .whyNot[0].id <<<"$output")" = kexec-disabled ]
    [ "$(jq -r .whyNot[0].path <<<"$output")" = /etc/sysctl.d/hardening.conf ]
}

@test "oracle: the default is where the link leads in a chroot" {
    [ "$(id -u)" -eq 0 ] || skip "chroot needs root"
    for name in debian-12 debian-old ubuntu-like; do
        link=$(on "$name" --list --json=short 2>/dev/null | jq -r .why.source)
        kernel=$(on "$name" --list --json=short 2>/dev/null | jq -r '.entries[]|select(.isDefault).kernel')
        cp -a "fixtures/$name/root" "$BATS_TEST_TMPDIR/$name"
        cp "$(command -v busybox)" "$BATS_TEST_TMPDIR/$name/busybox"
        [ "$(chroot "$BATS_TEST_TMPDIR/$name" /busybox readlink -f "$link")" = "$kernel" ]
    done
}

@test "oracle: versions sort as linux-version(1) sorts them" {
    command -v linux-version >/dev/null || skip "no linux-version (Debian's linux-base)"
    mkdir -p "$BATS_TEST_TMPDIR/root/boot"
    RANDOM=42
    parts=(-rc1 -rc10 -trunk -amd64 -amd64-unsigned -cloud .0 .1 .10 .09 -1 -10 -2 +bpo ~bpo -rt a -generic '')
    for ((i = 0; i < 600; i++)); do
        v=$((RANDOM % 7)).$((RANDOM % 30))
        for ((k = RANDOM % 4; k > 0; k--)); do v+=${parts[RANDOM % ${#parts[@]}]}; done
        : >"$BATS_TEST_TMPDIR/root/boot/vmlinuz-$v"
    done
    printf 'root=/dev/vda1\n' >"$BATS_TEST_TMPDIR/root/cmdline"
    run -0 --separate-stderr ka --root "$BATS_TEST_TMPDIR/root" --list --json=short
    ours=$(jq -r '.entries[].version' <<<"$output")
    # Equal versions (1.09 and 1.9) may stand in any order: compare what linux-version compares.
    theirs=$(linux-version sort --reverse <<<"$ours")
    [ "$(wc -l <<<"$ours")" -gt 400 ]
    paste <(echo "$ours") <(echo "$theirs") | while IFS=$'\t' read -r a b; do
        [ "$a" = "$b" ] || linux-version compare "$a" eq "$b"
    done
}
