# SPDX-License-Identifier: GPL-2.0-or-later
# Random numbers that are the same for the same seed on every machine: Perl's own differ between builds.
package Random;
use strict;
use warnings;
use Exporter qw(import);

our @EXPORT_OK = qw(seed number chance one_of);

my $state = 0;

sub seed {
    my ($seed) = @_;
    $state = ($seed * 2654435761 + 12345) & 0xffffffff;
}

# From 0 to below a number.
sub number {
    my ($below) = @_;
    my $bits = 0;
    for (1 .. 2) {
        $state = ($state * 1664525 + 1013904223) & 0xffffffff;
        $bits = ($bits << 12) ^ ($state >> 16);
    }
    return $bits % $below;
}

# True so many times in a hundred.
sub chance { my ($percent) = @_; return number(100) < $percent }
sub one_of { return $_[number(scalar @_)] }

1;
