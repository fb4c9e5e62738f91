# SPDX-License-Identifier: GPL-2.0-or-later
#
# Asking the real GRUB: Debian's grub-emu, over real file systems in disk images. Functions named like
# the commands that would boot something report the words they are called with; emu-preload.c has
# the other half of that.
package AskGrub;
use strict;
use warnings;
use Cwd qw(abs_path);
use Exporter qw(import);
use File::Basename qw(dirname);
use File::Path qw(remove_tree);
use Files qw(read_file write_file escape);
use KexecAny qw(kernel_stub);
use Machine qw(volume_files put_files list_grubenv);

our @EXPORT_OK = qw(prepare_grub grub_program ask_grub);

use constant { MEGABYTE => 1048576, VOLUME_MEGABYTES => 6, SECONDS => 20 };

my $top = dirname(__FILE__) . '/..';
my $build = $ENV{BUILD} || 'build';
my $cache = ($ENV{CACHE} || "$build/cache") . '/oracle';
my $preload = "$build/tests/oracle/emu-preload.so";

sub must_run {
    my (@command) = @_;
    my $text = qx(@{[join ' ', map { "'" . s/'/'\\''/gr . "'" } @command]} 2>&1);
    die "$command[0] failed:\n$text" if $?;
    return $text;
}

# Download what is not there yet.
sub prepare_grub {
    my (@releases) = @_;
    must_run("$top/fetch-grub", $_) for @releases;
    return if -e $preload && -M $preload < -M "$top/emu-preload.c";
    must_run('mkdir', '-p', dirname($preload));
    must_run($ENV{CC} || 'cc', qw(-O2 -Wall -Wextra -D_GNU_SOURCE -fPIC -shared -o), $preload, "$top/emu-preload.c");
}

# Who answers, with its version.
sub grub_program {
    my ($release) = @_;
    return 'grub-emu ' . read_file("$cache/grub-$release/version") =~ s/\n//r;
}

# --- disks: a GUID partition table and one small file system for each volume

# GRUB looks at the signatures alone, so checksums stay zero.
sub write_partition_table {
    my ($file, $n) = @_;
    my $sectors = (2 + $n * VOLUME_MEGABYTES) * 2048;
    open my $out, '>:raw', $file or die "$file: $!\n";
    truncate $out, $sectors * 512;
    print $out "\0" x 446, pack('C8VV', 0, 0, 2, 0, 0xee, 255, 255, 255, 1, $sectors - 1), "\0" x 48, "\x55\xaa",
        pack('a8VVVVQQQQa16QVVV', 'EFI PART', 0x10000, 92, 0, 0, 1, $sectors - 1, 34, $sectors - 34,
        'kexec-any disk 0', 2, 128, 128, 0);
    seek $out, 1024, 0;
    for my $i (1 .. $n) {
        print $out pack('H32a16QQQa72', 'af3dc60f838472478e793d69d8477de4', sprintf('partition %06d', $i),
            2048 * (1 + ($i - 1) * VOLUME_MEGABYTES), 2048 * (1 + $i * VOLUME_MEGABYTES) - 1, 0, '');
    }
    close $out or die "$file: $!\n";
}

sub offset_of {
    my ($v) = @_;
    return MEGABYTE * (1 + ($v->{part} - 1) * VOLUME_MEGABYTES);
}

sub make_disks {
    my ($case, $work) = @_;
    my %parts;
    $parts{ $_->{disk} }++ for @{ $case->{volumes} };
    write_partition_table("$work/hd$_.img", $parts{$_}) for keys %parts;
    write_file("$work/device.map", join '', map { "(hd$_) $work/hd$_.img\n" } sort keys %parts);
    for my $v (@{ $case->{volumes} }) {
        my $stage = "$work/stage/$v->{name}";
        put_files($stage, { volume_files($case, $v), '' => \'directory' }, {}, kernel_stub());
        must_run(qw(mke2fs -q -F -t ext4 -O ^has_journal -m 0 -U), $v->{uuid}, '-L', $v->{label}, '-E',
            'offset=' . offset_of($v), '-d', $stage, "$work/hd$v->{disk}.img", VOLUME_MEGABYTES . 'M');
    }
}

# --- the grub.cfg around that of the case

sub catcher {
    my ($name, $before) = @_;
    return <<"CATCH";
function $name {
$before    cat "(host)/\@KA\@X\$chosen"
    cat "(host)/\@KA\@C$name"
    cat "(host)/\@KA\@R\$root"
    while [ "\$#" != 0 ]; do cat "(host)/\@KA\@W\$1"; shift; done
    cat "(host)/\@KA\@E"
}
CATCH
}

sub ender {
    my ($name) = @_;
    return <<"CATCH";
function $name {
    if [ "\$1" = --is-supported ]; then return 1; fi
    cat "(host)/\@KA\@X\$chosen"
    cat "(host)/\@KA\@P$name"
}
CATCH
}

my $no_words = qq(    if [ "\$#" = 0 ]; then return 18; fi\n);
my $needs_kernel = qq(    if cat "(host)/\@KA\@L"; then true; else return 18; fi\n);
my $blscfg = <<'CATCH';
function blscfg {
    cat "(host)/@KA@H$root"
    if [ "$#" = 0 ]; then lscfg; else lscfg "$@"; fi
}
CATCH

sub wrapper {
    my ($case) = @_;
    my ($volume, $path) = @{ $case->{config} };
    my ($device) = map { $_->{device} } grep { $_->{name} eq $volume } @{ $case->{volumes} };
    my $text = join '', (map { catcher($_, $no_words) } qw(linux linux16 linuxefi)),
        (map { catcher($_, $no_words . $needs_kernel) } qw(initrd initrd16 initrdefi devicetree)),
        (map { catcher($_, '') } qw(chainloader multiboot multiboot2 module module2 xen_hypervisor xen_module appleloader)),
        (map { ender($_) } qw(halt reboot exit poweroff fwsetup)),
        qq(function boot {\n    cat "(host)/\@KA\@B"\n    return 18\n}\n),
        $case->{release} eq 'forky' ? $blscfg : '',
        # The screen must stay, and nobody is there to press keys.
        (map { "function $_ { true; }\n" } qw(terminal_output terminal_input play)),
        "set grub_platform=$case->{platform}\n",
        'set grub_cpu=' . ($case->{platform} eq 'efi' ? 'x86_64' : 'i386') . "\n",
        "set root=$device\n", "set prefix=($device)" . dirname($path) . "\n",
        "set timeout=0\nsource ($device)$path\nset timeout=0\n";
    $text .= "set default='$1'\n" if $case->{question} =~ /^entry=(.*)/s;
    return $text;
}

# --- asking

# What GRUB says about itself and its keys.
my $chatter = qr/Welcome to GRUB|100%|Booting |grub> *$|GNU GRUB|TAB|completions|highlighted\.|to boot the selected|before booting|━━/;

# What is left in the environment blocks.
sub environment {
    my ($case, $work) = @_;
    my @lines;
    for my $v (@{ $case->{volumes} }) {
        my %file = volume_files($case, $v);
        for my $path (grep { m{/grubenv$} && !ref $file{$_} } sort keys %file) {
            my $image = "$work/hd$v->{disk}.img?offset=" . offset_of($v);
            my %set = list_grubenv(scalar qx(debugfs -R 'cat $path' '$image' 2>/dev/null));
            push @lines, map { 'env ' . escape("$_=$set{$_}") } sort keys %set;
        }
    }
    return @lines;
}

# The answer's lines, and what was on the screen.
sub ask_grub {
    my ($case, $work) = @_;
    my $grub = abs_path("$cache/grub-$case->{release}");
    make_disks($case, $work);
    write_file("$work/w/grub.cfg", wrapper($case));
    local $ENV{KA_ANSWER} = "$work/answer";
    local $ENV{KA_VOLUMES} = join '', map { "$_->{device}=$work/stage/$_->{name}\n" } @{ $case->{volumes} };
    my $command = join ' ', 'timeout -k 1', SECONDS, "$grub/lib/ld.so", '--preload', abs_path($preload), '--library-path',
        "$grub/lib", "$grub/grub-emu", '-r host -m', "$work/device.map", '-d', "$work/w";
    my $said = qx($command </dev/null 2>&1);
    die "no answer from GRUB\n$said" unless -s "$work/answer";
    my @lines = split /\n/, read_file("$work/answer");
    my @answer = ((grep { !/^#/ } @lines), environment($case, $work));
    remove_tree($work);
    return \@answer, [grep { /^#/ && !/$chatter/ } @lines];
}

1;
