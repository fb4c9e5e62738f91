#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What loading costs, beside 'kexec -s -l' in the same guest: the shortest of RUNS in turn. Times are those
# of an emulated processor, so only their ratio means something; memory is as it is.
#
# Environment: BUILD, CACHE, RUNS.
set -euo pipefail

: "${BUILD:=build}" "${RUNS:=5}"
export BUILD CACHE=${CACHE:-build/cache}

command -v qemu-system-x86_64 >/dev/null || {
    echo "loading: qemu-system-x86_64 is not installed, left out"
    exit 0
}
tests/vm/fetch-kernel bookworm || {
    echo "loading: no kernel to be had, left out"
    exit 0
}
kexec=$(tests/tools/fetch-package kexec-tools libxen) || {
    echo "loading: no kexec(8) to be had, left out"
    exit 0
}
kernel=$CACHE/kernel-bookworm-cloud-amd64/vmlinuz
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cc -O1 -static -D_GNU_SOURCE -o "$work/measure" tests/bench/measure.c
cat >"$work/init" <<INIT
#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
exec >/dev/console 2>&1
ln -s vmlinuz-1 /boot/vmlinuz
any='kexec-any -q --backend=debian --cmdline=x --ignore=initrd-no-init'
for size in 20 200; do
    # An archive that is not packed; what is in it does not matter.
    (cd / && dd if=/dev/zero of=big bs=1M count=\$size && echo big | cpio -o -H newc >/boot/initrd.img-1 &&
        rm big) 2>/dev/null
    echo "= \$size"
    measure $RUNS 'kexec -s -l /boot/vmlinuz-1 --initrd=/boot/initrd.img-1 --command-line=x' \\
        "\$any --load" "\$any --check --immediate >/dev/null" "\$any --load --fast" "\$any --check --fast --immediate >/dev/null"
done
poweroff -f
INIT
# The libraries of kexec(8) are not where the linker looks.
libraries=()
folder=$(realpath "$kexec"/usr/lib/*-linux-gnu)
for path in "$folder"/libxen*.so.*; do
    libraries+=(-f "$path=/lib/x86_64-linux-gnu/${path##*/}")
done
LD_LIBRARY_PATH=$folder tests/vm/initramfs.sh -z none -p "$BUILD/kexec-any=/sbin/kexec-any" \
    -p "$kexec/sbin/kexec=/sbin/kexec" -p "$work/measure=/bin/measure" -f "$kernel=/boot/vmlinuz-1" \
    "${libraries[@]}" "$work/initrd" "$work/init"
timeout --kill-after=5 400 qemu-system-x86_64 -nodefaults -accel tcg -machine q35 -m 2048 -display none \
    -no-reboot -kernel "$kernel" -initrd "$work/initrd" -append 'console=ttyS0 quiet panic=-1 rdinit=/init' \
    -serial "file:$work/console" </dev/null || true

tr -d '\r' <"$work/console" | awk '
    /^= / { size = $2; next }
    /^[0-9.]+ [0-9]+ kexec -s/ { peer = $1; printf "%-42s %12s %8s %9.1f ms %8d KiB\n",
        "kexec -s -l (initrd of " size " MB)", "", "1.00", $1, $2; next }
    /^[0-9.]+ [0-9]+ kexec-any/ {
        what = /--fast/ ? " --fast" : ""
        name = /--load/ ? "kexec-any --load" what : "kexec-any --check" what
        if (/--load/) { load = $1 }
        printf "%-42s %12s %8.2f %9.1f ms %8d KiB\n", name " (" size " MB)", "", $1 / peer, $1, $2
        if (/--check/) printf "%-42s %12s %8.2f\n", "  load less its checks" what, "", (load - $1) / peer
        n++ }
    END { if (n != 8) { print "loading: the guest did not come to its end"; exit 1 } }' ||
    { tail -n 20 "$work/console" && exit 1; }
