# SPDX-License-Identifier: GPL-2.0-or-later
#
# Random configurations of SYSLINUX: few labels, so that each rule decides often. Most of them boot something.
package ExtlinuxRandom;
use strict;
use warnings;
use Exporter qw(import);
use Random qw(seed number chance one_of);

our @EXPORT_OK = qw(random_configuration);

my @labels = qw(l0 l1 l2 L0 linux l0x k0);
my @used; # of this configuration
my @kernels = qw(/boot/k0 /boot/k1 ../k0 ../dir/k2 k3 ./k3 /boot//k1 /boot/dir/../k1);
my @initrds = ('/boot/i0', '/boot/i1', '../i0', 'i3', '../dir/i2', '/boot/i0,/boot/i1', 'i3,../i1');
my @words = ('root=UUID=x', 'quiet', 'ro', 'a  b', 'x="y z"', 'q=1', 'modules=a,b', '-', 'vga=normal', 'init=/nix/x', 'A\B', '#x', '${v}');

# A keyword as people write it.
sub word {
    my ($word) = @_;
    return chance(60) ? uc $word : chance(50) ? lc $word : join '', map { chance(50) ? uc : lc } split //, $word;
}

sub line {
    my ($word, $rest) = @_;
    my $indent = chance(30) ? one_of("\t", '  ', "\t ") : '';
    return $indent . join(' ', map { word($_) } split / /, $word) . ($rest eq '' ? '' : one_of(' ', ' ', ' ', "\t", '  ') . $rest)
        . (chance(4) ? ' ' : '') . (chance(4) ? "\r\n" : "\n");
}

sub append {
    my $text = join ' ', map { one_of(@words) } 1 .. 1 + number(3);
    $text .= ' initrd=' . one_of(@initrds) if chance(15);
    return $text;
}

sub label {
    my $name = one_of(@labels);
    push @used, $name;
    my @lines = line('label', $name . (chance(8) ? ' more words' : ''));
    my @body;
    push @body, line(one_of('kernel', 'linux', 'linux'), one_of(@kernels) . (chance(5) ? ' kw=1' : '')) if chance(94);
    push @body, line('append', append()) if chance(75);
    push @body, line('append', '-') if chance(4);
    push @body, line('initrd', one_of(@initrds)) if chance(55);
    push @body, line('menu label', one_of('Some title', '^Hot key', 'a ^b')) if chance(30);
    push @body, line('menu default', '') if chance(22);
    push @body, line('menu hide', '') if chance(4);
    push @body, line('menu disable', '') if chance(3);
    push @body, line(one_of('kernel', 'com32', 'localboot', 'boot', 'config'), one_of('/boot/k4.0', 'reboot.c32', '0', '/boot/k5.bin')) if chance(4);
    push @body, line('text help', '') . one_of("append nothing\n", "label zz\n", "x\n") . line('endtext', '') if chance(6);
    push @body, one_of("# a comment\n", "\n", "unknown line\n", "font x.psf\n", "say hello\n") if chance(12);
    push @body, line('ipappend', one_of('0', '1', '3')) if chance(3);
    push @lines, map { splice @body, number(scalar @body), 1 } 1 .. @body;
    return join '', @lines;
}

sub labels {
    my ($n) = @_;
    my $text = '';
    for (1 .. $n) {
        $text .= label();
        $text .= line('menu separator', '') if chance(6);
    }
    return $text;
}

sub submenu {
    my $text = line('menu begin', one_of('sub', 'other', ''));
    $text .= line('menu title', 'Sub') if chance(40);
    $text .= line('menu start', '') if chance(15);
    $text .= line('menu default', '') if chance(8);
    $text .= line('timeout', one_of(1, 5)) if chance(20);
    $text .= labels(1 + number(2));
    $text .= line('ontimeout', one_of(@used)) if chance(6);
    return $text . line('menu end', '');
}

sub typed {
    my $text = chance(82) ? one_of(@used) : chance(50) ? one_of(@labels) : one_of('/boot/k0', '../k1', 'k3');
    return $text . (chance(20) ? ' ' . one_of('more', 'more words ', 'initrd=i3', ' two  blanks') : '');
}

# What stands before the labels.
sub head {
    my ($menu) = @_;
    my @lines;
    if ($menu) {
        push @lines, chance(50) ? line('ui', one_of('menu.c32', 'menu.c32', 'menu.c32 ~'))
            : line('default', 'menu.c32');
        push @lines, line('default', typed()) if chance(50);
        push @lines, line('menu save', '') if chance(10);
        push @lines, line('menu hidden', '') if chance(10);
        push @lines, line('menu shiftkey', '') if chance(6);
        push @lines, line('menu title', 'Title') if chance(40);
    } else {
        push @lines, line('default', typed()) if chance(92);
        push @lines, line('default', typed()) if chance(8);
        push @lines, line('implicit', '0') if chance(5);
        push @lines, line('allowoptions', '0') if chance(5);
        push @lines, line('noescape', '1') if chance(3);
    }
    push @lines, line('prompt', one_of(0, 0, 1)) if chance(50);
    push @lines, line('timeout', one_of(1, 3, 5, '2x')) if chance($menu ? 93 : 60);
    push @lines, line('totaltimeout', one_of(1, 5)) if chance(5);
    push @lines, line('ontimeout', typed()) if chance(15);
    push @lines, line('append', append()) if chance(20);
    push @lines, "# comment\n" if chance(10);
    return join '', map { splice @lines, number(scalar @lines), 1 } 1 .. @lines;
}

# The files, and with "fat" SYSLINUX's own volume.
sub random_configuration {
    my ($seed) = @_;
    seed($seed);
    my $fat = chance(25);
    my $menu = chance(45);
    my %file;
    @used = ();
    my $text = labels(1 + number(3));
    $text = head($menu) . $text;
    $text .= submenu() if $menu && chance(25);
    $text .= labels(1) if chance(30);
    $text .= line('default', typed()) if chance(5);
    if (chance(15)) {
        $file{'inc.cfg'} = labels(1);
        $text .= line(one_of('include', 'menu include'), 'inc.cfg' . (chance(30) ? ' Tag' : ''));
    }
    $text .= line('include', 'missing.cfg') if chance(4);
    $text .= labels(1) if chance(20);
    chomp $text if chance(5);
    $file{ $fat ? 'syslinux.cfg' : 'extlinux.conf' } = $text;
    my %stored = !$fat && $menu && chance(12) ? (save => one_of(@used)) : ();
    return (files => \%file, fat => $fat, %stored);
}

1;
