#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The default subvolume of a real btrfs, looked at from the system of another one, and from a capture of that.
# btrfs(8) sets it and says what it is; that SUSE's GRUB starts there is in the source of its patches alone, which
# no GRUB of Debian's has. What those do with environment blocks on btrfs is asked of them, and compared with
# grub.answers (RECORD=1 writes it). TAP on standard output.
#
# Environment: BUILD, CACHE, MIRROR, RECORD. As root, with a loop device.
set -uo pipefail

[ "${1:-}" = inside ] || exec unshare --mount --propagation private "$0" inside

: "${BUILD:=build}"
PATH=$PATH:/usr/sbin:/sbin
here=$(cd "$(dirname "$0")" && pwd)
for program in mkfs.btrfs btrfs losetup jq cpio; do
    command -v $program >/dev/null || {
        echo "ok 1 - default subvolumes # skip $program is missing"
        exit 0
    }
done
build=$(cd "$BUILD" && pwd)
work=$(mktemp -d) number=0 failed=0
device=
# shellcheck disable=SC2317 # by the trap
finish() {
    cd /
    umount -R -l "$work/root" "$work/top" 2>/dev/null
    [ -z "$device" ] || losetup -d "$device"
    rm -rf "$work"
}
trap finish EXIT
"$here/make-machine" "$build/tests/mkbzimage" "$work" || {
    echo "not ok 1 - the file system cannot be made"
    exit 1
}
device=$(losetup --find --show "$work/image")
mkdir -p "$work/top" "$work/root"
mount -o subvolid=5 "$device" "$work/top"
snapshots=$work/top/@/.snapshots
uuid=$(blkid -o value -s UUID "$device")
cmdline="BOOT_IMAGE=/boot/vmlinuz-6.4.0-150600.21-default root=UUID=$uuid"
old=6.4.0-150600.21-default new=6.4.0-150600.33-default

# The machine as it runs: snapshot 1, and of this machine what kexec-any itself needs.
start() { # ["without .snapshots"]
    local folder
    umount -R -l "$work/root" 2>/dev/null
    mount -o subvol=@/.snapshots/1/snapshot "$device" "$work/root"
    mount -o subvol=@/boot/grub2/i386-pc "$device" "$work/root/boot/grub2/i386-pc"
    [ "${1:-}" ] || mount -o subvol=@/.snapshots "$device" "$work/root/.snapshots"
    for folder in proc sys; do
        mount --rbind "/$folder" "$work/root/$folder"
    done
    mount -t tmpfs tmpfs "$work/root/dev"
    mkdir -p "$work/root/dev/disk/by-uuid"
    cp -a /dev/null /dev/urandom "$device" "$work/root/dev/"
    ln -s "../../${device##*/}" "$work/root/dev/disk/by-uuid/$uuid"
    mount -t tmpfs tmpfs "$work/root/run"
    mount -t tmpfs tmpfs "$work/root/tmp"
    echo "$cmdline" >"$work/root/tmp/cmdline"
    mount --bind "$work/root/tmp/cmdline" "$work/root/proc/cmdline"
    cp "$build/kexec-any" "$here/../../contrib/kexec-any-capture" "$work/root/tmp/"
    mkdir "$work/root/tmp/usr"
    mount --bind /usr "$work/root/tmp/usr"
    ln -s tmp/usr/lib64 "$work/root/lib64" 2>/dev/null
    # It looks for libraries below /usr; the snapshots have modules alone there.
    mount -t overlay overlay -o "lowerdir=$work/root/usr:/usr" "$work/root/usr" 2>/dev/null ||
        mount --bind /usr "$work/root/usr"
    for folder in bin sbin; do
        ln -s usr/$folder "$work/root/$folder" 2>/dev/null
    done
}

set_default() { # NUMBER
    btrfs subvolume set-default "$snapshots/$1/snapshot"
}

on_machine() { # COMMAND...
    chroot "$work/root" /tmp/kexec-any "$@"
}

captured() { # COMMAND...
    rm -rf "$work/root/tmp/captured"
    chroot "$work/root" sh /tmp/kexec-any-capture /tmp/captured >/dev/null 2>&1
    echo "$cmdline" >"$work/root/tmp/captured/proc/cmdline"
    "$build/kexec-any" --root="$work/root/tmp/captured" "$@"
}

# The answer's JSON is what this jq program says "true" of.
expect() { # NAME ANSWER PROGRAM
    number=$((number + 1))
    if [ -n "$2" ] && jq -e "$3" <<<"$2" >/dev/null 2>&1; then
        echo "ok $number - $1"
    else
        failed=1
        echo "not ok $number - $1"
        echo "# not so: $3"
        echo "$2" | jq -c '{undecided, default, entries: [.entries[]? | {kernel, initrd, problems}], findings}' 2>&1 |
            sed 's/^/# /'
    fi
}

default_is() { # KERNEL
    echo ".entries[] | select(.isDefault) | .kernel == \"$1\" and (.initrd | length == 1) and .bootable and
        (.cmdline | startswith(\"BOOT_IMAGE=/boot/\"))"
}

# On the live machine and on a captured one.
both() { # NAME PROGRAM OPTION...
    expect "$1" "$(on_machine "${@:3}" --json 2>/dev/null)" "$2"
    expect "$1, captured" "$(captured "${@:3}" --json 2>/dev/null)" "$2"
}

start
both "the running one" "$(default_is /boot/vmlinuz-$old)" --list

set_default 2
both "after a rollback" "$(default_is "/.snapshots/2/snapshot/boot/vmlinuz-$new")" --list
both "its modules are found" '.entry != null and (.findings | any(.id == "modules-missing") | not)' --check
both "where it is written" '.source.path == "/.snapshots/2/snapshot/boot/grub2/grub.cfg"' --show
both "GRUB's dialect" '.chain.dialect == "suse"' --list
rm -r "$snapshots/2/snapshot/usr/lib/modules/$new"
both "modules that are missing" '.findings | any(.id == "modules-missing")' --check
mkdir "$snapshots/2/snapshot/usr/lib/modules/$new"

# A menu of snapshots behind the kernels.
echo 'submenu "Start bootloader from a read-only snapshot" { menuentry "1" { linux /boot/vmlinuz-1; } }' \
    >"$snapshots/grub-snapshot.cfg"
both "the menu of snapshots" '.entries | any(.menu[0] == "Start bootloader from a read-only snapshot")' --list
rm "$snapshots/grub-snapshot.cfg"

start "without .snapshots"
both "a subvolume that is mounted nowhere" \
    "$(default_is "$device:/@/.snapshots/2/snapshot/boot/vmlinuz-$new")" --list
both "its modules" '.entry != null and (.findings | any(.id == "modules-missing") | not)' --check
start

mv "$snapshots/2/snapshot/boot/grub2/grub.cfg" "$work/grub.cfg"
both "no grub.cfg there" \
    '.default == null and (.undecided | contains("/@/.snapshots/2/snapshot") and contains("/boot/grub2/grub.cfg"))' \
    --list
mv "$work/grub.cfg" "$snapshots/2/snapshot/boot/grub2/grub.cfg"

# An environment block in the header, at 256 KiB, as SUSE's grub2-editenv makes it.
printf '# GRUB Environment Block\nenv_block=512+1\n%0960d' 0 | tr 0 '#' >"$snapshots/2/snapshot/boot/grub2/grubenv"
block() { # LINE
    { printf '# GRUB Environment Block\n%s\n' "$1"; head -c 512 /dev/zero | tr '\0' '#'; } | head -c 512 |
        dd of="$device" bs=512 seek=512 conv=notrunc,fsync status=none
}
id=$(on_machine --list --json | jq -r ".entries[] | select(.id | contains(\"recovery\")) | .id")
block "saved_entry=$id"
both "saved_entry in the header" ".default == \"$id\" and .why.reason == \"saved\"" --list
block "next_entry=$id"
both "next_entry in the header" ".default == \"$id\" and .why.reason == \"oneshot\"" --list
both "what is written back" ".commits == [\"grubenv next_entry=\"]" --dry-run --immediate \
    --ignore=no-kexec,initrd-damaged,initrd-no-init,kernel-truncated
block "next_entry=Text mode"
both "a hidden entry" '.default == null and (.undecided | contains("hidden entry"))' --list
block ""
sed -i 's/^env_block=.*/saved_entry=1>1/' "$snapshots/2/snapshot/boot/grub2/grubenv"
both "saved_entry in its own grubenv" ".default == \"$id\"" --list

# The top level, where there is nothing.
btrfs subvolume set-default 5 "$work/top"
both "the top level is the default" '.default == null and (.undecided | contains("'\''/'\''"))' --list

# --- Debian's GRUB, on the same volume

put_block() {
    { printf '# GRUB Environment Block\n%s\n' "$1"; head -c 512 /dev/zero | tr '\0' '#'; } | head -c 512 |
        dd of="$work/image" bs=512 seek=512 conv=notrunc status=none
}

# Each line of it is a command, or prints a line that begins with "ask".
ask_grub() { # RELEASE
    local grub=$cache/oracle/grub-$1
    "$here/../oracle/fetch-grub" "$1" >&2 || return
    put_block a=5
    mkdir -p "$work/host"
    cp "$here/ask.cfg" "$work/host/grub.cfg"
    echo "(hd0) $work/image" >"$work/device.map"
    echo "== grub-emu $(cat "$grub/version")"
    timeout -k 1 60 "$grub/lib/ld.so" --library-path "$grub/lib" "$grub/grub-emu" -r host \
        -m "$work/device.map" -d "$work/host" </dev/null 2>&1 | tr '\r' '\n' |
        sed -n 's/^.*\(ask [a-z].*[^[:space:]]\)[[:space:]]*$/\1/p'
    echo "in the header: $(dd if="$work/image" bs=512 skip=512 count=1 status=none | sed -n 2p)"
}

umount -R -l "$work/root"
btrfs subvolume set-default "$snapshots/2/snapshot"
umount "$work/top"
sync
export CACHE=${CACHE:-$build/cache}
cache=$(cd "$CACHE" && pwd)
for release in bookworm trixie forky; do
    ask_grub $release
done >"$work/answers"
[ -z "${RECORD:-}" ] || cp "$work/answers" "$here/grub.answers"
number=$((number + 1))
# Which package it was may have changed.
if diff <(sed 's/^== .*/==/' "$here/grub.answers") <(sed 's/^== .*/==/' "$work/answers"); then
    echo "ok $number - what GRUB does with environment blocks on btrfs"
else
    failed=1
    echo "not ok $number - what GRUB does with environment blocks on btrfs"
fi

echo "1..$number"
exit $failed
