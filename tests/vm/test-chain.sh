#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Which program boots next: small guests whose firmware finds several boot loaders, with UEFI and with BIOS.
# What kexec-any says is compared with what the firmware then boots. TAP on standard output.
#
# Environment: BUILD, CACHE; FIRMWARES, default "uefi bios".
set -euo pipefail

: "${BUILD:=build}"
export BUILD CACHE=${CACHE:-build/cache}
# With one processor such a guest leaves the other to the next one.
export QEMU_CPUS=${QEMU_CPUS:-1}

for program in qemu-img jq; do
    command -v $program >/dev/null || {
        echo "ok 1 - the chain # skip $program is missing"
        exit 0
    }
done
guest=$BUILD/vm/chain
status=0
tests/vm/make-chain-guest "$guest" || status=$?
if [ "$status" -eq 77 ]; then
    echo "ok 1 - the chain # skip a program is missing"
    exit 0
elif [ "$status" -ne 0 ]; then
    echo "not ok 1 - the chain: the guests cannot be made"
    exit 1
fi

result=0
for firmware in ${FIRMWARES:-uefi bios}; do
    echo "# the chain with $firmware"
    LOG=$BUILD/vm/chain-$firmware.log tests/vm/expect-guest "tests/vm/chain-$firmware.exp" "$guest" || result=1
done
[ $result -ne 0 ] || rm -rf "$guest"
exit $result
