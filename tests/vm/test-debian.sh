#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The Debian 12 guest with the installed program. TAP on standard output.
set -euo pipefail

: "${BUILD:=build}"
export BUILD CACHE=${CACHE:-build/cache}
guest=$CACHE/guest-bookworm
tests/vm/make-guest bookworm

# Beside the program: what only the tests need. The ELF kernel is the one inside the guest's own.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
make --no-print-directory -s install BUILD="$BUILD" DESTDIR="$work" PREFIX=/usr/local >/dev/null
mkdir -p "$work/usr/local/share/test"
kexec=$(tests/tools/fetch-package kexec-tools libxen)
mkdir -p "$work/usr/local/lib"
cp "$kexec/sbin/kexec" "$work/usr/local/share/test/"
cp -P "$kexec"/usr/lib/*/libxen*.so.* "$work/usr/local/lib/"
tests/tools/extract-vmlinux "$guest/vmlinuz" >"$work/usr/local/share/test/vmlinux"
tests/vm/make-product-disk "$work/usr/local" "$BUILD/vm/debian.img"

tests/vm/expect-guest tests/vm/debian.exp "$guest" "$BUILD/vm/debian.img"
