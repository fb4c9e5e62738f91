#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Do the everyday tests guard the rules? Each mutant of tests/mutants/list breaks one of them, in a copy of
# the tree; then the suite that it names is run, and while nothing turns red the other suites of check-quick.
# A mutant that nothing notices is a failure; so is one whose line is not there any more, or that does not
# compile: the list is stale then. The last line is "N passed, N failed, N skipped".
#
# Usage: tests/mutants/run.sh [NUMBER | NAME...]     (so many, spread over the list; these; all)
#        tests/mutants/run.sh --stale                (only: does the list apply? For lint)
#
# Environment: BUILD (build), JOBS (mutants at a time, each in a copy of its own).
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

: "${BUILD:=build}" "${JOBS:=$(nproc)}"
lanes=$JOBS
export JOBS=1

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

# One line of one file, which must be there once. The message, when it is not.
mutate() { # NAME SOURCE RESULT
    # shellcheck disable=SC2016 # for perl
    OLD=${old[$1]:-} NEW=${new[$1]:-} perl -0777 -e '
        my ($from, $to, $old, $new) = (@ARGV, $ENV{OLD}, $ENV{NEW});
        open(my $in, "<", $from) or die "$from: $!\n";
        my $text = <$in>;
        die "it has no old or no new line\n" if $old eq "" || $new eq "";
        my $n = () = $text =~ /\Q$old\E/g;
        die "$from has \"$old\" $n times, not once\n" if $n != 1;
        $text =~ s/\Q$old\E/$new/;
        open(my $out, ">", $to) or die "$to: $!\n";
        print $out $text;' "$2" "$3" 2>&1
}

# "unit:PROGRAM", "answers:GROUP", "cli:FILE[:WORDS of the names of tests]"
has_suite() { # SUITE
    local what=${1#*:}
    case $1 in
    unit:*) [ -f "tests/unit/$what.c" ] ;;
    answers:*) grep -q "for group in .*\b$what\b" tests/run-tests.sh ;;
    cli:*:*) grep -qE "^@test \".*(${what#*:}).*\"" "tests/cli/${what%%:*}" ;;
    cli:*) [ -f "tests/cli/$what" ] ;;
    *) false ;;
    esac
}

is_stale() { # NAME
    local why
    if ! why=$(mutate "$1" "${file[$1]}" /dev/null); then
        echo "tests/mutants/list is stale: $1: $why"
    elif ! has_suite "${suite[$1]}"; then
        echo "tests/mutants/list is stale: $1: there is no ${suite[$1]}"
    else
        return 1
    fi
}

# --- the copies

# What was built there by an earlier run stays, but for the mutant in the middle of which it was ended.
copy_tree() {
    mkdir -p "$tree"
    [ ! -f "$tree.broken" ] || rm -f "$tree/build/$(cat "$tree.broken")"
    find "$tree" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
    git ls-files -z | tar -c --null -T - | tar -x -C "$tree" || die "cannot copy the tree"
}

# Quick to compile and to link.
build() { # TARGET...
    make -s -C "$tree" -j "$JOBS" BUILD=build WERROR= CFLAGS=-O1 "$@" >"$log" 2>&1
}

# As it was. Its object goes as well: the copy of another run may be older than that.
restore() { # NAME
    cp "${file[$1]}" "$tree/${file[$1]}"
    rm -f "$tree/build/${file[$1]%.c}.o" "$tree.broken"
}

# --- the tests

needs() { # SUITE
    case $1 in
    unit:*) echo "build/tests/${1#unit:}" ;;
    *) echo check-tools ;;
    esac
}

run_suite() { # SUITE
    local what=${1#*:}
    case $1 in
    unit:*) timeout 120 "build/tests/$what" ;;
    answers:*) timeout 300 tests/oracle/check "$what" ;;
    cli:*:*) timeout 300 bats --tap --filter "${what#*:}" "tests/cli/${what%%:*}" ;;
    cli:*) timeout 300 bats --tap "tests/cli/$what" ;;
    esac
}

in_tree() { # COMMAND...
    (cd "$tree" && BUILD=build WRAP='' "$@") >"$log" 2>&1 </dev/null
}

# By which of all, as run-tests.sh counts them.
failed_ones() {
    sed -n 's/  *[0-9]* passed, [1-9][0-9]* failed, .*//p' "$log" | paste -sd , -
}

# Undisturbed it must be green, or it says nothing.
check_suites() {
    local name
    declare -A checked=()
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
    local each
    by=${suite[$1]}
    in_tree run_suite "$by" || return
    build check-build
    for each in unit corpus answers cli; do
        if ! in_tree timeout 900 tests/run-tests.sh "$each"; then
            by=$(failed_ones)
            return
        fi
    done
    by=''
}

row() { # NAME VERDICT BY SECONDS
    printf '%-30s %-6s %-38s %5d\n' "$@"
}

try() { # NAME
    local start=$SECONDS why by
    echo "${file[$1]%.c}.o" >"$tree.broken"
    if ! why=$(mutate "$1" "${file[$1]}" "$tree/${file[$1]}"); then
        echo "not ok - $1: the list is stale: $why"
    elif ! build "$(needs "${suite[$1]}")"; then
        tail -n 5 "$log"
        echo "not ok - $1: the list is wrong: ${file[$1]} does not compile so"
    elif hunt "$1" && [ -z "$by" ]; then
        echo "not ok - $1: no test of check-quick notices, in ${file[$1]}: ${new[$1]}"
    else
        row "$1" red "$by" $((SECONDS - start))
    fi
    restore "$1"
}

# Every so-manieth of them, in a copy of its own.
run_lane() { # NUMBER
    local i
    tree=$work/tree$1 log=$work/log$1
    for ((i = $1; i < ${#names[@]}; i += lanes)); do
        try "${names[i]}"
    done
}

# --- all together

read_list
if [ "${1:-}" = --stale ]; then
    status=0
    for name in "${names[@]}"; do
        ! is_stale "$name" || status=1
    done
    exit $status
fi
choose "$@"
mkdir -p "$BUILD/mutants"
work=$(realpath "$BUILD/mutants")
for ((i = 0; i < lanes; i++)); do
    tree=$work/tree$i log=$work/log$i
    copy_tree
    build -j "$lanes" check-build || {
        tail -n 20 "$log"
        die "the copy does not compile"
    }
done
check_suites
printf '%-30s %-6s %-38s %5s\n' mutant is by s
for ((i = 0; i < lanes; i++)); do
    run_lane "$i" &
done | tee "$work/results"
passed=$(grep -cE '^[^ ]+ +red ' "$work/results") failed=$((${#names[@]} - passed))
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
