#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Usage: install-grub.sh bios|uefi       (in the guest, see make-grub-guest)
#
# Installs GRUB and a second kernel as a person would: dpkg, grub-install, update-grub.
set -euo pipefail

firmware=$1
export DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin

# A /boot of its own: GRUB's paths then lack the "/boot".
if [ "$firmware" = uefi ]; then
    mount LABEL=ka-boot /mnt
    cp -a /boot/. /mnt/
    umount /mnt
    find /boot -mindepth 1 -delete
    cat >>/etc/fstab <<FSTAB
UUID=$(blkid -s UUID -o value -t LABEL=ka-boot) /boot ext4 defaults 0 0
UUID=$(blkid -s UUID -o value -t LABEL=KA-ESP) /boot/efi vfat umask=0077 0 0
FSTAB
    systemctl daemon-reload
    mount /boot
    mkdir /boot/efi
    mount /boot/efi
fi

# Words with a space, quotes and a semicolon: GRUB must undo the quoting and does its own again.
mkdir -p /etc/default/grub.d
cat >/etc/default/grub.d/guest.cfg <<'CONFIG'
GRUB_DEFAULT=saved
GRUB_TIMEOUT=0
GRUB_TERMINAL=console
GRUB_CMDLINE_LINUX="console=ttyS0 systemd.show_status=1"
GRUB_CMDLINE_LINUX_DEFAULT="guest.words=\"two words\" guest.odd=a\\;b\\'c"
CONFIG

if [ "$firmware" = bios ]; then
    echo 'grub-pc grub-pc/install_devices_empty boolean true' | debconf-set-selections
fi
dpkg --force-unsafe-io -i /usr/local/share/debs/*.deb

if [ "$firmware" = bios ]; then
    grub-install /dev/vda
else
    grub-install
    efibootmgr
    # The signed GRUB has its paths not in itself but in this file.
    cat /boot/efi/EFI/debian/grub.cfg
fi
update-grub
# Something that is not the test's must be kept.
grub-editenv - set ka_other="keep me"
cat /boot/grub/grub.cfg
