#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Debian 12 guests that a real GRUB boots, with BIOS and with UEFI: kexec-any boots what GRUB would
# have booted. TAP on standard output.
#
# Environment: BUILD, CACHE; FIRMWARES, default "bios uefi".
set -euo pipefail

: "${BUILD:=build}"
export BUILD CACHE=${CACHE:-build/cache}

command -v qemu-img >/dev/null || {
    echo "ok 1 - GRUB # skip qemu-img is missing"
    exit 0
}
tests/vm/product.sh "$BUILD/vm/grub.img"

result=0
for firmware in ${FIRMWARES:-bios uefi}; do
    status=0
    tests/vm/make-grub-guest "$firmware" || status=$?
    if [ "$status" -eq 77 ]; then
        echo "ok 1 - GRUB with $firmware # skip a program is missing"
        continue
    elif [ "$status" -ne 0 ]; then
        echo "not ok 1 - GRUB with $firmware: the guest cannot be made"
        result=1
        continue
    fi
    echo "# GRUB with $firmware"
    LOG=$BUILD/vm/grub-$firmware.log tests/vm/expect-guest tests/vm/grub.exp "$firmware" \
        "$CACHE/guest-grub-$firmware" "$BUILD/vm/grub.img" || result=1
    rm -f "$BUILD/vm/grub-$firmware.qcow2" "$BUILD/vm/grub-$firmware-vars.fd"
done
exit $result
