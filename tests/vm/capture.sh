#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Usage: tests/vm/capture.sh [GUEST...]
#
# Writes fixtures/real-*: captures that kexec-any-capture makes in the guests, and what the real boot
# loader of each boots next (see capture.exp). GUEST is grub-bios, grub-uefi, bls-bookworm, bls-forky or
# nixos-systemd-boot; all of them without arguments. For each fixture:
#
#   root/         the capture, kernels and EFI programs shortened by tests/tools/shorten-images
#   booted.txt    what the loader booted next: kernel, command line, and the entry by its own word
#   times.txt     the days when the links were made that NixOS dates generations by
#   ORIGIN.md     the machine, the versions, this command
#
# expected.json is reviewed by hand; what differs is shown. What kexec-any said of the live guest must
# be what it says of the capture.
#
# Environment: BUILD, CACHE.
set -euo pipefail

: "${BUILD:=build}"
export BUILD CACHE=${CACHE:-build/cache}
here=$(dirname "$0")
out=$BUILD/captures
bootctl='SYSTEMD_RELAX_ESP_CHECKS=1 /usr/local/share/test/systemd/run bootctl --esp-path=/efi'
# The EFI partition and the extended boot loader partition where people have them.
mount_efi='mkdir -p /efi
    printf "%s\n" "LABEL=KA-ESP /efi vfat umask=0077 0 0" "LABEL=KA-XBOOT /boot vfat umask=0077 0 0" >>/etc/fstab
    systemctl daemon-reload; mount /efi; mount /boot'
# shellcheck disable=SC2016 # for the guest's shell
old_kernel='old=$(ls /boot/vmlinuz-* | sed "s|.*vmlinuz-||" | grep -vx "$(uname -r)")'
uuid=6b612d67-7565-7374-2d72-6f6f742d3031

die() {
    echo "capture: $*" >&2
    exit 1
}

# The guest, how it is set up, and its captures: name, what is done before it, what that is in words.
declare -a make steps words
describe() { # GUEST
    setup='' steps=() words=()
    case $1 in
    grub-*)
        kind=$1 make=(make-grub-guest "${1#grub-}") folder=$CACHE/guest-grub-${1#grub-}
        add "debian-$1" '' "Debian 12 with two kernels, started by Debian's GRUB (${1#grub-}) through the first entry; \
the older kernel is in the submenu."
        [ "$1" = grub-bios ] || return 0
        add debian-grub-saved "$old_kernel; grub-set-default \"gnulinux-advanced-$uuid>gnulinux-\$old-advanced-$uuid\"" \
            "The machine of real-debian-grub-bios; grub-set-default(8) chose the other kernel, in the submenu."
        add debian-grub-next 'grub-reboot 0' \
            "The machine of real-debian-grub-saved; grub-reboot(8) armed the first entry for one boot."
        ;;
    bls-*)
        kind=bls make=(make-bls-guest "${1#bls-}") folder=$CACHE/guest-$1 setup=$mount_efi
        local version=252
        [ "$1" = bls-bookworm ] || version=262
        add "debian-sdboot-$version" '' "Debian 12, started by systemd-boot $version through a Type #1 entry that \
loader.conf's pattern names; the EFI partition at /efi, an extended boot loader partition at /boot."
        [ "$version" = 262 ] || add "debian-sdboot-$version-oneshot" \
            "$bootctl set-default x.conf; $bootctl set-oneshot a.conf" \
            "The machine of real-debian-sdboot-$version; bootctl(1) set another default, on the extended boot loader \
partition, and armed a third entry for one boot."
        add "debian-uki-$version" "$bootctl set-default uki.efi" \
            "The machine of real-debian-sdboot-$version; bootctl(1) made the unified kernel image the default: two \
profiles, microcode, addons, a credential."
        ;;
    nixos-systemd-boot)
        kind=nixos make=(make-nixos-guest "${1#nixos-}") folder=$CACHE/guest-$1
        add "$1" '' "A machine shaped as NixOS: a store, profiles and loader entries as NixOS makes them, on the root \
of Debian 12. systemd-boot booted the current generation."
        ;;
    *) die "no such guest: $1" ;;
    esac
}

add() { # NAME PREPARATION WORDS
    steps+=("real-$1" "$2")
    words+=("$3")
}

# Beside the program and kexec-any-capture: bootctl, which the guest lacks.
make_product() {
    local work
    work=$(mktemp -d)
    make --no-print-directory -s install BUILD="$BUILD" DESTDIR="$work" PREFIX=/usr/local >/dev/null
    cp contrib/kexec-any-capture "$work/usr/local/sbin/"
    "$here/../oracle/fetch-systemd" bookworm
    mkdir -p "$work/usr/local/share/test"
    cp -a "$CACHE/oracle/systemd-bookworm" "$work/usr/local/share/test/systemd"
    "$here/make-product-disk" "$work/usr/local" "$BUILD/vm/capture-product.img"
    rm -rf "$work"
}

efi_text() { # VARIABLE
    local file=fixtures/$fixture/root/sys/firmware/efi/efivars/$1-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f
    [ ! -e "$file" ] || tail -c +5 "$file" | tr -d '\0'
}

write_origin() { # WORDS
    {
        printf '%s\n\n' "$1" | fold -s -w 100 | sed 's/ *$//'
        cat <<TEXT
Captured by contrib/kexec-any-capture in the guest. To make it again: tests/vm/capture.sh $guest

Kernels and EFI programs are shortened by tests/tools/shorten-images, and /boot/config-* is left out.
booted.txt says what the boot loader started next, with nothing changed in between.

Versions:

TEXT
        sed -E 's/^([^\t:]+)(:[a-z0-9]+)?\t/- \1 /' "$out/$fixture/packages"
        for text in "$(efi_text LoaderInfo)" "$(efi_text StubInfo)"; do
            [ -z "$text" ] || echo "- $text"
        done
        qemu-system-x86_64 --version | sed -n 's/^QEMU emulator version /- QEMU /p'
        if [ "$kind" != grub-bios ] && command -v dpkg-query >/dev/null; then
            dpkg-query -W -f '- ${Package} ${Version}\n' ovmf 2>/dev/null || true
        fi
    } >"fixtures/$fixture/ORIGIN.md"
}

# The captured machine must give the answer that the live one gave.
check_against_live() {
    TZ=UTC "$BUILD/kexec-any" --root "fixtures/$fixture/root" --list --json=pretty >"$out/$fixture/captured.json" || true
    diff -u "$out/$fixture/live.json" "$out/$fixture/captured.json" ||
        die "$fixture: of the capture kexec-any says something else than in the guest"
    if ! TZ=UTC "$BUILD/kexec-any" --root "fixtures/$fixture/root" --list --json |
        diff -u "fixtures/$fixture/expected.json" -; then
        echo "capture: $fixture: review expected.json" >&2
    fi
}

write_fixture() { # WORDS
    local root=fixtures/$fixture/root
    rm -rf "${out:?}/$fixture" "$root"
    mkdir -p "$out/$fixture" "fixtures/$fixture"
    tar -C "$out/$fixture" -xf "$out/$fixture.tar"
    cp -a "$out/$fixture/root" "$root"
    rm -f "$root"/boot/config-*
    tests/tools/shorten-images "$root"
    # Git keeps no empty directories.
    find "$root" -type d -empty -exec sh -c 'echo captured >"$1/.captured"' - {} \;
    cp "$out/$fixture.booted" "fixtures/$fixture/booted.txt"
    rm -f "fixtures/$fixture/times.txt"
    [ ! -s "$out/$fixture/times" ] || cp "$out/$fixture/times" "fixtures/$fixture/times.txt"
    write_origin "$1"
    check_against_live
}

mkdir -p "$BUILD/vm" "$out"
make_product
[ $# -gt 0 ] || set -- grub-bios grub-uefi bls-bookworm bls-forky nixos-systemd-boot
for guest; do
    describe "$guest"
    "$here/${make[0]}" "${make[1]}"
    LOG=$BUILD/vm/capture-$guest.log "$here/expect-guest" "$here/capture.exp" "$kind" "$folder" \
        "$BUILD/vm/capture-product.img" "$out" "$setup" "${steps[@]}"
    for ((i = 0; i < ${#words[@]}; i++)); do
        fixture=${steps[2 * i]}
        write_fixture "${words[i]}"
    done
done
