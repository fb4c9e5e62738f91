#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Damaged kernels, started for real: what kexec-any says of each, what the kernel says to the bare system
# call, and what becomes of those that kexec-any accepts: none of them may fail to reach init. TAP on standard
# output, with the table as comments.
#
# Environment: BUILD, CACHE; SAMPLES, a pattern for the names; JOBS, guests at a time; START_REFUSED, not
# empty: what kexec-any refuses is started too, to be told.
set -euo pipefail

: "${BUILD:=build}" "${SAMPLES:=.}" "${START_REFUSED:=}"
export START_REFUSED BUILD CACHE=${CACHE:-build/cache}

skip() {
    echo "ok 1 - damaged kernels # skip $1"
    exit 0
}

for program in qemu-system-x86_64 sbattach cc busybox; do
    command -v $program >/dev/null || skip "$program is missing"
done
for kernel in bookworm trixie; do
    tests/vm/fetch-kernel $kernel cloud-amd64 || skip "no Debian kernel to be had"
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export work

# The signature would tell of every change; other kernels have none.
for kernel in bookworm trixie; do
    cp "$CACHE/kernel-$kernel-cloud-amd64/vmlinuz" "$work/$kernel"
    sbattach --remove "$work/$kernel" 2>/dev/null
done
cc -O1 -static -D_GNU_SOURCE -o "$work/raw-kexec" tests/vm/raw-kexec.c

number() { # FILE OFFSET: 4 bytes
    od -An -t u4 -j "$2" -N 4 "$1" | tr -d ' '
}

# KERNEL NAME, and "cut BYTES" or pairs of OFFSET and bytes in hexadecimal. "payload+N" is in the payload.
samples() {
    cat <<'LIST'
bookworm undamaged
bookworm cut-to-setup cut 20480
bookworm cut-to-64k cut 65536
bookworm cut-to-half cut 7000000
bookworm cut-by-one cut -1
bookworm setup_sects-255 0x1f1 ff
bookworm setup_sects-0 0x1f1 00
bookworm setup_sects-4 0x1f1 04
bookworm syssize-1 0x1f4 01000000
bookworm header-end-byte 0x201 80
bookworm version-2.11 0x206 0b02
bookworm xloadflags-0 0x236 0000
bookworm alignment-0 0x230 00000000
bookworm alignment-3 0x230 03000000
bookworm cmdline_size-10 0x238 0a000000
bookworm init_size-0 0x260 00000000
bookworm init_size-huge 0x260 000000f0
bookworm pref_address-64T 0x258 0000000000400000
bookworm pref_address-odd 0x258 0100000100000000
bookworm payload-flip payload+5000000 00
bookworm payload-start payload+100 ffffffffffff
trixie undamaged
trixie payload-flip payload+5000000 00
trixie payload-junk payload+100000 cccccccccccccccccccccccccccccccc
trixie payload_length-huge 0x24c ffffffff
trixie payload_length-short 0x24c 00000100
trixie relocatable-0 0x234 00
trixie init_size-of-code 0x260 0080b100
trixie init_size-overlap 0x260 00007003
trixie ramdisk-somewhere 0x218 0000001000001000
trixie setup_data-somewhere 0x250 0000000100000000
trixie hardware_subarch-1 0x23c 01000000
trixie hardware_subarch-2 0x23c 02000000
trixie root_flags 0x1f2 ffff
trixie vid_mode 0x1fa 0f03
trixie root_dev 0x1fc 0308
trixie ram_size 0x1f8 ffff
trixie realmode_swtch 0x208 ffffffff
trixie start_sys_seg 0x20c ffff
trixie kernel_version-0 0x20e 0000
trixie type_of_loader 0x210 ff
trixie loadflags-more 0x211 e1
trixie setup_move_size 0x212 ffff
trixie code32_start 0x214 ffffffff
trixie bootsect_kludge 0x220 ffffffff
trixie heap_end_ptr 0x224 ffff
trixie ext_loader 0x226 ffff
trixie cmd_line_ptr 0x228 ffffffff
trixie initrd_addr_max 0x22c ffff0100
trixie subarch_data 0x240 ffffffffffffffff
trixie handover_offset 0x264 ffffffff
trixie kernel_info-elsewhere 0x268 00010000
trixie min_alignment-12 0x235 0c
trixie xloadflags-no-efi 0x236 6b00
trixie version-2.12 0x206 0c02
LIST
}

damage() { # FILE SPEC...
    local file=$1 at
    shift
    if [ "${1:-}" = cut ]; then
        truncate -s "$2" "$file" # "-1": by one
        return
    fi
    while [ $# -gt 0 ]; do
        at=$1
        if [[ $at = payload+* ]]; then
            at=$(($(od -An -t u1 -j $((0x1f1)) -N 1 "$file") * 512 + 512 + $(number "$file" $((0x248))) + ${at#payload+}))
        fi
        printf '%s' "$2" | perl -ne 'print pack "H*", $_' |
            dd of="$file" bs=1 seek=$((at)) conv=notrunc status=none
        shift 2
    done
}

# What kexec-any says of a sample, and the sample itself.
check_sample() { # KERNEL NAME SPEC...
    local kernel=$1 name=$1-$2 folder=$work/$1-$2 verdict=refused status=0
    shift 2
    mkdir -p "$folder/root"
    cp -a fixtures/debian-12/root/. "$folder/root"
    cp "$work/$kernel" "$folder/kernel"
    damage "$folder/kernel" "$@"
    ln -f "$folder/kernel" "$folder/root/boot/vmlinuz-6.1.0-56-amd64"
    "$BUILD/kexec-any" --root "$folder/root" --check >"$folder/check" 2>&1 || status=$?
    [ $status -ne 0 ] || verdict=accepted
    [ $status -eq 0 ] || [ $status -eq 4 ] || verdict="status $status"
    echo "$verdict" >"$work/$name.verdict"
    sed -n 's/.*\[\([a-z0-9-]*\)\]$/\1/p' "$folder/check" >"$work/$name.ids"
    rm -rf "$folder/root"
}

start_guest() { # KERNEL FOLDER MEBIBYTES LIMIT
    timeout --kill-after=5 "$4" qemu-system-x86_64 -nodefaults -accel tcg -machine q35 \
        -m "$3" -display none -no-reboot -kernel "$CACHE/kernel-$1-cloud-amd64/vmlinuz" \
        -initrd "$2/initrd" -append 'console=ttyS0 quiet panic=-1 rdinit=/init' \
        -serial "file:$2/console" </dev/null >/dev/null 2>&1 || true
}

# The bare call for all that kexec-any refuses, in one guest for each kernel: "NAME call: ERROR" in its console.
# Who has no line there crashed it, and gets a guest of its own.
call_refused() { # KERNEL
    local kernel=$1 folder=$work/refused-$1 file name files=() all=0
    mkdir -p "$folder"
    for file in "$work/$kernel"-*.verdict; do
        name=${file##*/} name=${name%.verdict}
        grep -qx refused "$file" 2>/dev/null || continue
        files+=(-f "$work/$name/kernel=/kernels/$name")
        all=$((all + $(stat -c %s "$work/$name/kernel") / 1048576 + 1))
    done
    : >"$folder/console"
    [ $all -gt 0 ] || return 0
    tests/vm/initramfs.sh -z none -p "$work/raw-kexec=/sbin/raw-kexec" "${files[@]}" \
        -f "$work/second=/initrd" "$folder/initrd" "$work/call-init"
    start_guest "$kernel" "$folder" $((512 + 2 * all)) 240
    rm "$folder/initrd"
}

# One sample: its line of the table goes to NAME.row.
run_sample() { # KERNEL NAME
    local kernel=$1 name=$1-$2 folder=$work/$1-$2 verdict call outcome limit=20
    verdict=$(cat "$work/$name.verdict")
    call=$(tr -d '\r' <"$work/refused-$kernel/console" | sed -n "s/^$name call: //p")
    if [ "$verdict" != refused ] || [ "$START_REFUSED" ] || [ -z "$call" ]; then
        # What becomes of a refused one is only told; some hang, in silence.
        [ "$verdict" = refused ] || limit=90
        tests/vm/initramfs.sh -z none -p "$work/raw-kexec=/sbin/raw-kexec" -f "$folder/kernel=/kernel" \
            -f "$work/second=/initrd" "$folder/initrd" "$work/first-init"
        start_guest "$kernel" "$folder" 512 $limit
        call=$(tr -d '\r' <"$folder/console" | sed -n 's/^call: //p')
        outcome='never reaches init'
    else
        : >"$folder/console"
        outcome='not started'
    fi
    if grep -q 'ka-second: init' "$folder/console"; then
        outcome='reaches init'
    elif [ -n "$call" ] && [ "$call" != 0 ]; then
        outcome='not loaded'
    elif grep -qE 'BUG:|Oops|general protection' "$folder/console"; then
        outcome='the running kernel crashes'
    fi
    printf '%s|%s|%s\n' "$verdict" "${call:-none}" "$outcome" >"$work/$name.row"
    rm -rf "$folder"
}
export -f check_sample start_guest call_refused run_sample damage number

cat >"$work/second-init" <<'INIT'
#!/bin/sh
mount -t devtmpfs dev /dev
echo 'ka-second: init' >/dev/console
poweroff -f
INIT
cat >"$work/first-init" <<'INIT'
#!/bin/sh
mount -t devtmpfs dev /dev
exec >/dev/console 2>&1
raw-kexec /kernel /initrd 'console=ttyS0 quiet panic=-1 rdinit=/init'
poweroff -f
INIT
cat >"$work/call-init" <<'INIT'
#!/bin/sh
mount -t devtmpfs dev /dev
exec >/dev/console 2>&1
for kernel in /kernels/*; do
    echo "${kernel##*/} $(raw-kexec "$kernel" /initrd 'console=ttyS0' only-load)"
done
poweroff -f
INIT
tests/vm/initramfs.sh "$work/second" "$work/second-init"

each() { # FUNCTION: of every line on standard input
    # shellcheck disable=SC2016 # for the inner shell
    tr '\n' '\0' | xargs -0 -n 1 -P "${JOBS:-$(nproc)}" bash -euc "$1"' $0'
}
samples | grep -E "$SAMPLES" | each check_sample
printf '%s\n' bookworm trixie | each call_refused
samples | grep -E "$SAMPLES" | awk '{ print $1, $2 }' | each run_sample

n=0 only_us=0
printf '# %-32s %-10s %-14s %s\n' sample kexec-any 'bare call' outcome
while read -r name; do
    IFS='|' read -r verdict call outcome <"$work/$name.row"
    printf '# %-32s %-10s %-14s %s\n' "$name" "$verdict" "$call" "$outcome"
    n=$((n + 1))
    if [ "$verdict" != refused ] && [ "$verdict" != accepted ]; then
        echo "not ok $n - $name: $verdict"
    elif [ "$verdict" = accepted ] && [ "$outcome" != 'reaches init' ]; then
        echo "not ok $n - $name: accepted by kexec-any, and $outcome"
    elif [[ $name = *-undamaged ]] && [ "$verdict" = refused ]; then
        echo "not ok $n - $name: refused: $(tr '\n' ' ' <"$work/$name.ids")"
    else
        echo "ok $n - $name: $verdict, $outcome"
    fi
    if [ "$verdict" = refused ] && [ "$call" = 0 ]; then
        only_us=$((only_us + 1))
    fi
done < <(samples | grep -E "$SAMPLES" | awk '{ print $1 "-" $2 }')
echo "# $only_us of $n are accepted by the kernel and refused by kexec-any"
echo "1..$n"
