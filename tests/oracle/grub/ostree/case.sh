# SPDX-License-Identifier: GPL-2.0-or-later
# bootupd's fixed configuration over the entries that a real ostree made (fixtures/make-ostree).
version 2.14
platform efi
volume esp mount=/boot/efi fs=vfat
volume boot mount=/boot UUID=7e2f8b54-4444-4c1a-9d10-aa0000000001 LABEL=boot
volume root mount=/ UUID=5b1e2c7a-93d4-4f0e-8a61-2f7d90c4e318 fs=btrfs
config esp /EFI/fedora/grub.cfg
kernel boot /ostree/fedora-0585132eda29e0e639b5ee072adeece97188507d5924322d5f4e045019159360/vmlinuz-6.17.6-300.fc43.x86_64
initrd boot /ostree/fedora-0585132eda29e0e639b5ee072adeece97188507d5924322d5f4e045019159360/initramfs-6.17.6-300.fc43.x86_64.img
kernel boot /ostree/fedora-ef199a96063c2992d175035ca0bf12ecf4b6d9568ab4d3e13e51ea97c88522d8/vmlinuz-6.17.7-300.fc43.x86_64
initrd boot /ostree/fedora-ef199a96063c2992d175035ca0bf12ecf4b6d9568ab4d3e13e51ea97c88522d8/initramfs-6.17.7-300.fc43.x86_64.img
grubenv boot /grub2/grubenv
ask default
ask 'with default=1'
ask 'with saved_entry=ostree-1-fedora.conf'
ask 'with menu_show_once_timeout=60'
