#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The smallest real thing: a Debian kernel and an initramfs with kexec-any in QEMU, loads that must
# fail, loads that must not, and a jump into a second kernel. TAP on standard output. Needs no
# root, no systemd in the guest, and half a minute.
set -euo pipefail

: "${BUILD:=build}"
export CACHE=${CACHE:-build/cache}
limit=240

skip() {
    echo "ok 1 - smoke # skip $1"
    echo "1..1"
    exit 0
}

command -v qemu-system-x86_64 >/dev/null || skip "qemu-system-x86_64 is not installed"
[ "$(uname -m)" = x86_64 ] || skip "the program is built for $(uname -m), the guest is x86_64"

status=0
tests/vm/fetch-kernel bookworm >&2 || status=$?
[ $status -ne 77 ] || skip "no Debian kernel to be had here"
[ $status -eq 0 ] || exit 1
kernel=$CACHE/kernel-bookworm-cloud-amd64

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
release=$(cat "$kernel/version")
cmdline="console=ttyS0 quiet panic=-1 rdinit=/init marker=\"a b\"  x"
echo "$cmdline" >"$work/cmdline"
touch "$work/second"

tests/vm/initramfs.sh -p "$BUILD/kexec-any=/sbin/kexec-any" -f "$work/cmdline=/first-cmdline" \
    -f "$work/second=/second-stage" -f "$kernel/vmlinuz=/boot/vmlinuz-$release" \
    "$work/initrd2.img" tests/vm/smoke-init.sh
tests/vm/initramfs.sh -z none -p "$BUILD/kexec-any=/sbin/kexec-any" \
    -f "$kernel/vmlinuz=/boot/vmlinuz-$release" -f "$work/initrd2.img=/boot/initrd.img-$release" \
    "$work/initrd1.img" tests/vm/smoke-init.sh

status=0
timeout --kill-after=5 "$limit" qemu-system-x86_64 -nodefaults -accel tcg -machine q35 -m 640 \
    -display none -no-reboot -kernel "$kernel/vmlinuz" -initrd "$work/initrd1.img" \
    -append "$cmdline" -serial "file:$work/console" -serial "file:$work/tap" \
    </dev/null >&2 || status=$?

tr -d '\r' <"$work/tap"
if [ $status -ne 0 ] || ! grep -q '^1\.\.' "$work/tap"; then
    echo "not ok 999 - the guest came to its end (qemu's status: $status; limit: $limit s)"
    tail -n 40 "$work/console" | sed 's/^/# /'
    exit 1
fi
