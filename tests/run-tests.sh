#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Run test suites (unit, corpus, answers, cli, smoke, oracle, vm, subvolumes, fuzz) and count. Called by make from the top
# folder, with BUILD and WRAP in the environment; JOBS is the number of programs at a time, GUESTS those of
# the suite vm (all). The last line is "N passed, N failed, N skipped".
set -uo pipefail

: "${BUILD:=build}" "${WRAP:=}" "${JOBS:=$(nproc)}"
export BUILD WRAP JOBS CMOCKA_MESSAGE_OUTPUT=TAP
# ASan must see crashes before cmocka does.
export ASAN_OPTIONS="handle_segv=2${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
passed=0 failed=0 skipped=0

# Count the results of a program that writes TAP, and show what is not a success.
count_tap() { # NAME STATUS FILE
    local name=$1 status=$2 file=$3 ok bad skip
    # cmocka calls what it skips "not ok".
    skip=$(grep -ciE '^(not )?ok [0-9]+ .*# skip' "$file")
    ok=$(grep -E '^ok ' "$file" | grep -cviE '^ok [0-9]+ .*# skip')
    bad=$(grep -E '^not ok ' "$file" | grep -cviE '^not ok [0-9]+ .*# skip')
    if [ "$((ok + bad + skip))" -ne "${wanted[$name]:-$((ok + bad + skip))}" ]; then
        bad=$((bad + 1))
        echo "not ok - $name has ${wanted[$name]} tests, and $((ok + bad + skip - 1)) of them ran"
    fi
    # A crash, or no test at all, counts as a failure of its own.
    if [ "$bad" -eq 0 ] && { [ "$status" -ne 0 ] || [ $((ok + skip)) -eq 0 ]; }; then
        bad=1
        echo "not ok - $name ended with status $status"
        tail -n 40 "$file"
    fi
    passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + skip))
    if [ "$bad" -gt 0 ]; then
        grep -vE '^(ok |[0-9]+\.\.)' "$file"
    fi
    grep -iE -e '^(not )?ok [0-9]+ .*# skip' -e '^# note: ' "$file"
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

# Programs that may run beside each other: what is added runs at once, JOBS of them at a time, and is counted
# in this order. Neighbours of one name are counted as one.
names=() commands=()
declare -A wanted=() # the number of tests, where it is known

add() { # NAME COMMAND...
    names+=("$1")
    shift
    commands+=("$(printf '%q ' "$@")")
}

run_added() {
    local work i status=0
    work=$(mktemp -d)
    # shellcheck disable=SC2016 # for the inner shell
    for i in "${!names[@]}"; do
        printf '%s\0%s\0' "$work/$i" "${commands[i]}"
    done | xargs -0 -n 2 -P "$JOBS" bash -c 'eval "$1" >"$0" 2>&1 </dev/null; echo $? >"$0.status"'
    for i in "${!names[@]}"; do
        cat "$work/$i" >>"$work/log"
        [ "$(cat "$work/$i.status")" -eq 0 ] || status=$(cat "$work/$i.status")
        [ "${names[i]}" != "${names[i + 1]:-}" ] || continue
        count_tap "${names[i]}" "$status" "$work/log"
        rm "$work/log"
        status=0
    done
    rm -rf "$work"
    names=() commands=()
}

suite_unit() {
    local test
    for test in "$BUILD"/tests/test-*; do
        case $test in *.[od]) continue ;; esac
        # shellcheck disable=SC2086 # WRAP is a command with its arguments
        add "${test##*/}" $WRAP "$test"
    done
    run_added
}

# What a program says, if it fails.
as_test() { # NAME COMMAND...
    local name=$1 output
    shift
    if output=$("$@" 2>&1); then
        echo "ok 1 - $name"
    else
        echo "not ok 1 - $name"
        printf '%s\n' "$output" | sed 's/^/# /'
    fi
}
export -f as_test

# The inputs of the fuzz targets, and every one that ever crashed them.
suite_corpus() {
    local test name
    for test in "$BUILD"/tests/fuzz-*; do
        name=${test##*/fuzz-}
        # shellcheck disable=SC2086 # WRAP is a command with its arguments
        add corpus as_test "corpus of $name" $WRAP "$test" "tests/fuzz/corpus/$name"/*
    done
    run_added
}

# One target, for run_fuzzers. Its result goes to LOG.out, what it said to LOG.
run_fuzzer() { # TARGET LOG
    local name=${1##*/fuzz-}
    mkdir -p "$BUILD/corpus/$name"
    if "$1" -seed="${FUZZ_SEED:-1}" -runs="${FUZZ_RUNS:--1}" -max_total_time="${FUZZ_SECONDS:-60}" \
        -timeout=10 -rss_limit_mb=2048 -max_len=8192 \
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
    printf '%s\0' "$BUILD"/fuzz-* | xargs -0 -n 1 -P "$JOBS" bash -c \
        'run_fuzzer "$1" "$0/${1##*/}"' "$work"
    awk '/^(not )?ok / { sub(/ok/, "ok " ++n) } { print }' "$work"/*.out >"$work/log"
    count_tap fuzz 0 "$work/log"
    rm -rf "$work"
}

# Patterns that take a file's tests to pieces of about a dozen, by their names.
bats_filters() { # FILE
    sed -n 's/^@test "\([^"]*\)" {.*/\1/p' "$1" | sed 's/[^A-Za-z0-9 ]/[&]/g' | awk '
        { piece = piece (piece ? "|" : "") $0 }
        NR % 12 == 0 { print "^(" piece ")$"; piece = "" }
        END { if (piece) print "^(" piece ")$" }'
}

suite_cli() {
    local test filter
    for test in tests/cli/*.bats; do
        wanted[${test##*/}]=$(grep -c '^@test ' "$test")
        while read -r filter; do
            add "${test##*/}" bats --tap --filter "$filter" "$test"
        done < <(bats_filters "$test")
    done
    run_added
}

suite_smoke() {
    run_tap "smoke (guest)" tests/vm/smoke.sh
}

# What real programs answered, as it is recorded: tests/oracle/README.md.
suite_answers() {
    local group
    for group in versions grubenv bls sdboot grub redhat random programs extlinux uboot; do
        run_tap "recorded answers: $group" tests/oracle/check "$group"
    done
}

# Do they still answer that?
suite_oracle() {
    local group
    for group in images versions grubenv bls sdboot grub random programs extlinux uboot; do
        run_tap "answers now: $group" tests/oracle/ask "$group"
    done
}

suite_vm() {
    local test
    # shellcheck disable=SC2086 # names
    for test in ${GUESTS:-$(cd tests/vm && printf '%s\n' test-*.sh | sed 's/^test-//; s/\.sh$//')}; do
        run_tap "test-$test.sh" "tests/vm/test-$test.sh"
    done
}

suite_subvolumes() {
    run_tap "subvolumes" tests/subvolumes/run.sh
}

for suite; do
    "suite_$suite"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
