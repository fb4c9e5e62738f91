#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# UEFI guests that the systemd-boot of Debian 12 and of forky boots: kexec-any boots what it would have
# booted. TAP on standard output.
#
# Environment: BUILD, CACHE; LOADERS, default "bookworm forky".
set -euo pipefail

: "${BUILD:=build}"
export BUILD CACHE=${CACHE:-build/cache}

command -v qemu-img >/dev/null || {
    echo "ok 1 - systemd-boot # skip qemu-img is missing"
    exit 0
}
# Beside the program: bootctl, which the guest lacks.
tests/oracle/fetch-systemd bookworm
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
make --no-print-directory -s install BUILD="$BUILD" DESTDIR="$work" PREFIX=/usr/local >/dev/null
mkdir -p "$work/usr/local/share/test"
cp -a "$CACHE/oracle/systemd-bookworm" "$work/usr/local/share/test/systemd"
tests/vm/make-product-disk "$work/usr/local" "$BUILD/vm/bls.img"

result=0
for release in ${LOADERS:-bookworm forky}; do
    status=0
    tests/vm/make-bls-guest "$release" || status=$?
    if [ "$status" -eq 77 ]; then
        echo "ok 1 - systemd-boot of $release # skip a program is missing"
        continue
    elif [ "$status" -ne 0 ]; then
        echo "not ok 1 - systemd-boot of $release: the guest cannot be made"
        result=1
        continue
    fi
    echo "# systemd-boot of $release"
    LOG=$BUILD/vm/bls-$release.log tests/vm/expect-guest tests/vm/bls.exp "$release" \
        "$CACHE/guest-bls-$release" "$CACHE/guest-bookworm/disk.img" "$BUILD/vm/bls.img" || result=1
done
exit $result
