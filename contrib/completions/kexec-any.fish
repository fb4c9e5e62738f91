# SPDX-License-Identifier: GPL-2.0-or-later
#
# fish completion for kexec-any(8). Everything offered comes from the program itself (--complete=).

# The words of one kind, on the machine that this command line is about.
function __kexec_any_words
    set -l tokens (commandline -opc)
    set -l machine
    for i in (seq 2 (count $tokens))
        switch $tokens[$i]
            case '--root=*' '--backend=*'
                set -a machine $tokens[$i]
            case --root --backend -r -b
                if test $i -lt (count $tokens)
                    set -a machine $tokens[$i] $tokens[(math $i + 1)]
                end
        end
    end
    $tokens[1] --complete=$argv[1] $machine 2>/dev/null
end

# A list: what is completed is behind the last comma.
function __kexec_any_findings
    set -l before (string match -r '^.*,' -- (string replace -r '^--ignore=' '' -- (commandline -ct)))
    __kexec_any_words findings | string replace -r '^' "$before"
end

complete -c kexec-any -f
kexec-any --complete=options 2>/dev/null | while read -d \t -l name letter kind help
    set -l spec -l (string replace -- -- '' $name) -d $help
    if test "$letter" != -
        set -a spec -s (string replace -- - '' $letter)
    end
    switch $kind
        case -
        case file
            set -a spec -r -F
        case directory
            set -a spec -x -a '(__fish_complete_directories)'
        case text
            set -a spec -x
        case findings
            set -a spec -x -a '(__kexec_any_findings)'
        case '*\?'
            set -a spec -f -a "(__kexec_any_words "(string replace '?' '' $kind)")"
        case '*'
            set -a spec -x -a "(__kexec_any_words $kind)"
    end
    complete -c kexec-any $spec
end
