#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Do the everyday tests guard the rules? Each mutant of tests/mutants/list breaks one of them, in a copy of
# the tree; then the suite that it names is run, and if that stays green all of check-quick. A mutant that
# nothing notices is a failure; so is one whose line is not there any more, or that does not compile: the
# list is stale then. The last line is "N passed, N failed, N skipped".
#
# Usage: tests/mutants/run.sh [NUMBER | NAME...]     (so many, spread over the list; these; all)
#
# Environment: BUILD (build), JOBS (processes at a time).
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

: "${BUILD:=build}" "${JOBS:=$(nproc)}"
export JOBS
mkdir -p "$BUILD/mutants"
tree=$(realpath "$BUILD/mutants")/tree
log=$tree.log
passed=0 failed=0

die() {
    echo "not ok - mutants: $*"
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
}

# --- the list

names=()
declare -A file=() suite=() old=() new=()

read_list() {
    local line name='' rest
    while IFS= read -r line; do
        case $line in
        '= '*)
            read -r name rest <<<"${line#= }"
            [ -z "${file[$name]:-}" ] || die "two mutants are called $name"
            names+=("$name")
            file[$name]=${rest%% *} suite[$name]=${rest#* }
            ;;
        '- '*) old[$name]=${line#- } ;;
        '+ '*) new[$name]=${line#+ } ;;
        '#'* | '') ;;
        *) die "tests/mutants/list: '$line'" ;;
        esac
    done <tests/mutants/list
}

# So many of all, evenly spread and always the same; or those that are named.
choose() { # [NUMBER | NAME...]
    local chosen=() i name
    if [[ ${1:-} =~ ^[0-9]+$ ]]; then
        for ((i = 0; i < $1 && i < ${#names[@]}; i++)); do
            chosen+=("${names[i * ${#names[@]} / $1]}")
        done
        names=("${chosen[@]}")
    elif [ $# -gt 0 ]; then
        for name; do
            [ -n "${file[$name]:-}" ] || die "there is no mutant $name"
        done
        names=("$@")
    fi
}

# --- the copy

# What was built there by an earlier run stays.
copy_tree() {
    mkdir -p "$tree"
    find "$tree" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
    git ls-files -z | tar -c --null -T - | tar -x -C "$tree" || die "cannot copy the tree"
}

build() { # TARGET...
    make -s -C "$tree" -j "$JOBS" BUILD=build WERROR= "$@" >"$log" 2>&1
}

# One line of one file, which must be there once. The message, when it is not.
mutate() { # NAME
    # shellcheck disable=SC2016 # for perl
    OLD=${old[$1]:-} NEW=${new[$1]:-} perl -0777 -e '
        my ($path, $old, $new) = ($ARGV[0], $ENV{OLD}, $ENV{NEW});
        open(my $in, "<", $path) or die "$path: $!\n";
        my $text = <$in>;
        die "the list has no old or no new line for it\n" if $old eq "" || $new eq "";
        my $n = () = $text =~ /\Q$old\E/g;
        die "the list is stale: $path has \"$old\" $n times, not once\n" if $n != 1;
        $text =~ s/\Q$old\E/$new/;
        open(my $out, ">", $path) or die "$path: $!\n";
        print $out $text;' "$tree/${file[$1]}" 2>&1
}

# As it was. Its object goes as well: the copy of another run may be older than that.
restore() { # NAME
    cp "${file[$1]}" "$tree/${file[$1]}"
    rm -f "$tree/build/${file[$1]%.c}.o"
}

# --- the tests

# "unit:PROGRAM", "answers:GROUP", "cli:FILE[:WORDS of the names of tests]"
needs() { # SUITE
    case $1 in
    unit:*) echo "build/tests/${1#unit:}" ;;
    *) echo check-build ;;
    esac
}

run_suite() { # SUITE
    local what=${1#*:}
    case $1 in
    unit:*) timeout 120 "build/tests/$what" ;;
    answers:*) timeout 300 tests/oracle/check "$what" ;;
    cli:*:*) timeout 300 bats --tap --filter "${what#*:}" "tests/cli/${what%%:*}" ;;
    cli:*) timeout 300 bats --tap "tests/cli/$what" ;;
    *) echo "no such suite: $1" && return 99 ;;
    esac
}

in_tree() { # COMMAND...
    (cd "$tree" && BUILD=build WRAP='' "$@") >"$log" 2>&1 </dev/null
}

# By which of all, as run-tests.sh counts them.
failed_ones() {
    sed -n 's/  *[0-9]* passed, [1-9][0-9]* failed, .*//p' "$log" | paste -sd , -
}

declare -A checked=()

# Undisturbed it must be green, or it says nothing.
check_suites() {
    local name
    for name in "${names[@]}"; do
        [ -z "${checked[${suite[$name]}]:-}" ] || continue
        in_tree run_suite "${suite[$name]}" || {
            tail -n 30 "$log"
            die "${suite[$name]} fails without any mutant"
        }
        checked[${suite[$name]}]=yes
    done
}

# Sets "by": which suite turns red, or nothing.
hunt() { # NAME
    by=${suite[$1]}
    ! in_tree run_suite "$by" || {
        by=''
        build check-build && in_tree timeout 900 tests/run-tests.sh unit corpus answers cli ||
            by=$(failed_ones)
    }
}

row() { # NAME VERDICT BY SECONDS
    printf '%-30s %-6s %-38s %5d\n' "$@"
}

try() { # NAME
    local start=$SECONDS why by
    if ! why=$(mutate "$1"); then
        echo "not ok - $1: $why"
        failed=$((failed + 1))
        return
    fi
    if ! build "$(needs "${suite[$1]}")"; then
        tail -n 5 "$log"
        echo "not ok - $1: the list is wrong: ${file[$1]} does not compile so"
        failed=$((failed + 1))
    elif hunt "$1"; [ -n "$by" ]; then
        row "$1" red "$by" $((SECONDS - start))
        passed=$((passed + 1))
    else
        row "$1" GREEN "nothing notices" $((SECONDS - start))
        echo "not ok - $1: no test of check-quick notices, in ${file[$1]}: ${new[$1]}"
        failed=$((failed + 1))
    fi
    restore "$1"
}

read_list
choose "$@"
copy_tree
build check-build || {
    tail -n 20 "$log"
    die "the copy does not compile"
}
check_suites
printf '%-30s %-6s %-38s %5s\n' mutant is by s
for name in "${names[@]}"; do
    try "$name"
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
