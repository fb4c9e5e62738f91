#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# make check-corrupt: real kernels and initrds are damaged in thousands of ways; the table says how much
# of it the checks find. Kernels are Debian's (x86 by lz4, xz, zstd, with and without signature; arm64,
# riscv64, ppc64le, s390x), one of them packed anew in every way, and genuine EFI zboot images; the initrds
# are initramfs-tools' own, packed anew in every way and with microcode in front, and dracut's.
#
# Environment: BUILD, CACHE, MIRROR, ROUNDS (of random damage, for each kind).
set -euo pipefail
cd "$(dirname "$0")/../.."

: "${BUILD:=build}" "${ROUNDS:=50}"
export BUILD CACHE=${CACHE:-build/cache}
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
for kernel in bookworm/cloud-amd64 bookworm/amd64 trixie/cloud-amd64 forky/cloud-amd64 \
    bookworm/cloud-arm64 forky/riscv64 bookworm/powerpc64le bookworm/s390x; do
    need "kernel of ${kernel%/*}" tests/vm/fetch-kernel "${kernel%/*}" "${kernel#*/}"
    cp "$CACHE/kernel-${kernel/\//-}/vmlinuz" "$work/kernel/${kernel%/*}-${kernel#*/}"
done

for kernel in bookworm-cloud bookworm trixie-cloud forky-cloud; do
    cp "$work/kernel/$kernel-amd64" "$work/kernel/$kernel-unsigned"
    sbattach --remove "$work/kernel/$kernel-unsigned" 2>/dev/null
done
gzip -c "$work/kernel/bookworm-cloud-arm64" >"$work/kernel/arm64-gzip"
for format in gzip bzip2 lzma xz lzo zstd; do
    tests/corrupt/repack "$work/kernel/bookworm-cloud-amd64" $format "$work/payload/bookworm-$format"
done
need "source of Linux, and so no EFI zboot image," tests/vm/make-arm64-kernel
cp "$CACHE"/kernel-arm64/zboot-* "$work/kernel/"

need "initrd of dracut's" tests/corrupt/make-dracut
cp "$CACHE/dracut-bookworm/initrd" "$work/initrd/dracut"

need "guest, and so no initrd," tests/vm/make-guest bookworm
initrd=$CACHE/guest-bookworm/initrd.img
cp "$initrd" "$work/initrd/as-installed"
zstdcat "$initrd" >"$work/plain"
mkdir -p "$work/tree/kernel/x86/microcode"
head -c 100000 "$work/kernel/bookworm-amd64" >"$work/tree/kernel/x86/microcode/GenuineIntel.bin"
(cd "$work/tree" && find . | cpio --quiet -o -H newc) >"$work/microcode"
gzip -c "$work/plain" >"$work/initrd/gzip"
xz -0 --check=crc32 -c "$work/plain" >"$work/initrd/xz"
bzip2 -1 -c "$work/plain" >"$work/initrd/bzip2"
lz4 -lqc "$work/plain" >"$work/initrd/lz4"
cat "$work/microcode" "$work/initrd/as-installed" >"$work/initrd/microcode-zstd"

printf '%-28s %-34s %6s %6s %6s\n' file damage made found missed
status=0
# shellcheck disable=SC2016 # for the inner shell
for kind in kernel payload initrd; do
    for file in "$work/$kind"/*; do
        printf '%s\0' "$kind" "$file"
    done
done | xargs -0 -n 2 -P "$(nproc)" bash -c '
    "$BUILD/tests/damage" "$1" "$2" "$0" >"$2.out" 2>"$2.err" || touch "$2.failed"' "$ROUNDS" ||
    status=$?

passed=0 failed=0
for out in "$work"/*/*.out; do
    cat "$out"
    if [ -e "${out%.out}.failed" ]; then
        failed=$((failed + 1))
        cat "${out%.out}.err"
    else
        passed=$((passed + 1))
    fi
done
awk '$2 == "total" { made += $3; found += $4; missed += $5 }
    END { printf "all: %d made, %d found, %d missed\n", made, found, missed }' "$work"/*/*.out
echo "$passed passed, $failed failed, 0 skipped"
[ "$status" -eq 0 ] && [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
