# SPDX-License-Identifier: GPL-2.0-or-later
# EFI programs as far as a unified kernel image needs them: PE32+, x86_64, sections.
package Image;
use strict;
use warnings;
use Exporter qw(import);

our @EXPORT_OK = qw(image_sections write_image);

use constant ALIGN => 512;

# [NAME, CONTENT] of each section.
sub image_sections {
    my ($data) = @_;
    my $start = unpack 'V', substr $data, 0x3c, 4;
    my ($machine, $n, undef, undef, undef, $optional) = unpack 'vvVVVv', substr $data, $start + 4, 18;
    return map {
        my ($name, $size, $address, $raw, $offset) = unpack 'Z8VVVV', substr $data, $start + 24 + $optional + 40 * $_, 40;
        [$name, substr $data, $offset, $size < $raw ? $size : $raw]
    } 0 .. $n - 1;
}

sub padded {
    my ($data) = @_;
    return $data . "\0" x (-length($data) % ALIGN);
}

# A program with these sections, and nothing that would run.
sub write_image {
    my @sections = @_;
    my $optional = pack 'v x66 v x38 V x128', 0x20b, 10, 16;
    my $head = pack('a2 x58 V', 'MZ', 0x40) . "PE\0\0"
        . pack('vvVVVvv', 0x8664, scalar @sections, 0, 0, 0, length $optional, 0x22) . $optional;
    my $start = length padded($head . "\0" x (40 * @sections));
    my $body = '';
    for (@sections) {
        my ($name, $data) = @$_;
        my $offset = $start + length $body;
        $head .= pack 'a8VVVV x16', $name, length $data, $offset, length padded($data), $offset;
        $body .= padded($data);
    }
    return padded($head) . $body;
}

1;
