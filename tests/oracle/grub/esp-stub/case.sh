# SPDX-License-Identifier: GPL-2.0-or-later
volume esp mount=/boot/efi fs=vfat
volume root mount=/ UUID=5e5e5e5e-1111-4222-8333-444455556666
config esp /EFI/debian/grub.cfg
platform efi
kernel root /boot/vmlinuz-6.1.0-30-amd64
initrd root /boot/initrd.img-6.1.0-30-amd64
grubenv root /boot/grub/grubenv
ask default
ask 'with next_entry=1'
