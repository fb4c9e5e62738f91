# SPDX-License-Identifier: GPL-2.0-or-later
# NixOS: the tree of fixtures/nixos, whose store and links nix-build and nix-env made.
load common

setup() {
    copy_fixture nixos
    profiles=$root/nix/var/nix/profiles
    uuid=5b1e2c7a-93d4-4f0e-8a61-2f7d90c4e318
}

entry() { # ID FILTER [OPTION...]
    local id=$1 filter=$2
    shift 2
    ka --root "$root" --list --json=short "$@" 2>/dev/null |
        jq -r --arg id "$id" ".entries[] | select(.id == \$id) | $filter"
}

closure() { # LINK, as on the machine
    readlink "$profiles/$1"
}

# Where a path of the machine leads, links followed below the root.
inside() { # PATH
    local path=$1
    while [ -L "$root$path" ]; do
        path=$(readlink "$root$path")
    done
    echo "$path"
}

# A NixOS machine with systemd-boot: the EFI partition of fixtures/bls-sd-boot.
add_esp() {
    local from=fixtures/bls-sd-boot/root
    cp -a $from/boot "$root/"
    cp -a $from/dev/disk/by-partuuid "$root/dev/disk/"
    cp -a $from/sys/firmware $from/sys/class "$root/sys/"
    cp $from/proc/self/mountinfo "$root/proc/self/"
    rm -r "$root"/boot/efi/loader/entries/* "$root"/sys/firmware/efi/efivars/LoaderEntryOneShot-*
    esp=$root/boot/efi
    mkdir -p "$esp/EFI/nixos"
}

# What append-initrd-secrets appends.
secrets() {
    (cd "$BATS_TEST_TMPDIR" && echo xyz >secret && echo secret | cpio -o -H newc --quiet)
}

# As NixOS's systemd-boot-builder.py writes it, file names of the entry and of its copies.
add_sd_entry() { # NAME CLOSURE
    cp "$root$(inside "$2/kernel")" "$esp/EFI/nixos/$1-bzImage.efi"
    { cat "$root$(inside "$2/initrd")" && secrets; } >"$esp/EFI/nixos/$1-initrd.efi"
    cat >"$esp/loader/entries/$1.conf" <<EOF
title NixOS
version Generation 4 NixOS Warbler 25.11, built on 2026-01-04
linux /EFI/nixos/$1-bzImage.efi
initrd /EFI/nixos/$1-initrd.efi
options init=$2/init $(cat "$root$2/kernel-params")
machine-id 7d3f0a3c5b1e4c6f9a2d8e7b60514233
EOF
}

# The origin: PROFILE/kernel, PROFILE/initrd, init=PROFILE/init and PROFILE/kernel-params.
@test "the same files and command line as the script that reads the closure" {
    local n=0 link to params initrd
    for link in system-1-link system-2-link system-3-link system-6-link system-8-link system-profiles/test-1-link; do
        to=$(closure "$link")
        id=${link#system-profiles/}
        [[ $id == system-* ]] && id=${id#system-}
        id=nixos-${id%-link}
        id=${id/nixos-test-/nixos-test-generation-}
        [[ $id == nixos-[0-9]* ]] && id=nixos-generation-${id#nixos-}
        params=$(cat "$root$to/kernel-params")
        initrd=$(inside "$to/initrd")
        [ -e "$root$initrd" ] || initrd=
        [ "$(entry "$id" '.kernel')" = "$(inside "$to/kernel")" ]
        [ "$(entry "$id" '.initrd | join(" ")')" = "$initrd" ]
        [ "$(entry "$id" '.cmdline')" = "init=$to/init $params" ]
        n=$((n + 1))
    done
    [ "$n" -eq 6 ]
    run -0 --separate-stderr ka --root "$root" --show --json=short
    [ "$(jq -r .id <<<"$output")" = nixos-generation-8 ]
}

@test "a specialisation is asked for by name; booted-system is an entry" {
    run -0 --separate-stderr ka --root "$root" --show --json=short --entry=nixos-generation-2-specialisation-debug
    [[ $(jq -r .cmdline <<<"$output") == init=/nix/store/*-23.11-debug/init\ *\ debug ]]
    run -0 --separate-stderr ka --root "$root" --show --json=short --entry=booted-system
    [ "$(jq -r .id <<<"$output")" = nixos-generation-2 ]
    run -3 --separate-stderr ka --root "$root" --show --entry=nixos-generation-99
}

@test "the profile, not the newest generation nor the current system" {
    ln -sfn system-3-link "$profiles/system"
    run -0 --separate-stderr ka --root "$root" --show --json=short
    [ "$(jq -r .id <<<"$output")" = nixos-generation-3 ]
    [ "$(jq -r .cmdline <<<"$output")" = "init=$(closure system-3-link)/init $(cat "$root$(closure system-3-link)/kernel-params")" ]
}

@test "the profile leads to another profile, or past the links" {
    ln -sfn system-profiles/test-1-link "$profiles/system"
    run -0 --separate-stderr ka --root "$root" --show --json=short
    [ "$(jq -r .cmdline <<<"$output")" = "init=$(closure system-profiles/test-1-link)/init $(cat "$root$(closure system-profiles/test-1-link)/kernel-params")" ]
    to=$(closure system-3-link)
    ln -sfn "$to" "$profiles/system"
    run -0 --separate-stderr ka --root "$root" --show --json=short
    [[ $(jq -r .cmdline <<<"$output") == "init=$to/init "* ]]
}

@test "a collected default is refused, with the link" {
    ln -sfn system-7-link "$profiles/system"
    run -4 --separate-stderr ka --root "$root" --check
    [[ $stderr$output == *system-7-link* ]]
}

@test "what a restart changes" {
    run -0 --separate-stderr ka --root "$root" --status
    [[ $output == *"a restart changes initrd, parameters"* ]]
    ln -sfn "$(closure system-8-link)" "$root/run/booted-system"
    run -0 --separate-stderr ka --root "$root" --list --json=short
    [ "$(jq -r '.problems[].id' <<<"$output")" = nixos-restart-not-needed ]
}

@test "a damaged bootspec is an error; the closure only on demand" {
    local to
    to=$root$(closure system-8-link)
    chmod -R u+w "$to"
    truncate -s 100 "$to/boot.json"
    run -4 --separate-stderr ka --root "$root" --check
    [[ $stderr$output == *"boot.json"*"byte "* ]]
    run --separate-stderr ka --root "$root" --show --json=short --ignore=nixos-bootspec
    [ "$(jq -r .cmdline <<<"$output")" = "init=$(closure system-8-link)/init $(cat "$to/kernel-params")" ]
    [ "$(jq -r .kernel <<<"$output")" = "$(inside "$(closure system-8-link)/kernel")" ]
}

@test "parameters go through unchanged, quotes and all; too long a line is measured" {
    local to
    to=$root$(closure system-8-link)
    chmod -R u+w "$to"
    jq -c '."org.nixos.bootspec.v1".kernelParams = ["a=\"b  c\"", "x\ty", "$z"]' "$to/boot.json" >"$to/new"
    mv "$to/new" "$to/boot.json"
    [ "$(entry nixos-generation-8 .cmdline)" = "init=$(closure system-8-link)/init a=\"b  c\" x"$'\t'"y \$z" ]
    jq -c '."org.nixos.bootspec.v1".kernelParams = [("x" * 2100)]' "$to/boot.json" >"$to/new"
    mv "$to/new" "$to/boot.json"
    run -4 --separate-stderr ka --root "$root" --check --json=short
    [[ $(jq -r '.. | .id? // empty' <<<"$output") == *cmdline-too-long* ]]
}

@test "a system for another machine is refused" {
    local to
    to=$root$(closure system-8-link)
    chmod -R u+w "$to"
    sed -i 's/x86_64-linux/aarch64-linux/' "$to/boot.json"
    [ "$(entry nixos-generation-8 '.problems[].id')" = kernel-arch ]
}

@test "systemd-boot: secrets are taken from its entry" {
    add_esp
    add_sd_entry nixos-1f3ad4 "$(closure system-4-link)"
    add_sd_entry nixos-77d0c2+3 "$(closure system-8-link)"
    printf 'default nixos-77d0c2*\n' >"$esp/loader/loader.conf"
    [ "$(entry nixos-generation-4 '.kernel, .initrd[]')" = "/boot/efi/EFI/nixos/nixos-1f3ad4-bzImage.efi
/boot/efi/EFI/nixos/nixos-1f3ad4-initrd.efi" ]
    [ "$(entry nixos-generation-4 '.bootable, .problems[].id')" = $'true\nloader-files' ]
    # Its copies of another system have other names and hold more: they are what boots.
    [[ $(entry nixos-generation-8 .kernel) == /boot/efi/EFI/nixos/* ]]
    run -0 --separate-stderr ka --root "$root" --list --json=short
    [[ $(jq -r '.problems[].id' <<<"$output") != *loader-differs* ]]
}

@test "of two entries of one system, the loader's default has the files" {
    add_esp
    add_sd_entry nixos-new "$(closure system-4-link)"
    add_sd_entry nixos-old "$(closure system-4-link)"
    echo 'default nixos-new.conf' >"$esp/loader/loader.conf"
    [ "$(entry nixos-generation-4 '.initrd[]')" = /boot/efi/EFI/nixos/nixos-new-initrd.efi ]
    echo 'default nixos-old.conf' >"$esp/loader/loader.conf"
    [ "$(entry nixos-generation-4 '.initrd[]')" = /boot/efi/EFI/nixos/nixos-old-initrd.efi ]
}

@test "two generations of one system both have its secrets" {
    add_esp
    add_sd_entry nixos-1f3ad4 "$(closure system-4-link)"
    ln -s "$(closure system-4-link)" "$profiles/system-9-link"
    for id in nixos-generation-4 nixos-generation-9; do
        [ "$(entry $id '.bootable, .initrd[]')" = $'true\n/boot/efi/EFI/nixos/nixos-1f3ad4-initrd.efi' ]
    done
}

@test "systemd-boot boots another system: both are named, the profile wins" {
    add_esp
    add_sd_entry nixos-generation-2 "$(closure system-2-link)"
    printf 'default nixos-generation-2.conf\n' >"$esp/loader/loader.conf"
    run -0 --separate-stderr ka --root "$root" --list --json=short
    [ "$(jq -r .default <<<"$output")" = nixos-generation-8 ]
    text=$(jq -r '.problems[] | select(.id == "loader-differs") | .text' <<<"$output")
    [[ $text == *"$(closure system-2-link)/init"*"$(closure system-8-link)/init"* ]]
    run -0 --separate-stderr ka --root "$root" --show --json=short --backend=bls
    [ "$(jq -r .id <<<"$output")" = nixos-generation-2 ]
}

@test "systemd-boot's default is not known: the profile wins, and that is reported" {
    add_esp
    add_sd_entry nixos-generation-8 "$(closure system-8-link)"
    mkdir "$esp/loader/entries/unreadable.conf"
    truncate -s 1M "$esp/loader/loader.conf"
    run -0 --separate-stderr ka --root "$root" --list --json=short
    [ "$(jq -r .default <<<"$output")" = nixos-generation-8 ]
    [[ $(jq -r '.problems[] | select(.id == "loader-unread") | .text' <<<"$output") == *loader.conf* ]]
}

@test "what a loader of former days left behind decides nothing" {
    add_esp
    add_sd_entry nixos-generation-8 "$(closure system-8-link)"
    printf 'default nixos-generation-8.conf\n' >"$esp/loader/loader.conf"
    mkdir -p "$root/boot/grub"
    printf 'menuentry NixOS {\n linux /boot/old init=%s/init\n}\n' "$(closure system-2-link)" >"$root/boot/grub/grub.cfg"
    : >"$root/boot/old"
    run -0 --separate-stderr ka --root "$root" --list --json=short
    [[ $(jq -r '.problems[].id' <<<"$output") != *loader-differs* ]]
    # Alone, it would count.
    rm -r "$esp/loader" "$root/sys/firmware"
    run -0 --separate-stderr ka --root "$root" --list --json=short
    [[ $(jq -r '.problems[].id' <<<"$output") == *loader-differs* ]]
}

# Names of copies as NixOS's installers make them: "/nix/store/X/Y" becomes "X-Y".
copy_name() { # STORE FILE
    local path=${1#/nix/store/}
    echo "${path//\//-}"
}

# systemd-boot-builder.py's copies, with nothing added.
add_plain_entry() { # NAME CLOSURE [LINE...]
    local kernel initrd
    kernel=$(copy_name "$(inside "$2/kernel")").efi
    initrd=$(copy_name "$(inside "$2/initrd")").efi
    cp "$root$(inside "$2/kernel")" "$esp/EFI/nixos/$kernel"
    cp "$root$(inside "$2/initrd")" "$esp/EFI/nixos/$initrd"
    printf '%s\n' "title NixOS" "linux /EFI/nixos/$kernel" "initrd /EFI/nixos/$initrd" "${@:3}" \
        "options init=$2/init $(cat "$root$2/kernel-params")" >"$esp/loader/entries/$1.conf"
}

@test "systemd-boot: what its entry has more, or otherwise, is what boots" {
    local to
    to=$(closure system-8-link)
    add_esp
    printf 'default nixos-8.conf\n' >"$esp/loader/loader.conf"
    add_plain_entry nixos-8 "$to"
    [[ $(entry nixos-generation-8 .kernel) == /nix/store/* ]]
    [[ $(entry nixos-generation-8 '.initrd[]') == /nix/store/* ]]
    secrets >"$esp/firmware.cpio"
    add_plain_entry nixos-8 "$to" 'initrd /firmware.cpio'
    [[ $(entry nixos-generation-8 '.initrd[]') == "/boot/efi/EFI/nixos/"*$'\n/boot/efi/firmware.cpio' ]]
    [ "$(entry nixos-generation-8 '.problems[0].id')" = loader-files ]
    # The entry cannot be started: what it adds is not known.
    rm "$esp/firmware.cpio"
    [ "$(entry nixos-generation-8 '.bootable, .problems[].id' | grep -v nixos-booted)" = $'false\nloader-files-unknown' ]
    run -4 --separate-stderr ka --root "$root" --dry-run
    [[ $stderr == *firmware.cpio* ]]
    # A copy of another size, and words that the system does not have.
    add_plain_entry nixos-8 "$to"
    secrets >>"$esp/EFI/nixos/$(copy_name "$(inside "$to/initrd")").efi"
    sed -i 's/^options .*/& added/' "$esp/loader/entries/nixos-8.conf"
    [[ $(entry nixos-generation-8 '.initrd[]') == "/boot/efi/EFI/nixos/"* ]]
    [[ $(entry nixos-generation-8 .cmdline) == "init=$to/init "*" added" ]]
}

add_bootspec() { # CLOSURE JSON
    chmod -R u+w "$root$1"
    jq -c --argjson more "$2" '. + $more' "$root$1/boot.json" >"$BATS_TEST_TMPDIR/new"
    mv "$BATS_TEST_TMPDIR/new" "$root$1/boot.json"
}

@test "a bootspec that names further initrds: the loader's entry has them, or nothing boots" {
    local to
    to=$(closure system-8-link)
    add_bootspec "$to" '{"org.nixos.extra-initrd.v1": {"paths": []}}'
    run -0 --separate-stderr ka --root "$root" --dry-run
    add_bootspec "$to" '{"org.nixos.extra-initrd.v2": {}}'
    run -4 --separate-stderr ka --root "$root" --dry-run
    add_bootspec "$to" '{"org.nixos.extra-initrd.v2": {}, "org.nixos.extra-initrd.v1": {"paths": ["firmware.cpio"]}}'
    run -4 --separate-stderr ka --root "$root" --dry-run
    [[ $stderr == *"further initrds"* ]]
    add_esp
    secrets >"$esp/firmware.cpio"
    add_plain_entry nixos-8 "$to" 'initrd /firmware.cpio'
    [[ $(entry nixos-generation-8 '.initrd[]') == *$'\n/boot/efi/firmware.cpio' ]]
    run -0 --separate-stderr ka --root "$root" --dry-run
}

@test "two loaders that may both boot have other files for one system: refused" {
    local to
    to=$(closure system-8-link)
    add_esp
    rm -r "$root/sys/firmware"
    secrets >"$esp/firmware.cpio"
    add_plain_entry nixos-8 "$to" 'initrd /firmware.cpio'
    mkdir -p "$root/boot/grub"
    {
        printf 'menuentry NixOS {\n linux %s init=%s/init %s\n' "$(inside "$to/kernel")" "$to" "$(cat "$root$to/kernel-params")"
        printf ' initrd %s\n}\n' "$(inside "$to/initrd")"
    } >"$root/boot/grub/grub.cfg"
    run -4 --separate-stderr ka --root "$root" --dry-run
    [[ $stderr == *"grub and bls both have entries of this system"* || $stderr == *"bls and grub both"* ]]
}

# As limine-install.py writes it.
put_limine() { # CLOSURE INITRD...
    local to=$1 name
    shift
    mkdir -p "$root/boot/limine/kernels"
    {
        printf 'timeout: 5\ndefault_entry: 2\n/+NixOS\n//Generation 8\nprotocol: linux\n'
        printf 'cmdline: init=%s/init %s\nkernel_path: boot():/limine/kernels/k#ab\n' "$to" "$(cat "$root$to/kernel-params")"
        for name; do printf 'module_path: boot():/limine/kernels/%s#cd\n' "$name"; done
    } >"$root/boot/limine/limine.conf"
}

@test "loaders that no backend reads: copies of the system's initrd alone are taken for the same" {
    local to name
    to=$(closure system-8-link)
    name=$(copy_name "$(inside "$to/initrd")")
    put_limine "$to" "$name"
    cp "$root$(inside "$to/initrd")" "$root/boot/limine/kernels/$name"
    run -0 --separate-stderr ka --root "$root" --dry-run
    secrets >>"$root/boot/limine/kernels/$name"
    run -4 --separate-stderr ka --root "$root" --dry-run
    [[ $stderr == *"menu of Limine"*/boot/limine/limine.conf*"the initrd '/limine/kernels/$name'"* ]]
    put_limine "$to" "$name" more
    run -4 --separate-stderr ka --root "$root" --dry-run
    [[ $stderr == *"has 2 initrds, and the system itself has 1"* ]]
    # What to pass by hand is said only where all of it is found.
    [[ $stderr != *"its initrds:"* ]]
    cp "$root$(inside "$to/initrd")" "$root/boot/limine/kernels/more"
    run -4 --separate-stderr ka --root "$root" --dry-run
    [[ $stderr == *"its initrds: --initrd=/boot/limine/kernels/$name --initrd=/boot/limine/kernels/more"* ]]
    run -0 --separate-stderr ka --root "$root" --dry-run --json=short --ignore=loader-files-unknown \
        --initrd=/boot/limine/kernels/$name --initrd=/boot/limine/kernels/more
    run -0 --separate-stderr ka --root "$root" --dry-run --ignore=loader-files-unknown
    rm -r "$root/boot/limine"
    mkdir -p "$root/boot/efi/EFI/refind"
    printf 'menuentry "NixOS" {\n loader /k\n initrd /a\n initrd /b\n options "init=%s/init x"\n}\n' "$to" >"$root/boot/efi/EFI/refind/refind.conf"
    run -4 --separate-stderr ka --root "$root" --dry-run
    [[ $stderr == *rEFInd*"2 initrds"* ]]
}

@test "secrets, and a loader that no backend reads: it is named, and what helps" {
    ln -sfn system-4-link "$profiles/system"
    put_limine "$(closure system-4-link)" i
    run -4 --separate-stderr ka --root "$root" --dry-run
    [[ $stderr == *"menu of Limine, which is in /boot/limine/limine.conf"*--initrd=* ]]
    [[ $stderr != *"nixos-rebuild boot"* ]]
}

digest() { # FILE: SHA-256, as 32 bytes
    python3 -c 'import hashlib, sys
sys.stdout.buffer.write(hashlib.sha256(open(sys.argv[1], "rb").read()).digest())' "$1"
}

# As lanzaboote's stub: paths on the EFI partition and the hashes of what is there.
add_signed() { # CLOSURE
    local part=$BATS_TEST_TMPDIR/part
    mkdir -p "$part" "$esp/EFI/Linux"
    # A kernel may be packed as a whole; the hash is that of the file as it is.
    "${PACK:-cat}" <"$root$(inside "$1/kernel")" >"$esp/EFI/nixos/kernel-ab.efi"
    { cat "$root$(inside "$1/initrd")" && secrets; } >"$esp/EFI/nixos/initrd-cd.efi"
    printf 'ID=nixos\nPRETTY_NAME=NixOS\n' >"$part/osrel"
    printf 'init=%s/init %s' "$1" "$(cat "$root$1/kernel-params")" >"$part/cmdline"
    printf '\\EFI\\nixos\\kernel-ab.efi' >"$part/linux"
    printf '\\EFI\\nixos\\initrd-cd.efi' >"$part/initrd"
    digest "$esp/EFI/nixos/kernel-ab.efi" >"$part/linuxh"
    digest "$esp/EFI/nixos/initrd-cd.efi" >"$part/initrdh"
    tests/tools/mkuki "$esp/EFI/Linux/nixos-generation-8-efgh.efi" .osrel="$part/osrel" .cmdline="$part/cmdline" \
        .linux="$part/linux" .linuxh="$part/linuxh" .initrd="$part/initrd" .initrdh="$part/initrdh"
}

@test "lanzaboote: signed copies are taken, and their hashes checked" {
    local to
    to=$(closure system-8-link)
    chmod -R u+w "$root$to"
    jq -c '. + {"org.nix-community.lanzaboote": {"sort_key": "lanza"}}' "$root$to/boot.json" >"$BATS_TEST_TMPDIR/new"
    mv "$BATS_TEST_TMPDIR/new" "$root$to/boot.json"
    run -4 --separate-stderr ka --root "$root" --check --json=short
    [[ $(jq -r '.findings[].id' <<<"$output") == *loader-files-missing* ]]
    add_esp
    add_signed "$to"
    run -0 --separate-stderr ka --root "$root" --check --json=short
    [ "$(jq -r '.entry.kernel, .entry.initrd[]' <<<"$output")" = $'/boot/efi/EFI/nixos/kernel-ab.efi\n/boot/efi/EFI/nixos/initrd-cd.efi' ]
    [[ $(jq -r '.findings[].id' <<<"$output") == *loader-files* ]]
    PACK=gzip add_signed "$to"
    run -0 --separate-stderr ka --root "$root" --check --json=short
    [[ $(jq -r '.findings[].id' <<<"$output") != *hash-mismatch* ]]
    : >"$BATS_TEST_TMPDIR/libcrypto.so.3"
    WRAP="env LD_LIBRARY_PATH=$BATS_TEST_TMPDIR $WRAP" run -4 --separate-stderr ka --root "$root" --check --json=short
    [[ $(jq -r '.findings[].id' <<<"$output") == *hash-unchecked* ]]
    printf '\0' >>"$esp/EFI/nixos/kernel-ab.efi"
    run -4 --separate-stderr ka --root "$root" --check --json=short
    [[ $(jq -r '.findings[].id' <<<"$output") == *hash-mismatch* ]]
    add_signed "$to"
    printf x >>"$esp/EFI/nixos/initrd-cd.efi"
    run -4 --separate-stderr ka --root "$root" --check --json=short
    [[ $(jq -r '.findings[] | select(.id == "hash-mismatch") | .path' <<<"$output") == *initrd-cd.efi* ]]
    rm "$esp/EFI/nixos/kernel-ab.efi"
    run -4 --separate-stderr ka --root "$root" --check --json=short
    [[ $(jq -r '.findings[].id' <<<"$output") == *loader-files-missing* ]]
}

# As install-grub.pl writes it where /boot is copied to: two slashes, secrets as a second initrd.
@test "GRUB: secrets are its second initrd" {
    local to
    to=$(closure system-4-link)
    mkdir -p "$root/boot/grub" "$root/boot/kernels"
    cp "$root$(inside "$to/kernel")" "$root/boot/kernels/ab-linux-bzImage"
    cp "$root$(inside "$to/initrd")" "$root/boot/kernels/ab-initrd"
    secrets >"$root/boot/kernels/system-secrets"
    cat >"$root/boot/grub/grub.cfg" <<EOF
if [ -s \$prefix/grubenv ]; then load_env; fi
set default=0
set timeout=5
search --set=drive1 --fs-uuid $uuid
menuentry "NixOS - Default" --class nixos --unrestricted {
search --set=drive1 --fs-uuid $uuid
  linux (\$drive1)//boot/kernels/ab-linux-bzImage init=$to/init $(cat "$root$to/kernel-params")
  initrd (\$drive1)//boot/kernels/ab-initrd (\$drive1)//boot/kernels/system-secrets
}
EOF
    [ "$(entry nixos-generation-4 '.kernel, .initrd[]')" = "/boot/kernels/ab-linux-bzImage
/boot/kernels/ab-initrd
/boot/kernels/system-secrets" ]
    [ "$(entry nixos-generation-4 '.problems[].id')" = loader-files ]
    ln -sfn system-4-link "$profiles/system"
    run -0 --separate-stderr ka --root "$root" --show --json=short
    [ "$(jq -r '[.id, .initrd[1]] | join(" ")' <<<"$output")" = "nixos-generation-4 /boot/kernels/system-secrets" ]
}

@test "500 generations are listed, newest first, and no kernel is read" {
    local to i
    to=$(closure system-8-link)
    for ((i = 9; i <= 500; i++)); do
        ln -s "$to" "$profiles/system-$i-link"
    done
    chmod u+w "$root$(dirname "$(inside "$to/kernel")")" "$root$(inside "$to/kernel")"
    echo 'no kernel' >"$root$(inside "$to/kernel")"
    run -0 --separate-stderr ka --root "$root" --list --json=short
    [ "$(jq '[.entries[] | select(.id | test("^nixos-generation-[0-9]+$"))] | length' <<<"$output")" -eq 500 ]
    [ "$(jq -r '.entries[0].id' <<<"$output")" = nixos-generation-500 ]
    [ "$(jq -r '.default' <<<"$output")" = nixos-generation-8 ]
    run -4 --separate-stderr ka --root "$root" --check
}
