# SPDX-License-Identifier: GPL-2.0-or-later
#
# The real U-Boot (Debian's u-boot-qemu, arm64) in QEMU with a disk that has an extlinux.conf: cases by hand
# (uboot/cases) and random ones. The kernels turn the machine off, so what was said last counts. An answer:
#
#   kernel PATH      as U-Boot retrieved it; a path on the volume
#   initrd PATH
#   cmdline TEXT     "append" as U-Boot has made it; missing where a label has none
#   menu             it asks, and waits for ever
#   nothing          it ends at its prompt
package Uboot;
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use File::Basename qw(dirname);
use Files qw(read_file write_file escape difference);
use KexecAny qw(ask_kexec_any kernel_stub work_directory);
use Machine qw(become);
use Random qw(seed number chance one_of);

use constant { SEEDS => 20, PATIENCE => 300 };

my $top = dirname(__FILE__) . '/..';
my $cache = ($ENV{CACHE} || ($ENV{BUILD} || 'build') . '/cache') . '/oracle/uboot-bookworm';

# Of one question in so many "make check-oracle" wants to know; ORACLE_ALL=1: of all.
sub stride { return 15 }

our @kernels = qw(k0 boot/k1 boot/dir/k2 boot/extlinux/k3);
our @others = qw(boot/i0 boot/i1 boot/extlinux/i3 boot/t.dtb boot/dtb/x.dtb);

# --- the cases

sub hand_cases {
    my (@cases, $case, $path);
    for (split /^/, read_file("$top/uboot/cases")) {
        if (/^=== (\S+)/) {
            push @cases, $case = { name => $1, files => {} };
        } elsif (/^--- (\S+)/) {
            $case->{files}{$path = $1} = '';
        } elsif (defined $path && $case) {
            $case->{files}{$path} .= s/<(\w\w)>/chr hex $1/ger;
        }
    }
    return @cases;
}

my @words = ('root=UUID=x', 'ro', 'quiet', 'a  b', '"x y"', "'q z'", 'A\\B', '\\\\', '\\n', '$foo', '\\$x', '$', '#c', 'init=/nix/x', '${unset_a}', '$(b)', "it\\'s");

sub line { return one_of('', '', "\t", '  ') . (chance(30) ? uc $_[0] : $_[0]) . one_of(' ', ' ', "\t", '  ') . $_[1] . (chance(3) ? ' ' : '') . (chance(2) ? "\r" : '') . "\n" }

sub label {
    my $text = line('label', one_of(qw(l0 l1 l2 L0), 'l0 b'));
    my @body = map { line(@$_) } grep { chance($_->[2]) } (
        [one_of('kernel', 'linux'), one_of('/k0', '/boot/k1', 'k3', '../dir/k2', '/boot/gone'), 95],
        ['append', join(' ', map { one_of(@words) } 1 .. 1 + number(3)) . (chance(10) ? ' initrd=/boot/i1 x' : ''), 92],
        ['initrd', one_of('/boot/i0', 'i3', '../i1', '/boot/gone'), 60], ['initrd', '/boot/i1', 4], ['menu label', 'Title', 30],
        ['menu default', '', 15], ['fdt', one_of('/boot/t.dtb', '/boot/gone.dtb'), 10], ['fdtdir', '/boot/dtb', 12], ['unknown', 'x', 3],
        ['kaslrseed', '', 2], ['ipappend', '0', 3]);
    return $text . join '', map { splice @body, number(scalar @body), 1 } 1 .. @body;
}

sub random_configuration {
    my ($seed) = @_;
    seed($seed);
    my @head = map { line(@$_) } grep { chance($_->[2]) } (['default', one_of(qw(l0 l1 l2 gone)), 70], ['timeout', 10, 97],
        ['prompt', one_of(0, 1), 20], ['menu title', 'T', 20], ['ontimeout', one_of(qw(l0 l1)), 10], ['# comment', 'x', 10]);
    my $text = join('', map { splice @head, number(scalar @head), 1 } 1 .. @head) . join '', map { label() } 1 .. 1 + number(3);
    my %file = (($seed % 5 ? 'boot/' : '') . 'extlinux/extlinux.conf' => $text);
    if (chance(12)) {
        my ($path) = keys %file;
        $file{$path} .= line('include', 'inc.conf');
        $file{ $path =~ s/extlinux.conf$/inc.conf/r } = label();
    }
    return (files => \%file);
}

sub items {
    my @cases = (hand_cases(), map { { name => "seed $_", random_configuration($_) } } 1 .. SEEDS);
    for my $case (@cases) {
        $case->{digest} = substr sha256_hex(join "\0", map { "$_\1$case->{files}{$_}" } sort keys %{ $case->{files} }), 0, 12;
        $case->{question} = $case->{name};
        $case->{recording} = "$top/uboot/" . ($case->{name} =~ /^seed/ ? 'random' : 'cases') . '.answers';
    }
    return @cases;
}

# --- kexec-any

sub machine_files {
    my ($case) = @_;
    return {
        '/proc/sys/kernel/arch' => "aarch64\n",
        '/proc/self/mountinfo' => "28 1 254:1 / / rw - ext4 /dev/vda1 rw\n",
        map({ ("/$_" => \'kernel') } @kernels),
        map({ ("/$_" => 'x') } @others),
        map({ ("/$_" => $case->{files}{$_}) } keys %{ $case->{files} }),
    };
}

# "/boot/extlinux/../k1" as it is here.
sub plain {
    my ($path) = @_;
    1 while $path =~ s{/[^/]+/\.\.(?=/)}{};
    return $path =~ s{/(\./)+}{/}gr;
}

sub compare {
    my ($case, $work, @answer) = @_;
    my $root = "$work/root";
    become($root, machine_files($case), kernel_stub());
    my ($list, $messages, $status) = ask_kexec_any("--root=$root", qw(--backend=extlinux --list --json=short));
    return "kexec-any ended with status $status", @$messages unless $list;
    my ($entry) = grep { $_->{isDefault} } @{ $list->{entries} };
    my $waits = grep { $_->{id} eq 'extlinux-waits' } @{ $list->{problems} };
    my %theirs = map { /^(\w+) (.*)/s ? ($1 => $2) : () } @answer;
    # What a variable, or no append, leaves to U-Boot's environment is refused.
    my $unknown = $entry && grep { $_->{id} eq 'extlinux-unknown-value' } @{ $entry->{problems} };
    my @ours = !$entry ? 'nothing: ' . ($list->{undecided} // '')
        : !$entry->{bootable} && !$unknown ? "nothing: $entry->{problems}[0]{id}"
        : ("kernel $entry->{kernel}", map({ "initrd $_" } @{ $entry->{initrd} }), $unknown ? () : 'cmdline ' . escape($entry->{cmdline}));
    my $boots = defined $theirs{kernel};
    # This one has no address for a devicetree, a board has: kexec-any says that it does not know. A FIT it refuses by
    # name, whatever the file is.
    return () if ($list->{undecided} // '') =~ /fdt_addr_r/ || grep { /FIT image/ } map { $_->{text} } @{ $entry ? $entry->{problems} : [] };
    return () if !$boots && ($ours[0] =~ /^nothing/ || $waits);
    my @expected = map { /^(kernel|initrd) (.*)/ ? "$1 " . plain($2) : $_ } @answer;
    @expected = grep { !/^cmdline/ } @expected if $unknown;
    return difference($work, 'U-Boot', \@expected, 'kexec-any', \@ours);
}

# --- U-Boot

# An arm64 kernel that turns the machine off (PSCI's SYSTEM_OFF).
sub kernel {
    my $code = pack 'V*', 0x52800100, 0x72b08000, 0xd4000002, 0xd503207f, 0x17ffffff;
    my $head = pack('VVQ<Q<Q<Q<Q<Q<a4V', 0x14000010, 0, 0, 4096, 0xa, 0, 0, 0, "ARM\x64", 0);
    return $head . $code . "\0" x (4096 - length "$head$code");
}

sub prepare {
    system("$top/fetch-uboot") == 0 or die "no U-Boot\n";
    $ENV{PATH} .= ':/usr/sbin:/sbin';
    system('command -v qemu-system-aarch64 >/dev/null && command -v mke2fs >/dev/null && command -v sfdisk >/dev/null') == 0
        or die "qemu-system-aarch64, mke2fs or sfdisk is missing\n";
}

sub program { return 'U-Boot ' . read_file("$cache/version") =~ s/\n//r }

sub make_disk {
    my ($case, $work) = @_;
    my ($stage, $disk) = ("$work/stage", "$work/disk.img");
    system 'rm', '-rf', $stage, "$work/part.img", $disk;
    write_file("$stage/$_", kernel()) for @kernels;
    write_file("$stage/$_", /dtb$/ ? devicetree() : 'x' x 64) for @others;
    write_file("$stage/$_", $case->{files}{$_}) for keys %{ $case->{files} };
    system("mke2fs -q -t ext4 -O ^metadata_csum,^64bit -d $stage $work/part.img 6M >/dev/null && truncate -s 8M $disk"
        . " && echo 'start=2048, type=83, bootable' | sfdisk -q $disk && dd if=$work/part.img of=$disk bs=512 seek=2048 conv=notrunc status=none") == 0
        or die "no disk\n";
    return $disk;
}

# The smallest one: an empty root node.
sub devicetree {
    my $struct = pack 'N*', 1, 0, 2, 9;
    my $size = 40 + 16 + length $struct;
    return pack('N*', 0xd00dfeed, $size, 56, $size, 40, 17, 16, 0, 0, length $struct) . "\0" x 16 . $struct;
}

sub listen_to {
    my ($disk) = @_;
    my $text = '';
    my $pid = open my $from, '-|', 'exec qemu-system-aarch64 -M virt -cpu cortex-a57 -m 256 -nographic -nic none'
        . " -bios $cache/u-boot.bin -drive if=none,file=$disk,format=raw,id=d -device virtio-blk-device,drive=d </dev/null 2>/dev/null"
        or die "qemu\n";
    my $end = time + PATIENCE;
    while (time < $end) {
        my $bits = '';
        vec($bits, fileno $from, 1) = 1;
        next unless select $bits, undef, undef, 1;
        sysread $from, $text, 65536, length $text or last;
        last if $text =~ /\n=> $/;
    }
    kill 'KILL', $pid;
    close $from;
    return $text;
}

sub ask {
    my ($case, $work, $show) = @_;
    my $text = listen_to(make_disk($case, $work)) =~ s/\e\[[0-9;?]*[A-Za-z]//gr;
    my @shown = $show ? split /[\r\n]+/, $text : ();
    return @shown, $text =~ /Enter choice: $/ ? 'menu' : 'nothing' unless $text =~ /Starting kernel/;
    # The label that was tried last. This version gets the initrd first, then the kernel.
    my ($last) = $text =~ /.*^\d+:\t[^\n]*\n(.*?)Starting kernel/ms;
    my @files = grep { !/\.dtb$/ } $last =~ /^Retrieving file: ([^\r\n]*)/mg;
    my ($append) = $last =~ /^append: ([^\n]*)\n/m;
    my $kernel = pop @files;
    return @shown, "kernel $kernel", map({ "initrd $_" } @files),
        defined $append ? 'cmdline ' . escape($append =~ s/\r$//r) : ();
}

sub header {
    return 'What the real U-Boot starts. Recorded by "make record-oracle"; tests/oracle/README.md has the format.';
}

1;
