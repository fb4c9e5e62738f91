#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# arm64 in QEMU: kernels as they are, compressed, and as genuine EFI zboot images, loaded by
# kexec_file_load where the kernel has it and by kexec(8) where it has not (Debian's). Then a disk that U-Boot boots by
# its extlinux.conf: what kexec-any starts is the same. TAP on standard output.
#
# Environment: BUILD, CACHE, MIRROR.
set -euo pipefail

: "${BUILD:=build}"
export BUILD CACHE=${CACHE:-build/cache}
limit=240

skip() {
    echo "ok 1 - arm64 # skip $1"
    exit 0
}

command -v qemu-system-aarch64 >/dev/null || skip "qemu-system-aarch64 is not installed"
status=0
built=$(tests/tools/cross-build bookworm arm64) || status=$?
[ $status -ne 77 ] || skip "no cross compiler"
[ $status -eq 0 ] || exit 1
mapfile -t built <<<"$built"
program=${built[0]}/kexec-any sysroot=${built[1]}
tests/vm/make-arm64-kernel || status=$?
[ $status -ne 77 ] || skip "no source of Linux to be had"
[ $status -eq 0 ] || exit 1
for kernel in "bookworm cloud-arm64" "bookworm cloud-amd64"; do
    # shellcheck disable=SC2086 # release and flavour
    tests/vm/fetch-kernel $kernel || skip "no Debian kernel to be had"
done
debian=$CACHE/kernel-bookworm-cloud-arm64
own=$CACHE/kernel-arm64

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$root"/{bin,sbin,boot,dev,proc,sys,tmp,run,etc,lib/aarch64-linux-gnu}

# A program and the libraries it is linked with; those that it opens itself are named.
libraries=()
put() { # FILE [TARGET]
    local name path
    cp -L "$1" "$root/${2:-lib/aarch64-linux-gnu/${1##*/}}"
    for name in $(readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
        [[ " ${libraries[*]} " != *" $name "* ]] || continue
        libraries+=("$name")
        path=$(find "$sysroot/lib" "$sysroot/usr/lib" -name "$name" | head -n 1)
        put "$path"
    done
}
put "$program" sbin/kexec-any
put "$sysroot/sbin/kexec" sbin/kexec
for name in libcrypto.so.3 libzstd.so.1 libz.so.1 liblzma.so.5 libelf.so.1; do
    put "$(find "$sysroot/lib" "$sysroot/usr/lib" -name $name | head -n 1)"
done
cp -L "$sysroot"/lib/ld-linux-aarch64.so.1 "$root/lib/"
cp "$sysroot/bin/busybox" "$root/bin/"
for name in sh mount cat grep sed head dd ls cp tr poweroff uname mkdir; do
    ln -s busybox "$root/bin/$name"
done
cp tests/vm/arm64-init.sh "$root/init"
chmod 755 "$root/init"

pack() { # OUT
    find "$root" -exec touch -h -d @1767225600 {} +
    (cd "$root" && find . -mindepth 1 -print0 | LC_ALL=C sort -z |
        cpio --null --create --format=newc --owner=0:0 --reproducible --quiet) | gzip -1n >"$1"
}
# Each stage brings the initramfs of the next.
pack "$work/third"
cp "$work/third" "$root/boot/initrd"
cp "$debian/config" "$root/boot/config-$(cat "$debian/version")"
cp "$own/zboot-gzip" "$root/boot/vmlinuz-zboot-gzip"
pack "$work/second"

cp "$own/zboot-zstd" "$root/boot/vmlinuz-zboot-zstd"
cp "$own/Image" "$root/boot/vmlinuz-image"
gzip -1nc "$own/Image" >"$root/boot/vmlinuz-image-gzip"
xz -1c "$own/Image" >"$root/boot/vmlinuz-image-xz"
cp "$debian/vmlinuz" "$root/boot/vmlinuz-debian"
cp "$CACHE/kernel-bookworm-cloud-amd64/vmlinuz" "$root/boot/vmlinuz-amd64"
cp "$work/second" "$root/boot/initrd"
touch "$root/first"
pack "$work/first"

# Its console becomes $work/console.
start() { # OPTIONS...
    local status=0
    rm -f "$work/console"
    timeout --kill-after=5 $limit qemu-system-aarch64 -nodefaults -accel tcg -M virt -cpu cortex-a57 -m 1024 \
        -display none -no-reboot -serial "file:$work/console" "$@" </dev/null >&2 || status=$?
    tr -d '\r' <"$work/console" | grep -E '^(ok|not ok|#|1\.\.)' || true
    if [ $status -ne 0 ] || ! grep -q '^1\.\.' "$work/console"; then
        echo "not ok 999 - the guest came to its end (qemu's status: $status; limit: $limit s)"
        tail -n 40 "$work/console" | sed 's/^/# /'
        exit 1
    fi
}
start -kernel "$own/Image" -initrd "$work/first" -append 'console=ttyAMA0 quiet panic=-1 rdinit=/init stage=1'

# --- U-Boot. The kernel has no drivers for disks: the initrd on the disk brings what is on the disk with it,
# and as its initrd the one of the second boot.

tests/oracle/fetch-uboot || skip "no U-Boot to be had"
rm -rf "${root:?}/boot" "$root/first"
mkdir -p "$root/extlinux" "$root/boot" "$work/disk/boot"
cat >"$root/extlinux/extlinux.conf" <<'CONFIG'
default ka
timeout 1
label old
	linux /boot/gone
	append never
label ka
	linux ../boot/Image
	initrd /boot/initrd
	append console=ttyAMA0 quiet panic=-1 rdinit=/init marker=\$x "a  b" stage=4 
label later
	linux /boot/Image
	append never
CONFIG
touch "$root/second"
pack "$work/inner"
rm "$root/second"
cp "$own/Image" "$root/boot/"
cp "$work/inner" "$root/boot/initrd"
pack "$work/disk/boot/initrd"
cp "$own/Image" "$work/disk/boot/"
cp -r "$root/extlinux" "$work/disk/"
PATH=$PATH:/usr/sbin:/sbin
mke2fs -q -t ext2 -d "$work/disk" "$work/part" 190M
truncate -s 192M "$work/disk.img"
echo 'start=2048, type=83, bootable' | sfdisk -q "$work/disk.img"
dd if="$work/part" of="$work/disk.img" bs=1M seek=1 conv=notrunc,sparse status=none
start -bios "$CACHE/oracle/uboot-bookworm/u-boot.bin" -drive "if=none,file=$work/disk.img,format=raw,id=disk" \
    -device virtio-blk-device,drive=disk
# What both boots were handed.
mapfile -t lines < <(tr -d '\r' <"$work/console" | sed -n 's/^cmdline://p')
expected="console=ttyAMA0 quiet panic=-1 rdinit=/init marker=\$x \"a  b\" stage=4 "
if [ "${lines[*]}" = "$expected $expected" ]; then
    echo "ok 501 - U-Boot's boot and the kexec have the same command line"
else
    echo "not ok 501 - U-Boot's boot and the kexec have the same command line"
    printf '# %s\n' "${lines[@]}"
    exit 1
fi
