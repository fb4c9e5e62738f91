# SPDX-License-Identifier: GPL-2.0-or-later
# Red Hat's GRUB, whose answers stand in redhat/*.cases; redhat/README.md tells how a case is written.
package RedHat;
use strict;
use warnings;
use File::Basename qw(dirname);
use Files qw(read_file);
use KexecAny qw(ask_kexec_any);
use Machine qw(become grubenv_text list_grubenv);

my $top = dirname(__FILE__) . '/../redhat';

my %os_release = (
    rh   => "NAME=\"Fedora Linux\"\nID=fedora\nVERSION_ID=44\n",
    rh45 => "NAME=\"Fedora Linux\"\nID=fedora\nVERSION_ID=45\n",
    f42  => "NAME=\"Fedora Linux\"\nID=fedora\nVERSION_ID=42\n",
    el8  => "NAME=\"Red Hat Enterprise Linux\"\nID=\"rhel\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"8.10\"\n",
    el7  => "NAME=\"Red Hat Enterprise Linux Server\"\nID=\"rhel\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"7.9\"\n",
    up   => "NAME=\"Debian GNU/Linux\"\nID=debian\nVERSION_ID=\"12\"\n",
);
my @uuid = ('0a1b2c3d-0000-4000-8000-000000000000', '0a1b2c3d-0000-4000-8000-000000000001');

sub boot_folder {
    my ($dialect) = @_;
    return $dialect eq 'up' ? '/boot/grub' : '/boot/grub2';
}

# --- reading cases

# What an editor would hide or the format needs for itself.
my %token = (
    TAB => "\t", SP => ' ', CR => "\r", NL => "\n", BAR => '|', BOM => "\xef\xbb\xbf", NOTHING => '',
);

sub tokens {
    my ($text) = @_;
    $text =~ s/<(TAB|SP|CR|NL|BAR|BOM|NOTHING)>/$token{$1}/g;
    return $text;
}

sub new_machine {
    return { files => {}, order => [], env => [], dirs => [], have => [], bls => [], pad => {} };
}

sub copy_machine {
    my ($from) = @_;
    return {
        files => { map { $_ => [@{ $from->{files}{$_} }] } keys %{ $from->{files} } },
        pad => { %{ $from->{pad} } },
        map { $_ => [@{ $from->{$_} }] } qw(order env dirs have bls),
    };
}

# "rh rh45: words a b" -> dialects, kind and what is expected.
sub answer {
    my ($text, $where) = @_;
    $text =~ /^([a-z0-9 ]+): *([a-z-]+)(?: +(.*))?$/ or die "$where: not an answer: $text\n";
    my ($dialects, $kind, $expected) = ($1, $2, $3 // '');
    for (split ' ', $dialects) {
        die "$where: no such dialect: $_\n" unless $os_release{$_};
    }
    return { dialects => [split ' ', $dialects], kind => $kind, expected => $expected };
}

sub read_cases {
    my ($path) = @_;
    (my $section = $path) =~ s{.*/|\.cases$}{}g;
    my ($given, $case, $file, @columns, @cases) = (new_machine());
    my $number = 0;
    for my $line (split /\n/, read_file($path)) {
        my $where = "$path:" . ++$number;
        my $machine = $case ? $case->{machine} : $given;
        if ($line =~ /^    (.*)/) {
            die "$where: text outside of a file\n" unless $file;
            push @{ $machine->{files}{$file} }, $1;
            next;
        }
        undef $file;
        next if $line =~ /^\s*(#|$)/;
        if ($line eq 'given') {
            ($given, $case, @columns) = (new_machine());
        } elsif ($line =~ /^file (\S.*)/) {
            $file = tokens($1);
            push @{ $machine->{order} }, $file unless $machine->{files}{$file};
            $machine->{files}{$file} = [];
        } elsif ($line =~ /^env (.*)/) {
            push @{ $machine->{env} }, $1;
        } elsif ($line =~ /^dir (\S+)/) {
            push @{ $machine->{dirs} }, $1;
        } elsif ($line =~ /^pad (\S+) (\d+)/) {
            $machine->{pad}{$1} = $2;
        } elsif ($line =~ /^have (.*)/) {
            push @{ $machine->{have} }, split ' ', $1;
        } elsif ($line =~ /^bls (\S+) (.*)/) {
            push @{ $machine->{bls} }, [$1, $2];
        } elsif ($line =~ /^case (.*)/) {
            $case = { section => $section, name => $1, machine => copy_machine($given), answers => [] };
            push @cases, $case;
        } elsif ($line =~ /^with (.*)/) {
            $case->{input} = tokens($1);
        } elsif ($line =~ /^columns\s*(.*)/) {
            undef $case;
            (undef, @columns) = map { s/^\s+|\s+$//gr } split /\|/, $1, -1;
        } elsif ($line =~ /^row (.*)/) {
            my ($input, @fields) = map { s/^ +| +$//gr } split /\|/, $1, -1;
            die "$where: ${\scalar @fields} answers for ${\scalar @columns} columns\n"
                unless @fields == @columns;
            my $row = { section => $section, name => $input, input => tokens($input),
                machine => copy_machine($given), answers => [] };
            for my $i (0 .. $#fields) {
                push @{ $row->{answers} }, answer("$columns[$i] $fields[$i]", $where)
                    if $fields[$i] ne '';
            }
            push @cases, $row;
            undef $case;
        } elsif ($case) {
            push @{ $case->{answers} }, answer($line, $where);
        } else {
            die "$where: what is '$line'?\n";
        }
    }
    return @cases;
}

# One question per case and dialect.
sub questions {
    my @questions;
    for my $case (map { read_cases($_) } @_) {
        my %seen;
        my @dialects = grep { !$seen{$_}++ } map { @{ $_->{dialects} } } @{ $case->{answers} };
        die "$case->{section} $case->{name}: no answer\n" unless @dialects;
        for my $dialect (@dialects) {
            my @answers = grep { grep { $_ eq $dialect } @{ $_->{dialects} } } @{ $case->{answers} };
            push @questions, { case => $case, dialect => $dialect, answers => \@answers,
                name => "$case->{section}: $case->{name} [$dialect]" };
        }
    }
    return @questions;
}

# --- the captured machine

# Where a file of a case is: "(hd1)/x" is on the second volume.
sub place {
    my ($path, $dialect) = @_;
    $path =~ s{^grub\.cfg$}{boot_folder($dialect) . '/grub.cfg'}e;
    $path =~ s{^\(hd1\)}{/hd1};
    return $path;
}

# A line that holds nothing but %% stands for all of the input, elsewhere %% is put in. Without input
# such lines are left out.
sub fill {
    my ($line, $input) = @_;
    return $line if $line !~ /%%/;
    return () unless defined $input;
    return split /; /, $input, -1 if $line =~ /^\s*%%$/;
    $line =~ s/%%/$input/g;
    return $line;
}

sub text_of {
    my ($lines, $input) = @_;
    my $text = join '', map { "$_\n" } map { fill(tokens($_), $input) } @$lines;
    $text =~ s/<CUT>\n$//;
    return $text;
}

# Whole disks as file systems, so that GRUB's names are those of the tables: hd0, hd1.
sub system_files {
    my ($dialect, $n_disks) = @_;
    my $mounts = "23 28 0:22 / /proc rw - proc proc rw\n22 28 0:21 / /sys rw - sysfs sysfs rw\n";
    my %file = (
        '/run/systemd/system' => \'directory',
        '/etc/os-release' => $os_release{$dialect},
        '/proc/cmdline' => "BOOT_IMAGE=(hd0)/k ro\n",
        '/proc/1/comm' => "systemd\n",
        '/proc/sys/kernel/arch' => "x86_64\n",
        '/proc/sys/kernel/osrelease' => "6.1.0\n",
        '/proc/sys/kernel/kexec_load_disabled' => "0\n",
        '/sys/kernel/kexec_loaded' => "0\n",
        # Without it nothing would be committed, as nothing could be triggered.
        '/usr/share/dbus-1/system-services/org.freedesktop.login1.service' => '',
    );
    for my $i (0 .. $n_disks - 1) {
        my ($name, $minor) = ('vd' . ('a', 'b')[$i], 16 * $i);
        $file{"/sys/class/block/$name/dev"} = "254:$minor\n";
        $file{"/dev/$name"} = '';
        $file{"/dev/disk/by-uuid/$uuid[$i]"} = \"link ../../$name";
        $mounts .= $i ? "40 28 254:$minor / /hd1 rw - ext4 /dev/$name rw\n"
            : "28 1 254:$minor / / rw - ext4 /dev/$name rw\n";
    }
    return (%file, '/proc/self/mountinfo' => $mounts);
}

sub machine_files {
    my ($question) = @_;
    my ($case, $dialect) = @{$question}{qw(case dialect)};
    my ($machine, $input) = @{$case}{qw(machine input)};
    my %file = ((map { place($_, $dialect) => \'directory' } @{ $machine->{dirs} }),
        (map { place($_, $dialect) => "x\n" } @{ $machine->{have} }));

    for (@{ $machine->{bls} }) {
        my ($folder, $names) = @$_;
        $file{ place("$folder/$_.conf", $dialect) } = "title t $_\nlinux /k-$_\n"
            for map { split ' ' } map { fill($_, $input) } $names;
    }
    for my $path (@{ $machine->{order} }) {
        my $padding = $machine->{pad}{$path} // 0;
        $file{ place($path, $dialect) } = ('#' x 99 . "\n") x ($padding / 100) . text_of($machine->{files}{$path}, $input);
    }
    $file{ boot_folder($dialect) . '/grubenv' } //= grubenv_text(map { fill(tokens($_), $input) } @{ $machine->{env} });
    return { system_files($dialect, (grep { m{^/hd1/} } keys %file) ? 2 : 1), %file };
}

# --- what kexec-any says

# Its JSON, and what it complained of.
sub ask {
    my ($root, @options) = @_;
    return ask_kexec_any("--root=$root", '--backend=grub', @options);
}

# The kernel's command line as GRUB joins it from words.
sub join_words {
    my ($dialect, @words) = @_;
    my $keep = $dialect eq 'up' || $dialect eq 'el7' ? qr/(?!)/ : qr/\\x[0-9a-fA-F]{2}/;
    return join ' ', map {
        (my $word = $_) =~ s/($keep)|([\\'"])/defined $1 ? $1 : "\\$2"/ge;
        $word =~ / / ? "\"$word\"" : $word
    } @words;
}

# "a `b c` d" -> three words
sub split_words {
    my ($text) = @_;
    return () if $text eq '-';
    my @words;
    push @words, defined $1 ? $1 : tokens($2) while $text =~ /\G *(?:`([^`]*)`|(\S+))/g;
    return @words;
}

sub device_names {
    my ($text) = @_;
    return $text =~ s/\(R\)/(hd0)/gr;
}

# A word of "initrd" or "devicetree" as a file of the captured machine.
sub file_of {
    my ($root, $word) = @_;
    my $path = device_names($word);
    $path =~ s{^\(hd0\)(?=/)}{};
    $path =~ s{^\(hd1\)(?=/)}{/hd1};
    $path =~ s{/+}{/}g;
    return $path if $path =~ m{^/} && -f "$root$path";
    return "missing " . ($word =~ m{^\(} ? "" : "(hd0)") . device_names($word);
}

sub problems {
    my ($list, $entry) = @_;
    return map { @{ $_->{problems} // [] } } grep { $_ } $list, $entry;
}

# Files that are there keep their order; missing ones are known from the findings alone.
sub initrds {
    my ($entry, $root) = @_;
    my @words = map { "(hd0)$_" } @{ $entry->{initrd} // [] };
    for (@{ $entry->{problems} // [] }) {
        push @words, $1 if $_->{id} eq "initrd-missing" && $_->{text} =~ /the initrd '(.*?)'/;
    }
    return sort_missing(map { file_of($root, $_) } @words);
}

sub sort_missing {
    return (grep { !/^missing/ } @_), sort grep { /^missing/ } @_;
}

my %expect = (
    # id of the default
    default => sub { my ($g, $e) = @_; return ($e, $g->{list}{default} // '-') },
    boots => sub {
        my ($g, $e) = @_;
        return ($e, ($g->{list}{default} // '-') . ($g->{entry}{bootable} ? '' : ' is refused'));
    },
    # the default, but GRUB would not boot it
    refused => sub {
        my ($g, $e) = @_;
        return ("$e is refused", ($g->{list}{default} // '-') .
            ($g->{entry}{bootable} ? '' : ' is refused'));
    },
    menu => sub { my ($g, $e) = @_; return ($e, join ' ; ', map { $_->{id} } @{ $g->{list}{entries} }) },
    titles => sub {
        my ($g, $e) = @_;
        return ($e, join ' ; ', map { $_->{title} } @{ $g->{list}{entries} });
    },
    title => sub { my ($g, $e) = @_; return ($e, $g->{entry}{title} // '-') },
    type => sub { my ($g, $e) = @_; return ($e, $g->{entry}{type} // '-') },
    cmdline => sub { my ($g, $e) = @_; return ($e, $g->{entry}{cmdline} // '-') },
    image => sub {
        my ($g, $e) = @_;
        my ($image) = ($g->{entry}{cmdline} // '') =~ /^BOOT_IMAGE=("(?:[^"\\]|\\.)*"|\S*)/;
        return (join_words($g->{dialect}, device_names($e)), $image // '-');
    },
    words => sub {
        my ($g, $e) = @_;
        my ($words) = ($g->{entry}{cmdline} // '') =~
            /^BOOT_IMAGE=(?:"(?:[^"\\]|\\.)*"|\S*)(?: (.*))?$/s;
        return (join_words($g->{dialect}, split_words(device_names($e))),
            $words // (defined $g->{entry}{cmdline} ? '' : 'no command line'));
    },
    initrd => sub {
        my ($g, $e) = @_;
        return (join(' ', sort_missing(map { file_of($g->{root}, $_) } split_words($e))),
            join ' ', initrds($g->{entry}, $g->{root}));
    },
    devicetree => sub {
        my ($g, $e) = @_;
        return ($e eq '-' ? $e : file_of($g->{root}, $e), $g->{entry}{devicetree} // '-');
    },
    problem => sub {
        my ($g, $e) = @_;
        my @ids = map { $_->{id} } problems($g->{list}, $g->{entry});
        return ($e, (grep { $_ eq $e } @ids) ? $e : 'only ' . join ' ', @ids);
    },
    'no-problem' => sub {
        my ($g, $e) = @_;
        return ("no $e", (grep { $_->{id} eq $e } problems($g->{list}, $g->{entry})) ? "$e" : "no $e");
    },
    count => sub { my ($g, $e) = @_; return ($e, scalar @{ $g->{list}{entries} }) },
    undecided => sub {
        my ($g, $e) = @_;
        return ($e, defined $g->{list}{undecided} ? 'yes' : 'no');
    },
    # grubenv afterwards; unset and empty are one
    env => sub {
        my ($g, $e) = @_;
        my %env = list_grubenv($g->{files}{ boot_folder($g->{dialect}) . '/grubenv' });
        my ($plan) = ask($g->{root}, qw(--dry-run --json=short));
        for (@{ $plan->{commits} // [] }) {
            $env{$1} = $2 if /^grubenv ([^=]+)=(.*)$/s;
        }
        my @names = map { s/=.*//r } split / ; /, $e;
        return ($e, join ' ; ', map { "$_=" . ($env{$_} // '') } @names);
    },
);

# --- one question

sub items {
    return questions(sort glob "$top/*.cases");
}

# What is wrong, as lines.
sub check {
    my ($question, $work) = @_;
    my ($root, $files) = ("$work/root", machine_files($question));
    my @lines;
    become($root, $files);
    my ($list, $messages) = ask($root, qw(--list --json=short));
    return 'kexec-any says nothing', @$messages unless $list;
    my ($entry) = grep { $_->{isDefault} } @{ $list->{entries} // [] };
    my $got = { list => $list, entry => $entry // {}, root => $root, files => $files, dialect => $question->{dialect} };

    for my $answer (@{ $question->{answers} }) {
        my $check = $expect{ $answer->{kind} } or die "unknown kind of answer: $answer->{kind}\n";
        my ($expected, $found) = $check->($got, tokens($answer->{expected}));
        next if $expected eq $found;
        push @lines, "$answer->{kind}:", "  expected: $expected", "  got:      $found";
    }
    return () unless @lines;
    push @lines, "input: $question->{case}{input}" if defined $question->{case}{input};
    push @lines, "undecided: $list->{undecided}" if defined $list->{undecided};
    return @lines, (map { "$_->{id}: $_->{text}" } problems($list, $entry)), map { "kexec-any: $_" } @$messages;
}

1;
