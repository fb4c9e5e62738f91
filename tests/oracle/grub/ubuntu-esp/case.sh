# SPDX-License-Identifier: GPL-2.0-or-later
volume esp mount=/boot/efi fs=vfat
volume boot mount=/boot UUID=b0b0b0b0-1111-4222-8333-444455556666
volume root mount=/ UUID=6f6f6f6f-1111-4222-8333-444455556666
config esp /EFI/ubuntu/grub.cfg
platform efi
kernel boot /vmlinuz-6.8.0-49-generic /vmlinuz-6.8.0-45-generic
initrd boot /initrd.img-6.8.0-49-generic /initrd.img-6.8.0-45-generic
grubenv boot /grub/grubenv
ask default
ask 'with recordfail=1'
ask 'with next_entry=gnulinux-advanced-6f>gnulinux-6.8.0-45-generic-advanced-6f'
ask 'with next_entry=1>1'
