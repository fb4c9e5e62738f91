# SPDX-License-Identifier: GPL-2.0-or-later
#
# What EFI programs are: images made by the real grub-mkimage and grub-mkstandalone, and files of Debian's packages.
# An answer is what made the file says of it, a line each: kind, vendor, version, prefix, config, modules (with
# those that moddep.lst adds, sorted), text of a file of the memdisk. kexec-any's own words are compared with it.
#
# The files are not kept. programs/pieces has of each what identifies it: headers, .sbat, .sdmagic, the heads of
# modules, small files of a memdisk; all other bytes are zero. Files without a piece are looked at by
# "make check-oracle" alone.
package Programs;
use strict;
use warnings;
use Cwd qw(abs_path);
use Digest::SHA qw(sha256_hex);
use File::Basename qw(dirname);
use IO::Compress::Gzip qw(gzip $GzipError);
use IO::Uncompress::Gunzip qw(gunzip $GunzipError);
use Files qw(read_file write_file difference escape);
use KexecAny qw(run_tool);

my $top = dirname(__FILE__) . '/..';
my $tools = abs_path("$top/../tools");
my $cache = ($ENV{CACHE} || ($ENV{BUILD} || 'build') . '/cache') . '/oracle/programs-bookworm';
my $pieces = "$top/programs/pieces";
my @packages = qw(grub-common grub-efi-amd64-bin grub-efi-ia32-bin shim-unsigned systemd-boot-efi refind syslinux-efi
    fwupd-unsigned memtest86+ ipxe);

# A file, its package, its kind, and what of the package's version it says itself.
my @files = (
    ['grub-efi-amd64-bin', 'usr/lib/grub/x86_64-efi/monolithic/grubx64.efi', 'GRUB', 'whole', 'debian', 'piece'],
    ['grub-efi-amd64-bin', 'usr/lib/grub/x86_64-efi/monolithic/gcdx64.efi', 'GRUB', 'whole', 'debian'],
    ['grub-efi-ia32-bin', 'usr/lib/grub/i386-efi/monolithic/grubia32.efi', 'GRUB', 'whole', 'debian'],
    ['shim-unsigned', 'usr/lib/shim/shimx64.efi', 'shim', 'upstream', 'debian'],
    ['shim-unsigned', 'usr/lib/shim/fbx64.efi', "shim's fallback", 'upstream', 'debian', 'piece'],
    ['shim-unsigned', 'usr/lib/shim/mmx64.efi', "shim's MokManager", 'upstream', 'debian'],
    ['systemd-boot-efi', 'usr/lib/systemd/boot/efi/systemd-bootx64.efi', 'systemd-boot', 'whole', 'debian', 'piece'],
    ['systemd-boot-efi', 'usr/lib/systemd/boot/efi/linuxx64.efi.stub', 'an unknown program', '', '', 'piece'],
    ['refind', 'usr/share/refind/refind/refind_x64.efi', 'rEFInd', '', ''],
    ['syslinux-efi', 'usr/lib/SYSLINUX.EFI/efi64/syslinux.efi', 'SYSLINUX', '', ''],
    ['fwupd-unsigned', 'usr/libexec/fwupd/efi/fwupdx64.efi', "fwupd's updater", '', '', 'piece'],
    ['memtest86+', 'boot/memtest86+x64.efi', 'Memtest86+', '', '', 'piece'],
    ['ipxe', 'boot/ipxe.efi', 'iPXE', '', ''],
);

# Images of grub-mkimage: prefix, modules, and what else there is.
my @images = (
    { name => 'plain', prefix => '/EFI/x', modules => 'normal fat part_gpt' },
    { name => 'no-prefix', prefix => '', modules => 'normal' },
    { name => 'device', prefix => '(,gpt2)/boot/grub', modules => 'ext2 part_gpt' },
    { name => 'lvm', prefix => '(lvmid/aa-bb/cc-dd)/boot/grub', modules => 'lvm ext2' },
    { name => 'embedded', prefix => '/EFI/x', modules => 'search_fs_uuid configfile',
        config => "search.fs_uuid 0-1 root\nset prefix=(\$root)'/boot/grub'\n" },
    { name => 'memdisk', prefix => '(memdisk)/boot/grub', modules => 'memdisk tar normal',
        memdisk => { 'boot/grub/grub.cfg' => "configfile \$cmdpath/grub.cfg\n" } },
    { name => 'sbat', prefix => '/EFI/x', modules => 'normal',
        sbat => "sbat,1,SBAT Version,sbat,1,x\ngrub,5,Free Software Foundation,grub,2.06,x\ngrub.rh,2,Red Hat,grub2,2.06-104.el9,x\n" },
    { name => 'i386', prefix => '/EFI/x', modules => 'normal', target => 'i386-efi' },
    { name => 'standalone', standalone => 1, memdisk => { 'boot/grub/grub.cfg' => "set a=1\n" } },
);

sub items {
    my @items = map { { name => "$_->[0] $_->[1]", file => $_, text => join "\t", @$_ } } @files;
    push @items, map {
        my $image = $_;
        { name => "grub-mkimage $image->{name}", image => $image,
            text => join "\t", map { $_ => ref $image->{$_} ? %{ $image->{$_} } : $image->{$_} } sort keys %$image }
    } @images;
    for (@items) {
        $_->{question} = $_->{name};
        $_->{digest} = substr sha256_hex($_->{text}), 0, 12;
        $_->{recording} = "$top/programs/programs.answers";
        $_->{piece} = "$pieces/" . ($_->{name} =~ s/^grub-mkimage /mkimage-/r =~ s{.* .*/}{}r) . '.gz';
        # A memdisk of all of GRUB's modules is too large to keep.
        $_->{kept} = $_->{image} ? !$_->{image}{standalone} : $_->{file}[5];
    }
    return @items;
}

# --- kexec-any

sub same {
    my ($path, $work, $version, @answer) = @_;
    s/^version PACKAGE$/version $version/ for @answer;
    my %wanted = map { /^(\S+)/ ? ($1 => 1) : () } @answer;
    my %answer = map { $_ => 1 } @answer;
    # Of a memdisk's files, those that were asked for.
    my @own = grep { /^(\S+)/ && $wanted{$1} && ($1 ne 'text' || $answer{$_}) } split /\n/, run_tool('program', '', $path);
    for (@own) {
        $_ = 'modules ' . join ' ', sort split ' ', $1 if /^modules (.*)/;
    }
    return difference("$work.diff", 'what made it', [sort @answer], 'kexec-any', [sort @own]);
}

sub compare {
    my ($item, $work, @answer) = @_;
    return unless $item->{kept};
    return "$item->{piece} is missing: make record-oracle" unless -e $item->{piece};
    gunzip($item->{piece} => "$work.efi") or return $GunzipError;
    my $version = "$item->{piece}.version";
    return same(abs_path("$work.efi"), $work, -e $version ? read_file($version) : '', @answer);
}

# --- the real programs

sub prepare {
    return if -e "$cache/ready";
    system('rm', '-rf', $cache);
    system("$tools/download-debs", 'bookworm', "$cache/debs", @packages) == 0 or die "no packages\n";
    for my $deb (glob "$cache/debs/*.deb") {
        system('dpkg-deb', '-x', $deb, "$cache/root") == 0 or die "$deb cannot be unpacked\n";
    }
    write_file("$cache/version-$_", version_of($_)) for @packages;
    system('rm', '-rf', "$cache/debs");
    write_file("$cache/ready", '');
}

sub version_of {
    my ($package) = @_;
    my ($deb) = glob "$cache/debs/${package}_*.deb";
    my $version = `dpkg-deb -f '$deb' Version`;
    return $version =~ s/\n//r;
}

sub program {
    my ($item) = @_;
    return 'grub-mkimage ' . read_file("$cache/version-grub-common");
}

sub header {
    return 'What EFI programs are, by what made them (lib/Programs.pm).';
}

sub file_answer {
    my ($package, $path, $kind, $version, $vendor) = @{ $_[0] };
    my @lines = ("kind $kind");
    push @lines, "vendor $vendor" if $vendor;
    push @lines, "version PACKAGE" if $version;
    return @lines;
}

# Debian's packages move on; what the file says of itself is the version of its own package.
sub file_version {
    my ($package, undef, undef, $version) = @{ $_[0] };
    my $whole = read_file("$cache/version-$package");
    return $version eq 'whole' ? $whole : $whole =~ s/-.*//r;
}

# With its own libraries.
sub run_grub {
    my ($program, @arguments) = @_;
    my $root = "$cache/root";
    my ($loader) = grep { -e } "$root/lib64/ld-linux-x86-64.so.2", "$root/usr/lib64/ld-linux-x86-64.so.2";
    my $libraries = join ':', map { "$root/$_/x86_64-linux-gnu" } 'lib', 'usr/lib';
    system($loader, '--library-path', $libraries, "$root/usr/bin/$program", @arguments) == 0
        or die "$program failed\n";
}

# With the modules that these need.
sub all_modules {
    my ($target, @modules) = @_;
    my %needs = map { /^(\S+):\s*(.*)/ ? ($1 => [split ' ', $2]) : () }
        split /\n/, read_file("$cache/root/usr/lib/grub/$target/moddep.lst");
    my %all;
    while (defined(my $m = shift @modules)) {
        push @modules, @{ $needs{$m} // [] } unless $all{$m}++;
    }
    return sort keys %all;
}

sub make_image {
    my ($image, $work) = @_;
    my $target = $image->{target} // 'x86_64-efi';
    my $folder = "$cache/root/usr/lib/grub/$target";
    my @options = ('-d', $folder, '-O', $target, '-o', "$work/image.efi");
    for my $name (sort keys %{ $image->{memdisk} // {} }) {
        system('mkdir', '-p', dirname("$work/disk/$name"));
        write_file("$work/disk/$name", $image->{memdisk}{$name});
    }
    if ($image->{memdisk}) {
        system('tar', '--format=ustar', '--owner=0', '--group=0', '--mtime=@0', '--sort=name', '-C', "$work/disk",
            '-cf', "$work/disk.tar", '.') == 0 or die "tar failed\n";
        push @options, '-m', "$work/disk.tar" unless $image->{standalone};
    }
    for (['config', '-c'], ['sbat', '--sbat']) {
        my ($key, $option) = @$_;
        next unless defined $image->{$key};
        write_file("$work/$key", $image->{$key});
        push @options, $option, "$work/$key";
    }
    if ($image->{standalone}) {
        run_grub('grub-mkstandalone', @options, '--install-modules=normal', '--locales=', '--fonts=', '--themes=',
            map { "$_=$work/disk/$_" } keys %{ $image->{memdisk} });
    } else {
        run_grub('grub-mkimage', @options, '-p', $image->{prefix}, split ' ', $image->{modules});
    }
    return "$work/image.efi";
}

sub image_answer {
    my ($image) = @_;
    my @lines = ('kind GRUB');
    push @lines, 'prefix ' . ($image->{prefix} // '(memdisk)/boot/grub');
    push @lines, 'config ' . escape($image->{config}) if defined $image->{config};
    push @lines, 'modules ' . join ' ', all_modules($image->{target} // 'x86_64-efi', split ' ', $image->{modules})
        if $image->{modules};
    push @lines, 'vendor rh', 'version 2.06-104.el9' if $image->{sbat};
    push @lines, map { 'text ' . escape($_) } values %{ $image->{memdisk} // {} };
    return @lines;
}

# The bytes that identify a program; all others become zero.
sub write_piece {
    my ($path, $piece) = @_;
    my $text = read_file($path);
    my $kept = "\0" x length $text;
    my $keep = sub { my ($at, $n) = @_; substr($kept, $at, $n) = substr($text, $at, $n) };
    my $pe = unpack 'V', substr $text, 60, 4;
    my ($n, $optional) = map { unpack 'v', substr $text, $pe + $_, 2 } 6, 20;
    my $table = $pe + 24 + $optional;
    $keep->(0, $table + 40 * $n);
    for my $i (0 .. $n - 1) {
        my ($name, undef, undef, $size, $at) = unpack 'a8VVVV', substr $text, $table + 40 * $i, 24;
        $name =~ s/\0+$//;
        $keep->($at, $size) if $name =~ /^\.(sbat|sdmagic|osrel)$/ || ($name eq '.data' && $path =~ /fbx64/);
        keep_modules($text, $at, $size, $keep) if $name eq 'mods';
    }
    gzip(\$kept => $piece, -Level => 9, Minimal => 1) or die $GzipError;
}

sub keep_modules {
    my ($text, $start, $size, $keep) = @_;
    my ($wide, $at, $end) = (unpack 'V', substr $text, $start + 4, 4);
    ($at, $end) = $wide ? unpack('VV', substr $text, $start + 4, 8) : unpack('Q<Q<', substr $text, $start + 8, 16);
    $keep->($start, 24);
    while ($at + 8 <= $end) {
        my ($type, $length) = unpack 'VV', substr $text, $start + $at, 8;
        $keep->($start + $at, 8);
        if ($type == 0) {
            keep_module($text, $start + $at + 8, $keep);
        } else {
            $keep->($start + $at + 8, $length - 8 < 65536 ? $length - 8 : 65536);
        }
        $at += $length;
    }
}

# An ELF file's header, its table of sections, the names, and its own.
sub keep_module {
    my ($text, $at, $keep) = @_;
    my $wide = ord(substr $text, $at + 4, 1) == 2;
    my $table = unpack $wide ? 'Q<' : 'V', substr $text, $at + ($wide ? 40 : 32), 8;
    my ($each, $n, $names) = unpack 'vvv', substr $text, $at + ($wide ? 58 : 46), 6;
    my $place = sub { unpack $wide ? 'x24Q<Q<' : 'x16VV', substr $text, $at + $table + $each * $_[0], $each };
    $keep->($at, $wide ? 64 : 52);
    $keep->($at + $table, $each * $n);
    my ($where, $size) = $place->($names);
    $keep->($at + $where, $size);
    for my $i (0 .. $n - 1) {
        my $name = unpack 'Z*', substr $text, $at + $where + unpack('V', substr $text, $at + $table + $each * $i, 4), 64;
        my ($from, $length) = $place->($i);
        $keep->($at + $from, $length) if $name eq '.modname';
    }
}

# Before it is recorded, kexec-any is asked of the whole file too: a piece must not be easier.
sub ask {
    my ($item, $work, undef, $record) = @_;
    my $path = $item->{file} ? "$cache/root/$item->{file}[1]" : make_image($item->{image}, $work);
    my @answer = $item->{file} ? file_answer($item->{file}) : image_answer($item->{image});
    my $version = $item->{file} && $item->{file}[3] ? file_version($item->{file}) : '';
    my @wrong = same(abs_path($path), "$work/whole", $version, @answer);
    die join "\n", @wrong, '' if @wrong;
    write_piece($path, $item->{piece}) if $item->{kept} && $record;
    write_file("$item->{piece}.version", $version) if $item->{kept} && $record && $version;
    return @answer;
}

1;
