#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# /init of the arm64 guest, in three kernels one after the other: a small one with kexec_file_load, which
# starts Debian's, which has kexec(8) alone and starts an EFI zboot image; or (stage 4) in one that U-Boot starts,
# which is started again.

export PATH=/bin:/sbin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
exec >/dev/console 2>&1
stage=$(sed 's/.*stage=//; s/ .*//' /proc/cmdline)
n=$((stage * 100))

ok() { # STATUS NAME
    n=$((n + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $n - $2"
    else
        echo "not ok $n - $2"
        sed 's/^/# /' /tmp/out
    fi
}

# Run kexec-any; it must end with this status, say these words, and leave that many loaded.
expect() { # NAME STATUS LOADED WORDS ARGUMENTS...
    name=$1 want=$2 want_loaded=$3 words=$4
    shift 4
    kexec-any --backend=debian --initrd=/boot/initrd --cmdline=x --ignore=initrd-other-kernel "$@" \
        >/tmp/out 2>&1
    got=$?
    loaded=$(cat /sys/kernel/kexec_loaded)
    echo "(status $got, wanted $want; loaded $loaded, wanted $want_loaded; words '$words')" >>/tmp/out
    [ $got -eq "$want" ] && [ "$loaded" = "$want_loaded" ] && grep -qF -e "$words" /tmp/out
    ok $? "$name"
}

damage() { # FROM TO OFFSET: a byte of a kernel
    cp /boot/vmlinuz-"$1" /boot/vmlinuz-"$2"
    printf '\252' | dd of=/boot/vmlinuz-"$2" bs=1 seek="$3" conv=notrunc 2>/dev/null
}

case $stage in
1)
    for kind in image image-gzip image-xz zboot-gzip zboot-zstd debian; do
        expect "$kind is loaded" 0 1 "Loaded $kind" --load --entry=$kind
        kexec-any --unload >/dev/null
    done
    expect "the plan says what it was" 0 0 "EFI zboot image, unpacked" --dry-run --entry=zboot-zstd \
        --immediate
    expect "a zboot image says its release" 0 0 "6.1." --check --immediate --entry=zboot-zstd

    head -c 1000000 /boot/vmlinuz-zboot-gzip >/boot/vmlinuz-cut
    expect "a zboot image cut off is refused" 4 0 "[kernel-truncated]" --load --entry=cut
    damage zboot-gzip damaged-zboot 500000
    expect "a damaged zboot image is refused" 4 0 "[kernel-payload]" --load --entry=damaged-zboot
    damage zboot-gzip other-packing 24
    expect "a zboot image of unknown packing is refused" 4 0 "[kernel-unsupported]" --load \
        --entry=other-packing
    head -c 3000000 /boot/vmlinuz-image >/boot/vmlinuz-half
    expect "an Image cut off is refused" 4 0 "cut off" --load --entry=half
    damage image-gzip damaged-gzip 500000
    expect "a damaged compressed Image is refused" 4 0 "[kernel-payload]" --load --entry=damaged-gzip
    damage debian changed-debian 5000000
    expect "a changed byte of a signed Image is refused" 4 0 "[kernel-signature]" --load \
        --entry=changed-debian
    damage image no-magic 56
    expect "an Image without its magic is refused" 4 0 "[kernel-format]" --load --entry=no-magic
    cp /boot/vmlinuz-image /boot/vmlinuz-no-size
    dd if=/dev/zero of=/boot/vmlinuz-no-size bs=1 seek=16 count=8 conv=notrunc 2>/dev/null
    expect "an Image without a size is refused" 4 0 "image_size is 0" --load --entry=no-size
    expect "an x86 kernel is refused" 4 0 "this machine is aarch64" --load --entry=amd64
    long=$(head -c 2048 /dev/zero | tr '\0' x)
    expect "a command line that would be cut off is refused" 4 0 "[cmdline-too-long]" --load \
        --entry=image --cmdline="$long"

    kexec-any --immediate --backend=debian --entry=debian --initrd=/boot/initrd --ignore=initrd-other-kernel \
        --cmdline='console=ttyAMA0 quiet panic=-1 rdinit=/init marker="a b" stage=2' >/tmp/out 2>&1
    ;;
2)
    cat /proc/cmdline >/tmp/out
    grep -qxF 'console=ttyAMA0 quiet panic=-1 rdinit=/init marker="a b" stage=2' /proc/cmdline
    ok $? "Debian's kernel has the command line it was given"
    uname -r | grep -q cloud-arm64
    ok $? "and is Debian's"
    expect "without kexec_file_load: kexec(8) and the older call" 0 1 "[kexec-load]" --load \
        --entry=zboot-gzip --cmdline='x stage=3'
    kexec-any --unload >/tmp/out 2>&1 && grep -qxF Unloaded. /tmp/out && grep -qx 0 /sys/kernel/kexec_loaded
    ok $? "and unloaded again by the older call"
    kexec-any --unload >/tmp/out 2>&1 && grep -qF 'No kernel was loaded' /tmp/out
    ok $? "with nothing left to unload"
    kexec-any --immediate --backend=debian --entry=zboot-gzip --initrd=/boot/initrd \
        --cmdline='console=ttyAMA0 quiet panic=-1 rdinit=/init stage=3' >/tmp/out 2>&1
    ;;
3)
    cat /proc/version >/tmp/out
    uname -r | grep -q -- '-ka$'
    ok $? "the zboot image runs, started through kexec(8)"
    echo "1..$n"
    poweroff -f
    ;;
4)
    # What U-Boot handed over, for whoever compares.
    echo "cmdline:$(cat /proc/cmdline)"
    if [ -e /second ]; then
        cat /proc/cmdline >/tmp/out
        ok 0 "the kexec starts what U-Boot started"
        echo "1..$n"
        poweroff -f
    fi
    kexec-any --status >/tmp/out 2>&1
    grep -qF "the devicetree is U-Boot's" /tmp/out
    ok $? "U-Boot is in charge, by the devicetree"
    kexec-any --list >/tmp/out 2>&1
    grep -q '^\* .* ka ' /tmp/out
    ok $? "the label that U-Boot took is the default"
    kexec-any --immediate >/tmp/out 2>&1
    ;;
esac
ok 1 "the jump of stage $stage"
poweroff -f
