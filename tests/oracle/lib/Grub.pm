# SPDX-License-Identifier: GPL-2.0-or-later
#
# The real GRUB: Debian's grub-emu of three releases. An answer is, one item a line:
#
#   chosen ID            path of the entry that ran
#   root DEVICE          $root at the command that follows
#   linux WORD           every word given to the command, the last command of its kind counting
#   initrd WORD
#   other COMMAND, other WORD     chainloader, multiboot, halt and so on ended it
#   nothing              nothing was loaded
#   hangs                it did not come to an end
#   env NAME=VALUE       the environment block left on the volume
#
# It is compared with what kexec-any says as
#
#   entry ID                 path of the entry, when the case has ids
#   kernel FILE              on the machine, or "missing"
#   initrd FILE              each that is there, in order
#   cmdline TEXT             with "(...)" for the device in BOOT_IMAGE=(device)/path
#   not-linux                nothing that kexec could boot
#   env NAME=VALUE           what the environment blocks hold afterwards; empty ones are left out
package Grub;
use strict;
use warnings;
use File::Basename qw(dirname);
use AskGrub qw(prepare_grub grub_program ask_grub);
use Case;
use Files qw(read_file escape unescape difference);
use KexecAny qw(ask_kexec_any kernel_stub);
use Machine qw(captured_files become list_grubenv);

my $top = dirname(__FILE__) . '/..';

# --- cases

# The questions of a case as items: their name, where the answer is recorded and how it is called there.
sub items_of {
    my ($case, $recording, $prefix) = @_;
    return map { { name => "$case->{name}: $_", case => $case->asked($_), recording => $recording,
        question => $prefix . $_, digest => $case->{digest}, release => $case->{release} } }
        @{ $case->{questions} };
}

# The cases below grub/.
sub items {
    my @items;
    for my $dir (map { dirname($_) } sort glob "$top/grub/*/case.sh") {
        my $case = Case->from_directory($dir =~ s{.*/}{}r, $dir);
        push @items, items_of($case, "$dir/answers", '');
    }
    for my $path (sort glob "$top/grub/scripts/*.cfg") {
        my $name = $path =~ s{.*/|\.cfg$}{}gr;
        push @items, items_of(Case->from_text($name, read_file($path)), $path =~ s/cfg$/answers/r, '');
    }
    return @items;
}

# --- GRUB's answer in terms of the captured machine

# The file on the machine that GRUB's name means.
sub host_path {
    my ($case, $root, $name, $device) = @_;
    $device = $1 if $name =~ s/^\(([^)]*)\)//;
    $device =~ s/,(?=\d)/,gpt/;
    my ($v) = grep { $_->{device} eq $device && $_->{mount} ne '' } @{ $case->{volumes} };
    return 'missing' unless $v;
    $name = "/$name";
    $name =~ s{//+}{/}g;
    return 'missing' if $v->{prefix} ne '' && $name !~ s{^\Q$v->{prefix}\E(?=/)}{};
    my $path = $v->{mount} eq '/' ? $name : "$v->{mount}$name";
    return -e "$root$path" ? $path : 'missing';
}

# grub_create_loader_cmdline() in GRUB's lib/cmdline.c: a word with a blank in double quotes, a
# backslash before backslash and quotes.
sub join_words {
    return join ' ', map {
        my $word = s/([\\'"])/\\$1/gr;
        / / ? "\"$word\"" : $word;
    } @_;
}

sub expected {
    my ($case, $root, @answer) = @_;
    my ($chosen, $device, @linux, @initrd, @env) = ('', '');
    for (@answer) {
        my ($key, $value) = /^(\S+) ?(.*)$/s;
        if ($key eq 'chosen') {
            $chosen = $value;
        } elsif ($key eq 'root') {
            $device = unescape($value);
        } elsif ($key eq 'linux') {
            push @linux, [unescape($value), $device];
        } elsif ($key eq 'initrd') {
            push @initrd, [unescape($value), $device];
        } elsif ($key eq 'env') {
            push @env, $_ unless /^env [^=]*=$/;
        }
    }
    return 'not-linux', sort @env unless @linux;
    my @initrds = grep { $_ ne 'missing' } map { host_path($case, $root, @$_) } @initrd;
    # The path is quoted like the other words.
    my $line = 'BOOT_IMAGE=' . join_words(map { $_->[0] } @linux);
    $line =~ s/^BOOT_IMAGE=\([^)]*\)/BOOT_IMAGE=(...)/;
    return ($case->{ids} eq 'yes' ? "entry $chosen" : ()), 'kernel ' . escape(host_path($case, $root, @{ $linux[0] })),
        (map { 'initrd ' . escape($_) } @initrds), 'cmdline ' . escape($line), sort @env;
}

# --- kexec-any's answer

sub boots {
    my ($case, $root, $entry) = @_;
    return 'not-linux' unless $entry && defined $entry->{linux};
    # The device is the firmware's business.
    my $line = ($entry->{cmdline} // 'unknown') =~ s/BOOT_IMAGE=\([^)]*\)/BOOT_IMAGE=(...)/r;
    return ($case->{ids} eq 'yes' ? 'entry ' . escape($entry->{id}) : ()), 'kernel ' . escape($entry->{kernel} // 'missing'),
        (map { 'initrd ' . escape($_) } grep { defined && -e "$root$_" } @{ $entry->{initrd} // [] }),
        'cmdline ' . escape($line);
}

# An entry chosen by number is asked for by its id (see compare()), so its place in the menu is looked at
# here: what stands there in kexec-any's list. A number too large is the first; in a menu with submenus
# kexec-any counts otherwise.
sub place {
    my ($case, $id, @options) = @_;
    return () unless $case->{question} =~ /^entry=(\d+)$/ && $case->{ids} eq 'yes';
    my $n = $1;
    my ($list) = ask_kexec_any(@options, qw(--list --json=short));
    my @entries = @{ ($list // {})->{entries} // [] };
    return () if !@entries || grep { @{ $_->{menu} } } @entries;
    my $there = ($entries[$n] // $entries[0])->{id};
    return $there eq $id ? () : "number $n is " . escape($there);
}

# What the environment blocks would hold.
sub environment {
    my ($files, @commits) = @_;
    my %set = map { list_grubenv($files->{$_}) } grep { m{/grubenv$} && !ref $files->{$_} } sort keys %$files;
    for (@commits) {
        $set{$1} = $2 if /^grubenv ([^=]+)=(.*)$/s;
    }
    return sort map { 'env ' . escape("$_=$set{$_}") } grep { $set{$_} ne '' } keys %set;
}

# The difference between GRUB's answer and kexec-any's, as lines.
sub compare {
    my ($item, $work, @answer) = @_;
    my ($case, $root, $files) = ($item->{case}, "$work/root", captured_files($item->{case}));
    become($root, $files, kernel_stub());
    my @options = ("--root=$root", '--backend=grub');
    my ($chosen) = map { /^chosen (.+)/ ? unescape($1) : () } @answer;
    # An entry is named as GRUB names it: --entry does not know paths of numbers.
    my @entry = $case->{question} =~ /^entry=(.*)/s ? '--entry=' . ($chosen // $1) : ();
    my ($plan, $messages) = ask_kexec_any(@options, @entry, qw(--dry-run --json=short));
    my $entry = $plan ? $plan->{entry} : (ask_kexec_any(@options, @entry, qw(--show --json=short)))[0];
    my @ours = (boots($case, $root, $entry), place($case, $chosen // '', @options), environment($files, @{ $plan->{commits} // [] }));
    my @lines = difference($work, 'grub', [expected($case, $root, @answer)], 'kexec-any', \@ours);
    return () unless @lines;
    return @lines, (map { "grub: $_" } @answer), map { "kexec-any: $_" } @$messages,
        $entry && defined $entry->{undecided} ? "undecided: $entry->{undecided}" : ();
}

# --- recording

sub prepare {
    my (@items) = @_;
    my %releases = map { $_->{release} => 1 } @items;
    prepare_grub(sort keys %releases);
}

sub program {
    my ($item) = @_;
    return grub_program($item->{release});
}

# The answer's lines now; with SCREEN also what was seen, as "# TEXT".
sub ask {
    my ($item, $work, $screen) = @_;
    my ($answer, $seen) = ask_grub($item->{case}, $work);
    return @$answer, $screen ? @$seen : ();
}

sub header {
    return 'What the real GRUB boots. Recorded by "make record-oracle"; tests/oracle/README.md has the format.';
}

1;
