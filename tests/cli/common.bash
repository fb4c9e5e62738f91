# SPDX-License-Identifier: GPL-2.0-or-later
# What the command-line tests share.

bats_require_minimum_version 1.5.0

: "${BUILD:=build}" "${WRAP:=}"

# Under a wrapper (valgrind) a test's first call runs in it, and every sixth one after that: all of them would
# take as long as everything else there.
whole_wrap=$WRAP
is_left_out() {
    local counter=$BATS_FILE_TMPDIR/calls-$BATS_TEST_NUMBER

    [ -n "$whole_wrap" ] && [ "$WRAP" = "$whole_wrap" ] || return
    echo >>"$counter"
    [ $(($(wc -l <"$counter") % 6)) -ne 1 ]
}

ka() {
    local wrap=$WRAP

    ! is_left_out || wrap=
    # shellcheck disable=SC2086 # WRAP is a command with its arguments
    $wrap "$BUILD/kexec-any" "$@"
}

# --check of a machine, into $BATS_TEST_TMPDIR/found. Inside $(…) a failing test stops nothing: what is
# neither good nor refused says so, and is no empty answer.
check() { # ARGUMENTS...
    local status=0
    ka --check --json=short "$@" 2>/dev/null >"$BATS_TEST_TMPDIR/found" || status=$?
    [ $status -eq 0 ] || [ $status -eq 4 ] || {
        echo "status $status"
        return 1
    }
}

# A cpio archive of a folder, the same in every run: in the order of names, of one time.
archive() { # FOLDER [FORMAT]
    (cd "$1" && find . -mindepth 1 -exec touch -h -d @1767225600 {} + &&
        find . -mindepth 1 | LC_ALL=C sort | cpio --quiet -o -H "${2:-newc}" --reproducible -R 0:0)
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
