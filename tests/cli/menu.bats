# SPDX-License-Identifier: GPL-2.0-or-later
# --menu on a real terminal, tmux's, of 80 columns by 24 lines as a serial console has.
load common

setup() {
    socket=$BATS_TEST_TMPDIR/tmux
    copy_fixture debian-old
}

teardown() {
    tmux -S "$socket" kill-server 2>/dev/null || true
}

# TERMINAL: what the program is told it is on. What it says at the end stays on the screen.
start() { # ARGUMENTS...
    printf '%s\n' "$(printf '%q ' env "TERM=${TERMINAL:-screen}" ${ENVIRONMENT:+"$ENVIRONMENT"} "$BUILD/kexec-any" --menu --dry-run --root "$root" "$@")" 'echo "status $?"' 'cat' >"$BATS_TEST_TMPDIR/run"
    tmux -S "$socket" -f /dev/null new-session -d -x 80 -y 24 -e LC_ALL=C.UTF-8 sh "$BATS_TEST_TMPDIR/run"
}

screen() {
    tmux -S "$socket" capture-pane -p >"$BATS_TEST_TMPDIR/screen"
    cat "$BATS_TEST_TMPDIR/screen"
}

# Up to ten seconds, for slow machines.
shows() { # TEXT
    for _ in $(seq 100); do
        ! screen | grep -qF -- "$1" || return 0
        sleep 0.1
    done
    screen
    return 1
}

keys() {
    tmux -S "$socket" send-keys "$@"
}

@test "--menu: the default is marked, arrows, Enter goes on with the entry" {
    start
    shows 'Enter restarts into it'
    grep '^>\*  2 ' "$BATS_TEST_TMPDIR/screen"
    grep '^default  this one: ' "$BATS_TEST_TMPDIR/screen"
    keys Up
    shows '>   1 '
    keys Enter
    shows 'status '
    grep -F "entry: $(ka --root "$root" --list --json=short | jq -r '.entries[1].id')" "$BATS_TEST_TMPDIR/screen"
}

@test "--menu: typing filters, Tab edits the command line" {
    start --append=more
    shows 'Enter restarts into it'
    keys 6.12
    shows 'filter: 6.12'
    shows '6.12.9+bpo-amd64'
    keys Tab
    shows 'Enter keeps the command line'
    keys C-u
    keys 'root=/dev/vda1 typed'
    keys Enter
    shows '(edited)'
    keys Enter
    shows 'status '
    grep -F 'options: root=/dev/vda1 typed more' "$BATS_TEST_TMPDIR/screen"
}

@test "--menu: leaving changes nothing and says so" {
    start
    shows 'Enter restarts into it'
    keys Escape
    shows 'status 1'
    shows 'nothing was chosen, nothing was changed'
}

@test "--menu: a terminal that cannot move its cursor gets the list and a question" {
    TERMINAL=dumb start
    shows 'Restart into ('
    keys nothing Enter
    shows "no entry matches 'nothing'"
    keys 1 Enter
    shows 'status '
    grep -F "entry: $(ka --root "$root" --list --json=short | jq -r '.entries[1].id')" "$BATS_TEST_TMPDIR/screen"
}

@test "--menu: so does one without ncurses" {
    : >"$BATS_TEST_TMPDIR/libncursesw.so.6"
    ENVIRONMENT=LD_LIBRARY_PATH=$BATS_TEST_TMPDIR start
    shows 'Restart into ('
    shows 'a library is missing that is needed for choosing an entry'
    keys q Enter
    shows 'status 1'
}

@test "--menu needs a terminal" {
    run -2 --separate-stderr ka --menu --dry-run --root "$root" </dev/null
    [[ $stderr == *"--menu needs a terminal"* ]]
    run -2 ka --menu --list
}
