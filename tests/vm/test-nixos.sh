#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# UEFI guests shaped as NixOS, booted by systemd-boot and by GRUB: kexec-any boots what the system
# profile names. TAP on standard output.
#
# Environment: BUILD, CACHE; LOADERS, default "systemd-boot grub".
set -euo pipefail

: "${BUILD:=build}"
# One start of QEMU sees up to five boots.
export BUILD CACHE=${CACHE:-build/cache} QEMU_LIMIT=${QEMU_LIMIT:-1200}

command -v qemu-img >/dev/null || {
    echo "ok 1 - NixOS # skip qemu-img is missing"
    exit 0
}
tests/vm/product.sh "$BUILD/vm/nixos.img"

result=0
for loader in ${LOADERS:-systemd-boot grub}; do
    status=0
    tests/vm/make-nixos-guest "$loader" || status=$?
    if [ "$status" -eq 77 ]; then
        echo "ok 1 - NixOS with $loader # skip a program is missing"
        continue
    elif [ "$status" -ne 0 ]; then
        echo "not ok 1 - NixOS with $loader: the guest cannot be made"
        result=1
        continue
    fi
    echo "# NixOS with $loader"
    LOG=$BUILD/vm/nixos-$loader.log tests/vm/expect-guest tests/vm/nixos.exp "$loader" \
        "$CACHE/guest-nixos-$loader" "$BUILD/vm/nixos.img" || result=1
done
exit $result
