# SPDX-License-Identifier: GPL-2.0-or-later
# Many things done by a few processes, their results in order.
package Pool;
use strict;
use warnings;
use Exporter qw(import);
use POSIX ();

our @EXPORT_OK = qw(in_parallel sample tap);

# Calls DO with each item in one of some processes, and EACH with the item and what it returned
# (a text) in this one. A text that begins with "!" is the message of one that died.
sub in_parallel {
    my ($items, $do, $each) = @_;
    my $jobs = $ENV{JOBS} || qx(nproc) || 2;
    my @children;
    for my $job (0 .. $jobs - 1) {
        my $pid = open my $from, '-|';
        die "fork: $!\n" unless defined $pid;
        if (!$pid) {
            binmode STDOUT, ':raw';
            for (my $n = $job; $n < @$items; $n += $jobs) {
                my $text = eval { $do->($items->[$n]) } // "!$@";
                utf8::downgrade($text, 1) or utf8::encode($text);
                utf8::encode($text) if utf8::is_utf8($text);
                print $text, "\0";
            }
            close STDOUT;
            POSIX::_exit(0); # the parent removes temporary files
        }
        push @children, $from;
    }
    for my $n (0 .. $#$items) {
        local $/ = "\0";
        my $text = readline $children[$n % $jobs];
        $text = '!no result' unless defined $text && $text =~ s/\0$//;
        $each->($items->[$n], $text);
    }
    close $_ for @children;
}

# Under a wrapper (valgrind) one in ORACLE_STRIDE (60) has to do.
sub sample {
    my @items = @_;
    my $stride = $ENV{ORACLE_STRIDE} || (($ENV{WRAP} // '') ne '' ? 60 : 1);
    return @items if $stride == 1;
    my @some = @items[grep { $_ % $stride == 0 } 0 .. $#items];
    print "# note: ", scalar @some, ' of ', scalar @items, " questions\n";
    return @some;
}

# Test results as TAP: for each [NAME, CODE] of items what the code returns, nothing being right.
# True if all are.
sub tap {
    my @items = @_;
    my ($n, $bad) = (0, 0);
    print '1..', scalar @items, "\n";
    binmode STDOUT, ':raw';
    in_parallel(\@items, sub { join "\n", $_[0][1]->() }, sub {
        my ($item, $text) = @_;
        my $name = $item->[0] =~ s/#/\\#/gr =~ s/[\x00-\x1f]/?/gr;
        $n++;
        $bad++ if $text ne '';
        $text =~ s/^!//;
        print $text eq '' ? '' : 'not ', "ok $n - $name\n", map { s/[\x00-\x08\x0b-\x1f]/?/gr =~ s/^/# /r . "\n" } split /\n/, $text;
    });
    return $bad == 0;
}

1;
