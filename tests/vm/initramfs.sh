#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Usage: tests/vm/initramfs.sh [-z none|gzip|zstd] [-p PROGRAM[=TARGET]]... [-f FILE=TARGET]...
#                              OUT INIT
#
# Builds an initramfs with busybox (all its applets in /bin) and INIT as /init.
#   -z  compression, default gzip
#   -p  a program with the shared libraries it needs, and those that its ELF notes say it opens; TARGET is where it goes, default /bin/NAME
#   -f  a file or folder as it is
#
# Status: 0 built, 77 a needed program is missing, 1 anything else.

set -euo pipefail

usage() {
    sed -n 's/^# \{0,1\}//; 3,10p' "$0" >&2
    exit 2
}

die() {
    echo "initramfs.sh: $*" >&2
    exit 1
}

skip() {
    echo "initramfs.sh: $*" >&2
    exit 77
}

compression=gzip
programs=() files=()
while getopts z:p:f: option; do
    case $option in
    z) compression=$OPTARG ;;
    p) programs+=("$OPTARG") ;;
    f) files+=("$OPTARG") ;;
    *) usage ;;
    esac
done
shift $((OPTIND - 1))
[ $# -eq 2 ] || usage
out=$1 init=$2

case $compression in
none) compress=(cat) ;;
gzip) compress=(gzip -n) ;;
zstd) compress=(zstd -q -T0) ;;
*) die "unknown compression: $compression" ;;
esac
for program in cpio ldd ldconfig jq objcopy "${compress[0]}"; do
    command -v "$program" >/dev/null || skip "$program is missing"
done
busybox=$(command -v busybox) || skip "busybox is missing"
if ldd "$busybox" >/dev/null 2>&1; then
    skip "$busybox is not static; install busybox-static"
fi

mkdir -p "$(dirname "$out")"
# The same files make the same archive.
umask 022
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$root"/{bin,dev,etc,proc,root,run,sbin,sys,tmp,usr/bin,usr/sbin,var}

put() {
    local source=$1 target=$root/${2#/}
    [ -e "$source" ] || die "$source: no such file"
    mkdir -p "$(dirname "$target")"
    cp -rL --preserve=mode "$source" "$target"
}

# The libraries go where the loader looks for them: the path that ldd prints.
put_libraries() {
    local list library soname
    # A static program has none; for ldd that is a failure.
    list=$(ldd "$1" 2>/dev/null) || return 0
    case $list in
    *'not found'*) die "$1 lacks a library: $list" ;;
    esac
    while read -r library; do
        [ -e "$root$library" ] || put "$library" "$library"
    done < <(sed -n 's/^.* => \(\/[^ ]*\) (.*$/\1/p; s/^[ \t]*\(\/[^ ]*\) (.*$/\1/p' <<<"$list")
    while read -r soname; do
        library=$(ldconfig -p | sed -n "s/^[ \t]*$soname (.*$(uname -m | tr _ -).*) => //p" | head -n 1)
        if [ -n "$library" ] && [ ! -e "$root$library" ]; then
            put "$library" "$library"
            put_libraries "$library"
        fi
    done < <(tests/tools/dlopen-notes "$1" | jq -r '.soname[]')
}

put "$busybox" /bin/busybox
while read -r applet; do
    [ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
done < <("$busybox" --list)

for program in "${programs[@]}"; do
    source=${program%%=*}
    target=/bin/${source##*/}
    [ "$program" = "$source" ] || target=${program#*=}
    rm -f "$root/${target#/}"
    put "$source" "$target"
    put_libraries "$source"
done
for file in "${files[@]}"; do
    [ "$file" != "${file#*=}" ] || die "-f needs FILE=TARGET: $file"
    put "${file%%=*}" "${file#*=}"
done
put "$init" /init
chmod 755 "$root/init"

find "$root" -exec touch -h -d @1767225600 {} +
(cd "$root" && find . -mindepth 1 -print0 | LC_ALL=C sort -z |
    cpio --null --create --format=newc --owner=0:0 --reproducible --quiet) >"$work/cpio"
"${compress[@]}" <"$work/cpio" >"$out.new"
mv "$out.new" "$out"
