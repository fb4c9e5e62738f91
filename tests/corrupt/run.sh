#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# make check-corrupt: real kernels and initrds are damaged in thousands of ways; the table says how much
# of it the checks find. Kernels are Debian's (x86 by lz4, xz, zstd, with and without signature; arm64,
# riscv64, ppc64le, s390x), one of them packed anew in every way, and genuine EFI zboot images; the initrds
# are initramfs-tools' own, packed anew in every way and with microcode in front, and dracut's.
#
# Usage: tests/corrupt/run.sh [kernels|signed|payloads|initrds]...        (default: all of them)
#
# Environment: BUILD, CACHE, MIRROR, ROUNDS (of random damage, for each kind), JOBS (files at a time).
set -euo pipefail
cd "$(dirname "$0")/../.."

: "${BUILD:=build}" "${ROUNDS:=50}" "${JOBS:=$(nproc)}"
export BUILD ROUNDS CACHE=${CACHE:-build/cache}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Run a script that makes a part; what can't be made here skips the suite, what goes wrong ends it.
need() { # WHAT COMMAND...
    local what=$1 status=0
    shift
    "$@" || status=$?
    case $status in
    0) ;;
    77)
        echo "no $what to be had"
        echo "0 passed, 0 failed, 1 skipped"
        exit 0
        ;;
    *)
        echo "corrupt: $*: status $status"
        exit 1
        ;;
    esac
}

mkdir -p "$work"/kernel "$work"/payload "$work"/initrd "$work"/tree

# A kernel of Debian's, as RELEASE-FLAVOUR in a folder.
fetch() { # RELEASE FLAVOUR FOLDER
    need "kernel of $1" tests/vm/fetch-kernel "$1" "$2"
    cp "$CACHE/kernel-$1-$2/vmlinuz" "$3/$1-$2"
}

x86="bookworm/cloud-amd64 bookworm/amd64 trixie/cloud-amd64 forky/cloud-amd64"

make_signed() {
    local kernel
    for kernel in $x86; do
        fetch "${kernel%/*}" "${kernel#*/}" "$work/kernel"
    done
}

make_kernels() {
    local kernel
    for kernel in $x86; do
        fetch "${kernel%/*}" "${kernel#*/}" "$work"
        sbattach --remove "$work/${kernel/\//-}" 2>/dev/null
        mv "$work/${kernel/\//-}" "$work/kernel/${kernel%/*}-${kernel#*/}-unsigned"
    done
    for kernel in bookworm/cloud-arm64 forky/riscv64 bookworm/powerpc64le bookworm/s390x; do
        fetch "${kernel%/*}" "${kernel#*/}" "$work/kernel"
    done
    gzip -nc "$work/kernel/bookworm-cloud-arm64" >"$work/kernel/arm64-gzip"
    need "source of Linux, and so no EFI zboot image," tests/vm/make-arm64-kernel
    cp "$CACHE"/kernel-arm64/zboot-* "$work/kernel/"
}

make_payloads() {
    local format
    fetch bookworm cloud-amd64 "$work"
    for format in gzip bzip2 lzma xz lzo zstd; do
        tests/corrupt/repack "$work/bookworm-cloud-amd64" $format "$work/payload/bookworm-$format"
    done
}

make_initrds() {
    need "initrd of dracut's" tests/corrupt/make-dracut
    cp "$CACHE/dracut-bookworm/initrd" "$work/initrd/dracut"

    need "guest, and so no initrd," tests/vm/make-guest bookworm
    local initrd=$CACHE/guest-bookworm/initrd.img
    cp "$initrd" "$work/initrd/as-installed"
    zstdcat "$initrd" >"$work/plain"
    fetch bookworm amd64 "$work"
    mkdir -p "$work/tree/kernel/x86/microcode"
    head -c 100000 "$work/bookworm-amd64" >"$work/tree/kernel/x86/microcode/GenuineIntel.bin"
    find "$work/tree" -exec touch -d @1767225600 {} +
    (cd "$work/tree" && find . | LC_ALL=C sort | cpio --quiet -o -H newc --reproducible -R 0:0) \
        >"$work/microcode"
    gzip -nc "$work/plain" >"$work/initrd/gzip"
    xz -0 --check=crc32 -c "$work/plain" >"$work/initrd/xz"
    bzip2 -1 -c "$work/plain" >"$work/initrd/bzip2"
    lz4 -lqc "$work/plain" >"$work/initrd/lz4"
    cat "$work/microcode" "$initrd" >"$work/initrd/microcode-zstd"
}

[ $# -gt 0 ] || set -- signed kernels payloads initrds
for part; do
    case $part in
    signed | kernels | payloads | initrds) "make_$part" ;;
    *)
        echo "corrupt: no such part: $part" >&2
        exit 2
        ;;
    esac
done

passed=0 failed=0
if tests/corrupt/free-bits; then
    passed=$((passed + 1))
else
    failed=$((failed + 1))
fi

printf '%-28s %-34s %6s %6s %6s %6s\n' file damage made found free missed
status=0
# shellcheck disable=SC2016 # for the inner shell
for kind in kernel payload initrd; do
    for file in "$work/$kind"/*; do
        [ ! -e "$file" ] || printf '%s\0' "$kind" "$file"
    done
done | xargs -0 -n 2 -P "$JOBS" bash -c '
    "$BUILD/tests/damage" "$0" "$1" "$ROUNDS" >"$1.out" 2>"$1.err" || touch "$1.failed"' || status=$?

for out in "$work"/*/*.out; do
    cat "$out" "${out%out}err"
    if [ -e "${out%.out}.failed" ]; then
        failed=$((failed + 1))
        echo "not ok - ${out##*/}"
    else
        passed=$((passed + 1))
    fi
done
awk '$2 == "total" { made += $3; found += $4; free += $5; missed += $6 }
    END { printf "all: %d made, %d found, %d free, %d missed\n", made, found, free, missed }' \
    "$work"/*/*.out
echo "$passed passed, $failed failed, 0 skipped"
[ "$status" -eq 0 ] && [ "$failed" -eq 0 ] && [ "$passed" -gt 1 ]
