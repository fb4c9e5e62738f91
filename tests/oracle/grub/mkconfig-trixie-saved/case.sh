# SPDX-License-Identifier: GPL-2.0-or-later
volume root UUID=3f8a1c52-77d0-4d6e-9a41-0c5e2b7f9d10 mount=/
config root /boot/grub/grub.cfg
version 2.12
kernel root /boot/vmlinuz-5.10.0-28-amd64
kernel root /boot/vmlinuz-6.1.0-30-amd64
kernel root /boot/vmlinuz-6.1.0-9-amd64
initrd root /boot/initrd.img-5.10.0-28-amd64
initrd root /boot/initrd.img-6.1.0-30-amd64
initrd root /boot/initrd.img-6.1.0-9-amd64
grubenv root /boot/grub/grubenv
ask default
ask 'with saved_entry=gnulinux-advanced-3f8a1c52-77d0-4d6e-9a41-0c5e2b7f9d10>gnulinux-6.1.0-9-amd64-recovery-3f8a1c52-77d0-4d6e-9a41-0c5e2b7f9d10'
ask 'with saved_entry=gnulinux-6.2.0-gone'
ask 'with next_entry=1>2'
ask 'entry=1>2'
