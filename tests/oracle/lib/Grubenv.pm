# SPDX-License-Identifier: GPL-2.0-or-later
#
# Environment blocks: grub-editenv lists random ones, good and bad, and sets or unsets a variable. An
# answer is
#
#   block TEXT                    what it was given; "<#N>" are N times "#", "<SP N>" so many blanks
#   variable NAME=VALUE           of "list"
#   set NAME VALUE, unset NAME    and "after TEXT", the block then
#   invalid, refused              in place of the answer
#
# A value that holds a line break is two lines of "variable": so grub-editenv prints it.
package Grubenv;
use strict;
use warnings;
use Cwd qw(abs_path);
use Digest::SHA qw(sha256_hex);
use File::Basename qw(dirname);
use Files qw(read_file write_file escape difference);
use KexecAny qw(run_tool);
use Random qw(seed number chance one_of);

use constant SEEDS => 250;

my $top = dirname(__FILE__) . '/..';
my $cache = ($ENV{CACHE} || ($ENV{BUILD} || 'build') . '/cache') . '/oracle';
my $signature = "# GRUB Environment Block\n";

# --- random blocks

my @names = qw(saved_entry next_entry prev_saved_entry recordfail x saved boot_success);
my @values = ('0', '1>2', '', 'gnulinux-advanced>gnulinux-6.1.0-9-amd64', 'with blanks', 'a=b', '#', '##', 'b#c',
    'back\\slash', "two\nlines", '\\', "end\\\n", 'x' x 40, 'y' x 300);

sub quoted {
    my ($text) = @_;
    return $text =~ s/([\\\n])/\\$1/gr;
}

sub random_line {
    my $line = chance(85) ? one_of(@names) . '=' . quoted(one_of(@values)) : one_of('# a comment', '# ends in \\', '', 'no sign', '=value',
        'name=', ' lead=1', "cr=1\r", 'bad=\\', '#x=1', "tab\t=1");
    return "$line\n";
}

# The end of a block decides most: padding, none of it, other characters, too short.
sub random_end {
    my ($text) = @_;
    my $room = 1024 - length $text;
    return '' if $room <= 0;
    return one_of('#' x $room, '#' x $room, '#' x $room, '', '#', '##', '#' x 30, ' ' x $room, "\n" x 5, '#' x 20 . "\n",
        '#' x 10 . "\nlate=1\n" . '#' x 20, 'cut=no line end', 'cut=no line end' . '#' x 40, '#' x 5 . 'x');
}

sub random_block {
    return one_of('', 'x', '# GRUB Environment Block', $signature, "# GRUB environment block\nx=1\n" . '#' x 40,
        "\n$signature") if chance(6);
    my $text = join '', $signature, map { random_line() } 1 .. number(6);
    return $text . random_end($text);
}

sub items {
    my @items;
    for my $seed (1 .. SEEDS) {
        seed($seed);
        my $block = random_block();
        my $name = one_of(@names, qw(cut late bad name));
        my @edit = chance(70) ? ('set', $name, one_of(@values)) : ('unset', $name);
        push @items, { name => "environment block, seed $seed", question => "seed $seed", block => $block, edit => \@edit,
            digest => substr(sha256_hex(join "\0", $block, @edit), 0, 12), recording => "$top/grubenv/grub-editenv.answers" };
    }
    return @items;
}

# --- answers

sub shown {
    my ($text) = @_;
    return escape($text) =~ s/(#{10,})/'<#' . length($1) . '>'/ger =~ s/( {10,})/'<SP ' . length($1) . '>'/ger;
}

# DO: does "list" or an edit to the block, and returns the variables or the block; "invalid" or "full".
sub answer {
    my ($item, $do) = @_;
    my @edit = @{ $item->{edit} };
    my @listed = $do->('list');
    my ($after) = $do->(@edit);
    return 'block ' . shown($item->{block}), (map { /^(invalid)$/ || 'variable ' . shown($_) } @listed), join(' ', map { shown($_) } @edit),
        $after =~ /^(invalid|full)$/ ? 'refused' : 'after ' . shown($after);
}

sub compare {
    my ($item, $work, @answer) = @_;
    my @ours = answer($item, sub {
        my $text = run_tool('grubenv', $item->{block}, @_);
        return @_ > 1 ? $text : split /\n/, $text;
    });
    return difference($work, 'grub-editenv', \@answer, 'kexec-any', \@ours);
}

# --- recording

sub prepare {
    system("$top/fetch-grub", 'bookworm') == 0 or die "no grub-editenv\n";
}

sub program {
    return 'grub-editenv ' . read_file("$cache/grub-bookworm/version") =~ s/\n//r;
}

sub editenv {
    my ($file, @arguments) = @_;
    my $grub = abs_path("$cache/grub-bookworm");
    open my $said, '-|', 'sh', '-c', 'exec "$@" 2>&1', 'sh', "$grub/lib/ld.so", '--library-path', "$grub/lib",
        "$grub/grub-editenv", $file, @arguments or die "grub-editenv: $!\n";
    local $/;
    my $text = readline($said) // '';
    return 'invalid' if $text =~ /invalid environment block/;
    return 'full' if $text =~ /environment block too small/;
    close $said or die "grub-editenv @arguments: $text\n";
    return $text;
}

sub ask {
    my ($item, $work) = @_;
    my $file = "$work/grubenv";
    return answer($item, sub {
        my ($command, $name, $value) = @_;
        write_file($file, $item->{block});
        my $said = editenv($file, $command eq 'list' ? 'list' : $command eq 'set' ? ('set', "$name=$value") : ('unset', $name));
        return $said if $said =~ /^(invalid|full)$/;
        return $command eq 'list' ? split /\n/, $said : read_file($file);
    });
}

sub header {
    return 'What the real grub-editenv does. Recorded by "make record-oracle"; tests/oracle/README.md has the format.';
}

1;
