# SPDX-License-Identifier: GPL-2.0-or-later
#
# The order of versions: systemd-analyze and Debian's linux-version compare random pairs, systemd-analyze
# also the list that UAPI.10 gives in its order. An answer is "A < B", "A == B" or "A > B" for each pair; an
# empty version is ''.
package Versions;
use strict;
use warnings;
use Cwd qw(abs_path);
use Digest::SHA qw(sha256_hex);
use File::Basename qw(dirname);
use Files qw(read_file difference);
use KexecAny qw(run_tool);
use Random qw(seed number chance one_of);

use constant PAIRS => 500;

my $top = dirname(__FILE__) . '/..';
my $cache = ($ENV{CACHE} || ($ENV{BUILD} || 'build') . '/cache') . '/oracle';

# The specification's own list, each before the next.
my @ordered = ('~1', '', qw(ab abb abc 0001 002 12 122 122.9 123~rc1 123 123-a 123-a.1 123-a1 123-a1.1 123-3 123-3.1
    123^patch1 123^1 123.a-1 123.1-1 123a-1 124));

my %kind = (
    systemd => { name => "systemd's order of versions", chunks => 20, pieces => [0 .. 9, 0, 1, qw(a b Z ~ ^ . . - - _ + rc 00)] },
    # linux-version compares by number and byte, with -rc and -trunk before all.
    debian => { name => "linux-version's order", chunks => 6, pieces => [0 .. 9, 0, 1,
        qw(-rc1 -rc10 -rc -trunk -amd64 -cloud .0 .1 .10 .09 -1 -10 +bpo ~bpo a - . 00)] },
);

sub random_pair {
    my ($pieces) = @_;
    my ($a, $b) = map { join '', map { one_of(@$pieces) } 0 .. number(9) } 1, 2;
    $b = substr($a, 0, 1 + number(length $a)) . substr($b, 0, number(length $b)) if chance(60);
    # A hyphen in front would be an option of the program that is asked.
    return map { s/^-/1-/r } $a, $b;
}

sub item {
    my ($kind, $question, @pairs) = @_;
    my $text = join '', map { "$_->[0]\t$_->[1]\n" } @pairs;
    return { name => "$kind{$kind}{name}: $question", kind => $kind, question => $question, pairs => \@pairs,
        text => $text, digest => substr(sha256_hex($text), 0, 12), recording => "$top/versions/$kind.answers" };
}

sub items {
    my @items;
    my @list = map { my $i = $_; map { [$ordered[$i], $ordered[$_]] } $i + 1 .. $#ordered } 0 .. $#ordered;
    push @items, item('systemd', 'the list of UAPI.10', @list);
    for my $kind (sort keys %kind) {
        for my $chunk (1 .. $kind{$kind}{chunks}) {
            seed($chunk);
            push @items, item($kind, "random pairs $chunk", map { [random_pair($kind{$kind}{pieces})] } 1 .. PAIRS);
        }
    }
    return @items;
}

sub compare {
    my ($item, $work, @answer) = @_;
    my @ours = split /\n/, run_tool('versions', $item->{text}, $item->{kind});
    my @wrong = $item->{question} =~ /^the list/ ? grep { !/ < / } @answer : ();
    return (map { "not the specification's order: $_" } @wrong),
        difference($work, 'recorded', \@answer, 'kexec-any', \@ours);
}

# --- recording

sub prepare {
    system("$top/fetch-systemd", 'forky') == 0 or die "no systemd of forky\n";
    system("command -v linux-version >/dev/null") == 0 or die "linux-version is missing (package linux-base)\n";
}

sub program {
    my ($item) = @_;
    return 'linux-base ' . qx(dpkg-query -W -f '\${Version}' linux-base) if $item->{kind} eq 'debian';
    return 'systemd-analyze ' . read_file("$cache/systemd-forky/version") =~ s/\n//r;
}

sub ask_systemd {
    my ($a, $b) = @_;
    open my $said, '-|', abs_path("$cache/systemd-forky/run"), 'systemd-analyze', 'compare-versions', '--', $a, $b
        or die "systemd-analyze: $!\n";
    my $line = readline($said) // die "systemd-analyze says nothing of '$a' and '$b'\n";
    chomp $line;
    return $line;
}

# The module that linux-version is made of: one process for all pairs.
sub ask_debian {
    my ($a, $b) = @_;
    require DebianLinux;
    my $c = DebianLinux::version_cmp($a, $b);
    return "$a " . ($c < 0 ? '<' : $c > 0 ? '>' : '==') . " $b";
}

sub ask {
    my ($item) = @_;
    my $one = $item->{kind} eq 'debian' ? \&ask_debian : \&ask_systemd;
    return map { $one->(@$_) } @{ $item->{pairs} };
}

sub header {
    return 'How real programs order versions. Recorded by "make record-oracle"; tests/oracle/README.md has the format.';
}

1;
