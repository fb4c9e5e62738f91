#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# House rules that a compiler does not know. SHELL_FILES comes from the Makefile.
set -uo pipefail
bad=0
mapfile -t sources < <(git ls-files 'src/*.[ch]' 'backends/*.[ch]')
mapfile -t c_sources < <(git ls-files 'src/*.c' 'backends/*.c')
mapfile -t silent < <(printf '%s\n' "${c_sources[@]}" | grep -vE '^src/cli/(main|cmd-[a-z]+|job)\.c$|^src/(output|menu)/')
mapfile -t prose < <(git ls-files | grep -vE '^(fixtures|LICENSE)|(/|\.)answers$')

complain() {
    echo "lint: $1"
    bad=1
}

# Only main, the commands, job.c, output/ and menu/ print.
if grep -nE '\b(printf|fprintf|puts|fputs|putchar|perror)\(' "${silent[@]}"; then
    complain "printing outside of output/ and the commands"
fi

# Who may include whom: the tables of rooms in HACKING.md.
python3 tests/rooms.py || complain "the order of the rooms is broken"

# What check-mutants breaks is still there.
tests/mutants/run.sh --stale || complain "a mutant does not apply"

# Unsafe or unchecked: use ka_parse_u64(), ka_format(), ka_buf_*().
if grep -nE '\b(atoi|atol|strcpy|strcat|sprintf|gets|system|popen)\(' "${sources[@]}"; then
    complain "an unsafe function"
fi

# Memory that runs out ends the program: ka_malloc(), ka_strdup(), ka_format() and their like.
if grep -nE '(^|[^_[:alnum:].>])(malloc|calloc|realloc|reallocarray|strn?dup|v?asprintf)\(' "${c_sources[@]}" |
    grep -vE '^(src/base/memory|src/cli/malloc)\.c:|^src/base/text\.c:[0-9]+:.*vasprintf|:[0-9]+:(/\*| \*)'; then
    complain "an allocation that can fail"
fi

# Nothing depends on the caller's locale but widths in the table of --list and in --menu: use ka_is_digit(), ka_casecmp()
# and their like.
if grep -nE '\b(is(digit|alpha|alnum|space|xdigit|print|upper|lower|punct|cntrl|graph|blank)|to(upper|lower)|strn?casecmp|strcasestr|strcoll|strxfrm|strtod|setlocale)\(|#include <(ctype|strings|wctype)\.h>' \
    "${sources[@]}" include/kexec-any/*.h | grep -vE '^src/(output/table|menu/screen)\.c:|:[0-9]+:(/\*| \*)'; then
    complain "a function that asks the locale"
fi

# The table of findings, the code that reports them, and the tests.
python3 tests/findings.py || complain "the findings and their table differ"

while read -r f; do
    head -n 2 "$f" | grep -q 'SPDX-License-Identifier: GPL-2.0-or-later' ||
        complain "$f has no licence line"
done < <(git ls-files '*.[ch]' '*.sh' '*.bats' '*.bash' '*.exp')

# shellcheck disable=SC2086 # a list
shellcheck $SHELL_FILES || bad=1
shellcheck -s bash tests/cli/*.bash contrib/completions/*.bash || bad=1
codespell --ignore-words-list=asymmetri,msdos,nd "${prose[@]}" || bad=1
exit $bad
