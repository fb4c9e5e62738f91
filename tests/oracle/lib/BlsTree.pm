# SPDX-License-Identifier: GPL-2.0-or-later
#
# A random EFI partition: valid and invalid entry files, counters, versions, machine-ids, duplicates, odd
# white space, line ends, missing files; unified kernel images with addons and extra files; loader.conf. And
# a second partition with more entries.
package BlsTree;
use strict;
use warnings;
use Exporter qw(import);
use Random qw(seed number chance one_of);

our @EXPORT_OK = qw(random_partitions);

my @versions = qw(6.1 6.1.0-54 6.1.0-55-amd64 6.12~rc3 6.12 6.2^1 6.1.0-9 10.0 5.10.0-33 6.1.0_x 123~rc1-1 123.a-1
    20240101 6.1.0-55.fc43.x86_64);
my @machines = ('6b612d67756573742d6d616368696e65', '0123456789abcdef0123456789abcdef', undef, undef);
my @keys = ('debian', 'fedora', 'arch', undef, undef);
my @kernels = map { "/linux-$_" } 1 .. 4;

# OLD: no boot counters, which the loader of 252 has in the ids by which it sorts.
my ($old, %file);

sub blank { return chance(80) ? ' ' : one_of('  ', "\t", " \t ", '    ') }

sub line {
    my ($key, $value) = @_;
    return (chance(5) ? one_of(' ', "\t") : '') . $key . blank() . $value . (chance(10) ? one_of(' ', '  ', "\t") : '')
        . "\n";
}

sub shuffled {
    my @left = @_;
    return map { splice @left, number(scalar @left), 1 } 1 .. @left;
}

sub entry_lines {
    my @lines;
    push @lines, line('title', one_of('Debian GNU/Linux', 'Fedora Linux', 'Same title', 'Title  with  blanks')) if chance(80);
    push @lines, line('version', one_of(@versions)) if chance(80);
    my ($machine, $key) = (one_of(@machines), one_of(@keys));
    push @lines, line('machine-id', $machine) if defined $machine;
    push @lines, line('sort-key', $key) if defined $key;
    if (chance(5)) {
        push @lines, line('efi', '/deep/program.efi');
    } elsif (chance(95)) {
        push @lines, line('linux', chance(90) ? one_of(@kernels, '/deep/vmlinuz', '/deep//vmlinuz') : '/missing');
    }
    push @lines, line('linux', one_of(@kernels)) if chance(5);
    push @lines, line('efi', '/deep/program.efi') if chance(3);
    push @lines, line('initrd', one_of('/initrd-1', '/initrd-2', '/ucode.img', '/deep/initrd.img')) for 1 .. number(3);
    push @lines, line('options', one_of('root=/dev/vda1 ro', 'quiet', 'a=b  c', 'x="y z"', 'root=UUID=1-2 rw'))
        for 1 .. number(3);
    push @lines, line('architecture', one_of('x64', 'X64', 'aa64')) if chance(8);
    push @lines, line('devicetree', '/deep/x.dtb') if chance(3);
    push @lines, one_of("# a comment\n", "\n", "   \n", "unknown key\n", "keyalone\n", "title\n", "#title no\n")
        for 1 .. number(3);
    return @lines;
}

sub entry {
    my @lines = entry_lines();
    # Order matters to nobody but the lists.
    @lines = shuffled(@lines) if chance(30);
    my $text = join '', @lines;
    $text =~ s/\n/\r\n/g if chance(10);
    $text =~ s/\n\z// if chance(10);
    $text = "\xEF\xBB\xBF$text" if chance(4);
    return $text;
}

sub name {
    my $name = one_of('debian', 'arch', 'fedora-1', 'linux_x', 'A-Name', 'some+name') . one_of('', '', '-' . one_of(@versions));
    $name =~ s/[^A-Za-z0-9+_.-]/_/g;
    $name .= one_of('+3', '+2-1', '+0-3', '+0', '+12-003', '+x', '-1') if !$old && chance(25);
    return $name;
}

# Whether a name's place in the order is decided: two that are equal but for their counters need different
# ones; else they stand in the directory's order, which says nothing here.
sub is_new {
    my ($names, $name) = @_;
    my ($base, $left, $done) = lc($name) =~ /^(.*?)(?:\+(\d+)(?:-(\d+))?)?\.conf$/;
    my $counter = defined $left ? join '-', $left + 0, ($done // 0) + 0 : 'none';
    my $known = $names->{"$base.conf"} //= {};
    return 0 if $known->{$counter} || $known->{none} || ($counter eq 'none' && %$known);
    return $known->{$counter} = 1;
}

sub add_entries {
    my ($names) = @_;
    my $last = '';
    for (0 .. number(9)) {
        my $name = name() . one_of('.conf', '.conf', '.conf', '.CONF');
        # The same entry with another counter.
        $name = $last =~ s/\+\d+(-\d+)?(?=\.conf$)/one_of('+1', '+3', '+2-1', '+2-4', '+0-3', '+0-1')/ier
            if $last ne '' && chance(30);
        $last = $name;
        $file{"/loader/entries/$name"} = entry() if is_new($names, $name);
    }
    $file{'/loader/entries/' . one_of('.hidden.conf', 'no-suffix', 'x.conf.bak')} = entry() if chance(30);
    $file{'/loader/entries/folder.conf'} = \'directory' if chance(10);
}

# EXTRAS: with addons.
sub add_images {
    my ($names, $images, $extras) = @_;
    # The user space of 252 takes none with profiles for one.
    my @images = sort grep { !/addon/ && !($old && /profiles/) } keys %$images;
    for (1 .. number(4)) {
        my $base = name();
        # Of a counted image and one of the same name the directory beside it would be one.
        next if $names->{ lc($base) =~ s/\+.*//r . '.efi' }++;
        $file{"/EFI/Linux/$base.efi"} = $images->{ one_of(@images) };
        next unless $extras && $base !~ /\+/ && chance(40);
        my $extra = "/EFI/Linux/$base.efi.extra.d";
        $file{"$extra/" . one_of('a', 'z') . '.addon.efi'} = $images->{'local.addon.efi'};
        $file{"$extra/other.addon.efi"} = $images->{'other.addon.efi'} if chance(30);
    }
    $file{'/EFI/Linux/text.efi'} = "not a program\n" if chance(20);
    $file{'/loader/addons/global.addon.efi'} = $images->{'global.addon.efi'} if $extras && chance(30);
}

sub start_partition {
    %file = map { $_ => "file $_\n" } @kernels, '/initrd-1', '/initrd-2', '/ucode.img', '/deep/vmlinuz', '/deep/program.efi',
        '/deep/initrd.img';
    $file{'/EFI/Linux'} = \'directory';
}

# The EFI partition and another one, each PATH => TEXT as for put_files() of Machine.pm.
sub random_partitions {
    my ($seed, $images, $is_old) = @_;
    # The firmware's file systems hold no two names that differ by case; and two of the same name on two
    # partitions would stand in an order that says nothing.
    my %names;
    seed($seed);
    $old = $is_old;
    start_partition();
    add_entries(\%names);
    add_images(\%names, $images, 1);
    if (chance(60)) {
        my @confs = map { m{^/loader/entries/(.*\.conf)$} ? $1 : () } sort keys %file;
        my $default = one_of('debian*', 'arch*.conf', '*-6.1*', 'nothing.conf', @confs ? one_of(@confs) : 'x');
        $file{'/loader/loader.conf'} = "timeout 3\n" . line('default', $default) . (chance(20) ? "editor no\n" : '');
    }
    my $esp = {%file};
    start_partition();
    add_entries(\%names);
    add_images(\%names, $images, 0);
    return $esp, {%file};
}

1;
