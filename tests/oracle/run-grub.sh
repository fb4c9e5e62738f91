#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Usage: tests/oracle/run-grub.sh [CASE...]
#
# All cases and questions, or those of some cases: does kexec-any say what the real GRUB says?
# Prints TAP. GRUB's answers are kept in $CACHE/oracle/answers.
#
# Environment: BUILD, CACHE, KEXEC_ANY, WRAP, JOBS (processes at a time).
# shellcheck disable=SC2004,SC2154 # the arrays of lib.sh
set -uo pipefail
# shellcheck disable=SC1091 # beside this file
. "$(dirname "$0")/lib.sh"

for program in mke2fs debugfs perl jq xargs "${CC:-cc}"; do
    command -v "$program" >/dev/null || {
        echo "1..1"
        echo "ok 1 - the real GRUB # skip $program is missing"
        exit 0
    }
done
for release in bookworm trixie forky; do
    if ! message=$("$oracle/fetch-grub" "$release" 2>&1); then
        echo "1..1"
        echo "ok 1 - the real GRUB # skip no grub-emu of $release: $(echo "$message" | tail -n 1)"
        exit 0
    fi
done

if [ "${KA_ORACLE_ASK:-}" != only ] && [ ! -x "${KEXEC_ANY:-$build/kexec-any}" ]; then
    die "${KEXEC_ANY:-$build/kexec-any} is missing"
fi

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

shopt -s nullglob
if [ $# -eq 0 ]; then
    set -- "$oracle"/grub/*/case.sh "$oracle"/grub/scripts/*.cfg
fi
total=0
for path; do
    path=${path%/case.sh}
    path=$(find_case "$path") || exit 1
    load_case "$path"
    name=${case_path#"$oracle"/grub/}
    name=${name#scripts/}
    for question in "${questions[@]}"; do
        total=$((total + 1))
        printf '%s\0%s\0%s\0%s\0' "$results/$total" "$case_path" "$question" \
            "${name%.cfg}: $question"
    done
done >"$results/list"
total=$(($(tr -cd '\0' <"$results/list" | wc -c) / 4))

# One of them: its line and its diff in a file of its own.
export oracle
# shellcheck disable=SC2016 # expanded by the inner shell
xargs -0 -a "$results/list" -n 4 -P "${JOBS:-$(nproc)}" bash -c '
    if diff=$("$oracle/compare-cached" "$1" "$2" 2>&1); then
        printf "ok %d - %s\n" "${0##*/}" "$3"
    else
        printf "not ok %d - %s\n" "${0##*/}" "$3"
        printf "%s\n" "$diff" | sed "s/^/# /"
    fi >"$0"'

echo "1..$total"
bad=0
for ((n = 1; n <= total; n++)); do
    if [ -s "$results/$n" ]; then
        cat "$results/$n"
        ! head -n 1 "$results/$n" | grep -q '^not ok' || bad=$((bad + 1))
    else
        echo "not ok $n - no result"
        bad=$((bad + 1))
    fi
done
[ "$bad" -eq 0 ]
