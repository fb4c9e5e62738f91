#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Usage: tests/oracle/run-random.sh FROM TO
#
# Random scripts with the seeds FROM to TO: does kexec-any say what the real GRUB says? Prints TAP.
# The script of a seed is in $BUILD/tests/oracle/random/SEED.cfg, for compare and ask-grub.
# shellcheck disable=SC2004,SC2154 # the arrays of lib.sh
set -uo pipefail
# shellcheck disable=SC1091 # beside this file
. "$(dirname "$0")/lib.sh"

[ $# -eq 2 ] || die "Usage: $0 FROM TO"
scripts=$build/tests/oracle/random
mkdir -p "$scripts"
for ((seed = $1; seed <= $2; seed++)); do
    "$oracle/random-script" "$seed" >"$scripts/$seed.cfg"
    printf '%s\0' "$scripts/$seed.cfg"
done | xargs -0 "$oracle/run-grub.sh"
