# SPDX-License-Identifier: GPL-2.0-or-later
volume root UUID=3f8a1c52-77d0-4d6e-9a41-0c5e2b7f9d10 mount=/
volume boot UUID=b20f6e91-5a3c-4c0b-8f2d-61d7a4e8c9f3 mount=/boot
config boot /grub/grub.cfg
version 2.12
kernel boot /vmlinuz-5.10.0-28-amd64
kernel boot /vmlinuz-6.1.0-30-amd64
kernel boot /vmlinuz-6.1.0-9-amd64
initrd boot /initrd.img-5.10.0-28-amd64
initrd boot /initrd.img-6.1.0-30-amd64
initrd boot /initrd.img-6.1.0-9-amd64
grubenv boot /grub/grubenv
ask default
ask 'entry=1>0'
ask 'entry=1>1'
ask 'with next_entry=1>4'
