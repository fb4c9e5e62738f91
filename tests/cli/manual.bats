# SPDX-License-Identifier: GPL-2.0-or-later
# The manual has what the program has, and nothing else.
load common

section() { # NAME
    awk -v name="# $1" '/^# / { here = $0 == name } here' docs/kexec-any.8.scd
}

@test "every option is in the manual with its letter, and no other" {
    run -0 --separate-stderr ka --complete=options
    diff <({ awk -F '\t' '{ print ($2 == "-" ? "" : $2 " ") $1 }' <<<"$output" && echo --complete; } | sort) \
        <({ section COMMANDS && section OPTIONS; } | grep -E '^\*-' | sed 's/\*, \*\(--[a-z]*\)/ \1/g' |
            grep -oE '(-[a-zA-Z] )?--[a-z-]+' | sort)
}

@test "every option but those for programs is in --help=all, and the common ones fit on a screen" {
    run -0 --separate-stderr ka --complete=options
    diff <(cut -f 1 <<<"$output" | sort) <(ka --help=all | sed -n 's/^  ....\(--[a-z-]*\).*/\1/p' | sort)
    run -0 ka --help
    # One line stays for the prompt.
    [ "${#lines[@]}" -le 23 ] && [ "$(ka --help | wc -l)" -le 23 ]
    [ -z "$({ ka --help && ka --help=all; } | grep -E '.{80}')" ]
}

@test "every exit status is in the manual and in --help=all" {
    statuses=$(sed -n 's/^	KA_EXIT_[A-Z_]* = \([0-9]*\),.*/\1/p' src/cli/request.h)
    [ "$(wc -l <<<"$statuses")" -ge 6 ]
    diff - <(section 'EXIT STATUS' | sed -n 's/^\*\([0-9]*\)\*$/\1/p') <<<"$statuses"
    diff - <(ka --help=all | sed -n '/^Exit status/,$p' | grep -oE '\b[0-9] [a-z]' | cut -c 1) <<<"$statuses"
}

@test "every finding is in kexec-any-findings(7)" {
    diff <(sed -n 's/^KA_FINDING([A-Z0-9_]*, "\(.*\)", .*/\1/p' include/kexec-any/findings.def) \
        <(awk -f docs/findings.awk include/kexec-any/findings.def docs/kexec-any-findings.7.scd |
            sed -nE 's/^\*([a-z0-9-]+)\*( \([a-z, ]*\))?$/\1/p')
}

@test "every backend has its section in kexec-any-backends(7), with all that is said of one" {
    diff <(ka --complete=backends | cut -f 1 | tr a-z A-Z | sort) \
        <(grep '^# ' docs/kexec-any-backends.7.scd | cut -c 3- | grep -vE '^(NAME|DESCRIPTION|SEE ALSO)$' | sort)
    for word in Reads Rules Versions 'Cannot know'; do
        [ "$(grep -cx "$word" docs/kexec-any-backends.7.scd)" -eq "$(ka --complete=backends | wc -l)" ]
    done
}

@test "what the documents call an option or a finding is one" {
    { ka --complete=options | cut -f 1 && sed -n 's/^KA_FINDING([A-Z0-9_]*, "\(.*\)", .*/\1/p' include/kexec-any/findings.def; } \
        >"$BATS_TEST_TMPDIR/known"
    # In the tables of troubleshooting.md: each `id` of the first column.
    sed -n 's/^| \(`[^|]*\) |.*/\1/p' docs/troubleshooting.md | grep -oE '[a-z0-9-]+' | sort -u >"$BATS_TEST_TMPDIR/named"
    grep -oE '\bkexec-any( --?[a-z-]+(=[^ `|]*)?)+' docs/*.md README.md | grep -oE -- ' --[a-z-]+' | tr -d ' ' | sort -u \
        >>"$BATS_TEST_TMPDIR/named"
    [ "$(wc -l <"$BATS_TEST_TMPDIR/named")" -gt 20 ]
    run -1 grep -vxF -f "$BATS_TEST_TMPDIR/known" "$BATS_TEST_TMPDIR/named"
}
