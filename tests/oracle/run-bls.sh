#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Usage: tests/oracle/run-bls.sh [TREES [PAIRS]]
#
# Does kexec-any say what systemd says? Random EFI partitions (default 100) are listed by bootctl of
# Debian 12 and of forky; random pairs of versions (default 10,000) and the specification's own list
# are compared by systemd-analyze. Prints TAP; the answers to pairs are kept in $CACHE/oracle.
#
# Environment: BUILD, CACHE, WRAP, JOBS (processes at a time).
set -uo pipefail

oracle=$(dirname "$0")
: "${BUILD:=build}" "${JOBS:=$(nproc)}"
export BUILD CACHE=${CACHE:-$BUILD/cache} oracle
trees=${1:-100} pairs=${2:-10000}
cache=$CACHE/oracle

skip() {
    echo "1..1"
    echo "ok 1 - systemd's answers # skip $1"
    exit 0
}

for program in jq perl objcopy xargs; do
    command -v "$program" >/dev/null || skip "$program is missing"
done
for release in bookworm forky; do
    message=$("$oracle/fetch-systemd" "$release" 2>&1) || skip "no systemd of $release: ${message##*$'\n'}"
done
ukis=$cache/ukis-$(cat "$oracle/bls/make-ukis" "$oracle/fetch-systemd" | sha256sum | cut -c 1-12)
message=$("$oracle/bls/make-ukis" "$ukis" 2>&1) || skip "no images: ${message##*$'\n'}"
export ukis

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export work
n=0 bad=0
result() { # STATUS NAME FILE
    n=$((n + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $n - $2"
    else
        echo "not ok $n - $2"
        sed 's/^/# /' "$3"
        bad=$((bad + 1))
    fi
}

# --- trees

# shellcheck disable=SC2016 # expanded by the inner shell
for release in forky bookworm; do
    old=
    [ $release = forky ] || old=' old'
    seq 1 "$trees" | sed "s/^/$release /; s/\$/$old/"
done | xargs -P "$JOBS" -L 1 bash -c '
    folder=$work/$0-$1
    mkdir -p "$folder/boot"
    "$oracle/bls/make-tree" "$1" "$ukis" "$folder/boot/efi" ${2:-} >"$folder.out" 2>&1 &&
        "$oracle/bls/compare" "$0" "$folder" >"$folder.out" 2>&1
    echo $? >"$folder.status"
    rm -rf "$folder"'
for release in forky bookworm; do
    for ((i = 1; i <= trees; i++)); do
        result "$(cat "$work/$release-$i.status" 2>/dev/null || echo 1)" \
            "an EFI partition as bootctl of $release lists it, seed $i" "$work/$release-$i.out"
    done
done

# --- versions

# The specification's own order (UAPI.10), each before the next.
vectors='~1||ab|abb|abc|0001|002|12|122|122.9|123~rc1|123|123-a|123-a.1|123-a1|123-a1.1|123-3|123-3.1|123^patch1|123^1|123.a-1|123.1-1|123a-1|124'
tr '|' '\n' <<<"$vectors" | perl -ne 'chomp; push @v, $_; END {
    for $i (0 .. $#v) { for $k ($i + 1 .. $#v) { print "$v[$i]\t$v[$k]\n" } } }' >"$work/vectors"
"$BUILD/tests/bls-versions" <"$work/vectors" >"$work/order"
grep -v ' < ' "$work/order" >"$work/wrong"
[ "$(wc -l <"$work/order")" -eq 276 ] && [ ! -s "$work/wrong" ]
result $? "the specification's list of versions is in order" "$work/wrong"

perl -e 'srand 1; my @c = (0 .. 9, 0, 1, "a", "b", "Z", "~", "^", ".", ".", "-", "-", "_", "+", "rc", "00");
    for (1 .. $ARGV[0]) { my @v;
        for (1, 2) { push @v, join "", map { $c[rand @c] } 1 .. 1 + rand 9 }
        $v[1] = substr($v[0], 0, 1 + rand length $v[0]) . substr($v[1], 0, rand length $v[1]) if rand() < .6;
        print "$v[0]\t$v[1]\n" }' "$pairs" >"$work/pairs"
answers=$cache/answers/versions-$(sha256sum <"$work/pairs" | cut -c 1-16)
if [ ! -e "$answers" ]; then
    mkdir -p "${answers%/*}"
    # In its own order again: xargs mixes what runs at the same time.
    # shellcheck disable=SC2016 # for the inner shell
    tr '\t' '\n' <"$work/pairs" | xargs -d '\n' -n 2 -P "$JOBS" bash -c '
        "$CACHE/oracle/systemd-forky/run" systemd-analyze compare-versions -- "$0" "$1"' 2>/dev/null |
        sort -u >"$answers.$$"
    mv "$answers.$$" "$answers"
fi
"$BUILD/tests/bls-versions" <"$work/pairs" | sort -u >"$work/ours"
diff "$answers" "$work/ours" >"$work/diff"
result $? "$pairs random pairs of versions" "$work/diff"

echo "1..$n"
[ "$bad" -eq 0 ]
