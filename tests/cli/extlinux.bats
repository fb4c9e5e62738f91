# SPDX-License-Identifier: GPL-2.0-or-later
# Machines that SYSLINUX or U-Boot starts: who is in charge, and what leaves no default.
load common

list() { # FILTER [OPTION...]
    local filter=$1
    shift
    ka --root "$root" --list --json=short "$@" 2>/dev/null | jq -r "$filter"
}

put() { # PATH, content on standard input
    mkdir -p "$(dirname "$root/$1")"
    cat >"$root/$1"
}

@test "extlinux: a dry run has the kernel, the initrd and the words of the default" {
    copy_fixture extlinux-alpine
    run -0 --separate-stderr ka --root "$root" --dry-run --json=short
    [ "$(jq -r .entry.id <<<"$output")" = lts ]
    [[ $(jq -r .cmdline <<<"$output") == "BOOT_IMAGE=vmlinuz-lts root=UUID="*" initrd=initramfs-lts" ]]
    [ "$(list '.chain.program.kind, .chain.configuration, .chain.dialect' | xargs)" = "syslinux /boot/extlinux.conf syslinux" ]
}

@test "extlinux: the running kernel's BOOT_IMAGE= proves it beside a stale grub.cfg, and GRUB's proves GRUB" {
    copy_fixture extlinux-alpine
    printf "menuentry 'Old' --id old {\n linux /boot/vmlinuz-virt ro\n}\n" | put boot/grub/grub.cfg
    [ "$(list '.backend, .default' | xargs)" = "extlinux lts" ]
    echo 114 | put proc/sys/kernel/bootloader_type
    echo 'BOOT_IMAGE=/boot/vmlinuz-virt ro' | put proc/cmdline
    [ "$(list '.backend, .default' | xargs)" = "grub old" ]
    # Neither: two menus, and nothing tells.
    rm "$root/proc/sys/kernel/bootloader_type"
    echo 'ro' | put proc/cmdline
    run -3 --separate-stderr ka --root "$root" --dry-run
    [[ $stderr == *"menus of two"* ]]
}

@test "extlinux: a machine that something else started has no default" {
    copy_fixture extlinux-alpine
    echo 'root=/dev/vda1 quiet' | put proc/cmdline
    run -3 --separate-stderr ka --root "$root" --dry-run
    [[ $stderr == *"SYSLINUX did not start the running system"* ]]
}

@test "extlinux: boot-once, as EXTLINUX stores it, leaves no default and is named" {
    copy_fixture extlinux-alpine
    python3 - "$root/boot/ldlinux.sys" <<'PYTHON'
import struct, sys
data = b'\1\4virt'.ljust(500, b'\0')
total = (0xa3041767 - sum(struct.unpack('<125I', data))) & 0xffffffff
copy = struct.pack('<II', 0x5a2d2fa5, total) + data + struct.pack('<I', 0xdd28bf64)
open(sys.argv[1], 'ab').write(copy * 2)
PYTHON
    run -3 --separate-stderr ka --root "$root" --dry-run
    [[ $stderr == *"'virt' is set to boot once"*/boot/ldlinux.sys* ]]
    run -0 --separate-stderr ka --root "$root" --dry-run --entry=virt
}

@test "extlinux: without ldlinux.sys nothing says that it is installed" {
    copy_fixture extlinux-alpine
    rm "$root/boot/ldlinux.sys"
    run -3 --separate-stderr ka --root "$root" --dry-run
    [[ $stderr == *"ldlinux.sys is not beside it"* ]]
}

@test "extlinux: a menu without an end is named, and its first entry taken" {
    copy_fixture extlinux-alpine
    sed -i '/TIMEOUT/d' "$root/boot/extlinux.conf"
    run -0 --separate-stderr ka --root "$root" --dry-run
    [ "$(list '.problems[].id')" = extlinux-waits ]
}

@test "U-Boot: the devicetree proves it; a script beside it needs the running command line" {
    copy_fixture uboot-debian
    [ "$(list '.backend, .default, .chain.program.kind, .chain.program.version' | xargs)" = \
        "extlinux l0 u-boot U-Boot 2023.01+dfsg-2+deb12u1" ]
    echo script | put boot/boot.scr
    [ "$(list '.default, .problems[].id' | xargs)" = "l0 extlinux-script" ]
    echo 'root=/dev/mmcblk0p2' | put proc/cmdline
    run -3 --separate-stderr ka --root "$root" --dry-run
    [[ $stderr == *"/boot/boot.scr"*"depends on the board"* ]]
    # Without extlinux.conf the script is what is not read.
    rm -r "$root/boot/extlinux" "$root/proc/device-tree"
    ln -s boot/vmlinuz-6.1.0-41-arm64 "$root/vmlinuz"
    run -3 --separate-stderr ka --root "$root" --dry-run
    [[ $stderr == *"U-Boot"*"/boot/boot.scr"* ]]
}

@test "U-Boot: a kernel that is missing leaves it to the next label" {
    copy_fixture uboot-debian
    rm "$root/boot/vmlinuz-6.1.0-41-arm64"
    [ "$(list '.default, .why.text' | xargs)" = "l1 DEFAULT l0, whose files are missing: the first label that has its own" ]
}

@test "NixOS with extlinux: the loader's files are taken where they are others" {
    copy_fixture nixos
    to=$(readlink "$root/nix/var/nix/profiles/system-8-link")
    initrd=$(readlink "$root$to/initrd")
    rm -f "$root/proc/sys/kernel/arch"
    echo aarch64 | put proc/sys/kernel/arch
    ln -sfn system-8-link "$root/nix/var/nix/profiles/system"
    mkdir -p "$root/boot/nixos"
    cp "$root$(readlink "$root$to/kernel")" "$root/boot/nixos/k"
    cp "$root$initrd" "$root/boot/nixos/i-with-secrets"
    printf 'DEFAULT nixos-default\nTIMEOUT 50\nLABEL nixos-default\n  LINUX ../nixos/k\n  INITRD ../nixos/i-with-secrets\n  APPEND init=%s/init x\n' \
        "$to" | put boot/extlinux/extlinux.conf
    [ "$(list '.entries[] | select(.isDefault) | .kernel, .initrd[], .cmdline' | xargs)" = \
        "/boot/nixos/k /boot/nixos/i-with-secrets init=$to/init x" ]
    # Another system is the loader's default: a warning names both.
    sed -i "s|init=[^ ]*|init=/nix/store/other/init|" "$root/boot/extlinux/extlinux.conf"
    [[ $(list '.problems[].text') == *"/nix/store/other/init"* ]]
}
