# SPDX-License-Identifier: GPL-2.0-or-later
# contrib/kexec-any-capture, run in captured machines as if they were live.
load common

setup() {
    [ "$(id -u)" -eq 0 ] || skip "chroot needs root"
    command -v busybox >/dev/null || skip "no busybox"
}

# Into $root/out, with the tools of busybox.
capture() { # of $root
    mkdir -p "$root/tools"
    cp "$(command -v busybox)" "$root/tools/busybox"
    PATH=$PATH:/usr/sbin chroot "$root" /tools/busybox --install /tools
    cp contrib/kexec-any-capture "$root/tools/"
    chroot "$root" /tools/env PATH=/tools /tools/sh /tools/kexec-any-capture /out
}

# Busybox keeps no times of links, which date the generations of NixOS.
list() { # ROOT
    ka --root "$1" --list --json 2>/dev/null | sed -E 's/, built on [0-9-]+//'
}

@test "a capture answers as the machine does" {
    for name in debian-12 arch-plain fedora-plain bls-sd-boot grub-zfs nixos real-debian-grub-uefi \
        real-debian-uki-262 extlinux-alpine uboot-debian; do
        copy_fixture "$name"
        capture
        diff <(list "fixtures/$name/root") <(list "$root/out")
    done
}

@test "a capture holds no secrets" {
    copy_fixture bls-sd-boot
    vars=$root/sys/firmware/efi/efivars esp=$root/boot/efi
    for name in LoaderSystemToken-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f \
        StubBootSecret-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f MokAuth-605dab50-e046-4300-abb6-3dd810dd8b23; do
        printf 'hush' >"$vars/$name"
    done
    mkdir -p "$root/boot/grub" "$esp/loader/credentials" "$esp/EFI/Linux/a.efi.extra.d" "$root/etc/ssh"
    printf 'set a=1\npassword_pbkdf2 root grub.pbkdf2.sha512.10000.hush\n  password root hush\nset b=1\n' \
        >"$root/boot/grub/grub.cfg"
    cp "$root/boot/grub/grub.cfg" "$root/boot/grub/custom.cfg"
    printf 'MENU MASTER PASSWD hush\nLABEL a\n menu passwd hush\n' | install -D /dev/stdin "$root/boot/extlinux/extlinux.conf"
    echo '//server/x /x cifs username=a,password=hush,ro 0 0' >>"$root/etc/fstab"
    for file in "$esp/loader/random-seed" "$esp/loader/credentials/a.cred" "$esp/EFI/Linux/a.efi.extra.d/b.cred" \
        "$root/etc/shadow" "$root/etc/ssh/ssh_host_key" "$root/boot/initrd.img-1"; do
        { head -c 64 /dev/zero && echo hush; } >"$file"
    done
    { head -c 64 /dev/zero && echo hush; } >"$esp/7d3f0a3c5b1e4c6f9a2d8e7b60514233/6.12.48+deb13-amd64/initrd"
    capture
    run ! grep -r hush "$root/out"
    # What is left out leaves a trace where that decides something.
    [ -e "$root/out/sys/firmware/efi/efivars/MokAuth-605dab50-e046-4300-abb6-3dd810dd8b23" ]
    [ -e "$root/out/boot/efi/loader/credentials/a.cred" ]
    grep -qx 'password_pbkdf2 root left-out' "$root/out/boot/grub/grub.cfg"
    grep -q 'username=a,password=left-out,ro' "$root/out/etc/fstab"
}
