# SPDX-License-Identifier: GPL-2.0-or-later
# --check, --dry-run, mistakes and exit statuses.
load common

@test "--help and --version" {
    run -0 --separate-stderr ka --help
    [[ ${lines[0]} == "Usage: kexec-any"* ]]
    run -0 ka --version
    [[ $output =~ ^kexec-any\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
}

@test "usage: status 2, the mistake, and where to look" {
    run -2 --separate-stderr ka --frobnicate
    [ -z "$output" ]
    [[ $stderr == *"--frobnicate"* && $stderr == *"Try 'kexec-any --help'."* ]]
    run -2 on debian-12
    run -2 on debian-12 --load
    run -2 on debian-12 --unload
    run -2 ka --list --json=yaml
}

@test "a full disk under the result is an error" {
    [ -e /dev/full ] || skip "no /dev/full"
    run -1 bash -c "$BUILD/kexec-any --root fixtures/debian-12/root --list --json >/dev/full"
    [[ $output == *"cannot write"* ]]
}

@test "nothing to boot: status 3, and what was looked for" {
    run -3 --separate-stderr on nothing --dry-run
    [[ $stderr == *"nothing to boot"*"debian: no vmlinuz link in / or /boot"* ]]
    run -3 --separate-stderr on debian-12 --show --entry=7.0
    [[ $stderr == *"no entry matches '7.0'"* ]]
    run -3 --separate-stderr on debian-old --show --entry=6.1.0-
    [[ $stderr == *"can mean 2 entries: '6.1.0-56-amd64', '6.1.0-9-amd64'"* ]]
    run -3 --separate-stderr on debian-12 --list --backend=grubby
    [[ $stderr == *"there is no backend 'grubby'; known are: "*debian* ]]
    run -3 --separate-stderr on nothing --list --backend=debian
    [[ $stderr == *"finds nothing here"* ]]
    run -1 --separate-stderr ka --root /nonexistent --list
    [[ $stderr == *"/nonexistent"* ]]
}

@test "--check passes on a good machine" {
    run -0 --separate-stderr on debian-12 --check --json=short
    [ "$(jq -c 'keys_unsorted' <<<"$output")" = '["schema","entry","findings","verdict"]' ]
    [ "$(jq -r .verdict <<<"$output")" != refused ]
    [ "$(jq '[.findings[]|select(.severity=="error")]|length' <<<"$output")" -eq 0 ]
}

refused() { # ID [ARGUMENTS...]: the changed copy is refused for this reason
    local id=$1
    shift
    run -4 --separate-stderr ka --root "$root" --check --json=short "$@"
    jq -e --arg id "$id" '.findings[]|select(.id==$id and .severity=="error")' <<<"$output" >/dev/null
    [ "$(jq -r .verdict <<<"$output")" = refused ]
    run -4 --separate-stderr ka --root "$root" --dry-run "$@"
    [[ $stderr == *"[$id]"* ]]
}

@test "a kernel cut in half is refused" {
    copy_fixture debian-12
    truncate -s 2048 "$root/boot/vmlinuz-6.1.0-56-amd64"
    refused kernel-truncated
    refused kernel-truncated --ignore=kernel-truncated
}

@test "a kernel with a damaged header is refused" {
    copy_fixture debian-12
    printf '\200' | dd of="$root/boot/vmlinuz-6.1.0-56-amd64" bs=1 seek=$((0x201)) conv=notrunc status=none
    refused kernel-header
}

@test "a text file for an initrd is refused" {
    copy_fixture debian-12
    echo 'hello, I am text' >"$root/boot/initrd.img-6.1.0-56-amd64"
    refused initrd-format
    [[ $stderr == *"not an initrd: text"* ]]
}

@test "a missing kernel, an empty one, a directory, a fifo" {
    copy_fixture debian-12
    rm "$root/boot/vmlinuz-6.1.0-56-amd64"
    refused kernel-missing
    : >"$root/boot/vmlinuz-6.1.0-56-amd64"
    refused file-empty
    rm "$root/boot/vmlinuz-6.1.0-56-amd64"
    mkdir "$root/boot/vmlinuz-6.1.0-56-amd64"
    refused kernel-missing
    rmdir "$root/boot/vmlinuz-6.1.0-56-amd64"
    mkfifo "$root/boot/vmlinuz-6.1.0-56-amd64"
    refused kernel-missing
}

@test "a command line of 2016 characters passes, one of 2017 does not" {
    copy_fixture debian-12
    long=$(printf 'x%.0s' {1..2016})
    run -0 ka --root "$root" --check --cmdline="$long"
    refused cmdline-too-long --cmdline="${long}x"
    [[ $stderr == *"2017 characters"*2016* ]]
}

@test "--ignore= of an id that does not exist: a warning names it" {
    run -0 --separate-stderr on debian-12 --check --json=short --ignore=root-absent,kernel-missing --ignore=x
    # What valgrind says beside it does not count.
    [ "$(grep ^kexec-any: <<<"$stderr")" = "kexec-any: warning: --ignore=root-absent: this version has no finding of that id; kexec-any-findings(7) lists them
kexec-any: warning: --ignore=x: this version has no finding of that id; kexec-any-findings(7) lists them" ]
    jq -e . <<<"$output"
    run -0 --separate-stderr on debian-12 --list --ignore=x --quiet
    run -1 grep ^kexec-any: <<<"$stderr"
}

@test "root= that is on no disk is refused, and --ignore= makes it a warning" {
    copy_fixture debian-12
    refused root-missing --cmdline='root=UUID=00000000-0000-0000-0000-000000000000 ro'
    run -0 --separate-stderr ka --root "$root" --check --json=short --ignore=root-missing,other \
        --cmdline='root=UUID=00000000-0000-0000-0000-000000000000 ro'
    [ "$(jq -r .verdict <<<"$output")" = warnings ]
}

@test "too little memory is refused, with the numbers" {
    copy_fixture debian-12
    printf 'MemTotal: 262144 kB\nMemAvailable: 4096 kB\n' >"$root/proc/meminfo"
    refused memory-low
    [[ $stderr == *"5 MiB"*"4 MiB"* ]]
}

@test "more than half of the memory is refused" {
    copy_fixture debian-12
    printf 'MemTotal: 6144 kB\nMemAvailable: 6144 kB\n' >"$root/proc/meminfo"
    refused memory-half
}

@test "sysctls, Xen and lockdown are refused" {
    copy_fixture debian-12
    echo 1 >"$root/proc/sys/kernel/kexec_load_disabled"
    refused kexec-disabled
    echo 0 >"$root/proc/sys/kernel/kexec_load_disabled"
    echo 0 >"$root/proc/sys/kernel/kexec_load_limit_reboot"
    refused kexec-limit
    echo -1 >"$root/proc/sys/kernel/kexec_load_limit_reboot"
    mkdir -p "$root/proc/xen" "$root/sys/kernel/security"
    echo control_d >"$root/proc/xen/capabilities"
    refused xen-dom0
    rm "$root/proc/xen/capabilities"
    echo 'none [integrity] confidentiality' >"$root/sys/kernel/security/lockdown"
    refused lockdown
}

@test "only microcode in the initrd is refused" {
    copy_fixture debian-12
    mkdir -p "$BATS_TEST_TMPDIR/u/kernel/x86/microcode"
    echo x >"$BATS_TEST_TMPDIR/u/kernel/x86/microcode/GenuineIntel.bin"
    archive "$BATS_TEST_TMPDIR/u" >"$root/boot/ucode.img"
    refused initrd-only-microcode --initrd=/boot/ucode.img
    run -0 ka --root "$root" --check --initrd=/boot/ucode.img --initrd=/boot/initrd.img-6.1.0-56-amd64
}

@test "a kernel without an initrd where root= needs one" {
    copy_fixture debian-12
    rm "$root/boot/initrd.img-6.1.0-56-amd64"
    refused initrd-missing
}

@test "--dry-run: the plan, all its keys, nothing done" {
    run -0 --separate-stderr on debian-old --dry-run --entry=6.12 --append=a=1 --append='b c' --json=short
    [ "$(jq -c 'keys_unsorted' <<<"$output")" = '["schema","entry","kernel","initrdBytes","kernelBytes","memoryNeeded","cmdline","loader","trigger","stopTimeout","commits","findings"]' ]
    [ "$(jq -r .kernel <<<"$output")" = /boot/vmlinuz-6.12.9+bpo-amd64 ]
    [[ $(jq -r .cmdline <<<"$output") == *" ro quiet a=1 b c" ]]
    [ "$(jq -r .loader <<<"$output")" = kexec_file_load ]
    [ "$(jq -r .trigger <<<"$output")" = logind ]
    [ "$(jq -r .kernelBytes <<<"$output")" -eq "$(stat -c %s fixtures/debian-old/root/boot/vmlinuz-6.12.9+bpo-amd64)" ]
}

@test "--cmdline=, --reuse-cmdline, /etc/kernel/cmdline" {
    cmdline() { ka --root "fixtures/$1/root" -n --json=short "${@:2}" 2>/dev/null | jq -r .cmdline; }
    [ "$(cmdline debian-12 --cmdline='root=/dev/vda1  x')" = 'root=/dev/vda1  x' ]
    uuid=5b1e2c7a-93d4-4f0e-8a61-2f7d90c4e318
    [ "$(cmdline debian-12)" = "root=UUID=$uuid ro quiet" ]
    [ "$(cmdline arch-plain --entry=linux)" = "root=UUID=$uuid rw quiet" ]
    [ "$(cmdline arch-plain --entry=linux --reuse-cmdline)" = "root=UUID=$uuid rw" ]
}

@test "swap that the shutdown reads back, and the time it may take" {
    copy_fixture debian-12
    printf 'Filename\tType\tSize\tUsed\tPriority\n/dev/sda2 partition 4194300 %s -2\n/swap file 4194300 %s -3\n' \
        65000 500 >"$root/proc/swaps"
    run -0 --separate-stderr ka --root "$root" --check --json=short --stop-timeout=90
    jq -e '[.findings[]|select(.id=="swap-in-use")]|length == 0' <<<"$output"
    sed -i 's/500 -3/600 -3/' "$root/proc/swaps"
    run -0 --separate-stderr ka --root "$root" --check --json=short
    [[ $(jq -r '.findings[]|select(.id=="swap-in-use").text' <<<"$output") == "64 MiB of swap"* ]]
    [ "$(ka --root "$root" -n --json=short --stop-timeout=2min 2>/dev/null | jq .stopTimeout)" = 120 ]
    [[ $(ka --root "$root" -n --stop-timeout=2min 2>/dev/null) == *"stop timeout: 120 s"* ]]
    rm -r "$root/run/systemd"
    echo openrc-init >"$root/proc/1/comm"
    run -4 --separate-stderr ka --root "$root" --dry-run --stop-timeout=20
    [[ $stderr == *"[no-stop-timeout]"* ]]
}

@test "other inits: no graceful way is refused, openrc and --immediate are named" {
    copy_fixture debian-12
    rm -r "$root/run/systemd"
    refused no-graceful-restart
    echo openrc-init >"$root/proc/1/comm"
    [ "$(ka --root "$root" -n --json=short 2>/dev/null | jq -r .trigger)" = openrc ]
    echo init >"$root/proc/1/comm"
    [ "$(ka --root "$root" -n --json=short --immediate 2>/dev/null | jq -r .trigger)" = direct ]
    run -4 ka --root "$root" --check
    run -0 ka --root "$root" --check --immediate
    [ "$(ka --root "$root" -n --json=short --load 2>/dev/null | jq -r .trigger)" = null ]
    copy_fixture ubuntu-like
    rm "$root/usr/share/dbus-1/system-services/org.freedesktop.login1.service"
    [ "$(ka --root "$root" -n --json=short 2>/dev/null | jq -r .trigger)" = systemd ]
}

@test "other inits: their own commands are named only where these end in a kexec" {
    advice() { # PID-1: what the program says to do
        echo "$1" >"$root/proc/1/comm"
        run -4 --separate-stderr ka --root "$root" --dry-run
        [[ $stderr == *"but $1: "*"[no-graceful-restart]"* ]]
    }
    copy_fixture debian-12
    rm -r "$root/run/systemd"
    advice dinit
    [[ $stderr == *"shutdown -k"* ]]
    for init in runit init s6-svscan; do
        advice "$init"
        [[ $stderr != *"--load"* ]]
    done
    mkdir -p "$root/etc/runit/shutdown.d" "$root/etc/init.d" "$root/sbin"
    touch "$root/etc/runit/shutdown.d/90-kexec.sh" "$root/etc/init.d/kexec"
    advice runit
    [[ $stderr != *"--load"* ]]
    touch "$root/sbin/kexec"
    advice runit
    [[ $stderr == *"--load, then 'reboot': /etc/runit/shutdown.d/90-kexec.sh"* ]]
    advice init
    [[ $stderr == *"--load, then 'reboot': /etc/init.d/kexec"* ]]
}

@test "a shutdown that would end in the firmware is refused, a jump without one is not" {
    copy_fixture debian-12
    mkdir -p "$root/run/initramfs" "$root/usr/lib/dracut"
    touch "$root/run/initramfs/.need_shutdown" "$root/usr/lib/dracut/dracut-initramfs-restore"
    refused exitrd
    run -0 --separate-stderr ka --root "$root" --check --ignore=exitrd
    run -0 --separate-stderr ka --root "$root" --dry-run --load
    run -0 --separate-stderr ka --root "$root" --dry-run --immediate
    rm -r "$root/run/initramfs"
    mkdir -p "$root/usr/lib/systemd"
    touch "$root/usr/lib/systemd/libsystemd-shared-239.so"
    refused systemd-too-old
    mkdir -p "$root/usr/sbin"
    touch "$root/usr/sbin/kexec"
    run -0 --separate-stderr ka --root "$root" --check
}

@test "--when=: a time that is none, one that has passed, and no logind" {
    command -v systemd-analyze >/dev/null || skip "no systemd-analyze"
    run -2 --separate-stderr on debian-12 -n --when=soonish
    [[ $stderr == *"'soonish' is not a time"* ]]
    run -2 --separate-stderr on debian-12 -n --when='2001-01-01 00:00'
    [[ $stderr == *"in the past"* ]]
    run -0 --separate-stderr on debian-12 -n --when=+5m
    [[ $output == *" at: "* ]]
    run -0 on debian-12 -n --when=00:00
    copy_fixture debian-12
    rm "$root/usr/share/dbus-1/system-services/org.freedesktop.login1.service"
    run -4 --separate-stderr ka --root "$root" -n --when=+5m
    [[ $stderr == *"[no-schedule]"* ]]
}

@test "a read-only look changes nothing in the captured machine" {
    copy_fixture debian-old
    before=$(cd "$root" && find . -printf '%p %s %T@ %m %l\n' | sort | cksum)
    for action in --list --show --check --status --dry-run; do ka --root "$root" $action >/dev/null 2>&1; done
    [ "$(cd "$root" && find . -printf '%p %s %T@ %m %l\n' | sort | cksum)" = "$before" ]
}

@test "the libraries that are opened: none is linked, each has its note, readelf sees them" {
    run -0 readelf -d "$BUILD/kexec-any"
    [[ $output != *libsystemd* && $output != *libelf* ]]
    # Of the table in the code: sonames, and how many there are.
    grep -oE '"lib[a-z0-9]+\.so\.[0-9.]+"' src/base/library.h | tr -d '"' | sort >"$BATS_TEST_TMPDIR/code"
    [ -s "$BATS_TEST_TMPDIR/code" ]
    tests/tools/dlopen-notes "$BUILD/kexec-any" >"$BATS_TEST_TMPDIR/notes"
    jq -r '.soname[]' "$BATS_TEST_TMPDIR/notes" | sort | diff "$BATS_TEST_TMPDIR/code" -
    jq -es 'all(.feature and .description and (.priority | IN("required", "recommended", "suggested")))' \
        "$BATS_TEST_TMPDIR/notes"
    run readelf -n "$BUILD/kexec-any"
    [ "$(grep -c 'FDO .*0x407c0c0a' <<<"$output")" -eq "$(wc -l <"$BATS_TEST_TMPDIR/code")" ]
    # Nobody opens one past the table.
    run ! grep -rnE '\bdlopen\(' src backends --include='*.c' --exclude=library.c
}

@test "without libsystemd: lists and checks; what needs it names it" {
    : >"$BATS_TEST_TMPDIR/libsystemd.so.0"
    export LD_LIBRARY_PATH=$BATS_TEST_TMPDIR
    run -0 on debian-12 --list
    run -0 on debian-12 --check
    run -1 --separate-stderr ka --when=cancel
    [[ $stderr == *"a library is missing"*"libsystemd.so.0"* ]]
}
