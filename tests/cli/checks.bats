# SPDX-License-Identifier: GPL-2.0-or-later
# The checks of the machine: each one fires, and does not.
load common

uuid=5b1e2c7a-93d4-4f0e-8a61-2f7d90c4e318
efi=sys/firmware/efi/efivars
global=8be4df61-93ca-11d2-aa0d-00e098032b8c
shim=605dab50-e046-4300-abb6-3dd810dd8b23

setup() {
    copy_fixture debian-12
}

put() { # PATH [TEXT]: a file of the copy
    mkdir -p "$root/$(dirname "$1")"
    printf '%s' "${2-}" >"$root/$1"
}

severity() { # ID [ARGUMENTS...]: of each finding of this id, a line
    local id=$1
    shift
    check --root "$root" "$@" || return
    jq -r --arg id "$id" '.findings[] | select(.id == $id) | .severity' "$BATS_TEST_TMPDIR/found"
}

finds() { # SEVERITY ID [ARGUMENTS...]: once
    [ "$(severity "${@:2}")" = "$1" ]
}

lacks() { # ID [ARGUMENTS...]
    [ -z "$(severity "$@")" ]
}

says() { # TEXT in the last result
    jq -e --arg text "$1" '[.findings[].text | contains($text)] | any' "$BATS_TEST_TMPDIR/found" >/dev/null
}

@test "machines as they are captured have no warning of these checks" {
    local ids='crashkernel-lost|efi-32bit|efi-runtime-off|firmware-.*|hardware-known|init-missing'
    ids+='|acpi-lost|rescue|mok-pending|nextroot|ostree-staged|package-manager-busy|resume-missing|tpm-unlock|watchdog'
    for root in fixtures/*/root; do
        case $root in fixtures/nothing/*|fixtures/arch-plain/*|fixtures/fedora-plain/*) continue ;; esac # no default
        lacks none
        run -0 jq -r '.findings[].id' "$BATS_TEST_TMPDIR/found"
        run ! grep -E "^($ids)\$" <<<"$output"
    done
}

@test "ostree: a staged deployment is an error, a locked one is not" {
    lacks ostree-staged
    put run/ostree/staged-deployment-locked
    lacks ostree-staged
    put run/ostree/staged-deployment
    finds info ostree-staged
    rm "$root/run/ostree/staged-deployment-locked"
    finds error ostree-staged
    run -4 ka --root "$root" --check
    run -0 ka --root "$root" --check --ignore=ostree-staged
}

@test "bootc without ostree: a staged deployment is an error, one that is only downloaded is not" {
    lacks ostree-staged
    put run/composefs/staged-deployment '{"depl_id": "0a1b", "download_only": true}'
    finds info ostree-staged
    put run/composefs/staged-deployment '{"depl_id": "0a1b", "download_only": false}'
    finds error ostree-staged
    put run/composefs/staged-deployment 0a1b
    finds error ostree-staged
}

# OsIndications: 4 bytes of attributes, 8 of value.
indications() { # BYTE
    mkdir -p "$root/$efi"
    # shellcheck disable=SC2059 # the byte is part of the format
    printf "\\7\\0\\0\\0\\$1\\0\\0\\0\\0\\0\\0\\0" >"$root/$efi/OsIndications-$global"
}

@test "firmware: the bits of OsIndications" {
    indications 0
    lacks firmware-update-pending
    lacks firmware-setup-requested
    indications 1
    lacks firmware-update-pending
    finds warning firmware-setup-requested
    indications 4
    finds warning firmware-update-pending
    lacks firmware-setup-requested
    indications 5
    finds warning firmware-update-pending
    finds warning firmware-setup-requested
    indications 2
    lacks firmware-update-pending
    # Cut off: nothing is known.
    printf '\7\0\0\0\5' >"$root/$efi/OsIndications-$global"
    lacks firmware-update-pending
    lacks firmware-setup-requested
    : >"$root/$efi/OsIndications-$global"
    lacks firmware-update-pending
}

# The start of the variable in fwupd's own tests (libfwupdplugin/tests/efi/efivars); the status is
# the byte at 52.
fwupd_variable() { # STATUS
    mkdir -p "$root/$efi"
    {
        printf '\7\0\0\0\7\0\0\0\x20\xd9\x7b\x69\xcf\x12\xa9\x4d\x83\x85\x99\x69\x09\xbc\x65\x59'
        printf '\0\0\5\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0'
        # shellcheck disable=SC2059 # the byte is part of the format
        printf "\\$1\\0\\0\\0\\4\\1\\x2a\\0"
    } >"$root/$efi/fwupd-ddc0ee61-e7f0-4e7d-acc5-c070a398838e-0-0abba7dc-e516-4167-bbf5-4d9d1c739416"
}

@test "firmware: fwupd's update waits, or was tried" {
    fwupd_variable 1
    finds warning firmware-update-pending
    fwupd_variable 2
    lacks firmware-update-pending
    fwupd_variable 1
    truncate -s 40 "$root/$efi"/fwupd-*
    lacks firmware-update-pending
    rm "$root/$efi"/fwupd-*
    put "$efi/BootloaderSupportsFwupd-0abba7dc-e516-4167-bbf5-4d9d1c739416" 'xxxx1'
    lacks firmware-update-pending
}

@test "MOK: requests to shim, not its lists" {
    put "$efi/MokListRT-$shim" xxxxlist
    put "$efi/MokSBStateRT-$shim" xxxx1
    lacks mok-pending
    for name in MokNew MokAuth MokDel MokSB MokPW; do
        put "$efi/$name-$shim" xxxxrequest
        finds warning mok-pending
        rm "$root/$efi/$name-$shim"
    done
    lacks mok-pending
}

@test "TPM: PCRs that a kexec leaves stale" {
    local crypttab=etc/crypttab device=UUID=$uuid
    put $crypttab "root $device none luks,discard"
    lacks tpm-unlock
    put $crypttab "root $device none luks,tpm2-device=auto"
    lacks tpm-unlock
    for pcrs in 7 0+2+7 1+3 '' 14:sha256 host-platform; do
        put $crypttab "root $device none tpm2-device=auto,tpm2-pcrs=$pcrs"
        lacks tpm-unlock
    done
    for pcrs in 4 5 8 9 11 12 15 7+11 0+4 kernel-boot 7+11:sha256 4=abcd; do
        put $crypttab "root $device - luks,tpm2-device=auto,tpm2-pcrs=$pcrs,discard"
        finds warning tpm-unlock
    done
    put $crypttab "root $device - tpm2-device=auto,tpm2-pcrs=0+4+7+11"
    finds warning tpm-unlock
    says "'root' unlocks by PCR 4+11"
    # Another way to unlock it, a comment, an empty file, a line without options.
    put $crypttab "root $device none luks,tpm2-pcrs=11"
    lacks tpm-unlock
    put $crypttab "#root $device none luks,tpm2-device=auto,tpm2-pcrs=11"
    lacks tpm-unlock
    put $crypttab "root $device"
    lacks tpm-unlock
    put $crypttab ''
    lacks tpm-unlock
}

@test "TPM: volume keys that are measured again" {
    local line="root UUID=$uuid none tpm2-device=auto,tpm2-measure-pcr"
    put etc/crypttab "$line=yes"
    finds warning tpm-unlock
    says 'measured into PCR 15'
    put etc/crypttab "$line=9"
    finds warning tpm-unlock
    says 'measured into PCR 9'
    for value in no off '' 24 x; do
        put etc/crypttab "$line=$value"
        lacks tpm-unlock
    done
    printf '%s=yes\n# b\n\nb /dev/vdb - tpm2-device=auto,tpm2-pcrs=11\n' "$line" >"$root/etc/crypttab"
    [ "$(severity tpm-unlock | wc -l)" -eq 2 ]
}

@test "crashkernel= that the next kernel would not have" {
    put sys/kernel/kexec_crash_size 0
    lacks crashkernel-lost
    put sys/kernel/kexec_crash_size 268435456
    finds warning crashkernel-lost
    says '256 MiB'
    lacks crashkernel-lost --append=crashkernel=256M
    finds warning crashkernel-lost --append=nocrashkernel=256M
    # The newer name is asked first.
    put sys/kernel/kexec/crash_size 0
    lacks crashkernel-lost
    put sys/kernel/kexec/crash_size 'not a number'
    lacks crashkernel-lost
}

@test "watchdog: one that runs, unless systemd arms it for a kexec" {
    put sys/class/watchdog/watchdog0/state inactive
    lacks watchdog
    put sys/class/watchdog/watchdog1/state active
    finds info watchdog
    says 'systemd stops it'
    put etc/systemd/system.conf $'[Manager]\n#KExecWatchdogSec=1min\nRuntimeWatchdogSec=30s\n'
    finds info watchdog
    put etc/systemd/system.conf.d/10-watchdog.conf $'[Manager]\nKExecWatchdogSec=off\n'
    finds info watchdog
    put etc/systemd/system.conf.d/10-watchdog.conf $'[Manager]\nKExecWatchdogSec = 1min\n'
    lacks watchdog
    put sys/class/watchdog/watchdog1/nowayout 1
    finds info watchdog
    says 'cannot be stopped'
    put sys/class/watchdog/watchdog1/nowayout 0
    lacks watchdog
    mv "$root/etc/systemd/system.conf.d/10-watchdog.conf" "$root/etc/systemd/system.conf.d/10-watchdog"
    finds info watchdog
    rm -r "$root/run/systemd"
    lacks watchdog
}

dmi() { # VENDOR PRODUCT
    put sys/class/dmi/id/sys_vendor "$1"$'\n'
    put sys/class/dmi/id/product_name "$2"$'\n'
}

cpu() { # VENDOR FAMILY MODEL FLAGS
    printf 'processor\t: 0\nvendor_id\t: %s\ncpu family\t: %s\nmodel\t\t: %s\nmodel name\t: some\nflags\t\t: fpu %s lm\n\nprocessor\t: 1\nmodel\t\t: 0\n' \
        "$@" >"$root/proc/cpuinfo"
}

pci() { # SLOT CLASS DRIVER
    mkdir -p "$root/sys/devices/pci0000:00/$1" "$root/sys/bus/pci/devices" "$root/sys/bus/pci/drivers/$3"
    echo "$2" >"$root/sys/devices/pci0000:00/$1/class"
    ln -sfn "../../../bus/pci/drivers/$3" "$root/sys/devices/pci0000:00/$1/driver"
    ln -sfn "../../../devices/pci0000:00/$1" "$root/sys/bus/pci/devices/$1"
}

@test "hardware: ordinary guests and machines" {
    dmi QEMU 'Standard PC (Q35 + ICH9, 2009)'
    cpu GenuineIntel 6 85 hypervisor
    pci 0000:00:01.0 0x030000 bochs-drm
    pci 0000:00:02.0 0x010000 virtio-pci
    pci 0000:00:03.0 0x020000 e1000
    mkdir -p "$root/sys/bus/pci/devices/0000:00:1f.0"
    lacks hardware-known
    dmi 'Dell Inc.' 'PowerEdge R740'
    cpu GenuineIntel 6 85 vmx
    pci 0000:00:01.0 0x030000 i915
    lacks hardware-known
    # No display, no harm to it.
    pci 0000:00:01.0 0x120000 amdgpu
    lacks hardware-known
}

@test "hardware: each row of the table by itself" {
    cpu GenuineIntel 6 156 vmx
    finds warning hardware-known
    says 'Jasper Lake'
    cpu AuthenticAMD 6 156 svm
    lacks hardware-known
    cpu GenuineIntel 6 170 vmx
    lacks hardware-known
    pci 0000:00:02.0 0x030000 i915
    finds warning hardware-known
    says 'Meteor Lake'
    cpu GenuineIntel 6 85 vmx
    lacks hardware-known
    pci 0000:00:02.0 0x038000 amdgpu
    finds warning hardware-known
    pci 0000:00:02.0 0x030200 nvidia
    finds warning hardware-known
    pci 0000:00:02.0 0x020000 mlx5_core
    pci 0000:00:03.0 0x020000 mlx5_core
    finds warning hardware-known
    pci 0000:00:04.0 0x020000 mlx4_core
    [ "$(severity hardware-known | wc -l)" -eq 2 ]
    rm -r "$root/sys/bus/pci"
    dmi HP 'HP Z2 Mini G9 Workstation Desktop PC'
    finds warning hardware-known
    dmi HP 'HP Z240 Tower Workstation'
    lacks hardware-known
    dmi 'Microsoft Corporation' 'Virtual Machine'
    lacks hardware-known
    cpu GenuineIntel 6 85 hypervisor
    finds warning hardware-known
    says 'Hyper-V'
    dmi 'Microsoft Corporation' 'Surface Laptop 5'
    lacks hardware-known
    dmi Google 'Google Compute Engine'
    finds warning hardware-known
    dmi Google Eve
    lacks hardware-known
    dmi FreeBSD BHYVE
    finds warning hardware-known
    rm -r "$root/sys/class/dmi"
    cpu GenuineIntel 6 143 'hypervisor tdx_guest_timer'
    lacks hardware-known
    cpu GenuineIntel 6 143 'hypervisor tdx_guest'
    finds warning hardware-known
    says 'TDX'
    cpu AuthenticAMD 25 1 'hypervisor'
    mkdir -p "$root/sys/class/misc/rtc"
    lacks hardware-known
    mkdir -p "$root/sys/class/misc/sev-guest"
    finds warning hardware-known
    says 'SEV-SNP'
    rm -r "$root/sys/class/misc"
    printf 'Raspberry Pi 4 Model B Rev 1.4\0' | put_stream sys/firmware/devicetree/base/model
    finds warning hardware-known
    printf 'Raspberry Pi 400 Rev 1.0\0' | put_stream sys/firmware/devicetree/base/model
    lacks hardware-known
}

put_stream() { # PATH, content on standard input
    mkdir -p "$root/$(dirname "$1")"
    cat >"$root/$1"
}

@test "a package manager at work: pacman's file" {
    lacks package-manager-busy
    put var/lib/pacman/local/ALPM_DB_VERSION 9
    lacks package-manager-busy
    put var/lib/pacman/db.lck
    finds warning package-manager-busy
}

@test "a package manager at work: locks of dpkg and rpm" {
    command -v python3 >/dev/null || skip "no python3"
    cat >"$BATS_TEST_TMPDIR/holding" <<'EOF'
import fcntl, subprocess, sys
path, mode = sys.argv[1:3]
f = open(path, "r+b")
fcntl.lockf(f, fcntl.LOCK_SH if mode == "read" else fcntl.LOCK_EX)
sys.exit(subprocess.call(sys.argv[3:]))
EOF
    local wrap=$WRAP
    for lock in dpkg/lock-frontend dpkg/lock rpm/.rpm.lock; do
        put "var/lib/$lock"
        WRAP=$wrap
        lacks package-manager-busy
        # A query of rpm, then a transaction.
        WRAP="python3 $BATS_TEST_TMPDIR/holding $root/var/lib/$lock read $wrap"
        lacks package-manager-busy
        WRAP="python3 $BATS_TEST_TMPDIR/holding $root/var/lib/$lock write $wrap"
        finds warning package-manager-busy
    done
}

@test "root= and resume= by a device's name" {
    lacks root-missing --cmdline='root=/dev/vda1 ro'
    finds warning root-missing --cmdline='root=/dev/vda9 ro'
    says 'root=/dev/vda9: there is no such device now'
    finds warning resume-missing --append=resume=/dev/sdz3
    lacks resume-missing --append='resume=/dev/sdz3 noresume'
    # Not disks, or LVM's folders.
    for name in nfs ram0 group/root; do
        lacks root-missing --cmdline="root=/dev/$name ro"
    done
    # No device mapper was captured.
    lacks root-missing --cmdline='root=/dev/mapper/group-root ro'
    mkdir -p "$root/sys/class/block/dm-0"
    lacks root-missing --cmdline='root=/dev/mapper/group-root ro'
    put sys/class/block/dm-0/dm/name group-root
    lacks root-missing --cmdline='root=/dev/mapper/group-root ro'
    finds warning root-missing --cmdline='root=/dev/mapper/group-home ro'
}

@test "a folder of the kernel's that fstab mounts, and nobody did" {
    lacks boot-not-mounted
    put etc/fstab '# /boot
UUID=1 / ext4 defaults 0 1
UUID=2 /boot ext4 defaults,subvol=@boot 0 2
UUID=3 /home ext4 defaults 0 2
UUID=4 /boo ext4 defaults 0 2
'
    finds error boot-not-mounted
    says '/etc/fstab gives /boot a file system'
    put etc/fstab 'UUID=2 /boot/ ext4 defaults 0 2
'
    finds error boot-not-mounted
    echo '30 28 254:2 / /boot rw,relatime shared:2 - ext4 /dev/vda2 rw' >>"$root/proc/self/mountinfo"
    lacks boot-not-mounted
}

@test "another mount namespace: where the kernel is, and only there" {
    lacks mount-namespace
    cp "$root/proc/self/mountinfo" "$BATS_TEST_TMPDIR/table"
    mkdir -p "$root/proc/1"
    cp "$BATS_TEST_TMPDIR/table" "$root/proc/1/mountinfo"
    lacks mount-namespace
    # PrivateTmp=, and a /boot of the service's own.
    echo '40 28 0:40 / /tmp rw - tmpfs tmpfs rw' >>"$root/proc/self/mountinfo"
    lacks mount-namespace
    echo '41 28 254:9 / /boot rw - ext4 /dev/vdb1 rw' >>"$root/proc/self/mountinfo"
    finds warning mount-namespace
    echo '41 28 254:9 / /boot rw - ext4 /dev/vdb1 rw' >>"$root/proc/1/mountinfo"
    lacks mount-namespace
    sed -i 's|254:9 / /boot|254:9 /@boot /boot|' "$root/proc/self/mountinfo"
    finds warning mount-namespace
}

@test "containers" {
    lacks container
    rm -r "$root/run/systemd/system"
    for mark in run/systemd/container .dockerenv run/.containerenv; do
        put "$mark"
        finds error container
        rm "$root/$mark"
    done
    # A file system that came from there, on a machine of its own.
    mkdir -p "$root/run/systemd/system"
    put .dockerenv
    lacks container
    put run/systemd/container docker
    finds error container
}

@test "memory: what comes out of the initrd" {
    local initrd=$root/boot/initrd.img-6.1.0-56-amd64
    mkdir -p "$BATS_TEST_TMPDIR/tree"
    install -m 755 /bin/true "$BATS_TEST_TMPDIR/tree/init"
    truncate -s 300M "$BATS_TEST_TMPDIR/tree/large"
    archive "$BATS_TEST_TMPDIR/tree" | gzip -1 >"$initrd"
    put proc/meminfo $'MemTotal: 1024000 kB\nMemAvailable: 900000 kB\n'
    lacks memory-unpacked
    put proc/meminfo $'MemTotal: 310000 kB\nMemAvailable: 200000 kB\n'
    finds error memory-unpacked
    says '301 MiB come out of the initrd, and the machine has 303 MiB'
}

@test "the kernel that runs: a soft reboot does the same, unless the command line is another" {
    local version
    remedy() {
        jq -r '.findings[] | select(.id == "same-kernel") | .remedy' "$BATS_TEST_TMPDIR/found"
    }
    version=$(strings "$root/boot/vmlinuz-6.1.0-56-amd64" | grep -m 1 '^6\.1\.0-56-amd64 .*#')
    put proc/sys/kernel/osrelease 6.1.0-56-amd64
    put proc/sys/kernel/version "#${version#*#}"
    finds info same-kernel
    [[ $(remedy) == *soft-reboot* ]]
    finds info same-kernel --append=mitigations=off
    [ "$(remedy)" = null ]
    says 'with another command line'
    put proc/sys/kernel/version '#2 another'
    lacks same-kernel
    # The same version of another build: its id is among the running kernel's notes.
    put proc/sys/kernel/version "#${version#*#}"
    printf '\4\0\0\0\24\0\0\0\3\0\0\0GNU\0%.20s' "$version" >"$root/sys/kernel/notes"
    finds info same-kernel
    printf '\4\0\0\0\24\0\0\0\3\0\0\0GNU\0%.20s' "${version^^}" >"$root/sys/kernel/notes"
    lacks same-kernel
    # What a loader adds makes no difference.
    copy_fixture grub-zfs
    version=$(strings "$root/boot/vmlinuz-6.8.0-87-generic" | grep -m 1 '^6\.8\.0-87-generic .*#')
    put proc/sys/kernel/osrelease "${version%% *}"
    put proc/sys/kernel/version "#${version#*#}"
    put proc/cmdline "$(ka --root "$root" --show --json=short | jq -r .cmdline)"
    [[ $(cat "$root/proc/cmdline") == BOOT_IMAGE=* ]]
    finds info same-kernel
    [[ $(remedy) == *soft-reboot* ]]
}

@test "resume= on no disk" {
    lacks resume-missing --append="resume=UUID=$uuid"
    finds warning resume-missing --append=resume=UUID=00000000-0000-0000-0000-000000000000
    lacks resume-missing --append='resume=UUID=00000000-0000-0000-0000-000000000000 noresume'
    lacks resume-missing --append=resume=/dev/mapper/swap
    # Nothing is known of the disks' labels here.
    lacks resume-missing --append=resume=LABEL=swap
    mkdir "$root/dev/disk/by-label"
    finds warning resume-missing --append=resume=LABEL=swap
}

@test "init= that does not exist on this root" {
    put usr/bin/shell
    lacks init-missing --append=init=/usr/bin/shell
    finds error init-missing --append=init=/usr/bin/other
    lacks init-missing --append=init=shell
    # A link that leads out of the root leads nowhere.
    ln -s ../../../../../../../../../etc/passwd "$root/usr/bin/link"
    finds error init-missing --append=init=/usr/bin/link
    # Nothing of that folder was captured.
    lacks init-missing --append=init=/opt/other
    # Another root, or another part of it.
    lacks init-missing --cmdline='root=/dev/vdb1 init=/usr/bin/other'
    lacks init-missing --cmdline="root=UUID=$uuid rootflags=subvol=@old init=/usr/bin/other"
    lacks init-missing --cmdline="init=/usr/bin/other"
    # The same root by its other name.
    finds error init-missing --cmdline="root=/dev/vda1 init=/usr/bin/other"
}

@test "init= of a NixOS generation is reported once" {
    copy_fixture nixos
    profile=$(readlink "$root/nix/var/nix/profiles/system")
    closure=$(readlink "$root/nix/var/nix/profiles/$profile")
    # With root= on both command lines the general check knows the root, too.
    put proc/cmdline "root=UUID=$uuid"
    lacks init-missing --append="root=UUID=$uuid"
    rm "$root$closure/init"
    finds error init-missing --append="root=UUID=$uuid"
    says "the init '$closure/init' does not exist"
}

@test "EFI services switched off" {
    lacks efi-runtime-off --append=noefi
    mkdir -p "$root/sys/firmware/efi"
    lacks efi-runtime-off
    finds warning efi-runtime-off --append=noefi
    finds warning efi-runtime-off --append=efi=noruntime
    finds warning efi-runtime-off --append=efi=debug,noruntime
    lacks efi-runtime-off --append=efi=debug
    lacks efi-runtime-off --append=efi=noruntimes
    lacks efi-runtime-off --append='efi=noruntime efi=runtime'
    lacks efi-runtime-off --append=xnoefi
}

# The kernel that runs: its release and lines of its configuration.
running() { # RELEASE CMDLINE [CONFIG...]
    put proc/sys/kernel/osrelease "$1"
    put proc/cmdline "$2"
    mkdir -p "$root/boot"
    printf '%s\n' CONFIG_EFI=y "${@:3}" >"$root/boot/config-$1"
}

@test "EFI services that the running kernel does without" {
    local base="root=UUID=$uuid ro"
    put etc/kernel/cmdline "$base"
    mkdir -p "$root/sys/firmware/efi"
    running 6.1.0-99 "$base"
    lacks efi-runtime-off
    running 6.1.0-99 "$base efi=noruntime"
    finds warning efi-runtime-off
    says 'hands nothing of EFI on'
    running 6.1.0-99 "$base" CONFIG_EFI_DISABLE_RUNTIME=y
    finds warning efi-runtime-off
    running 6.1.0-99 "$base efi=runtime" CONFIG_EFI_DISABLE_RUNTIME=y
    lacks efi-runtime-off
    running 6.1.0-99 "$base" CONFIG_PREEMPT_RT=y
    finds warning efi-runtime-off
    running 6.1.0-99 "$base" CONFIG_PREEMPT_RT=y '# CONFIG_EFI_DISABLE_RUNTIME is not set'
    lacks efi-runtime-off
    # The next one would not use them either, as at a cold boot.
    running 6.1.0-99 "$base" CONFIG_PREEMPT_RT=y
    printf 'CONFIG_PREEMPT_RT=y\n' >"$root/boot/config-6.1.0-56-amd64"
    lacks efi-runtime-off
    finds warning efi-runtime-off --append=efi=runtime
    finds warning efi-runtime-off --append=efi=noruntime
    says 'the command line switches'
    finds warning efi-runtime-off --append=efi=noruntime,runtime
    says 'which would use them'
    rm -r "$root/sys/firmware/efi"
    lacks efi-runtime-off --append=efi=runtime
}

@test "ACPI's tables without EFI, from and to old kernels" {
    local base="root=UUID=$uuid ro"
    put etc/kernel/cmdline "$base"
    mkdir -p "$root/sys/firmware/efi"
    running 6.1.0-99 "$base efi=noruntime"
    lacks acpi-lost
    running 5.0.0-99 "$base efi=noruntime"
    finds warning acpi-lost
    running 5.1.0-99 "$base efi=noruntime"
    lacks acpi-lost
    rm "$root/boot/vmlinuz-6.1.0-56-amd64"
    "$BUILD/tests/mkbzimage" '4.19.0-1 (me@here) #1 SMP' >"$root/boot/vmlinuz-6.1.0-56-amd64"
    finds warning acpi-lost
    says 'from Linux 5.1.0-99 to 4.19.0-1 the address'
    says 'which root can read'
    put sys/firmware/efi/systab $'ACPI20=0x7fb7e014\nACPI=0x7fb7e000\nSMBIOS=0x7f9cd000\n'
    finds warning acpi-lost
    says 'it is 0x7fb7e014'
    put sys/firmware/efi/systab $'ACPI=0x7fb7e000\nSMBIOS=0x7f9cd000\n'
    finds warning acpi-lost
    says 'it is 0x7fb7e000'
    lacks acpi-lost --append=acpi_rsdp=0x7fb7e000
    # With EFI, or without any EFI.
    running 5.1.0-99 "$base"
    lacks acpi-lost
    running 5.1.0-99 "$base efi=noruntime"
    rm -r "$root/sys/firmware/efi"
    lacks acpi-lost
}

@test "a boot that ends at a shell" {
    local base="root=UUID=$uuid ro" word
    for word in single -s s S 1 emergency -b rescue rd.emergency rd.rescue systemd.unit=rescue.target \
        rd.systemd.unit=emergency.target rd.break rd.break=pre-mount break break=top recovery \
        init=/bin/bash rdinit=/bin/sh init=/usr/bin/busybox boot.debug1 boot.debug1devices boot.debug1mounts; do
        finds warning rescue --cmdline="$base $word"
        says "'$word' on the command line"
    done
    finds warning rescue --cmdline="$base init=\"/bin/dash\""
    finds warning rescue --cmdline="$base 3 single"
    finds warning rescue --cmdline="$base systemd.unit=graphical.target rescue"
    finds warning rescue --cmdline="$base rd.rescue systemd.unit=graphical.target"
    # The last one counts.
    for word in singleton systemd.unit=multi-user.target init=/usr/lib/systemd/systemd 10 systemd.break=1 \
        rd.breakpoint break=no init=/bin/bashful 'single 3' 'rescue systemd.unit=multi-user.target' \
        'systemd.unit=rescue.target systemd.unit=graphical.target' 'init=/bin/sh init=/sbin/init' \
        'rd.rescue rd.systemd.unit=initrd.target'; do
        lacks rescue --cmdline="$base $word"
    done
    # Who runs it now knows.
    put proc/cmdline "$base single"
    lacks rescue --cmdline="$base emergency"
}

@test "a kernel of NixOS needs init=" {
    lacks init-missing --cmdline="root=UUID=$uuid ro"
    copy_fixture nixos
    lacks init-missing
    finds error init-missing --cmdline="root=UUID=$uuid ro"
    says 'does not know which system to start'
    local path kernel
    kernel=$(find "$root/nix/store" -name bzImage | head -n 1)
    mkdir -p "$root/boot/grub"
    booted() { # PATH: as GRUB would be told
        mkdir -p "$root${1%/*}"
        cp "$kernel" "$root$1"
        printf 'search --set=root --fs-uuid %s\nmenuentry "NixOS" {\nlinux %s root=UUID=%s ro\n}\n' \
            "$uuid" "$1" "$uuid" >"$root/boot/grub/grub.cfg"
    }
    for path in /boot/kernels/a-linux-6.1.0-bzImage /boot/EFI/nixos/a-linux-6.1.0-bzImage.efi /boot/nixos/a-bzImage; do
        booted "$path"
        finds error init-missing --backend=grub
    done
    booted /boot/bzImage
    lacks init-missing --backend=grub
    # Nix on another distribution.
    booted /boot/kernels/a-linux-6.1.0-bzImage
    rm "$root/nix/var/nix/profiles/system"
    lacks init-missing --backend=grub
}

@test "32-bit EFI under a 64-bit kernel" {
    put sys/firmware/efi/fw_platform_size 64
    lacks efi-32bit
    put sys/firmware/efi/fw_platform_size 32
    finds error efi-32bit
    put proc/cmdline "root=UUID=$uuid ro efi=noruntime"
    lacks efi-32bit
    running 6.1.0-99 "root=UUID=$uuid ro" CONFIG_PREEMPT_RT=y
    lacks efi-32bit
    running 6.1.0-99 "root=UUID=$uuid ro"
    finds error efi-32bit
    put proc/sys/kernel/arch i686
    lacks efi-32bit
}

@test "a serial console without quiet" {
    local base="root=UUID=$uuid ro"
    lacks console-slow --cmdline="$base"
    lacks console-slow --cmdline="$base console=tty0"
    lacks console-slow --cmdline="$base console=hvc0"
    finds info console-slow --cmdline="$base console=tty0 console=ttyS0,115200n8"
    says '115200 baud takes about 2.3 s'
    finds info console-slow --cmdline="$base console=ttyS1"
    says '9600 baud takes about 28.0 s'
    finds info console-slow --cmdline="$base console=ttyAMA0,115200"
    finds info console-slow --cmdline="$base console=ttyS0,99999999999999999999"
    lacks console-slow --cmdline="$base console=ttyS0 quiet"
    lacks console-slow --cmdline="$base console=ttyS0 loglevel=3"
    finds info console-slow --cmdline="$base console=ttyS0 loglevel=7"
    finds info console-slow --cmdline="$base console=ttyS0 quiet loglevel=7"
    finds info console-slow --cmdline="$base console=ttyS0 quiet debug"
}

@test "a system mounted at /run/nextroot" {
    lacks nextroot
    mkdir -p "$root/run/nextroot"
    lacks nextroot
    echo '99 28 254:9 / /run/nextroot/boot rw,relatime shared:9 - ext4 /dev/vdb1 rw' >>"$root/proc/self/mountinfo"
    lacks nextroot
    echo '98 28 254:8 / /run/nextroot rw,relatime shared:8 - ext4 /dev/vdb2 rw' >>"$root/proc/self/mountinfo"
    finds warning nextroot
}

@test "files that are folders, fifos or too large say nothing" {
    rm "$root/proc/cpuinfo" "$root/proc/self/mountinfo"
    mkdir -p "$root/etc/crypttab" "$root/proc/cpuinfo" "$root/sys/class/watchdog/watchdog0/state" \
        "$root/sys/class/dmi/id/product_name" "$root/$efi/OsIndications-$global"
    mkfifo "$root/sys/kernel/kexec_crash_size" "$root/sys/class/dmi/id/sys_vendor"
    put sys/bus/pci/devices 'no folder'
    mkdir -p "$root/var/lib/dpkg" "$root/var/lib/rpm"
    mkfifo "$root/var/lib/dpkg/lock-frontend"
    ln -s .rpm.lock "$root/var/lib/rpm/.rpm.lock"
    run -0 ka --root "$root" --check
    rmdir "$root/etc/crypttab"
    truncate -s 2M "$root/etc/crypttab"
    run -0 ka --root "$root" --check
}

@test "initrds: microcode alone, no /init, drivers of another kernel, empty files" {
    local tree=$BATS_TEST_TMPDIR/tree micro=$BATS_TEST_TMPDIR/micro
    mkdir -p "$tree/usr/lib/modules/5.10.0-1-amd64" "$micro/kernel/x86/microcode" "$root/boot"
    echo x >"$micro/kernel/x86/microcode/GenuineIntel.bin"
    archive "$micro" >"$root/boot/ucode.img"
    echo x >"$tree/usr/lib/modules/5.10.0-1-amd64/a.ko"
    archive "$tree" | gzip >"$root/boot/bare.img"
    echo x >"$tree/init"
    chmod 755 "$tree/init"
    archive "$tree" | gzip >"$root/boot/other.img"
    : >"$root/boot/empty.img"
    finds error initrd-only-microcode --initrd=/boot/ucode.img
    finds warning initrd-only-microcode --initrd=/boot/ucode.img --cmdline=root=/dev/sda2
    finds error initrd-no-init --initrd=/boot/bare.img
    finds warning initrd-no-init --initrd=/boot/bare.img --cmdline=root=PARTUUID=1234-02
    finds error initrd-other-kernel --initrd=/boot/ucode.img --initrd=/boot/other.img
    [ "$(jq -r '.findings[] | select(.id == "initrd-other-kernel") | .path' "$BATS_TEST_TMPDIR/found")" = /boot/other.img ]
    finds warning file-empty --initrd=/boot/other.img --initrd=/boot/empty.img
    finds error file-empty --initrd=/boot/empty.img
    says 'the file is empty'
    lacks initrd-no-init --initrd=/boot/other.img
}

# bootconfig(8)'s format: the text, its size and the sum of its bytes, the mark.
with_bootconfig() { # FILE
    perl -e 'my $t = "kernel.quiet\n\0"; $t .= "\0" x (-(length($t) + -s $ARGV[0]) % 4);
        print $t, pack("VV", length($t), unpack("%32C*", $t)), "#BOOTCONFIG\n"' "$1" >>"$1"
}

@test "initrds: one more, behind the entry's own" {
    local tree=$BATS_TEST_TMPDIR/tree initrd=$root/boot/initrd.img-6.1.0-56-amd64
    mkdir -p "$tree/etc"
    echo x >"$tree/etc/extra"
    archive "$tree" >"$root/boot/extra.img"
    lacks initrd-no-init --add-initrd=/boot/extra.img
    ka --root "$root" --dry-run --add-initrd=/boot/extra.img --json=short >"$BATS_TEST_TMPDIR/plan"
    # The kernel ends at 4 bytes of zeros between two archives.
    [ "$(jq .initrdBytes "$BATS_TEST_TMPDIR/plan")" -eq $((($(stat -c %s "$initrd") + 3) / 4 * 4 + 4 + $(stat -c %s "$root/boot/extra.img"))) ]
    finds error file-unreadable --add-initrd=/boot/none.img
    yes noise | head -c 700 >"$root/boot/noise.img"
    finds error initrd-format --add-initrd=/boot/noise.img
    with_bootconfig "$initrd"
    lacks initrd-bootconfig
    finds error initrd-bootconfig --add-initrd=/boot/extra.img
    lacks initrd-damaged --add-initrd=/boot/extra.img
    with_bootconfig "$root/boot/extra.img"
    finds error initrd-bootconfig --initrd=/boot/extra.img --add-initrd=/boot/extra.img
}

@test "initrds: a compression that the kernel's configuration lacks" {
    put boot/config-6.1.0-56-amd64 $'\nCONFIG_BLK_DEV_INITRD=y\n# CONFIG_RD_GZIP is not set\n'
    finds error initrd-compression
    put boot/config-6.1.0-56-amd64 $'\nCONFIG_BLK_DEV_INITRD=y\nCONFIG_RD_GZIP=y\n'
    lacks initrd-compression
    rm "$root/boot/config-6.1.0-56-amd64"
    put usr/lib/modules/6.1.0-56-amd64/config $'\nCONFIG_BLK_DEV_INITRD=y\n'
    finds error initrd-compression
}

@test "kernels: a damaged payload, and --fast" {
    local kernel=$root/boot/vmlinuz-6.1.0-56-amd64
    printf '\x55' | dd of="$kernel" bs=1 seek=$((2048 + 716 + 60)) conv=notrunc status=none
    finds error kernel-payload
    finds error kernel-payload --ignore=kernel-payload
    lacks kernel-payload --fast
}

@test "the jump is estimated, when what is inside is known" {
    finds info jump-estimate
    says 'to verify 4 MB'
    lacks jump-estimate --fast
}

@test "memory: a kernel that fits into no stretch of it" {
    lacks memory-hole
    put proc/iomem '00001000-0009ffff : System RAM
00100000-003fffff : System RAM
  00200000-002fffff : Kernel code
00400000-3fffffff : Reserved
'
    finds error memory-hole
    says 'the kernel takes 4 MiB in one piece, and the largest stretch of memory has 3 MiB'
    put proc/iomem '00100000-004fffff : System RAM
'
    lacks memory-hole
    # What a person who is not root sees.
    put proc/iomem '00000000-00000000 : System RAM
'
    lacks memory-hole
}

@test "kexec handover: all has to fit into its scratch memory" {
    lacks kexec-handover
    put proc/cmdline 'root=/dev/vda1 kho=on'
    finds warning kexec-handover
    put proc/cmdline 'root=/dev/vda1 kho=off'
    lacks kexec-handover
}

@test "IMA and LoadPin: what is made in memory" {
    put sys/kernel/security/ima/policy 'measure func=KEXEC_KERNEL_CHECK
appraise func=KEXEC_INITRAMFS_CHECK appraise_type=imasig
'
    put sys/kernel/security/lsm lockdown,capability,loadpin,bpf
    lacks 'ima-appraisal'
    lacks loadpin
    # Two initrds are joined in memory.
    cp "$root/boot/initrd.img-6.1.0-56-amd64" "$root/boot/second"
    local joined=(--initrd=/boot/initrd.img-6.1.0-56-amd64 --initrd=/boot/second)
    finds warning ima-appraisal "${joined[@]}"
    finds warning loadpin "${joined[@]}"
    put proc/sys/kernel/loadpin/enforce 0
    lacks loadpin "${joined[@]}"
    put sys/kernel/security/ima/policy 'measure func=KEXEC_KERNEL_CHECK
'
    lacks ima-appraisal "${joined[@]}"
    rm "$root/sys/kernel/security/ima/policy"
    put proc/cmdline 'root=/dev/vda1 ima_policy="tcb|secure_boot"'
    finds warning ima-appraisal "${joined[@]}"
}

@test "initrd: microcode where the kernel does not look, something behind lz4" {
    local tree=$BATS_TEST_TMPDIR/tree initrd=$root/boot/initrd.img-6.1.0-56-amd64
    mkdir -p "$tree/a/kernel/x86/microcode" "$tree/b"
    touch "$tree/a/kernel/x86/microcode/GenuineIntel.bin"
    install -m 755 /bin/true "$tree/b/init"
    archive "$tree/a" >"$tree/microcode"
    archive "$tree/b" >"$tree/rest"
    gzip -c "$tree/rest" >"$tree/rest.gz"
    cat "$tree/microcode" "$tree/rest.gz" >"$initrd"
    lacks initrd-late-microcode
    { cat "$tree/rest.gz" && head -c 4 /dev/zero; } >"$initrd"
    truncate -s %4 "$initrd"
    cat "$tree/microcode" >>"$initrd"
    finds info initrd-late-microcode
    gzip -c "$tree/microcode" | cat - "$tree/rest.gz" >"$initrd"
    finds info initrd-late-microcode

    { lz4 -l -c "$tree/rest" 2>/dev/null && head -c 8 /dev/zero && cat "$tree/rest.gz"; } >"$initrd"
    lacks initrd-lz4-followed
    rm "$root/boot/vmlinuz-6.1.0-56-amd64"
    "$BUILD/tests/mkbzimage" '5.11.0-1 (me@here) #1 SMP' >"$root/boot/vmlinuz-6.1.0-56-amd64"
    finds warning initrd-lz4-followed
}

@test "initrd: what the kernel starts of it" {
    local tree=$BATS_TEST_TMPDIR/tree initrd=$root/boot/initrd.img-6.1.0-56-amd64
    made() { # the initrd, of what is in the tree
        archive "$tree" >"$initrd"
    }
    mkdir -p "$tree/bin"
    echo '#!/bin/sh' >"$tree/bin/start"
    chmod 755 "$tree/bin/start"
    made
    finds error initrd-no-init
    says 'there is no /init in the initrd'
    lacks initrd-no-init --append=rdinit=/bin/start
    finds warning initrd-no-init --append=rdinit=/bin/other
    says 'there is no /bin/other in the initrd'
    ln -s bin/start "$tree/init"
    made
    lacks initrd-no-init
    rm "$tree/init"
    mkdir "$tree/init"
    made
    finds error initrd-no-init
    says 'a folder or device instead of /init'
    rmdir "$tree/init"
    install -m 755 /dev/null "$tree/init"
    made
    finds error initrd-no-init
    says 'an empty /init'
    # Of a file with two names the last has the data.
    ln -f "$tree/bin/start" "$tree/init"
    made
    lacks initrd-no-init
    rm "$tree/init"
    install -m 644 "$tree/bin/start" "$tree/init"
    made
    finds error initrd-no-init
    says 'a not executable /init'
    lacks initrd-no-init --append=rdinit=/bin/start
    # A later one takes its place.
    chmod 755 "$tree/init"
    archive "$tree" >>"$initrd"
    lacks initrd-no-init
}

@test "initrd: checksums of cpio, an archive without end inside a packed one, places that are not allowed" {
    local tree=$BATS_TEST_TMPDIR/tree initrd=$root/boot/initrd.img-6.1.0-56-amd64 at
    mkdir -p "$tree"
    printf '#!/bin/sh\necho started\n' >"$tree/init"
    chmod 755 "$tree/init"
    (cd "$tree" && echo init | cpio --quiet -o -H newc) >"$tree/newc"
    (cd "$tree" && echo init | cpio --quiet -o -H crc) >"$tree/crc"
    cp "$tree/crc" "$initrd"
    lacks initrd-damaged
    gzip -c "$tree/crc" >"$initrd"
    lacks initrd-damaged
    at=$(grep -obUa started "$tree/crc" | cut -d : -f 1)
    cp "$tree/crc" "$tree/flipped"
    printf S | dd of="$tree/flipped" bs=1 seek="$at" conv=notrunc status=none
    cp "$tree/flipped" "$initrd"
    finds error initrd-damaged
    says 'do not add up to the checksum'
    gzip -c "$tree/flipped" >"$initrd"
    finds error initrd-damaged
    says 'inside a member packed by gzip'

    # Without the trailer, which has 124 bytes and what fills the block.
    at=$(grep -obUa 'TRAILER!!!' "$tree/newc" | cut -d : -f 1)
    head -c $((at - 110)) "$tree/newc" | gzip >"$initrd"
    finds warning initrd-no-trailer
    gzip -c "$tree/newc" >"$initrd"
    lacks initrd-no-trailer
    # What fills up behind the last name may be missing.
    head -c $((at + 11)) "$tree/newc" | gzip >"$initrd"
    lacks initrd-damaged

    { cat "$tree/newc" && printf '\0' && cat "$tree/newc"; } >"$initrd"
    finds error initrd-damaged
    says 'does not begin at a multiple of 4'
}

@test "initrd: --fast sees where zstd ends" {
    local initrd=$root/boot/initrd.img-6.1.0-56-amd64 tree=$BATS_TEST_TMPDIR/tree level size
    mkdir -p "$tree"
    install -m 755 /bin/bash "$tree/init"
    head -c 300000 /dev/zero >"$tree/zeros"
    archive "$tree" >"$BATS_TEST_TMPDIR/cpio"
    for level in '-1' '-19' '--no-check' "--stream-size=$(stat -c %s "$BATS_TEST_TMPDIR/cpio")"; do
        # shellcheck disable=SC2086 # options
        zstd -qc $level <"$BATS_TEST_TMPDIR/cpio" >"$initrd"
        lacks initrd-damaged --fast
        size=$(stat -c %s "$initrd")
        echo junk >>"$initrd"
        finds error initrd-damaged --fast
        says 'neither a cpio archive nor compressed data (text)'
        truncate -s $((size - 1)) "$initrd"
        finds error initrd-damaged --fast
        says 'cut off'
        truncate -s $((size / 2)) "$initrd"
        finds error initrd-damaged --fast
    done
    # A file whose size is known, whole in one segment.
    zstd -q -f "$BATS_TEST_TMPDIR/cpio" -o "$initrd"
    lacks initrd-damaged --fast
    lacks initrd-damaged
}

@test "initrd: what it is instead" {
    local initrd=$root/boot/initrd.img-6.1.0-56-amd64
    echo '<!doctype html><title>Not found</title>' >"$BATS_TEST_TMPDIR/page"
    gzip -c "$BATS_TEST_TMPDIR/page" >"$initrd"
    finds error initrd-damaged
    says 'an HTML or XML page, no cpio archive, packed by gzip'
    tar -C "$BATS_TEST_TMPDIR" -cf "$BATS_TEST_TMPDIR/tar" page
    cp "$BATS_TEST_TMPDIR/tar" "$initrd"
    finds error initrd-format
    says 'a tar archive'
    gzip -c "$BATS_TEST_TMPDIR/tar" >"$initrd"
    finds error initrd-damaged
    says 'a tar archive, no cpio archive, packed by gzip'
    (cd "$BATS_TEST_TMPDIR" && echo page | cpio --quiet -o -H newc) >"$BATS_TEST_TMPDIR/cpio"
    lz4 -qc "$BATS_TEST_TMPDIR/cpio" >"$initrd"
    finds error initrd-format
    says 'lz4 -l'
    zstd -qc --long=28 <"$BATS_TEST_TMPDIR/cpio" >"$initrd"
    finds error initrd-damaged
    says 'its window is larger than 128 MiB'
    cp "$BATS_TEST_TMPDIR/page" "$root/boot/vmlinuz-6.1.0-56-amd64"
    finds error kernel-format
    says 'an HTML page'
}

@test "no kexec_file_load: kexec(8), where it is installed" {
    put proc/sys/kernel/osrelease 6.1.0-99
    lacks kexec-load
    put boot/config-6.1.0-99 'CONFIG_KEXEC_CORE=y
# CONFIG_KEXEC_FILE is not set
'
    finds warning kexec-load
    finds error no-kexec-tools
    put usr/sbin/kexec
    lacks no-kexec-tools
    put boot/config-6.1.0-99 'CONFIG_KEXEC_CORE=y
CONFIG_KEXEC_FILE=y
'
    lacks kexec-load
}

@test "a unified kernel image under Secure Boot is not verified as a whole" {
    root=$BATS_TEST_TMPDIR/uki
    mkdir -p "$root/efi/EFI/Linux"
    cp tests/fuzz/corpus/uki/plain "$root/efi/EFI/Linux/a.efi"
    lacks uki-unverified --entry=a
    [ -s "$BATS_TEST_TMPDIR/found" ]
    mkdir -p "$root/$efi"
    printf '\6\0\0\0\1' >"$root/$efi/SecureBoot-$global"
    finds warning uki-unverified --entry=a
}

@test "PARTUUID= and UUID= in capitals" {
    mkdir -p "$root/dev/disk/by-partuuid" "$root/dev/disk/by-uuid"
    ln -s ../../vda1 "$root/dev/disk/by-partuuid/7c0a626e-e5ea-e543-b5c5-300eb8304db7"
    ln -s ../../vda1 "$root/dev/disk/by-uuid/ABCD-EF01"
    # blkid 2.38 -l -t and findfs of util-linux find none in other letters, and udev's links have one name.
    finds warning root-missing --cmdline='root=PARTUUID=7C0A626E-E5EA-E543-B5C5-300EB8304DB7 ro'
    finds warning root-missing --cmdline='root=UUID=abcd-ef01 ro'
    lacks root-missing --cmdline='root=UUID=ABCD-EF01 ro'
    # It found the running root.
    put proc/cmdline 'root=UUID=abcd-ef01 ro'
    lacks root-missing --cmdline='root=UUID=abcd-ef01 ro'
    # The kernel itself takes any (strncasecmp() in match_dev_by_uuid()).
    rm "$root"/initrd.img* "$root"/boot/initrd.img*
    lacks root-missing --cmdline='root=PARTUUID=7C0A626E-E5EA-E543-B5C5-300EB8304DB7 ro'
    finds error root-missing --cmdline='root=PARTUUID=7C0A626E-E5EA-E543-B5C5-300EB8304DB8 ro'
}

@test "a root by a link of /dev/disk/by-id that was not captured is not missing" {
    lacks root-missing --cmdline=root=/dev/disk/by-id/nvme-eui.0025385b71b0aaaa-part2
    mkdir "$root/dev/disk/by-id"
    ln -s ../../vda1 "$root/dev/disk/by-id/nvme-eui.0025385b71b0aaaa-part2"
    lacks root-missing --cmdline=root=/dev/disk/by-id/nvme-eui.0025385b71b0aaaa-part2
}

@test "guests of Xen: none that is paravirtualised, and without kexec_load" {
    lacks xen-guest
    put sys/hypervisor/type xen
    for kind in HVM PVH; do
        put sys/hypervisor/guest_type $kind
        lacks xen-guest
    done
    put boot/config-6.1.0-56-amd64 $'CONFIG_KEXEC_CORE=y\n# CONFIG_KEXEC_FILE is not set\n'
    finds warning xen-guest
    put sys/hypervisor/type kvm
    lacks xen-guest
    put sys/hypervisor/type xen
    put sys/hypervisor/guest_type PV
    finds error xen-guest
}

@test "a root on ZFS: the driver has to be in the initrd" {
    local tree=$BATS_TEST_TMPDIR/tree folder initrd=--initrd=/boot/zfs.img
    folder=$tree/usr/lib/modules/6.1.0-56-amd64
    mkdir -p "$folder"
    printf '#!/bin/sh\n' >"$tree/init"
    chmod 755 "$tree/init"
    archive "$tree" >"$root/boot/zfs.img"
    lacks initrd-no-zfs $initrd --cmdline=root=ZFS=rpool/ROOT/debian
    echo x >"$folder/xfs.ko"
    archive "$tree" >"$root/boot/zfs.img"
    for words in root=ZFS=rpool/ROOT/debian root=zfs:AUTO 'root=/dev/x zfs=rpool/ROOT/arch'; do
        finds error initrd-no-zfs $initrd --cmdline="$words"
    done
    lacks initrd-no-zfs $initrd --cmdline=root=/dev/vda1
    put boot/config-6.1.0-56-amd64 CONFIG_ZFS=y
    lacks initrd-no-zfs $initrd --cmdline=root=ZFS=rpool/ROOT/debian
    rm "$root/boot/config-6.1.0-56-amd64"
    for name in zfs.ko zfs.ko.zst zfs.ko.xz; do
        echo x >"$folder/$name"
        archive "$tree" >"$root/boot/zfs.img"
        lacks initrd-no-zfs $initrd --cmdline=root=ZFS=rpool/ROOT/debian
        rm "$folder/$name"
    done
}

@test "--reuse-cmdline and words of a first boot" {
    put proc/cmdline 'root=/dev/vda1 ignition.platform.id=metal'
    lacks first-boot --reuse-cmdline
    for word in ignition.firstboot ignition.firstboot=1 flatcar.first_boot=detected coreos.first_boot=1 \
        systemd.condition_first_boot=yes; do
        put proc/cmdline "root=/dev/vda1 $word ro"
        finds warning first-boot --reuse-cmdline
        lacks first-boot
        [ "$(jq -r .entry.cmdline "$BATS_TEST_TMPDIR/found")" != null ]
    done
}

@test "lockdown asks for no signature in a kernel without CONFIG_KEXEC_SIG" {
    put sys/kernel/security/lockdown 'none [integrity] confidentiality'
    finds error lockdown
    put boot/config-6.1.0-56-amd64 $'CONFIG_KEXEC_FILE=y\n# CONFIG_KEXEC_SIG is not set\n'
    put proc/sys/kernel/osrelease 6.1.0-56-amd64
    lacks lockdown
    put boot/config-6.1.0-56-amd64 $'CONFIG_KEXEC_FILE=y\nCONFIG_KEXEC_SIG=y\n'
    finds error lockdown
}

@test "memory: what ZFS gives back counts" {
    put proc/meminfo $'MemTotal: 4096000 kB\nMemAvailable: 4096 kB\n'
    finds error memory-low
    put proc/spl/kstat/zfs/arcstats $'13 1 0x01 147 39984 1 2\nname type data\nc_min                           4    100000000\nsize                            4    1100000000\n'
    lacks memory-low
    put proc/spl/kstat/zfs/arcstats $'c_min                           4    1100000000\nsize                            4    1100000000\n'
    finds error memory-low
}

@test "memory: enough, and not by much" {
    # The kernel's init_size (4 MiB), its file and the initrd twice; half of that again is ample.
    put proc/meminfo $'MemTotal: 4096000 kB\nMemAvailable: 4190 kB\n'
    finds warning memory-tight
    put proc/meminfo $'MemTotal: 4096000 kB\nMemAvailable: 8192 kB\n'
    lacks memory-tight
}

@test "a kernel that is loaded already" {
    lacks already-loaded
    put sys/kernel/kexec_loaded 1
    finds info already-loaded
}

@test "a command line that is empty, or of two lines" {
    lacks cmdline-empty
    lacks cmdline-newline
    finds warning cmdline-empty --cmdline=
    finds error cmdline-newline --append=$'a\nb'
}

@test "modules of the kernel: missing, or elsewhere" {
    lacks modules-missing
    mkdir -p "$root/usr/lib"
    mv "$root/lib/modules" "$root/usr/lib/modules"
    lacks modules-missing
    mv "$root/usr/lib/modules/6.1.0-56-amd64" "$root/usr/lib/modules/6.1.0-57-amd64"
    finds warning modules-missing
}

@test "modules of a deployment are in its own /usr" {
    local ours=/ostree/boot.0/fedora/$(printf 1%.0s {1..64})/0
    mv "$root/lib/modules" "$root/gone"
    finds warning modules-missing
    lacks modules-missing --append="ostree=$ours"
    lacks modules-missing --append=composefs=0a1b
    for place in sysroot/ ''; do
        put "$place$ours/usr/lib/modules/6.1.0-57-amd64/modules.order"
        finds warning modules-missing --append="ostree=$ours"
        put "$place$ours/usr/lib/modules/6.1.0-56-amd64/modules.order"
        lacks modules-missing --append="ostree=$ours"
        rm -r "${root:?}/${place:-ostree}"
    done
}

@test "modules of the kernel, where another subvolume of btrfs becomes the root" {
    put proc/self/mountinfo "28 1 0:30 /@/1 / rw - btrfs /dev/vda1 rw"
    echo "/ ID 260 gen 7 top level 257 path @/2" >"$root/btrfs-default"
    mkdir -p "$root/not-mounted/dev/vda1/@/2/usr/lib/modules" "$root/not-mounted/dev/vda1/@/3/usr"
    mkdir -p "$root/not-mounted/dev/vda1/@/3/lib/modules/6.1.0-56-amd64"
    finds warning modules-missing
    says 'no modules for 6.1.0-56-amd64 on the subvolume that becomes the root'
    mkdir "$root/not-mounted/dev/vda1/@/2/usr/lib/modules/6.1.0-56-amd64"
    lacks modules-missing
    # What the command line says counts more, and the same subvolume is the running system.
    rm -r "$root/not-mounted/dev/vda1/@/2/usr/lib/modules/6.1.0-56-amd64"
    lacks modules-missing --append=rootflags=subvol=@/3
    lacks modules-missing --append=rootflags=ro,subvol=/@/1/
    finds warning modules-missing --append=rootflags=subvol=@/3,subvol=@/2
    rm "$root/btrfs-default"
    finds warning modules-missing
}

# The protocol's numbers: Documentation/arch/x86/boot.rst. The stub's setup has 2048 bytes, its kernel_info is
# at 0x100 of what follows.
@test "kernels: no kernel_info where the header says, no EFI through a kexec" {
    local kernel=$root/boot/vmlinuz-6.1.0-56-amd64
    put sys/firmware/efi/fw_platform_size 64
    lacks kernel-info
    printf L | cmp -n 1 - "$kernel" 0 $((2048 + 0x100))
    printf l | dd of="$kernel" bs=1 seek=$((2048 + 0x100)) conv=notrunc status=none
    finds warning kernel-info
    lacks kernel-no-efi-kexec
    printf '\x6f' | dd of="$kernel" bs=1 seek=$((0x236)) conv=notrunc status=none
    finds warning kernel-no-efi-kexec
    rm -r "$root/sys/firmware"
    lacks kernel-no-efi-kexec
}

@test "kexec_load_disabled: the file that sets it" {
    put proc/sys/kernel/kexec_load_disabled 1
    put etc/sysctl.d/10-comment.conf $'# kernel.kexec_load_disabled = 1\n;kernel.kexec_load_disabled = 1\n'
    put usr/lib/sysctl.d/10-comment.conf 'kernel.kexec_load_disabled = 1'
    finds error kexec-disabled
    says '(kernel.kexec_load_disabled=1)'
    put etc/sysctl.conf $'net.ipv4.ip_forward=0\n -kernel/kexec_load_disabled=1\n'
    finds error kexec-disabled
    says 'set in /etc/sysctl.conf'
    put run/sysctl.d/50-x.conf 'kernel.kexec_load_disabled = 1'
    finds error kexec-disabled
    says 'set in /run/sysctl.d/50-x.conf'
}

@test "TDX on a processor with the fault tdx_pw_mce" {
    put proc/cpuinfo $'processor\t: 0\nbugs\t\t: spectre_v1 bhi\n'
    lacks tdx-host
    put proc/cpuinfo $'processor\t: 0\nbugs\t\t: spectre_v1 tdx_pw_mce\n'
    finds error tdx-host
}

@test "an initrd that becomes far more than it is" {
    local initrd=$root/boot/initrd.img-6.1.0-56-amd64
    mkdir -p "$BATS_TEST_TMPDIR/tree"
    install -m 755 /bin/true "$BATS_TEST_TMPDIR/tree/init"
    truncate -s 900M "$BATS_TEST_TMPDIR/tree/large"
    archive "$BATS_TEST_TMPDIR/tree" | zstd -q -1 >"$initrd"
    put proc/meminfo $'MemTotal: 64000000 kB\nMemAvailable: 60000000 kB\n'
    finds warning initrd-unchecked
    says 'no initrd packs so well'
    put proc/meminfo $'MemTotal: 400000 kB\nMemAvailable: 300000 kB\n'
    finds error memory-unpacked
    says 'given up after 390 MiB'
}

@test "a packed kernel that becomes far more than it is" {
    { printf MZ; head -c 100M /dev/zero; } | zstd -q -1 >"$root/boot/vmlinuz-6.1.0-56-amd64"
    finds error kernel-payload --fast
    says 'more than 67108864 bytes come out of it'
}
