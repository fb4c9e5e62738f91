#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a real shell makes of typed lines: each is typed into it on a terminal of its own, followed by the tab
key, and the line that stands there then is printed.

Usage: complete.py bash|zsh|fish LINE...      (kexec-any is the one in $BUILD)
"""
import os
import pty
import select
import sys
import tempfile

BASH = r"""
. /usr/share/bash-completion/bash_completion
. contrib/completions/kexec-any.bash
PS1=
bind 'set bell-style none'
show() { printf '\n\1%s\2' "$READLINE_LINE"; READLINE_LINE=; READLINE_POINT=0; }
bind -x '"\C-g": show'
printf '\1ready\2'
"""
ZSH = r"""
fpath=($PWD/contrib/completions $fpath)
autoload -U compinit && compinit -u -D
PS1=
unsetopt beep zle_bracketed_paste 2>/dev/null
show() { printf '\n\1%s\2' "$BUFFER"; BUFFER=; }
zle -N show
bindkey '^G' show
bindkey '^I' complete-word
zle-line-init() { printf '\1ready\2'; zle -D zle-line-init; }
zle -N zle-line-init
"""
FISH = r"""
function fish_prompt; end
function fish_greeting; end
source contrib/completions/kexec-any.fish
function show; printf '\n\1%s\2' (commandline); commandline ''; end
function ready --on-event fish_prompt; functions -e ready; printf '\1ready\2'; end
bind \cg show
"""


def command(shell, folder):
    if shell == "bash":
        rc = os.path.join(folder, "rc")
        return ["bash", "--noprofile", "--rcfile", rc, "-i"], rc, BASH
    if shell == "zsh":
        return ["zsh", "-i", "+o", "globalrcs"], os.path.join(folder, ".zshrc"), ZSH
    rc = os.path.join(folder, "rc.fish")
    return ["fish", "--no-config", "-i", "-C", "source " + rc], rc, FISH


def read_answer(fd):
    data = b""
    while True:
        if not select.select([fd], [], [], 60)[0]:
            sys.exit("complete.py: the shell does not answer: " + repr(data))
        data += os.read(fd, 65536)
        end = data.find(b"\x02")
        if end >= 0:
            return data[data.rfind(b"\x01", 0, end) + 1:end].decode()


def main():
    shell, lines = sys.argv[1], sys.argv[2:]
    with tempfile.TemporaryDirectory() as folder:
        argv, rc, text = command(shell, folder)
        with open(rc, "w", encoding="utf-8") as f:
            f.write(text)
        env = {"PATH": os.path.abspath(os.environ.get("BUILD", "build")) + ":" + os.environ["PATH"],
               "HOME": folder, "ZDOTDIR": folder, "TERM": "vt100", "LC_ALL": "C.UTF-8", "COLUMNS": "400"}
        pid, fd = pty.fork()
        if pid == 0:
            os.execvpe(argv[0], argv, env)
        read_answer(fd)
        for line in lines:
            os.write(fd, line.encode() + b"\t\x07")
            print(read_answer(fd))
        os.close(fd)
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
