# SPDX-License-Identifier: GPL-2.0-or-later
#
# Recorded answers: what a real program said, as text.
#
#   # comments
#   program NAME VERSION          who answered
#
#   ask QUESTION
#       case DIGEST               of what it was asked about
#       LINE...                   the answer
package Recording;
use strict;
use warnings;
use Files qw(read_file write_file);

sub new {
    my ($class, $path) = @_;
    return bless { path => $path, program => 'nobody', answers => {} }, $class;
}

# A file that is missing is a recording without answers.
sub load {
    my ($class, $path) = @_;
    my $recording = $class->new($path);
    return $recording unless -e $path;
    my $answer;
    for my $line (split /\n/, read_file($path)) {
        if ($line =~ /^ask (.*)/) {
            $answer = $recording->{answers}{$1} = { digest => '', lines => [] };
        } elsif ($answer && $line =~ /^    case (.*)/) {
            $answer->{digest} = $1;
        } elsif ($answer && $line =~ /^    (.*)/) {
            push @{ $answer->{lines} }, $1;
        } elsif ($line =~ /^program (.*)/) {
            $recording->{program} = $1;
        } elsif ($line !~ /^(#|$)/) {
            die "$path: what is '$line'?\n";
        }
    }
    return $recording;
}

# HEADER: lines of comment. The questions in their order.
sub store {
    my ($recording, $header, @questions) = @_;
    my $text = join('', map { "# $_\n" } @$header) . "program $recording->{program}\n";
    for my $question (@questions) {
        my $answer = $recording->{answers}{$question} or next;
        $text .= join '', "\nask $question\n    case $answer->{digest}\n", map { "    $_\n" } @{ $answer->{lines} };
    }
    write_file($recording->{path}, $text);
}

1;
