# SPDX-License-Identifier: GPL-2.0-or-later
#
# The real EXTLINUX (on ext2) and SYSLINUX (on FAT) in QEMU, with a kernel that tells what it was handed
# (extlinux/tell.S). Cases by hand (extlinux/cases) and random ones (ExtlinuxRandom.pm). An answer:
#
#   cmdline TEXT     the kernel that was started says this
#   initrd BYTES     so many were loaded; each initrd has another size
#   prompt           nothing was: the loader waits at its prompt
#   menu             or at its menu
#
# kexec-any's default must be that kernel, with that command line and these initrds. Where the loader waits, it
# must have no default, or say that the loader waits.
package Extlinux;
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use File::Basename qw(dirname);
use Files qw(read_file write_file escape unescape difference);
use ExtlinuxRandom qw(random_configuration);
use KexecAny qw(ask_kexec_any kernel_stub work_directory);
use Machine qw(become);

use constant SEEDS => 320;
# A kernel is started within a second; a busy machine takes longer.
use constant PATIENCE => 60;

my $top = dirname(__FILE__) . '/..';
my $cache = ($ENV{CACHE} || ($ENV{BUILD} || 'build') . '/cache') . '/oracle/syslinux-bookworm';

# Of one question in so many "make check-oracle" wants to know; ORACLE_ALL=1: of all.
sub stride { return 14 }

# The kernels, by their paths on the volume, and initrds with the bytes of each.
my @kernels = qw(boot/k0 boot/k1 boot/dir/k2 boot/extlinux/k3 boot/k4.0 boot/k5.bin);
my %initrds = ('boot/i0' => 64, 'boot/i1' => 128, 'boot/dir/i2' => 256, 'boot/extlinux/i3' => 512);

# --- the cases

sub hand_cases {
    my (@cases, $case, $path);
    for (split /^/, read_file("$top/extlinux/cases")) {
        if (/^=== (\S+)(.*)/) {
            push @cases, $case = { name => $1, files => {}, map { /^(\w+)=(.*)/ ? ($1 => $2 =~ tr/+/ /r) : ($_ => 1) } split ' ', $2 };
        } elsif (/^--- (\S+)/) {
            $case->{files}{$path = $1} = '';
        } elsif (defined $path && $case) {
            $case->{files}{$path} .= s/<(\w\w)>/chr hex $1/ger;
        }
    }
    return @cases;
}

sub items {
    my @cases = (hand_cases(), map { { name => "seed $_", random_configuration($_) } } 1 .. SEEDS);
    for my $case (@cases) {
        my $text = join "\0", map({ "$_\1$case->{files}{$_}" } sort keys %{ $case->{files} }),
            map({ "$_=" . ($case->{$_} // '') } qw(fat once save)), $case->{fat} ? folder($case) : ();
        $case->{digest} = substr sha256_hex($text), 0, 12;
        $case->{question} = $case->{name};
        $case->{recording} = "$top/extlinux/" . ($case->{name} =~ /^seed/ ? 'random' : 'cases') . '.answers';
    }
    return @cases;
}

# The configuration's directory on the volume.
sub folder { return $_[0]{fat} ? 'boot/syslinux' : 'boot/extlinux' }

# What is beside the configuration, is so on FAT too.
sub placed {
    my ($case, $path) = @_;
    return $path =~ s{^boot/extlinux/}{folder($case) . '/'}er;
}

# --- kexec-any

# What "extlinux --once" and "--menu-save" write.
sub adv {
    my ($case) = @_;
    my $data = join '', map { defined $case->{ $_->[1] } ? pack('CC/a*', $_->[0], $case->{ $_->[1] }) : '' } [1, 'once'], [2, 'save'];
    $data .= "\0" x (500 - length $data);
    my $sum = 0xa3041767;
    $sum -= $_ for unpack 'V*', $data;
    my $copy = pack('VV', 0x5a2d2fa5, $sum & 0xffffffff) . $data . pack 'V', 0xdd28bf64;
    return $copy x 2;
}

sub machine_files {
    my ($case) = @_;
    my ($folder, $mount) = (folder($case), $case->{fat} ? '/boot' : '');
    my %file = (
        '/proc/sys/kernel/arch' => "x86_64\n",
        '/proc/self/mountinfo' => "28 1 254:3 / / rw - ext4 /dev/vda3 rw\n" . ($case->{fat} ? "29 28 254:1 / /boot rw - vfat /dev/vda1 rw\n" : ''),
        "$mount/$folder/ldlinux.sys" => "\r\nSYSLINUX 6.04 \0" . adv($case),
        map({ ("$mount/$folder/$_" => '') } qw(ldlinux.c32 menu.c32 libutil.c32)),
        map({ ("$mount/" . placed($case, $_) => \'kernel') } @kernels),
        map({ ("$mount/" . placed($case, $_) => 'i' x $initrds{$_}) } keys %initrds),
        map({ ("$mount/$folder/$_" => $case->{files}{$_}) } keys %{ $case->{files} }),
    );
    return \%file;
}

sub compare {
    my ($case, $work, @answer) = @_;
    my $root = "$work/root";
    become($root, machine_files($case), kernel_stub());
    my ($list, $messages, $status) = ask_kexec_any("--root=$root", qw(--backend=extlinux --list --json=short));
    return "kexec-any ended with status $status", @$messages unless $list;
    my ($entry) = grep { $_->{isDefault} } @{ $list->{entries} };
    my $waits = grep { $_->{id} eq 'extlinux-waits' } @{ $list->{problems} };
    my $boots = $answer[0] =~ /^cmdline /;
    my @ours = !$entry ? 'nothing: ' . ($list->{undecided} // '')
        : !$entry->{bootable} ? "nothing: $entry->{problems}[0]{id}"
        : ('cmdline ' . escape($entry->{cmdline}), 'initrd ' . size($root, @{ $entry->{initrd} }));
    # What boots once is refused.
    return $ours[0] =~ /boot once/ ? () : "a default: @ours" if defined $case->{once};
    # It waits.
    return () if !$boots && ($ours[0] =~ /^nothing/ || $waits);
    # The loader goes on behind a kernel that it does not find.
    return () if $boots && $ours[0] =~ /^nothing: (kernel|initrd)-missing/ && $answer[0] ne 'cmdline ' . escape($entry->{cmdline} // '');
    return difference($work, 'SYSLINUX', \@answer, 'kexec-any', \@ours);
}

# Each begins at a multiple of four bytes.
sub size {
    my ($root, @files) = @_;
    my $size = 0;
    $size += -s "$root$_" for @files;
    return $size;
}

# --- the loader

my $tell;

# An empty volume with the loader on it: for each kind, and for what is stored in it.
sub make_volume {
    my ($case) = @_;
    my $name = join '-', $case->{fat} ? 'fat' : 'ext', map { defined $case->{$_} ? sha256_hex("$_$case->{$_}") : () } qw(once save);
    my $image = work_directory() . "/$name.img";
    return $image if -e $image;
    my @options = map { defined $case->{ $_->[0] } ? "$_->[1]=$case->{$_->[0]}" : () } ['once', '--once'], ['save', '--menu-save'];
    system("$top/extlinux/make-volume", $case->{fat} ? 'fat' : 'ext', "$image.$$", @options) == 0 or die "no volume\n";
    rename "$image.$$", $image;
    return $image;
}

sub prepare {
    my (@items) = @_;
    system("$top/fetch-syslinux") == 0 or die "no SYSLINUX\n";
    my $stem = work_directory() . '/tell';
    system("as --32 -o $stem.o $top/extlinux/tell.S && ld -m elf_i386 -Ttext 0 --oformat binary -o $stem $stem.o") == 0
        or die "no assembler\n";
    $tell = $stem;
    $ENV{PATH} .= ':/usr/sbin:/sbin';
    system('command -v qemu-system-x86_64 >/dev/null && command -v debugfs >/dev/null && command -v mcopy >/dev/null') == 0
        or die "qemu-system-x86_64, debugfs or mcopy is missing\n";
    make_volume($_) for @items;
}

sub program { return 'SYSLINUX ' . read_file("$cache/version") =~ s/\n//r }

sub staged_files {
    my ($case) = @_;
    my $folder = folder($case);
    return (map({ (placed($case, $_) => read_file($tell)) } @kernels), map({ (placed($case, $_) => 'i' x $initrds{$_}) } keys %initrds),
        map { ("$folder/$_" => $case->{files}{$_}) } keys %{ $case->{files} });
}

sub put_on_volume {
    my ($case, $image, $work) = @_;
    my %file = staged_files($case);
    my %made;
    my @commands;
    system 'rm', '-rf', "$work/stage";
    write_file("$work/stage/$_", $file{$_}) for keys %file;
    if ($case->{fat}) {
        system("mcopy -o -s -Q -i $image $work/stage/* ::") == 0 or die "mcopy\n";
        return;
    }
    for my $path (sort keys %file) {
        (my $above = $path) =~ s{/[^/]*$}{};
        push @commands, "mkdir $above" unless $made{$above}++ || $above eq 'boot' || $above eq 'boot/extlinux';
        push @commands, "write $work/stage/$path $path";
    }
    write_file("$work/commands", join '', map { "$_\n" } @commands);
    system("debugfs -w -f $work/commands $image >/dev/null 2>&1") == 0 or die "debugfs\n";
}

# Does it ever end without a key?
sub ends {
    my ($case) = @_;
    return grep { /^\s*(total)?timeout\s+[1-9]/mi } values %{ $case->{files} };
}

sub listen_to {
    my ($case, $image) = @_;
    my $text = '';
    my $pid = open my $from, '-|', 'exec qemu-system-x86_64 -accel tcg -m 64 -nographic -nic none'
        . " -device isa-debug-exit,iobase=0xf4 -drive file=$image,format=raw </dev/null 2>/dev/null" or die "qemu\n";
    my $end = time + PATIENCE;
    my $state = 'prompt';
    while (time < $end) {
        my $bits = '';
        vec($bits, fileno $from, 1) = 1;
        next unless select $bits, undef, undef, 1;
        sysread $from, $text, 65536, length $text or last;
        (my $plain = $text) =~ s/\e\[[0-9;?]*[A-Za-z]//g;
        last if $plain =~ /\@C<.*>\@ [0-9a-f]{8}/s;
        $state = 'menu' if $plain =~ /Press \[Tab\]/;
        # From its prompt, and from a kernel that is missing, it goes on to the same again.
        last if 3 <= (() = $plain =~ /boot: |failed: /g);
        last if !ends($case) && $plain =~ /boot: $|Press \[Tab\] to edit options/;
    }
    kill 'KILL', $pid;
    close $from;
    return $text, $state;
}

sub ask {
    my ($case, $work, $show) = @_;
    my $image = "$work/disk.img";
    system('cp', '--sparse=always', make_volume($case), $image) == 0 or die "cp\n";
    put_on_volume($case, $image, $work);
    my ($text, $state) = listen_to($case, $image);
    system 'rm', '-rf', $image, "$work/stage";
    my @shown = $show ? split(/[\r\n]+/, $text =~ s/\e\[[0-9;?]*[A-Za-z]//gr) : ();
    return @shown, $state unless $text =~ /\@C<(.*)>\@ ([0-9a-f]{8})/s;
    return @shown, 'cmdline ' . escape($1), 'initrd ' . hex $2;
}

sub header {
    return 'What the real SYSLINUX and EXTLINUX start. Recorded by "make record-oracle"; tests/oracle/README.md has the format.';
}

1;
