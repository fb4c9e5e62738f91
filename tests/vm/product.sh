#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Usage: tests/vm/product.sh OUT.img
#
# Installs the program as a packager would and puts it on the disk the guest mounts at /usr/local.
set -euo pipefail

: "${BUILD:=build}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
make --no-print-directory -s install BUILD="$BUILD" DESTDIR="$work" PREFIX=/usr/local >/dev/null
mkdir -p "$(dirname "$1")"
tests/vm/make-product-disk "$work/usr/local" "$1"
