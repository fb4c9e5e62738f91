#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# make demo: a Debian guest restarts through kexec-any. The first run makes the guest (a minute or
# two); the next ones reuse it.
set -euo pipefail

: "${BUILD:=build}"
export BUILD CACHE=${CACHE:-build/cache}
tests/vm/make-guest bookworm
tests/vm/product.sh "$BUILD/vm/product.img"
exec expect -f tests/vm/demo.exp "$CACHE/guest-bookworm" "$BUILD/vm/product.img"
