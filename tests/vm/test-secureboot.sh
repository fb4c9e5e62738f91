#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The Debian 12 guest under Secure Boot: firmware with Microsoft's keys, shim, Debian's signed GRUB and
# kernel, lockdown. TAP on standard output.
set -euo pipefail

: "${BUILD:=build}"
export BUILD CACHE=${CACHE:-build/cache}

skip() {
    echo "ok 1 - Secure Boot # skip $1"
    exit 0
}

PATH=$PATH:/usr/sbin:/sbin
for program in qemu-img mcopy mmd openssl sbsign sbattach; do
    command -v $program >/dev/null || skip "$program is missing"
done
ovmf=$(tests/vm/find-ovmf secure) || skip "no firmware with Secure Boot"
mapfile -t ovmf <<<"$ovmf"
status=0
tests/vm/make-grub-guest uefi || status=$?
[ "$status" -ne 77 ] || skip "a program is missing"
[ "$status" -eq 0 ] || exit 1

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The guest's own kernel, as it is, without its signature, and with a stranger's.
tree=$work/usr/local/share/test
make --no-print-directory -s install BUILD="$BUILD" DESTDIR="$work" PREFIX=/usr/local >/dev/null
mkdir -p "$tree"
openssl req -x509 -key tests/keys/stranger.pem -set_serial 1 -days 30 -subj "/CN=A stranger" \
    -out "$work/cert"
cp "$CACHE/guest-bookworm/vmlinuz" "$tree/signed"
cp "$tree/signed" "$tree/unsigned"
sbattach --remove "$tree/unsigned" 2>"$work/log" || { cat "$work/log" >&2 && exit 1; }
sbsign --key tests/keys/stranger.pem --cert "$work/cert" --output "$tree/stranger" "$tree/unsigned" \
    2>"$work/log" || { cat "$work/log" >&2 && exit 1; }
cp "$tree/signed" "$tree/changed"
printf x | dd of="$tree/changed" bs=1 seek=1500 conv=notrunc status=none
tests/vm/make-product-disk "$work/usr/local" "$BUILD/vm/secureboot-product.img"

# The disk of the GRUB guest, with the loaders where firmware without boot options looks for them.
disk=$BUILD/vm/secureboot.img
esp=$disk@@1M
cp --sparse=always "$CACHE/guest-grub-uefi/disk.img" "$disk"
trap 'rm -rf "$work" "$disk"' EXIT
mmd -D s -i "$esp" ::EFI/BOOT || true
for name in shimx64.efi grubx64.efi mmx64.efi; do
    mcopy -n -i "$esp" "::EFI/debian/$name" "$work/$name"
done
mcopy -o -i "$esp" "$work/shimx64.efi" ::EFI/BOOT/BOOTX64.EFI
mcopy -o -i "$esp" "$work/grubx64.efi" "$work/mmx64.efi" ::EFI/BOOT/
cp "${ovmf[1]}" "$BUILD/vm/secureboot-vars.fd"

tests/vm/expect-guest tests/vm/secureboot.exp "$disk" "${ovmf[0]}" "$BUILD/vm/secureboot-vars.fd" \
    "$BUILD/vm/secureboot-product.img"
