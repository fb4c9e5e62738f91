#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Run test suites (unit, corpus, answers, cli, smoke, oracle, vm, fuzz) and count. Called by make from the top folder, with BUILD
# and WRAP in the environment. The last line is "N passed, N failed, N skipped".
set -uo pipefail

: "${BUILD:=build}" "${WRAP:=}"
export BUILD WRAP
# ASan must see crashes before cmocka does.
export ASAN_OPTIONS="handle_segv=2${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
passed=0 failed=0 skipped=0

# Count the results of a program that writes TAP, and show what is not a success.
count_tap() { # NAME STATUS FILE
    local name=$1 status=$2 file=$3 ok bad skip
    skip=$(grep -ciE '^ok [0-9]+ .*# skip' "$file")
    ok=$(($(grep -cE '^ok ' "$file") - skip))
    bad=$(grep -cE '^not ok ' "$file")
    # A crash, or a plan that was not kept, counts as a failure of its own.
    if [ "$bad" -eq 0 ] && { [ "$status" -ne 0 ] || [ $((ok + skip)) -eq 0 ]; }; then
        bad=1
        echo "not ok - $name ended with status $status"
        tail -n 40 "$file"
    fi
    passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + skip))
    if [ "$bad" -gt 0 ]; then
        grep -vE '^(ok |[0-9]+\.\.)' "$file"
    fi
    grep -iE -e '^ok [0-9]+ .*# skip' -e '^# note: ' "$file"
    printf '%-28s %3d passed, %d failed, %d skipped\n' "$name" "$ok" "$bad" "$skip"
}

run_tap() { # NAME COMMAND...
    local name=$1 log status
    shift
    log=$(mktemp)
    "$@" >"$log" 2>&1
    status=$?
    count_tap "$name" "$status" "$log"
    rm -f "$log"
}

suite_unit() {
    local test
    for test in "$BUILD"/tests/test-*; do
        case $test in *.[od]) continue ;; esac
        # shellcheck disable=SC2086 # WRAP is a command with its arguments
        CMOCKA_MESSAGE_OUTPUT=TAP run_tap "${test##*/}" $WRAP "$test"
    done
}

# The inputs of the fuzz targets, and every one that ever crashed them.
suite_corpus() {
    local test name n=0 log
    log=$(mktemp)
    {
        for test in "$BUILD"/tests/fuzz-*; do
            name=${test##*/fuzz-}
            n=$((n + 1))
            # shellcheck disable=SC2086 # WRAP is a command with its arguments
            if $WRAP "$test" "tests/fuzz/corpus/$name"/* >"$log.out" 2>&1; then
                echo "ok $n - corpus of $name"
            else
                echo "not ok $n - corpus of $name"
                sed 's/^/# /' "$log.out"
            fi
        done
    } >"$log"
    count_tap corpus 0 "$log"
    rm -f "$log" "$log.out"
}

# One target, for run_fuzzers. Its result goes to LOG.out, what it said to LOG.
run_fuzzer() { # TARGET LOG
    local name=${1##*/fuzz-}
    mkdir -p "$BUILD/corpus/$name"
    if "$1" -max_total_time="${FUZZ_SECONDS:-60}" -timeout=10 -rss_limit_mb=2048 -max_len=8192 \
        -artifact_prefix="$BUILD/crashes/$name-" -verbosity=0 \
        "$BUILD/corpus/$name" "tests/fuzz/corpus/$name" >"$2" 2>&1; then
        echo "ok - $name" >"$2.out"
    else
        { echo "not ok - $name" && tail -n 60 "$2" | sed 's/^/# /'; } >"$2.out"
    fi
}
export -f run_fuzzer

suite_fuzz() {
    local work
    work=$(mktemp -d)
    mkdir -p "$BUILD/crashes"
    # Freed memory is kept for a while to catch its use; the limit is for what the target needs.
    export ASAN_OPTIONS="$ASAN_OPTIONS:quarantine_size_mb=64"
    # shellcheck disable=SC2016 # for the inner shell
    printf '%s\0' "$BUILD"/fuzz-* | xargs -0 -n 1 -P "$(nproc)" bash -c \
        'run_fuzzer "$1" "$0/${1##*/}"' "$work"
    awk '/^(not )?ok / { sub(/ok/, "ok " ++n) } { print }' "$work"/*.out >"$work/log"
    count_tap fuzz 0 "$work/log"
    rm -rf "$work"
}

suite_cli() {
    local test
    for test in tests/cli/*.bats; do
        run_tap "${test##*/}" bats --tap "$test"
    done
}

suite_smoke() {
    run_tap "smoke (guest)" tests/vm/smoke.sh
}

# What real programs answered, as it is recorded: tests/oracle/README.md.
suite_answers() {
    local group
    for group in versions grubenv bls grub redhat random; do
        run_tap "recorded answers: $group" tests/oracle/check "$group"
    done
}

# Do they still answer that?
suite_oracle() {
    local group
    for group in images versions grubenv bls grub random; do
        run_tap "answers now: $group" tests/oracle/ask "$group"
    done
}

suite_vm() {
    local test
    for test in tests/vm/test-*.sh; do
        run_tap "${test##*/}" "$test"
    done
}

for suite; do
    "suite_$suite"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
