# SPDX-License-Identifier: GPL-2.0-or-later
# kexec-any itself. Environment: BUILD, KEXEC_ANY (the program, $BUILD/kexec-any), WRAP, KEEP.
package KexecAny;
use strict;
use warnings;
use Exporter qw(import);
use File::Temp qw(tempdir);
use JSON::PP;
use POSIX ();
use Files qw(read_file write_file);

our @EXPORT_OK = qw(ask_kexec_any kernel_stub run_tool work_directory);

my $build = $ENV{BUILD} || 'build';
my $program = $ENV{KEXEC_ANY} || "$build/kexec-any";
my @wrap = split ' ', $ENV{WRAP} // '';
my $work;

# Removed at the end; with KEEP it stays and is named.
sub work_directory {
    return $work if defined $work;
    $work = tempdir('kexec-any-XXXXXX', TMPDIR => 1, CLEANUP => !$ENV{KEEP});
    print "# machines in $work\n" if $ENV{KEEP};
    return $work;
}

# What a program prints, what it complains of, and its status; 128 and above: a signal.
sub run {
    my ($messages, @command) = @_;
    my $pid = open my $from, '-|';
    die "fork: $!\n" unless defined $pid;
    if (!$pid) {
        open STDERR, '>', $messages;
        exec @command or POSIX::_exit(127);
    }
    my $text = do { local $/; readline $from } // '';
    close $from;
    return $text, $? & 127 ? 128 + ($? & 127) : $? >> 8;
}

# Its JSON (undef: none), its messages, and its status.
sub ask_kexec_any {
    my @options = @_;
    my $messages = work_directory() . "/messages.$$";
    my ($text, $status) = run($messages, @wrap, $program, @options);
    my @messages = split /\n/, read_file($messages);
    # Its own statuses go up to 5; a crash must not look like "nothing to boot".
    die join "\n", "kexec-any ended with status $status", @messages if $status > 5;
    return $text eq '' ? undef : JSON::PP->new->utf8(0)->decode($text), \@messages, $status;
}

# What a helper of the tests makes of text on its standard input.
sub run_tool {
    my ($name, $input, @arguments) = @_;
    my $file = work_directory() . "/tool.$$";
    write_file("$file.in", $input);
    my ($text, $status) = run("$file.messages", 'sh', '-c', 'in=$1; shift; exec "$@" <"$in"', 'sh', "$file.in",
        "$build/tests/$name", @arguments);
    die join "\n", "$name ended with status $status", read_file("$file.messages") if $status;
    return $text;
}

# A file that is a kernel image as far as kexec-any looks.
sub kernel_stub {
    my $stub = work_directory() . '/kernel-stub';
    return $stub if -e $stub;
    write_file("$stub.$$", run_tool('mkbzimage', '', '6.1.0-56-amd64 (oracle) #1 SMP Debian 6.1.176-1'));
    rename "$stub.$$", $stub;
    return $stub;
}

1;
