# SPDX-License-Identifier: GPL-2.0-or-later
#
# The unified kernel images on the partitions of Bls.pm. bls/make-ukis makes them with the real ukify;
# recorded is what they consist of, and images of the same sections are put together from that, so that
# no program of systemd is needed. An answer is, for each section:
#
#   section NAME
#   line TEXT          a line of its content; "cut TEXT": without a line end; "kernel": a stub kernel
package Images;
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use Exporter qw(import);
use File::Basename qw(dirname);
use Files qw(read_file escape unescape);
use Image qw(image_sections write_image);
use KexecAny qw(run_tool);
use Recording;

our @EXPORT_OK = qw(images);

my $top = dirname(__FILE__) . '/..';
my $build = $ENV{BUILD} || 'build';
my $cache = ($ENV{CACHE} || "$build/cache") . '/oracle';
my $recorded = "$top/bls/images.answers";
my @names = map { "$_.efi" } qw(plain untidy no-cmdline ucode image-id build nameless profiles old
    global.addon local.addon other.addon);
# What nobody reads but the firmware.
my %ignored = map { $_ => 1 } qw(.text .rodata .data .reloc .dynamic .rela .dynsym .sbat);

sub kernel {
    return run_tool('mkbzimage', '', '6.12.9-oracle (builder@host) #1 SMP test');
}

# All images as they are recorded: NAME => content.
sub images {
    my $answers = Recording->load($recorded)->{answers};
    my (%image, $kernel);
    for my $name (keys %$answers) {
        my @sections;
        for (@{ $answers->{$name}{lines} }) {
            my ($key, $value) = /^(\S+) ?(.*)$/s;
            push @sections, [$value, ''] if $key eq 'section';
            $sections[-1][1] .= unescape($value) . "\n" if $key eq 'line';
            $sections[-1][1] .= unescape($value) if $key eq 'cut';
            $sections[-1][1] .= $kernel //= kernel() if $key eq 'kernel';
        }
        $image{$name} = write_image(@sections);
    }
    return \%image;
}

# --- recording

my $out;

sub items {
    my $digest = substr sha256_hex(read_file("$top/bls/make-ukis")), 0, 12;
    return map { { name => $_, recording => $recorded, question => $_, digest => $digest } } @names;
}

sub prepare {
    $out = KexecAny::work_directory() . '/ukis';
    system("$top/bls/make-ukis", $out) == 0 or die "make-ukis failed\n";
}

sub program {
    return join ', ', map { "systemd " . read_file("$cache/systemd-$_/version") =~ s/\n//r } qw(forky bookworm);
}

sub content {
    my ($section) = @_;
    my ($name, $data) = @$section;
    return 'kernel' if $name eq '.linux' && $data eq kernel();
    # Debian's own number behind the version changes more often than anything.
    $data =~ s/^(#### LoaderInfo: systemd-\w+ \d+)\S*/$1/ if $name eq '.sdmagic';
    return map { (s/\n$// ? 'line ' : 'cut ') . escape($_) } $data =~ /[^\n]*\n|[^\n]+/g;
}

sub ask {
    my ($item) = @_;
    return map { ("section $_->[0]", content($_)) } grep { !$ignored{ $_->[0] } }
        image_sections(read_file("$out/$item->{question}"));
}

sub header {
    return 'The sections of images made by the real ukify. Recorded by "make record-oracle".';
}

1;
