# SPDX-License-Identifier: GPL-2.0-or-later
# Random scripts of random-script, with the seeds 1 to 1000, asked of GRUB like the cases of Grub.pm.
package RandomGrub;
use strict;
use warnings;
use File::Basename qw(dirname);
use Case;
use Grub;

use constant { SEEDS => 1000, PER_FILE => 100 };

my $top = dirname(__FILE__) . '/..';

sub items {
    open my $scripts, '-|', "$top/random-script", 1, SEEDS or die "random-script: $!\n";
    local $/ = "\0";
    my @items;
    while (my $text = readline $scripts) {
        chomp $text;
        my $seed = @items + 1;
        my $file = $seed - ($seed - 1) % PER_FILE;
        push @items, Grub::items_of(Case->from_text("seed $seed", $text),
            sprintf("$top/random/seeds-%04d.answers", $file), "seed $seed ");
    }
    return @items;
}

*compare = \&Grub::compare;
*prepare = \&Grub::prepare;
*program = \&Grub::program;
*ask = \&Grub::ask;
*header = \&Grub::header;

1;
