# SPDX-License-Identifier: GPL-2.0-or-later
# The groups of questions. Each is a package with
#
#   items()                      the questions: name, recording (a file), question (its name there),
#                                digest (of what is asked about), and what the package itself needs
#   compare(ITEM, WORK, ANSWER...)   lines that tell how kexec-any's answer differs
#   prepare(ITEMS...), program(ITEM), ask(ITEM, WORK)   the real loader: make it ready, its name and
#                                version, its answer as lines
#   header()                     first lines of a recording
#
# One whose answers are written otherwise has check(ITEM, WORK) in the place of all after items().
package Groups;
use strict;
use warnings;
use Exporter qw(import);

our @EXPORT_OK = qw(group_items);

my %package = (grub => 'Grub', random => 'RandomGrub', images => 'Images', extlinux => 'Extlinux', uboot => 'Uboot', bls => 'Bls', versions => 'Versions', sdboot => 'SdBoot',
    grubenv => 'Grubenv', redhat => 'RedHat', programs => 'Programs');

# The package of a group, and its questions whose names contain one of the words.
sub group_items {
    my ($group, @words) = @_;
    my $package = $package{$group} or die "no such group: $group (there are: @{[sort keys %package]})\n";
    require "$package.pm";
    my @items = $package->can('items')->();
    return $package, @items unless @words;
    return $package, grep { my $name = $_->{name}; grep { index($name, $_) >= 0 } @words } @items;
}

1;
