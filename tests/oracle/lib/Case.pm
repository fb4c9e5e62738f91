# SPDX-License-Identifier: GPL-2.0-or-later
#
# A case of GRUB: how it is written. A case is a directory with case.sh and tree/VOLUME/..., or one
# grub.cfg whose lines "#: ..." are its case.sh and whose lines "#= PATH" begin further files. The
# words of case.sh:
#
#   volume NAME [UUID=U] [LABEL=L] [mount=DIR] [prefix=/@] [fs=TYPE] [disk=N]
#                               partitions in this order; prefix: what of it is mounted there
#   config VOLUME PATH          the grub.cfg that GRUB starts with
#   kernel VOLUME PATH...       files with something like a kernel inside
#   initrd VOLUME PATH...
#   grubenv VOLUME PATH [NAME=VALUE...]
#   platform pc|efi             version 2.06|2.12|2.14
#   cmdline TEXT                /proc/cmdline of the captured machine
#   ids no                      entries have no ids of their own: do not compare them
#   ask default | ask entry=ID | ask "with NAME=VALUE"
#                               the questions: what boots by itself, that entry chosen by hand,
#                               what boots with a variable in the environment block
#
# A directory without volumes, and every single file, has one volume "root" mounted at / with
# /boot/grub/grub.cfg, kernels /boot/k1 to k9, initrds /boot/i1 to i9 and an empty grubenv.
package Case;
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use Text::ParseWords qw(shellwords);
use Files qw(read_file list_tree);

# Debian's release that has a version of GRUB.
my %release = ('2.06' => 'bookworm', '2.12' => 'trixie', '2.14' => 'forky');

my %word = (
    volume => \&add_volume,
    config => sub { my ($case, @path) = @_; $case->{config} = \@path },
    kernel => sub { my ($case, $v, @paths) = @_; push @{ $case->{kernels}{$v} }, @paths },
    initrd => sub { my ($case, $v, @paths) = @_; push @{ $case->{initrds}{$v} }, @paths },
    grubenv => \&add_grubenv,
    ask => sub { my ($case, $question) = @_; push @{ $case->{questions} }, $question },
    map { my $name = $_; $name => sub { my ($case, $value) = @_; $case->{$name} = $value } }
        qw(platform version cmdline ids),
);

sub add_volume {
    my ($case, $name, @settings) = @_;
    my $n = @{ $case->{volumes} } + 1;
    my %v = (name => $name, uuid => sprintf('0a1b2c3d-0000-4000-8000-%012d', $n), label => '',
        mount => '', prefix => '', fs => 'ext4', disk => 0);
    for (@settings) {
        my ($key, $value) = /^(UUID|LABEL|mount|prefix|fs|disk)=(.*)$/s
            or die "$case->{name}: volume $name: unknown setting $_\n";
        $v{ lc $key } = $value;
    }
    $v{part} = 1 + grep { $_->{disk} == $v{disk} } @{ $case->{volumes} };
    $v{device} = "hd$v{disk},gpt$v{part}";
    push @{ $case->{volumes} }, \%v;
}

# Without a path: of the machine that every single file has.
sub add_grubenv {
    my ($case, @words) = @_;
    unshift @words, 'root', '/boot/grub/grubenv' unless @words > 1 && $words[1] =~ m{^/};
    my ($v, $path, @settings) = @words;
    push @{ $case->{grubenvs} }, { volume => $v, path => $path, settings => \@settings };
}

sub plain_machine {
    my ($case) = @_;
    add_volume($case, 'root', 'mount=/', 'LABEL=rootfs');
    $case->{config} = ['root', '/boot/grub/grub.cfg'];
    $case->{kernels}{root} = [map { "/boot/k$_" } 1 .. 9];
    $case->{initrds}{root} = [map { "/boot/i$_" } 1 .. 9];
    add_grubenv($case) unless @{ $case->{grubenvs} };
}

sub read_words {
    my ($case, @lines) = @_;
    $case = bless { volumes => [], kernels => {}, initrds => {}, grubenvs => [], questions => [],
        platform => 'pc', version => '2.06', ids => 'yes',
        cmdline => 'BOOT_IMAGE=/boot/k1 root=/dev/vda1 ro', %$case };
    for my $line (grep { !/^\s*(#|$)/ } @lines) {
        my ($name, @words) = shellwords($line);
        my $add = $word{ $name // '' } or die "$case->{name}: what is '$line'?\n";
        $add->($case, @words);
    }
    plain_machine($case) unless @{ $case->{volumes} };
    $case->{questions} = ['default'] unless @{ $case->{questions} };
    $case->{release} = $release{ $case->{version} }
        or die "$case->{name}: unknown version $case->{version}\n";
    return $case;
}

# A case that is one file.
sub from_text {
    my ($class, $name, $text) = @_;
    return read_words({ name => $name, text => $text, digest => substr(sha256_hex($text), 0, 12) },
        map { /^#: (.*)/ ? $1 : () } split /\n/, $text);
}

sub from_directory {
    my ($class, $name, $path) = @_;
    my $all = join '', map { "$_->[0]\0" . ($_->[1] // read_file("$path/$_->[0]")) . "\0" }
        grep { $_->[0] ne 'answers' } list_tree($path);
    return read_words({ name => $name, tree => "$path/tree", digest => substr(sha256_hex($all), 0, 12) },
        split /\n/, read_file("$path/case.sh"));
}

# A copy as a question has it: "with NAME=VALUE" puts a variable into the first environment block.
sub asked {
    my ($case, $question) = @_;
    my %asked = (%$case, question => $question);
    if ($question =~ /^with (([^=]+)=.*)$/s) {
        my ($setting, $name) = ($1, $2);
        my ($first, @others) = @{ $case->{grubenvs} };
        my @kept = grep { !/^\Q$name\E=/ } @{ $first->{settings} };
        $asked{grubenvs} = [{ %$first, settings => [@kept, $setting] }, @others];
    } elsif ($question ne 'default' && $question !~ /^entry=/) {
        die "$case->{name}: unknown question: $question\n";
    }
    return bless \%asked;
}

1;
