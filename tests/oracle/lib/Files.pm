# SPDX-License-Identifier: GPL-2.0-or-later
# Files as bytes, and text without characters that would not be seen.
package Files;
use strict;
use warnings;
use Exporter qw(import);
use File::Path qw(make_path);

our @EXPORT_OK = qw(read_file write_file list_tree escape unescape difference);

sub read_file {
    my ($path) = @_;
    open my $in, '<:raw', $path or die "$path: $!\n";
    local $/;
    return readline($in) // '';
}

# The directory is made when it is missing.
sub write_file {
    my ($path, $text) = @_;
    my $out;
    unless (open $out, '>:raw', $path) {
        (my $dir = $path) =~ s{/[^/]*$}{};
        make_path($dir);
        open $out, '>:raw', $path or die "$path: $!\n";
    }
    print $out $text;
    close $out or die "$path: $!\n";
}

# All below a directory, sorted by name: [PATH, undef] for files, [PATH, TEXT] for the others, so that
# what they are is part of a digest.
sub list_tree {
    my ($top, $dir) = @_;
    my @found;
    opendir my $handle, defined $dir ? "$top/$dir" : $top or die "$top: $!\n";
    for my $name (sort grep { !/^\.\.?$/ } readdir $handle) {
        my $path = defined $dir ? "$dir/$name" : $name;
        if (-l "$top/$path") {
            push @found, [$path, 'link ' . readlink "$top/$path"];
        } elsif (-d _) {
            push @found, [$path, 'directory'], list_tree($top, $path);
        } else {
            push @found, [$path, undef];
        }
    }
    return @found;
}

# A backslash is \\, control characters are \xNN.
sub escape {
    my ($s) = @_;
    $s =~ s/\\/\\\\/g;
    $s =~ s/([\x00-\x1f\x7f])/sprintf("\\x%02x", ord($1))/ge;
    return $s;
}

sub unescape {
    my ($s) = @_;
    $s =~ s/\\(\\|x([0-9a-f]{2}))/defined $2 ? chr(hex($2)) : "\\"/ge;
    return $s;
}

# A unified diff of two lists of lines; empty when they are the same.
sub difference {
    my ($work, $left_name, $left, $right_name, $right) = @_;
    my ($a, $b) = map { join '', map { "$_\n" } @$_ } $left, $right;
    return () if $a eq $b;
    write_file("$work.left", $a);
    write_file("$work.right", $b);
    open my $diff, '-|', 'diff', '-u', '--label', $left_name, '--label', $right_name, "$work.left",
        "$work.right" or die "diff: $!\n";
    my @lines = map { chomp; $_ } <$diff>;
    unlink "$work.left", "$work.right";
    return @lines;
}

1;
