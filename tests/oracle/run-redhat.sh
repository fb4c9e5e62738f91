#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Usage: tests/oracle/run-redhat.sh [-k] [WORD...]
#
# Does kexec-any say what Red Hat's GRUB said? The answers are in redhat/*.cases, obtained by running
# it; redhat/README.md tells how a case is written. Prints TAP.
#
# WORD: only cases whose names contain it. -k: keep the captured machines and say where.
# Environment: BUILD, KEXEC_ANY (the program, $BUILD/kexec-any), WRAP, JOBS (processes at a time).
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
export KEXEC_ANY=${KEXEC_ANY:-${BUILD:-build}/kexec-any}

if ! perl -MJSON::PP -e 1 2>/dev/null; then
    echo "1..1"
    echo "ok 1 - Red Hat's GRUB # skip perl with JSON::PP is missing"
    exit 0
fi
[ -x "$KEXEC_ANY" ] || {
    echo "${0##*/}: $KEXEC_ANY is missing" >&2
    exit 1
}
exec perl "$here/redhat/check" "$@" -- "$here"/redhat/*.cases
