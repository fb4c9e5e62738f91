# SPDX-License-Identifier: GPL-2.0-or-later
#
# The machine of a case: its volumes' files, and what a captured machine shows of them. Files are a hash
# first, PATH => TEXT; for others than plain files a reference: \'directory', \'kernel', \'link TARGET'.
# A machine that differs little from the one before is then written in little time.
package Machine;
use strict;
use warnings;
use Exporter qw(import);
use Files qw(read_file write_file list_tree);

our @EXPORT_OK = qw(volume_files captured_files put_files become grubenv_text list_grubenv);

# --- environment blocks

# As grub-editenv writes it.
sub grubenv_text {
    my (@settings) = @_;
    my $text = join '', "# GRUB Environment Block\n", map { s/([\\\n])/\\$1/gr . "\n" } @settings;
    my $room = length $text > 1024 ? 8192 : 1024;
    return $text . '#' x ($room - length $text);
}

# The variables: a hash.
sub list_grubenv {
    my ($text) = @_;
    my %set;
    return () unless $text =~ s/\A# GRUB Environment Block\n//;
    while ($text =~ /\G(?:#[^\n]*\n?|((?:[^\\\n]|\\.)*)\n)/gs) {
        next unless defined $1;
        my ($name, $value) = split /=/, $1, 2;
        next unless defined $value;
        $value =~ s/\\(.)/$1/gs;
        $set{$name} = $value;
    }
    return %set;
}

# --- volumes

# A single file: itself, what its "#= PATH" lines begin, and some things to look for.
sub text_files {
    my ($case) = @_;
    my $path = $case->{config}[1];
    my %file = ('/boot/empty' => '', '/boot/text' => "text\n", '/boot/dir/text' => "text\n", $path => '');
    for my $line ($case->{text} =~ /[^\n]*\n|[^\n]+/g) {
        if ($line =~ /^#= (.*)/) {
            $path = $1;
            $file{$path} = '';
        } else {
            $file{$path} .= $line;
        }
    }
    return %file;
}

sub tree_files {
    my ($top) = @_;
    return map { my ($path, $kind) = @$_; ("/$path" => defined $kind ? \$kind : read_file("$top/$path")) } list_tree($top);
}

# The whole of a volume, as GRUB sees it.
sub volume_files {
    my ($case, $v) = @_;
    my $name = $v->{name};
    my %file;
    if (defined $case->{tree} && -d "$case->{tree}/$name") {
        %file = tree_files("$case->{tree}/$name");
    } elsif (defined $case->{text} && $name eq $case->{config}[0]) {
        %file = text_files($case);
    }
    $file{$_} = \'kernel' for @{ $case->{kernels}{$name} // [] };
    my $cpio = sprintf "070701%088d0000000B00000000TRAILER!!!\0\0\0\0", 0;
    $file{$_} = $cpio for @{ $case->{initrds}{$name} // [] };
    for my $env (grep { $_->{volume} eq $name } @{ $case->{grubenvs} }) {
        # A broken one of the case stays as it is.
        $file{ $env->{path} } = grubenv_text(@{ $env->{settings} })
            if @{ $env->{settings} } || !defined $file{ $env->{path} };
    }
    return %file;
}

# --- the captured machine

sub device_name {
    my ($v) = @_;
    return 'vd' . substr('abcdefgh', $v->{disk}, 1);
}

sub device_files {
    my ($v) = @_;
    my ($disk, $minor) = (device_name($v), 16 * $v->{disk});
    my ($name, $number) = ("$disk$v->{part}", '254:' . ($minor + $v->{part}));
    my %file = (
        "/sys/class/block/$disk/dev" => "254:$minor\n",
        "/run/udev/data/b254:$minor" => "E:ID_PART_TABLE_TYPE=gpt\n",
        "/sys/class/block/$name/dev" => "$number\n",
        "/sys/class/block/$name/partition" => "$v->{part}\n",
        # As udev tells it: GRUB's name of the partition follows from these.
        "/run/udev/data/b$number" => join('', map { "E:$_\n" } 'ID_PART_ENTRY_SCHEME=gpt',
            "ID_PART_ENTRY_NUMBER=$v->{part}", "ID_FS_UUID=$v->{uuid}", "ID_FS_TYPE=$v->{fs}"),
        "/dev/$name" => '',
        "/dev/disk/by-uuid/$v->{uuid}" => \"link ../../$name",
    );
    $file{ '/dev/disk/by-label/' . $v->{label} =~ s{/}{\\x2f}gr } = \"link ../../$name" if $v->{label} ne '';
    return %file;
}

# The files of the volumes at their mount points, and mountinfo.
sub mounted_files {
    my ($case) = @_;
    my %file;
    my $mountinfo = "23 28 0:22 / /proc rw,nosuid,nodev,noexec,relatime shared:12 - proc proc rw\n"
        . "22 28 0:21 / /sys rw,nosuid,nodev,noexec,relatime shared:7 - sysfs sysfs rw\n";
    my ($next, %id) = (30);
    # The outer before the inner.
    my @mounted = sort { length $a->{mount} <=> length $b->{mount} || $a->{name} cmp $b->{name} }
        grep { $_->{mount} ne '' } @{ $case->{volumes} };
    for my $v (@mounted) {
        my $is_root = $v->{mount} eq '/';
        my $id = $id{ $v->{mount} } = $is_root ? 28 : $next++;
        # The nearest mount above.
        my ($above) = $v->{mount} =~ m{^(.*)/};
        $above =~ s{/[^/]*$}{} while $above ne '' && !$id{$above};
        # Such file systems have device numbers of their own.
        my $number = $v->{fs} =~ /^(btrfs|zfs)$/ ? '0:' . (50 + $v->{part}) : '254:' . (16 * $v->{disk} + $v->{part});
        $mountinfo .= join(' ', $id, $is_root ? 1 : $id{$above} // 28, $number, $v->{prefix} || '/', $v->{mount}, 'rw,relatime',
            "shared:$id", '-', $v->{fs}, '/dev/' . device_name($v) . $v->{part}, 'rw') . "\n";
        my %volume = volume_files($case, $v);
        my $to = $is_root ? '' : $v->{mount};
        $file{$to} = \'directory' unless $is_root;
        for my $path (keys %volume) {
            # What of it is mounted there.
            $file{"$to$1"} = $volume{$path} if $path =~ m{^\Q$v->{prefix}\E(/.*)}s;
        }
    }
    return (%file, '/proc/self/mountinfo' => $mountinfo);
}

my %always = (
    '/proc/sys/kernel/osrelease' => "6.1.0-56-amd64\n",
    '/proc/sys/kernel/version' => "#1 SMP PREEMPT_DYNAMIC Debian 6.1.176-1 (2026-07-07)\n",
    '/proc/sys/kernel/arch' => "x86_64\n",
    '/proc/sys/kernel/kexec_load_disabled' => "0\n",
    '/sys/kernel/kexec_loaded' => "0\n",
    '/proc/1/comm' => "systemd\n",
    '/proc/meminfo' => "MemTotal:        4018376 kB\nMemFree:         3300120 kB\nMemAvailable:    3611448 kB\n",
    '/proc/cpuinfo' => "processor\t: 0\nflags\t\t: fpu vme de pse tsc msr pae mce cx8 apic sep lm\n",
    '/usr/share/dbus-1/system-services/org.freedesktop.login1.service' => "[D-BUS Service]\n",
    '/etc/os-release' =>
        "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nID=debian\n",
    map { $_ => \'directory' } qw(/run/systemd/system /dev/disk/by-label /dev/disk/by-partuuid),
);

# The machine as kexec-any --root sees it.
sub captured_files {
    my ($case) = @_;
    my %file = (%always, mounted_files($case), (map { device_files($_) } @{ $case->{volumes} }),
        '/proc/cmdline' => "$case->{cmdline}\n");
    if ($case->{platform} eq 'efi') {
        $file{'/sys/firmware/efi/efivars'} = \'directory';
        $file{'/sys/firmware/efi/fw_platform_size'} = "64\n";
    }
    if ($case->{version} eq '2.14') {
        # GRUB's module that has blscfg, where grub-install puts it: beside grub.cfg.
        $file{s{[^/]*$}{i386-pc/blsuki.mod}r} = '' for grep { m{/grub[^/]*/(.*/)?grub\.cfg$} } keys %file;
    }
    return \%file;
}

# --- on the disk

sub make_directory {
    my ($path) = @_;
    return if mkdir $path or -d $path;
    (my $above = $path) =~ s{/[^/]*$}{};
    make_directory($above);
    mkdir $path or die "$path: $!\n";
}

sub put_other {
    my ($path, $what, $kernel) = @_;
    unlink $path;
    if ($what eq 'kernel') {
        # It is large, so that all of them are one file.
        link $kernel, $path or die "$path: $!\n";
    } elsif ($what =~ /^link (.*)/s) {
        symlink $1, $path or die "$path: $!\n";
    } else {
        make_directory($path);
    }
}

sub same {
    my ($a, $b) = @_;
    return 0 unless defined $a && ref $a eq ref $b;
    return ref $a ? $$a eq $$b : $a eq $b;
}

# Removes a file or directory, and the directories above it that are empty then and not wanted.
sub drop {
    my ($top, $path, $wanted) = @_;
    unlink "$top$path" unless !-l "$top$path" && -d _;
    while ($path ne '' && !defined $wanted->{$path}) {
        rmdir "$top$path" or !-e "$top$path" or last;
        $path =~ s{/[^/]*$}{};
    }
}

# Writes files below a directory that holds the files OLD. KERNEL: a file on the same file system.
sub put_files {
    my ($top, $new, $old, $kernel) = @_;
    drop($top, $_, $new) for grep { !defined $new->{$_} } reverse sort keys %$old;
    my %made;
    for my $path (sort keys %$new) {
        my $what = $new->{$path};
        next if same($old->{$path}, $what);
        my ($above) = "$top$path" =~ m{^(.*)/};
        make_directory($above) unless $made{$above}++;
        if (ref $what) {
            put_other("$top$path", $$what, $kernel);
        } else {
            unlink "$top$path" if ref $old->{$path};
            write_file("$top$path", $what);
        }
    }
}

# Each process has one machine, made into the next one. KERNEL: as for put_files().
my $present = {};
sub become {
    my ($root, $files, $kernel) = @_;
    # A file in a directory's place is rare: then from the beginning.
    if (grep { ref $present->{$_} && !ref $files->{$_} } keys %$files) {
        system 'rm', '-rf', $root;
        $present = {};
    }
    put_files($root, $files, $present, $kernel);
    $present = $files;
}

1;
