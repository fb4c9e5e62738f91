#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# /init of the guests of test-chain.sh: all of the machine is in the initramfs, but for its EFI partition and
# its /boot. It starts in seconds, and ends in a shell.

export PATH=/bin:/sbin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mount -t tmpfs run /run
for name in virtio virtio_ring virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk \
    nls_cp437 nls_ascii fat vfat efivarfs; do
    module=/lib/modules/$(uname -r)/$name.ko
    [ ! -e "$module" ] || insmod "$module"
done
if [ -d /sys/firmware/efi ]; then
    mount -t efivarfs efivarfs /sys/firmware/efi/efivars
fi
# What udev would link: /etc/disk has the links of a line each, and the partition's number.
while read -r number link; do
    mkdir -p "/dev/disk/${link%/*}"
    ln -s "../../vda$number" "/dev/disk/$link"
done </etc/disk
while read -r device folder type; do
    mkdir -p "$folder"
    mount -t "$type" "$device" "$folder"
done </etc/fstab
cd /root || exit
export PS1='guest# ' PS2='' TERM=dumb LC_ALL=C
exec setsid cttyhack bash --norc --noprofile
