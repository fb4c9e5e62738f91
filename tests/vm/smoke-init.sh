#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# /init of the smoke test's guest. The first kernel goes through bad loads and then jumps; the
# second kernel looks at what it was given. Results are TAP on the second serial port.

export PATH=/bin:/sbin:/usr/sbin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
exec 2>/dev/console >/dev/console
tap=/dev/ttyS1
release=$(uname -r)
n=0
[ -e /second-stage ] && n=100
ln -s boot/vmlinuz-"$release" /vmlinuz # no loader is here: Debian's link decides

ok() { # STATUS NAME
    n=$((n + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $n - $2" >$tap
    else
        echo "not ok $n - $2" >$tap
        sed 's/^/# /' /tmp/out >$tap
    fi
}

loaded() {
    cat /sys/kernel/kexec_loaded
}

# Run kexec-any; it must end with this status, say these words, and leave that many loaded.
expect() { # NAME STATUS LOADED WORDS ARGUMENTS...
    name=$1 want=$2 want_loaded=$3 words=$4
    shift 4
    kexec-any "$@" >/tmp/out 2>&1
    got=$?
    echo "(status $got, wanted $want; loaded $(loaded), wanted $want_loaded; words '$words')" >>/tmp/out
    [ $got -eq "$want" ] && [ "$(loaded)" = "$want_loaded" ] && grep -qF -e "$words" /tmp/out
    ok $? "$name"
}

first_stage() {
    kernel=/boot/vmlinuz-$release
    expect "status: nothing loaded, allowed" 0 0 '"loaded":false,"allowed":true' --status --json=short
    expect "list: the link's kernel is the default and runs now" 0 0 '"isDefault":true,"isRunning":true' --list --json=short
    expect "check" 0 0 "$release: " --check --immediate

    head -c $(($(stat -c %s "$kernel") / 2)) "$kernel" >/boot/vmlinuz-1-half
    cp /boot/initrd.img-"$release" /boot/initrd.img-1-half
    expect "a kernel cut in half is refused" 4 0 "[kernel-truncated]" --load --entry=1-half

    cp "$kernel" /boot/vmlinuz-2-flipped
    cp /boot/initrd.img-"$release" /boot/initrd.img-2-flipped
    printf '\200' | dd of=/boot/vmlinuz-2-flipped bs=1 seek=513 conv=notrunc 2>/dev/null
    expect "a flipped header byte that crashes the kernel is refused" 4 0 "[kernel-header]" --load --entry=2-flipped

    echo 'this is not an initrd' >/tmp/text
    expect "a text file for an initrd is refused" 4 0 "[initrd-format]" --load --initrd=/tmp/text
    expect "a command line of 2017 characters is refused" 4 0 "[cmdline-too-long]" --load \
        --cmdline="$(head -c 2017 /dev/zero | tr '\0' x)"
    expect "the kernel itself takes one of 2016" 0 1 "Loaded" --load \
        --cmdline="$(head -c 2016 /dev/zero | tr '\0' x)"
    expect "unload" 0 0 "Unloaded." --unload
    expect "unload with nothing loaded" 0 0 "No kernel was loaded." --unload

    expect "load" 0 1 "Loaded $release" --load
    expect "a refusal says what stays loaded" 4 1 "STILL LOADED" --load --entry=1-half
    expect "another kernel loaded before is replaced" 0 1 "Loaded $release" --load -v
    # Somebody writes to the kernel: the call itself fails, and the old image must go as well.
    sleep 1000 >>"$kernel" &
    writer=$!
    expect "a failed load leaves nothing loaded" 1 0 "open for writing" --load
    kill $writer
    wait $writer 2>/dev/null

    echo 'root:x:0:0::/:/bin/sh
nobody:x:65534:65534::/:/bin/sh' >/etc/passwd
    chmod 1777 /tmp
    chmod 666 /tmp/out
    su -s /bin/sh nobody -c 'kexec-any --load >/tmp/out 2>&1'
    [ $? -eq 4 ] && grep -qF "[no-privilege]" /tmp/out && [ "$(loaded)" = 0 ]
    ok $? "without privileges it is refused"

    expect "no init that could stop services: refused" 4 0 "[no-graceful-restart]"

    mkdir -p /tmp/extra && echo marker >/tmp/extra/from-second-initrd
    (cd /tmp/extra && echo from-second-initrd | cpio -o -H newc) >/tmp/extra.cpio 2>/dev/null
    expect "two initrds by name" 0 1 "Loaded $release" --load --initrd=/boot/initrd.img-"$release" \
        --initrd=/tmp/extra.cpio
    # GRUB packs files into an archive of its own, between other initrds.
    echo one >/boot/a && echo three >/boot/b && mkdir -p /boot/grub
    cat >/boot/grub/grub.cfg <<CONFIG
set timeout=0
menuentry packed {
    linux /boot/vmlinuz-$release x
    initrd /boot/initrd.img-$release newc:packed/deep/a:/boot/a newc:packed/deep/b:/boot/b /tmp/extra.cpio
}
CONFIG
    kexec-any --immediate --backend=grub --reuse-cmdline --append=second=1 >/tmp/out 2>&1
    ok 1 "the jump"
    poweroff -f
}

second_stage() {
    cp /proc/cmdline /tmp/out
    [ "$(cat /proc/cmdline)" = "$(cat /first-cmdline) second=1" ]
    ok $? "the second kernel has the first one's command line and second=1"
    [ "$(cat /from-second-initrd)" = marker ]
    ok $? "the files of both initrds are there"
    [ "$(cat /packed/deep/a /packed/deep/b)" = "one
three" ]
    ok $? "and those that GRUB packs itself"
    expect "nothing is loaded after the jump" 0 0 '"loaded":false' --status --json=short

    echo 1 >/proc/sys/kernel/kexec_load_disabled
    expect "kexec_load_disabled=1 is refused" 4 0 "[kexec-disabled]" --load
    expect "the kernel's own refusal is explained" 1 0 "switched off until the next restart" \
        --load --ignore=kexec-disabled
    echo "1..$n" >$tap
    poweroff -f
}

if [ -e /second-stage ]; then
    second_stage
else
    first_stage
fi
