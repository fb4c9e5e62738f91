# SPDX-License-Identifier: GPL-2.0-or-later
# What the command-line tests share.

bats_require_minimum_version 1.5.0

: "${BUILD:=build}" "${WRAP:=}"

ka() {
    # shellcheck disable=SC2086 # WRAP is a command with its arguments
    $WRAP "$BUILD/kexec-any" "$@"
}

# A fixture that a test may change.
copy_fixture() { # NAME
    root=$BATS_TEST_TMPDIR/root
    rm -rf "$root"
    cp -a "fixtures/$1/root" "$root"
}

on() { # NAME ARGUMENTS... of a fixture as it is
    local name=$1
    shift
    ka --root "fixtures/$name/root" "$@"
}
