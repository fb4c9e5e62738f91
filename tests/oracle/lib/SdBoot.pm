# SPDX-License-Identifier: GPL-2.0-or-later
#
# The real systemd-bootx64.efi of five releases boots random partitions, in a process over an imitation of the
# firmware (sdboot/load.c has what it prints). An answer:
#
#   start esp:/PATH       or "boot:/PATH": the program; "nothing" when the loader ends without one
#   options TEXT          as they were handed over
#   initrd SIZE TEXT      by LoadFile2
#   selected ID
#
# kexec-any's default is held against it: the program's file, the command line without the loader's own initrd=
# words, what the initrds hold. Of images in /EFI/Linux the file alone, the stub's own rules come behind.
# Where the loader boots nothing, or something that is no kernel, kexec-any must not boot either.
package SdBoot;
use strict;
use warnings;
use Cwd qw(abs_path);
use Digest::SHA qw(sha256_hex);
use File::Basename qw(dirname);
use Files qw(read_file escape unescape difference);
use Image qw(write_image);
use KexecAny qw(ask_kexec_any work_directory);
use Machine qw(become put_files);
use Recording;
use SdBootTree qw(random_machine);

use constant SEEDS => 150;

my $top = dirname(__FILE__) . '/..';
my $cache = ($ENV{CACHE} || ($ENV{BUILD} || 'build') . '/cache') . '/oracle';
my %version = (bullseye => 247, bookworm => 252, 'bookworm-backports' => 254, trixie => 257, forky => 262);

sub make_image {
    my ($osrel, $profiles) = @_;
    my $image = write_image(['.linux', 'kernel'], ['.osrel', $osrel], ['.cmdline', 'base'],
        map { (['.profile', "ID=P$_\n"], ['.cmdline', "profile $_"]) } 1 .. $profiles);
    # SizeOfImage: newer loaders want it to hold all sections.
    substr($image, 0x40 + 24 + 56, 4) = pack 'V', 1 << 20;
    return $image;
}

sub flat {
    my ($files) = @_;
    return join '', map { "$_\0$files->{$_}\0" } sort keys %{ $files // {} };
}

sub items {
    my @items;
    for my $seed (1 .. SEEDS) {
        my ($esp, $boot, $variables) = random_machine($seed, \&make_image);
        my $digest = substr sha256_hex(join "\1", flat($esp), $boot ? flat($boot) : '', flat($variables)), 0, 12;
        for my $release (sort keys %version) {
            push @items, { name => "systemd-boot $version{$release}, seed $seed", release => $release, esp => $esp, boot => $boot,
                variables => $variables, digest => $digest, question => "seed $seed",
                recording => "$top/sdboot/systemd-boot-$version{$release}.answers" };
        }
    }
    return @items;
}

# --- kexec-any

sub variable_file {
    my ($name, $value) = @_;
    return ("/sys/firmware/efi/efivars/$name-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f" =>
        "\6\0\0\0" . "$value\0" =~ s/(.)/$1\0/gsr);
}

my %type = (esp => 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b', boot => 'bc13c2ff-59e6-4262-a352-b275fd6f7172');

sub machine_files {
    my ($item, $version) = @_;
    my %file = map { ("/boot/efi$_" => $item->{esp}{$_}) } keys %{ $item->{esp} };
    my @mounts = ('28 1 254:3 / / rw - ext4 /dev/vda3 rw', '41 28 254:1 / /boot/efi rw - vfat /dev/vda1 rw');
    $file{'/boot/efi/EFI/systemd/systemd-bootx64.efi'} = write_image(['.sdmagic', "#### LoaderInfo: systemd-boot $version ####"]);
    $file{'/run/udev/data/b254:1'} = "E:ID_PART_ENTRY_TYPE=$type{esp}\nE:ID_PART_ENTRY_DISK=254:0\n";
    if ($item->{boot}) {
        @file{ map { "/boot$_" } keys %{ $item->{boot} } } = values %{ $item->{boot} };
        splice @mounts, 1, 1, '40 28 254:2 / /boot rw - vfat /dev/vda2 rw', '41 40 254:1 / /boot/efi rw - vfat /dev/vda1 rw';
        $file{'/run/udev/data/b254:2'} = "E:ID_PART_ENTRY_TYPE=$type{boot}\nE:ID_PART_ENTRY_DISK=254:0\n";
    }
    return (%file, map({ variable_file($_, $item->{variables}{$_}) } keys %{ $item->{variables} }),
        '/proc/self/mountinfo' => join '', map { "$_\n" } @mounts);
}

sub on_partition {
    my ($path) = @_;
    return $path =~ s{^/boot/efi/}{esp:/}r =~ s{^/boot/}{boot:/}r;
}

sub ours {
    my ($item, $root, $list) = @_;
    my ($e) = grep { $_->{isDefault} } @{ $list->{entries} };
    return 'nothing' . ($list->{undecided} ? " ($list->{undecided})" : '') unless $e;
    my $partition = on_partition($e->{source}{path} // '') =~ s/:.*//r;
    return 'start ' . on_partition($e->{kernel}) if $e->{type} eq 'uki' && $e->{kernel};
    return 'other ' . ($e->{type} eq 'efi' ? "$partition:$e->{linux}" : on_partition($e->{source}{path} // '')) if !$e->{kernel};
    return 'start ' . on_partition($e->{kernel}), 'options ' . escape($e->{cmdline}),
        map { 'initrd ' . read_file("$root$_") } @{ $e->{initrd} };
}

# --- the loader's answer as kexec-any has it

sub theirs {
    my ($item, @answer) = @_;
    my %line = map { /^(\w+) ?(.*)$/s ? ($1 => $2) : () } @answer;
    return 'nothing' unless defined $line{start};
    return "start $line{start}" if $line{start} =~ m{:/EFI/Linux/}i;
    my ($partition, $path) = $line{start} =~ /^(\w+):(.*)/;
    my $options = unescape($line{options} // '');
    my @words;
    # Its own words, by which a kernel finds its initrds where nobody hands them over.
    push @words, $1 =~ tr{\\}{/}r while $options =~ s/^initrd=(\S+) ?//;
    my $files = $partition eq 'esp' ? $item->{esp} : $item->{boot};
    my @initrds = map { $files->{$_} // "missing $_" } @words;
    # A newline ends what the kernel sees; other control characters are shown by nobody in the same way.
    $options =~ s/\r//g;
    return "start $line{start}", 'options ' . escape($options =~ s/\n.*//sr), map { "initrd $_" } grep { $_ ne '' } @initrds;
}

sub compare {
    my ($item, $work, @answer) = @_;
    my $version = Recording->load($item->{recording})->{program} =~ s/^systemd-boot //r;
    become("$work/root", { machine_files($item, $version) });
    my ($list, $messages, $status) = ask_kexec_any("--root=$work/root", qw(--backend=bls --list --json=short));
    # 3: there is nothing to boot.
    return "kexec-any ended with status $status", @$messages if $status ? $status != 3 : !$list;
    my @ours = $status ? 'nothing' : ours($item, "$work/root", $list);
    my @theirs = theirs($item, @answer);
    # With nothing that may boot by itself the loader waits at its menu, at the first entry.
    return () if $theirs[0] =~ /bootmgfw\.efi$/ && $ours[0] eq 'nothing';
    # A program started by "efi" is none of ours as long as it is no kernel; its place alone is compared.
    if ($ours[0] =~ s/^other /start /) {
        @ours = $ours[0];
        @theirs = $theirs[0];
    }
    return difference($work, 'systemd-boot', \@theirs, 'kexec-any', \@ours);
}

# --- recording

my $program;

sub prepare {
    my (@items) = @_;
    my %releases = map { $_->{release} => 1 } @items;
    die "only on x86-64\n" unless qx(uname -m) =~ /^x86_64/;
    for my $release (sort keys %releases) {
        system("$top/fetch-sdboot", $release) == 0 or die "no systemd-boot of $release\n";
    }
    $program = work_directory() . '/run-sdboot';
    my $cc = $ENV{CC} || 'cc';
    system("$cc -std=gnu11 -O1 -o $program $top/sdboot/*.c") == 0 or die "run-sdboot cannot be compiled\n";
}

sub program {
    my ($item) = @_;
    return 'systemd-boot ' . read_file("$cache/sdboot-$item->{release}/version") =~ s/\n//r;
}

sub ask {
    my ($item, $work) = @_;
    put_files("$work/esp", $item->{esp}, {});
    put_files("$work/boot", $item->{boot} // {}, {});
    my @command = ($program, "$cache/sdboot-$item->{release}/systemd-bootx64.efi", "$work/esp", $item->{boot} ? "$work/boot" : '-',
        map { "$_=$item->{variables}{$_}" } sort keys %{ $item->{variables} });
    open my $from, '-|', 'sh', '-c', 'exec "$@" 2>/dev/null', 'sh', @command or die "sh: $!\n";
    my @answer = map { chomp; $_ } <$from>;
    close $from;
    my $status = $?;
    system 'rm', '-rf', "$work/esp", "$work/boot" unless $ENV{KEEP};
    die "run-sdboot ended with status $status\n" if $status || !@answer;
    return @answer;
}

sub header {
    return 'What the real systemd-boot starts. Recorded by "make record-oracle"; tests/oracle/README.md has the format.';
}

1;
