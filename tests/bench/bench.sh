#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# make bench: what 'kexec-any --list' and '--check' cost, beside peers in the same run, and what loading
# costs, in a guest. Instructions are counted by callgrind, the dynamic linker's included, and do not
# depend on the machine's load; times and memory do. Peers: 'bootctl list' over the same entries,
# 'grub-script-check' over the same grub.cfg, 'zstd -t' and 'xz -t' over the same payload, 'kexec -s -l'
# of the same files, and 'kexec --version' as the floor of a program that only starts.
set -euo pipefail

: "${BUILD:=build}"
program=$(realpath "$BUILD/kexec-any")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A fixture with that many kernels in /boot.
many() { # COUNT
    mkdir -p "$work/$1"
    cp -a fixtures/debian-12/root/. "$work/$1"
    local i
    for ((i = 1; i < $1; i++)); do
        ln "$work/$1/boot/vmlinuz-6.1.0-56-amd64" "$work/$1/boot/vmlinuz-6.1.0-$((1000 + i))-amd64"
        ln "$work/$1/boot/initrd.img-6.1.0-56-amd64" "$work/$1/boot/initrd.img-6.1.0-$((1000 + i))-amd64"
    done
}

# An EFI partition at /efi with so many entries as kernel-install(8) writes them.
entries() { # COUNT
    local esp=$work/bls-$1/efi i v
    mkdir -p "$esp/loader/entries" "$esp/EFI"
    : >"$esp/linux"
    : >"$esp/initrd"
    for ((i = 0; i < $1; i++)); do
        v=6.1.0-$i-amd64
        printf 'title Debian GNU/Linux 12 (bookworm)\nversion %s\nsort-key debian\nlinux /linux\ninitrd /initrd\noptions root=/dev/vda1 ro quiet\n' \
            "$v" >"$esp/loader/entries/debian-$v.conf"
    done
}

# A machine with one kernel and a grub.cfg of that many entries, as grub-mkconfig writes them.
grub() { # COUNT
    many_grub=$work/grub-$1
    mkdir -p "$many_grub"
    cp -a fixtures/debian-12/root/. "$many_grub"
    mkdir -p "$many_grub/boot/grub"
    local i
    {
        printf 'set default="0"\nset timeout=5\n'
        for ((i = 0; i < $1; i++)); do
            printf "menuentry 'Debian GNU/Linux, with Linux %d' --class debian \$menuentry_id_option 'gnulinux-%d' {\n" \
                "$i" "$i"
            printf '\tinsmod gzio\n\tinsmod part_gpt\n\tinsmod ext2\n'
            printf '\techo\t"Loading Linux ..."\n'
            printf '\tlinux\t/boot/vmlinuz-6.1.0-56-amd64 root=/dev/vda1 ro quiet\n'
            printf '\tinitrd\t/boot/initrd.img-6.1.0-56-amd64\n}\n'
        done
    } >"$many_grub/boot/grub/grub.cfg"
}

# The NixOS fixture with that many generations.
generations() { # COUNT
    local to=$work/nixos-$1 system i
    mkdir -p "$to"
    cp -a fixtures/nixos/root/. "$to"
    system=$(readlink "$to/nix/var/nix/profiles/system-8-link")
    for ((i = 9; i <= $1; i++)); do
        ln -s "$system" "$to/nix/var/nix/profiles/system-$i-link"
    done
}

kexec8() {
    local folder
    command -v kexec && return
    folder=$(tests/tools/fetch-package kexec-tools libxen) || return
    export LD_LIBRARY_PATH=$folder/usr/lib/x86_64-linux-gnu
    echo "$folder/sbin/kexec"
}

instructions() {
    { valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>&1 >/dev/null || true; } |
        sed -n 's/.*Collected : //p'
}

peak_kib() {
    command time -f %M -o "$work/peak" "$@" >/dev/null 2>&1 || true
    tail -n 1 "$work/peak"
}

milliseconds() {
    hyperfine -N --warmup 2 --min-runs 5 --ignore-failure --export-csv "$work/csv" "$(printf '%q ' "$@")" \
        >/dev/null 2>&1
    awk -F, 'NR == 2 { printf "%.2f", $4 * 1000 }' "$work/csv"
}

base=
row() { # NAME COMMAND...
    local name=$1 count
    shift
    count=$(instructions "$@")
    [ -n "$base" ] || base=$count
    printf '%-42s %9.2f M %8.2f %9s ms %8s KiB\n' "$name" "$(bc -l <<<"$count / 1000000")" \
        "$(bc -l <<<"$count / $base")" "$(milliseconds "$@")" "$(peak_kib "$@")"
}

many 10
many 100
many 1000
printf '%-42s %11s %8s %12s %12s\n' command instructions ratio 'mean time' 'peak memory'
row 'kexec-any --list (Debian, 1 kernel)' "$program" --root fixtures/debian-12/root --list
row 'kexec-any --list (Debian, 3 kernels)' "$program" --root fixtures/debian-old/root --list
row 'kexec-any --list (10 kernels)' "$program" --root "$work/10" --list
row 'kexec-any --list (100 kernels)' "$program" --root "$work/100" --list
row 'kexec-any --list (1000 kernels)' "$program" --root "$work/1000" --list
row 'kexec-any --check (Debian, 1 kernel)' "$program" --root fixtures/debian-12/root --check
for count in 10 1000; do
    grub $count
    row "kexec-any --list (grub.cfg, $count entries)" "$program" --root "$many_grub" --list
    if command -v grub-script-check >/dev/null; then
        row "grub-script-check ($count entries)" grub-script-check "$many_grub/boot/grub/grub.cfg"
    fi
done
for count in 3 1000; do
    entries $count
    row "kexec-any --list ($count entry files)" "$program" --root "$work/bls-$count" --list
    if command -v bootctl >/dev/null; then
        export SYSTEMD_RELAX_ESP_CHECKS=1 SYSTEMD_ESP_PATH=$work/bls-$count/efi
        row "bootctl list ($count entry files)" bootctl list
    else
        echo 'bootctl: not installed, left out'
    fi
done
for count in 50 500; do
    generations $count
    row "kexec-any --list (NixOS, $count generations)" "$program" --root "$work/nixos-$count" --list
done
# A unified kernel image of 60 MB, most of it initrd: its texts are read, not more.
mkdir -p "$work/uki/efi/EFI/Linux"
cp tests/fuzz/corpus/uki/plain "$work/uki/efi/EFI/Linux/a.efi"
truncate -s 60M "$work/uki/efi/EFI/Linux/a.efi"
row 'kexec-any --list (a UKI of 60 MB)' "$program" --root "$work/uki" --list
# The packed kernel inside a bzImage, for the formats' own programs.
payload() { # KERNEL
    number() { # OFFSET: 4 bytes of the header
        od -An -t u4 -j "$1" -N 4 "$kernel" | tr -d ' '
    }
    local kernel=$1 sectors
    sectors=$(od -An -t u1 -j $((0x1f1)) -N 1 "$kernel" | tr -d ' ')
    dd if="$kernel" bs=64K iflag=skip_bytes,count_bytes status=none \
        skip=$(((sectors + 1) * 512 + $(number $((0x248))))) count=$(($(number $((0x24c))) - 4))
}

# A machine with that kernel and initrd.
real() { # NAME KERNEL [INITRD]
    mkdir -p "$work/real-$1"
    cp -a fixtures/debian-12/root/. "$work/real-$1"
    cp "$2" "$work/real-$1/boot/vmlinuz-6.1.0-56-amd64"
    [ $# -lt 3 ] || cp "$3" "$work/real-$1/boot/initrd.img-6.1.0-56-amd64"
}

# Real kernels and initrds: all checks of them beside unpacking alone.
cache=${CACHE:-$BUILD/cache}
if tests/vm/fetch-kernel trixie cloud-amd64 2>/dev/null && tests/vm/fetch-kernel bookworm amd64 2>/dev/null; then
    zstd_kernel=$cache/kernel-trixie-cloud-amd64/vmlinuz xz_kernel=$cache/kernel-bookworm-amd64/vmlinuz
    real zstd "$zstd_kernel"
    payload "$zstd_kernel" >"$work/payload.zst"
    row 'kexec-any --check (12 MB of kernel, zstd)' "$program" --root "$work/real-zstd" --check
    row 'kexec-any --check --fast (the same)' "$program" --root "$work/real-zstd" --check --fast
    row 'zstd -t (its payload)' zstd -q -t "$work/payload.zst"
    real xz "$xz_kernel"
    payload "$xz_kernel" >"$work/payload.xz"
    row 'kexec-any --check (8 MB of kernel, xz)' "$program" --root "$work/real-xz" --check
    row 'xz -t (its payload)' xz -q -t "$work/payload.xz"
    for initrd in "$cache/guest-bookworm/initrd.img" "$cache/dracut-bookworm/initrd"; do
        if [ -r "$initrd" ]; then
            size=$(($(stat -c %s "$initrd") / 1000000))
            real "$size" "$zstd_kernel" "$initrd"
            row "kexec-any --check (and $size MB of initrd)" "$program" --root "$work/real-$size" --check
            row "zstd -t (both)" zstd -q -t "$work/payload.zst" "$initrd"
        fi
    done
else
    echo 'kexec-any --check of a real kernel: none to be had, left out'
fi
if kexec=$(kexec8) && [ -x "$kexec" ]; then
    row 'kexec --version' "$kexec" --version
else
    echo 'kexec: not to be had, left out'
fi

echo
RUNS=3 tests/bench/load.sh
