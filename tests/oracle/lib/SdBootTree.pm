# SPDX-License-Identifier: GPL-2.0-or-later
#
# Random partitions on which versions of systemd-boot differ: few entries, so that each rule decides often.
# Names, orders, counters, keys, lines, loader.conf, the loader's variables.
package SdBootTree;
use strict;
use warnings;
use Exporter qw(import);
use Random qw(seed number chance one_of);

our @EXPORT_OK = qw(random_machine);

my @names = qw(a b debian-5.10 debian-6.1 debian-backports x-0 x-a x-10 x-9 A-Name Auto-x auto-y foo_bar v1.2~rc1 v1.2 v1.10
    z^1 5.9 5.9~rc1 m-1.2.3-4);
my @counters = qw(+3 +0-3 +0 +10 +2-1 +20-1 +1-12 +x +);
my @values = ("'q'", '"q"', 'a  b', '"a', "it's", 'x=y', "'a' 'b'", '"');

sub blanks { return chance(10) ? one_of(" \n", "\t\n", "  \r\n", "\n", "\r\n") : '' }

sub entry {
    my ($id) = @_;
    my @lines = ("linux " . (chance(90) ? one_of('/k1', '/k2', '\\dir\\k3') : '/gone'), "options id=$id");
    push @lines, "options " . one_of(@values) if chance(30);
    push @lines, map { 'initrd ' . one_of('/i1', '/i2', '/dir/i3') } 1 .. number(3);
    push @lines, "efi /EFI/systemd/systemd-bootx64.efi" if chance(3);
    push @lines, "efi " . one_of('/k1', '/k2') if chance(8);
    push @lines, "uki /k1" if chance(3);
    push @lines, "sort-key " . one_of(qw(debian fedora aa), "'debian'", '""') if chance(25);
    push @lines, "version " . one_of(qw(6.1 6.10 6.9~rc1 6.9 x-0 x-a 5-0 5-a)) if chance(50);
    push @lines, "machine-id " . one_of(qw(0123 4567)) if chance(20);
    push @lines, "architecture " . one_of(qw(x64 X64 aa64)) if chance(10);
    push @lines, "title " . one_of('T', 'Some title', "'T'") if chance(40);
    push @lines, one_of('# comment', 'key', 'title', 'other value') if chance(10);
    my @shuffled = map { splice @lines, number(scalar @lines), 1 } 1 .. @lines;
    my $end = chance(8) ? "\r\n" : "\n";
    return join '', map { blanks() . (chance(4) ? ' ' : '') . $_ . (chance(4) ? "\t" : '') . $end } @shuffled;
}

sub add_entries {
    my ($file, $names, $mark) = @_;
    for (1 .. 1 + number(4)) {
        my $name = one_of(@names) . (chance(30) ? one_of(@counters) : '') . (chance(8) ? '.CONF' : '.conf');
        # The order of a directory decides between equal ids, and says nothing here.
        next if $names->{ lc($name) =~ s/\+[0-9-]*(?=\.conf$)//r }++;
        $file->{"/loader/entries/$name"} = entry("$mark-$name");
    }
}

my @osrels = ("PRETTY_NAME=Os\nID=os\nVERSION_ID=1\n", "NAME=Os\nID=os\nVERSION=2\n", "NAME=Os\n", "ID=other\nBUILD_ID=3\n",
    "PRETTY_NAME='A b'\nID=os\nIMAGE_ID=image\nIMAGE_VERSION=4\n", "ID=os\nPRETTY_NAME=Os\n", "VERSION_ID=1\n",
    "PRETTY_NAME=\"Os\"\nID='os'\nVERSION_ID=\"7\"\n", "NAME=Os\nID=\nIMAGE_ID=\nVERSION=5\n");

sub add_images {
    my ($file, $names, $make) = @_;
    for (1 .. number(3)) {
        my $name = one_of(qw(a Foo debian-6.1 z auto-u)) . (chance(30) ? one_of(@counters) : '') . '.efi';
        next if $names->{ lc($name) =~ s/\+[0-9-]*(?=\.efi$)//r }++;
        $file->{"/EFI/Linux/$name"} = $make->(one_of(@osrels), chance(30) ? 1 + number(3) : 0);
    }
}

sub pattern {
    my ($file) = @_;
    my @ids = map { m{/([^/]*\.(?:conf|efi))$}i ? $1 : () } sort keys %$file;
    my $id = @ids ? one_of(@ids) : 'x';
    $id =~ s/\+[0-9-]*(?=\.)// if chance(50);
    return one_of($id, $id, lc $id, $id =~ s/\.\w+$//r, 'debian*', '*.conf', 'x-*', '?.conf', '[ab].conf', '[a-z]*', '*', 'auto-*',
        'auto-windows', '@saved', '@SAVED', '@other', 'os-1', '\\a.conf', "'$id'", "$id ");
}

# The ESP, another partition or undef, and the variables. MAKE: an image of .osrel and a number of profiles.
sub random_machine {
    my ($seed, $make) = @_;
    my (%names, %boot, %variable);
    seed($seed);
    my %common = (map({ ("/$_" => "program $_\n") } qw(k1 k2 dir/k3)), map({ ("/$_" => "initrd-$_") } qw(i1 i2 dir/i3)));
    my %esp = (%common, '/EFI/systemd/systemd-bootx64.efi' => 'MZ');
    add_entries(\%esp, \%names, 'esp');
    add_images(\%esp, \%names, $make) if chance(40);
    $esp{'/EFI/Microsoft/Boot/bootmgfw.efi'} = 'MZ' if chance(25);
    my $has_boot = chance(25);
    if ($has_boot) {
        %boot = %common;
        add_entries(\%boot, \%names, 'boot');
    }
    $esp{'/loader/loader.conf'} = blanks() . (chance(80) ? 'default ' . pattern({ %esp, %boot }) . "\n" : '')
        . blanks() . (chance(30) ? 'preferred ' . pattern({ %esp, %boot }) . "\n" : '') . (chance(20) ? "editor no\n" : '')
        . (chance(10) ? "auto-entries no\n" : '') if chance(70);
    for my $name (qw(OneShot Default Preferred LastBooted)) {
        $variable{"LoaderEntry$name"} = pattern({ %esp, %boot }) if chance(18);
    }
    return \%esp, $has_boot ? \%boot : undef, \%variable;
}

1;
