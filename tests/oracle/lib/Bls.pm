# SPDX-License-Identifier: GPL-2.0-or-later
#
# bootctl of systemd 252 and 262 lists random EFI partitions. What is mounted at /boot depends on the seed:
# a partition of the type that the loader reads too (XBOOTLDR), one of another type, or nothing. An answer
# is, for each entry, in its order:
#
#   entry PATH                on the EFI partition; "/boot/PATH": on the other one
#   title TEXT                and "shown TEXT", the title that tells it from the others
#   version, machine-id, sort-key, linux, initrd (each), options, cmdline, tries-left, tries-done
#   default
#
# bootctl is user space, and the loader is what boots; where the two differ, this is taken out on
# bootctl's side:
#   1. entries that systemd-boot hides: no kernel there, two kernels' keys (262), another architecture, no
#      key it knows; kexec-any says so of each ("bls-hidden")
#   2. files named auto-…: the loader passes over them
#   3. titles: the loader shows an id in lower case and 8 characters of a machine-id; and what it hides
#      does not make another title ambiguous, so that titles are compared where nothing is hidden
#   4. of a UKI's first profile user space shows the name, too; and its command line as it is written,
#      where the stub turns control characters into blanks
#   5. the default, where user space takes an entry that the loader hides, or one with no attempts left
#   6. addons: user space adds the global ones to every entry; only the stub of a UKI reads them, and
#      only since 254, and those whose .uname is another kernel's are not for it; user space looks for
#      them beside "x+3.efi", the stub beside "x.efi" (there are none)
#   7. a boot counter without its second half: 0 in the loader, nothing in user space
#   8. "efi" entries: the initrds they name are nobody's
#   9. 252 knows neither profiles nor addons; its loader has the boot counter in the id, by which it
#      then sorts
#  10. "linux" and "efi" in one file: user space keeps both, the loader of 252 the last of them
package Bls;
use strict;
use warnings;
use Cwd qw(abs_path);
use Digest::SHA qw(sha256_hex);
use File::Basename qw(dirname);
use JSON::PP;
use BlsTree qw(random_partitions);
use Files qw(escape unescape read_file difference);
use Images qw(images);
use KexecAny qw(ask_kexec_any);
use Machine qw(become put_files);

use constant SEEDS => 100;

my $top = dirname(__FILE__) . '/..';
my $cache = ($ENV{CACHE} || ($ENV{BUILD} || 'build') . '/cache') . '/oracle';
my %version = (forky => 262, bookworm => 252);

# What /boot is, by seed: not said (no mounts are known), of the loader's type, a directory, of another type.
my @layouts = qw(unknown xbootldr directory linux);
my %type = (esp => 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b', xbootldr => 'bc13c2ff-59e6-4262-a352-b275fd6f7172',
    linux => '0fc63daf-8483-4772-8e79-3d69d8477de4');

# The machine's files: both partitions at their mount points, and what the kernel and udev say of them.
sub machine_files {
    my ($layout, $esp, $boot) = @_;
    my %file = map { ("/boot/efi$_" => $esp->{$_}) } keys %$esp;
    return %file if $layout eq 'unknown';
    my @mounts = ('28 1 254:3 / / rw - ext4 /dev/vda3 rw');
    my @types = ($type{esp});
    if ($layout ne 'directory') {
        push @mounts, '40 28 254:2 / /boot rw - vfat /dev/vda2 rw';
        push @types, $type{$layout};
    }
    push @mounts, '41 ' . ($layout eq 'directory' ? 28 : 40) . ' 254:1 / /boot/efi rw - vfat /dev/vda1 rw';
    for my $i (0 .. $#types) {
        $file{ '/run/udev/data/b254:' . ($i + 1) } = "E:ID_PART_ENTRY_TYPE=$types[$i]\nE:ID_PART_ENTRY_DISK=254:0\n";
    }
    return (%file, (map { ("/boot$_" => $boot->{$_}) } keys %$boot), '/proc/self/mountinfo' => join '', map { "$_\n" } @mounts);
}

sub digest {
    my ($files) = @_;
    return substr sha256_hex(join '', map { "$_\0" . (ref $files->{$_} ? ${ $files->{$_} } : $files->{$_}) . "\0" }
        sort keys %$files), 0, 12;
}

sub items {
    my ($images, @items) = (images());
    for my $release (qw(forky bookworm)) {
        for my $seed (1 .. SEEDS) {
            my $layout = $layouts[$seed % @layouts];
            my ($esp, $boot) = random_partitions($seed, $images, $release eq 'bookworm');
            my %files = machine_files($layout, $esp, $boot);
            push @items, { name => "bootctl of $version{$release}, seed $seed, /boot: $layout", files => \%files, esp => $esp,
                boot => $layout eq 'xbootldr' ? $boot : undef, digest => digest(\%files), release => $release,
                question => "seed $seed",
                recording => "$top/bls/systemd-$version{$release}.answers" };
        }
    }
    return @items;
}

# --- bootctl's entries as the loader has them

# The answer as entries: hashes; "initrd" is a list.
sub parse_answer {
    my @entries;
    for (@_) {
        my ($key, $value) = /^(\S+) ?(.*)$/s;
        $value = unescape($value);
        push @entries, { initrd => [] } if $key eq 'entry';
        if ($key eq 'initrd') {
            push @{ $entries[-1]{initrd} }, $value;
        } else {
            $entries[-1]{$key} = $value;
        }
    }
    return @entries;
}

sub their_title {
    my ($e) = @_;
    my $title = ($e->{shown} // $e->{title} // '') =~ tr/A-Z/a-z/r;
    return $title =~ s/ \(main\)//r =~ s/\@main//r =~ s/\(([0-9a-f]{8})[0-9a-f]{24}\)/($1)/gr;
}

sub their_cmdline {
    my ($e, $is_conf, $old) = @_;
    return $e->{options} // '' if $is_conf || (!$old && ($e->{title} // '') eq 'Debian of old');
    return undef if $old;
    return ($e->{cmdline} // $e->{options} // '') =~ s/[\x01-\x1f]/ /gr =~ s/ other=1//gr =~ s/^ +//r;
}

# What is compared of an entry, as lines.
sub lines_of {
    my ($e) = @_;
    return "entry $e->{path}", map { my $key = $_; map { "  $key " . escape($_) } grep { defined } ref $e->{$key} ? @{ $e->{$key} } : $e->{$key} }
        qw(title version machine-id sort-key linux initrd cmdline tries-left tries-done default);
}

sub theirs {
    my ($old, $hidden, @answer) = @_;
    my @entries;
    for my $e (parse_answer(@answer)) {
        next if $hidden->{ $e->{entry} } || $e->{entry} =~ m{/auto-}i;
        my $is_conf = $e->{entry} =~ /\.conf$/i;
        my $is_linux = $is_conf && defined $e->{linux};
        push @entries, { %$e, path => $e->{entry}, title => %$hidden ? undef : their_title($e),
            linux => $is_linux ? $e->{linux} : undef, initrd => $is_linux ? $e->{initrd} : [],
            cmdline => their_cmdline($e, $is_conf, $old),
            'tries-done' => defined $e->{'tries-left'} ? $e->{'tries-done'} // 0 : undef };
    }
    return @entries;
}

# --- kexec-any's

# A file's path as in an answer; undef: the loader does not look there.
sub on_partition {
    my ($path) = @_;
    return ($path // '') =~ m{^(/boot)(/efi)?/((loader/entries|EFI/Linux)/.*)}i ? ($2 ? $3 : "/boot/$3") : undef;
}

sub is_hidden {
    my ($e) = @_;
    return grep { $_->{id} eq 'bls-hidden' } @{ $e->{problems} };
}

sub ours {
    my ($old, $hidden, @list) = @_;
    my @entries;
    for my $e (@list) {
        my $path = on_partition($e->{source}{path});
        next if is_hidden($e) || !defined $path;
        my $mount = $path =~ m{^/} ? '/boot' : '/boot/efi';
        my $is_linux = $e->{type} eq 'linux';
        push @entries, { path => $path, title => %$hidden ? undef : $e->{title} =~ tr/A-Z/a-z/r, version => $e->{version},
            'machine-id' => $e->{machineId}, 'sort-key' => $e->{sortKey}, linux => $is_linux ? $e->{linux} : undef,
            initrd => $is_linux ? [map { s{^$mount}{}r } @{ $e->{initrd} }] : [],
            cmdline => $old && $e->{type} eq 'uki' ? undef : $e->{cmdline} // '',
            'tries-left' => $e->{triesLeft}, 'tries-done' => $e->{triesDone}, default => $e->{isDefault} ? '' : undef };
    }
    return @entries;
}

# The loader's version is what it says of itself.
sub loader_info {
    my ($version) = @_;
    return ('/sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f' =>
        "\6\0\0\0" . "systemd-boot $version\0" =~ s/(.)/$1\0/gsr);
}

sub has_two_keys {
    my ($item, $path) = @_;
    my $text = $item->{files}{ $path =~ m{^/} ? $path : "/boot/efi/$path" } // '';
    return !ref $text && $path =~ /\.conf$/i && $text =~ /^\s*linux\s/m && $text =~ /^\s*efi\s/m;
}

sub compare {
    my ($item, $work, @answer) = @_;
    my $old = $item->{release} eq 'bookworm';
    become("$work/root", { %{ $item->{files} }, loader_info($old ? '252.39' : $version{ $item->{release} }) });
    my ($list, $messages, $status) = ask_kexec_any("--root=$work/root", qw(--backend=bls --list --json=short));
    return "kexec-any ended with status $status", @$messages if $status || !$list;
    # What the loader does not show, by file.
    my %hidden = map { (on_partition($_->{source}{path}) // '') => 1 } grep { is_hidden($_) } @{ $list->{entries} };
    my @theirs = theirs($old, \%hidden, @answer);
    my @ours = ours($old, \%hidden, @{ $list->{entries} });
    for my $e (grep { has_two_keys($item, $_->{path}) } $old ? (@theirs, @ours) : ()) {
        @$e{qw(linux initrd)} = (undef, []);
    }
    delete $_->{default} for grep { !grep { defined $_->{default} } @theirs } @theirs, @ours;
    return difference($work, 'bootctl', [map { lines_of($_) } @theirs], 'kexec-any', [map { lines_of($_) } @ours]);
}

# --- recording

sub prepare {
    my (@items) = @_;
    my %releases = map { $_->{release} => 1 } @items;
    for my $release (sort keys %releases) {
        system("$top/fetch-systemd", $release) == 0 or die "no systemd of $release\n";
    }
}

sub program {
    my ($item) = @_;
    return 'systemd ' . read_file("$cache/systemd-$item->{release}/version") =~ s/\n//r;
}

my @fields = (title => 'title', showTitle => 'shown', version => 'version', machineId => 'machine-id', sortKey => 'sort-key',
    linux => 'linux', initrd => 'initrd', options => 'options', cmdline => 'cmdline', triesLeft => 'tries-left',
    triesDone => 'tries-done');

sub answer_lines {
    my ($e, $esp, $boot) = @_;
    my $path = $e->{path} // '';
    return () unless $path =~ s{^\Q$esp\E/}{} || $path =~ s{^\Q$boot\E/}{/boot/};
    my @lines = 'entry ' . escape($path);
    for (my $i = 0; $i < @fields; $i += 2) {
        my $value = $e->{ $fields[$i] };
        push @lines, map { "$fields[$i + 1] " . escape($_) } grep { defined } ref $value ? @$value : $value;
    }
    return @lines, $e->{isDefault} ? 'default' : ();
}

sub ask {
    my ($item, $work) = @_;
    # Two directories on one volume are one partition to bootctl.
    my ($esp, $boot) = ("$work/esp", "/dev/shm/kexec-any-$$");
    put_files($esp, $item->{esp}, {});
    put_files($boot, $item->{boot} // {}, {});
    local $ENV{SYSTEMD_XBOOTLDR_PATH} = $boot if $item->{boot};
    my $run = abs_path("$cache/systemd-$item->{release}/run");
    my $text = qx(SYSTEMD_RELAX_ESP_CHECKS=1 SYSTEMD_RELAX_XBOOTLDR_CHECKS=1 SYSTEMD_ESP_PATH=$esp $run bootctl list --json=short 2>/dev/null);
    # 252 prints one object after the other.
    my @parts = JSON::PP->new->utf8(0)->incr_parse($text);
    my @answer = map { answer_lines($_, $esp, $boot) } map { ref eq 'ARRAY' ? @$_ : $_ } @parts;
    system 'rm', '-rf', $esp, $boot;
    die "bootctl lists nothing\n" unless @answer;
    return @answer;
}

sub header {
    return 'What the real bootctl lists. Recorded by "make record-oracle"; tests/oracle/README.md has the format.';
}

1;
